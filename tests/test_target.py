"""What is under test: flags over environment over file; errors in one sentence that names the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.model import Conversation
from conformance.target import Target, TargetError, load, normal_url, parse_rate, read

WHOLE = """\
base_url = "http://127.0.0.1:8000/v1/"
api_key = "sk_test_a"
publishable_key = "pk_test_a"
other_account_key = "sk_test_b"
settle_seconds = 2.5
consistency_seconds = 1
rate = "60/min"

[[conversations]]
id = "conv_a"
channel = "whatsapp"
outcome = "read"

[[conversations]]
id = "conv_b"
"""


@pytest.fixture
def write(tmp_path: Path):
    """Writes a target file and gives its path."""

    def written(text: str) -> str:
        (tmp_path / "target.toml").write_text(text, encoding="utf-8")
        return str(tmp_path / "target.toml")

    return written


def failing(text: str, write) -> str:
    """The sentence by which a target file is refused."""
    with pytest.raises(TargetError) as error:
        load(write(text), environment={})
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


def test_a_whole_file_is_read(write):
    target = load(write(WHOLE), environment={})

    assert target.base_url == "http://127.0.0.1:8000"
    assert set(target.secrets) == {"sk_test_a", "pk_test_a", "sk_test_b"}
    assert target.terms.conversations == (Conversation("conv_a", "whatsapp", "read"), Conversation("conv_b"))
    assert (target.terms.settle_seconds, target.terms.consistency_seconds, target.rate_per_minute) == (2.5, 1.0, 60)


def test_a_url_and_a_conversation_are_enough():
    target = load(None, "http://localhost", None, ("conv_x",), environment={})

    assert target.terms.conversations == (Conversation("conv_x"),)
    assert target.api_key is None
    assert target.terms.settle_seconds == 5.0


def test_a_flag_wins_over_the_environment_and_that_over_the_file(write):
    environment = {"CONFORMANCE_BASE_URL": "http://environment", "MESSAGES_API_KEY": "sk_environment"}

    assert load(write(WHOLE), environment={}).api_key == "sk_test_a"
    assert load(write(WHOLE), environment=environment).api_key == "sk_environment"
    assert load(write(WHOLE), environment=environment).base_url == "http://environment"
    told = load(write(WHOLE), "http://flag", "sk_flag", environment=environment)
    assert (told.base_url, told.api_key) == ("http://flag", "sk_flag")


def test_the_file_may_be_named_by_the_environment(write):
    assert load(environment={"CONFORMANCE_TARGET": write(WHOLE)}).api_key == "sk_test_a"


def test_a_flag_adds_a_conversation_and_repeats_none(write):
    target = load(write(WHOLE), None, None, ("conv_b", "conv_c"), environment={})
    assert [each.id for each in target.terms.conversations] == ["conv_a", "conv_b", "conv_c"]


def test_a_key_may_stand_in_an_environment_variable_of_any_name(write):
    text = 'base_url = "http://h"\napi_key_env = "MY_KEY"\n'

    assert load(write(text), environment={"MY_KEY": "sk_mine"}).api_key == "sk_mine"
    assert "line 2: the environment variable MY_KEY is not set" in failing(text, write)
    assert "not both" in failing(text + 'api_key = "x"\n', write)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('base_url = "http://h"\napi_kee = "sk"\n', 2, "did you mean 'api_key'?"),
        ('base_url = "http://h"\nzzz = 1\n', 2, "unknown key 'zzz' (known: "),
        ('base_url = "http://h"\n\nsettle_seconds = "2"\n', 3, "settle_seconds must be a number of seconds"),
        ('base_url = "http://h"\nsettle_seconds = true\n', 2, "settle_seconds must be"),
        ('base_url = "http://h"\nsettle_seconds = -1\n', 2, "settle_seconds must be"),
        ('base_url = "http://h"\nconsistency_seconds = nan\n', 2, "consistency_seconds must be"),
        ('base_url = ""\n', 1, "base_url must be a non-empty string"),
        ('base_url = "http://h"\nrate = "60"\n', 2, "rate must be"),
        ('base_url = "http://h"\nconversations = "conv_a"\n', 2, "conversations must be a list of tables"),
        ('base_url = "http://h"\nconversations = ["conv_a"]\n', 2, "conversations must be a list of tables"),
        ('base_url = "http://h"\n[[conversations]]\nid = "a"\noutcome = "lost"\n', 4, "outcome must be one of"),
        (
            'base_url = "http://h"\n[[conversations]]\nid = "a"\n[[conversations]]\nid = 5\n',
            5,
            "conversation 2: id must be",
        ),
        (
            'base_url = "http://h"\n[[conversations]]\nid = "a"\n[[conversations]]\nchanel = "x"\n',
            5,
            "did you mean 'channel'?",
        ),
        ('base_url = "http://h"\n[[conversations]]\nid = "a"\n[[conversations]]\nid = "a"\n', 5, "stands there twice"),
        (
            'base_url = "http://h"\n[[conversations]]\nid = "a"\n[[conversations]]\nchannel = "x"\n',
            4,
            "conversation 2 has no id",
        ),
    ],
)
def test_what_a_file_gets_wrong_is_told_with_its_line(text, line, says, write):
    sentence = failing(text, write)
    assert says in sentence
    assert f"target.toml, line {line}: " in sentence


def test_what_is_no_toml_is_told_with_its_line(write):
    assert "line 2" in failing('base_url = "http://h"\napi_key = sk_test\n', write)


def test_a_file_that_cannot_be_read_is_told(tmp_path, write):
    with pytest.raises(TargetError, match="No such file"):
        read(tmp_path / "nowhere.toml")
    with pytest.raises(TargetError, match="Is a directory"):
        read(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'base_url = "http://h\xe9"')
    with pytest.raises(TargetError, match="not UTF-8"):
        read(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://h", "http://h"),
        ("http://h/", "http://h"),
        ("http://h/v1", "http://h"),
        ("http://h/v1//", "http://h"),
        ("http://h/api/v1/messages", "http://h/api"),
        ("http://h/v1/messages/x", "http://h/v1/messages/x"),
        ("https://h:8443/api/v1/", "https://h:8443/api"),
        ("http://h/v10", "http://h/v10"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("HTTP://h", "HTTP://h"),
    ],
)
def test_a_base_url_is_an_origin_and_a_prefix(url, normal):
    assert normal_url(url) == normal


@pytest.mark.parametrize(
    "url",
    [
        "h:8000",
        "ftp://h",
        "http://",
        "http:///path",
        "http://h:99999",
        "http://h:port",
        "http://[::1",
        "http://h?x=1",
        "http://h#part",
        "http://user:secret@h",
        "http://ho st",
        "http://h\n.example",
        "http://h/<a>",
    ],
)
def test_what_is_no_base_url_is_told_in_one_sentence(url):
    with pytest.raises(TargetError) as error:
        normal_url(url)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_without_a_url_there_is_nothing_to_check():
    with pytest.raises(TargetError, match="no base URL: give --base-url"):
        load(environment={})


@pytest.mark.parametrize("key", ["sk_tëst", "sk\ntest", "sk\x00test", "sk\x7f"])
@pytest.mark.parametrize("name", ["api_key", "publishable_key", "other_account_key"])
def test_a_key_that_no_header_can_carry_is_told(key, name, write):
    escaped = key.encode("unicode_escape").decode().replace("\\x", "\\u00")
    sentence = failing(f'base_url = "http://h"\n{name} = "{escaped}"\n', write)
    assert "no HTTP header can carry" in sentence
    assert key not in sentence


def test_white_space_around_a_key_is_no_part_of_it():
    assert load(None, "http://h", " sk_test \n", environment={}).api_key == "sk_test"


def test_a_target_does_not_show_its_keys():
    assert "sk_secret" not in repr(Target("http://h", api_key="sk_secret", other_account_key="sk_secret2"))


def test_a_live_key_is_recognised():
    assert Target("http://h", api_key="sk_live_1").is_live
    assert not Target("http://h", api_key="sk_test_1").is_live
    assert not Target("http://h").is_live


@pytest.mark.parametrize(("text", "rate"), [("60/min", 60), ("5/s", 300), ("1000/h", 16), ("1/h", 1)])
def test_a_rate_is_read(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["60", "0/min", "-1/s", "1.5/s", "60/day", "60 /min", ""])
def test_what_is_no_rate_is_told(text):
    with pytest.raises(TargetError, match="is no rate"):
        parse_rate(text)
