"""Whatever bytes come, what reads them ends with a value or with its own error, soon, and leaks no key."""

from __future__ import annotations

import json
import tempfile
from numbers import Rational
from pathlib import Path

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from conformance import target
from conformance.limits import Reading
from conformance.redact import Redactor
from conformance.report.terminal import one_line, safe
from conformance.target import Target, TargetError
from conformance.transport import inflate
from conformance.wire import NotJson, parse_instant, parse_json
from tests.hostile.corps.words import VENOM, spellings
from tests.hostile.runs import ACTS
from tests.hostile.wires import KEY

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
PIECES = rb'{ } [ ] , : " \ \u d800 1 - e9 NaN true "a" null'.split()
FRAGMENTS = st.lists(st.sampled_from([*PIECES, b" ", b"\xff", b"\xef\xbb\xbf", b"\x00"]), max_size=60).map(b"".join)
SOON = settings(max_examples=300, deadline=1000, database=None)


@SOON
@given(st.binary() | FRAGMENTS)
def test_any_bytes_are_json_or_told_why_not(body: bytes) -> None:
    """And what the strict reader takes, the common one takes, too."""
    try:
        value = parse_json(body)
    except NotJson:
        event("told why not")
    else:
        assert json.loads(body) == value or value != value


@SOON
@given(VALUES)
def test_every_json_text_is_read_as_it_is(value: object) -> None:
    """Nothing within the limits is refused."""
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}"), ('[{"":', "}]")])
def test_the_depth_is_exact(opens: str, closes: str) -> None:
    """As deep as is read, and one deeper; brackets within strings do not count."""
    levels = Reading.depth // (1 + (len(opens) > 2 and opens[0] == "["))
    parse_json((opens * levels + "1" + closes * levels).encode())
    with pytest.raises(NotJson, match="nested"):
        parse_json((opens * (levels + 1) + "1" + closes * (levels + 1)).encode())
    parse_json(json.dumps([opens * 1000]).encode())


@SOON
@given(st.text() | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]{5,20}([Zz]|[+-][0-9:]{5})\Z"))
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:60.9-23:59")
@example("2024-01-01T00:00:00." + "9" * 100_000 + "Z")
@example("２０２４-01-01T00:00:00Z")
def test_any_text_is_an_instant_or_none(text: str) -> None:
    """And an instant is a number."""
    found = parse_instant(text)
    assert found is None or (isinstance(found, Rational))


@SOON
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
@example(b'base_url = "http://[::1"')
@example(b'base_url = "http://a"\nsettle_seconds = nan')
@example(b'base_url = "http://a"\nsettle_seconds = 1e999')
@example(b'base_url = "http://a"\n[[conversations]]\nid = ""')
@example(b"conversations = [1]")
@example(b"base_url = 1979-05-27")
@example(b'base_url = "http://a"\nca_bundle = "\\u0000"')
@example(b"a = " + b"[" * 5000)
def test_any_target_file_is_read_or_told_why_not(data: bytes) -> None:
    """In one sentence, which names the file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.toml"
        file.write_bytes(data)
        try:
            target.read(file, {})
        except TargetError as error:
            told = str(error)
        else:
            told = str(file)
    assert str(file) in told


@SOON
@given(st.binary(min_size=1), st.sampled_from(["gzip", "deflate", "x-gzip"]))
def test_any_bytes_inflate_to_no_more_than_asked(data: bytes, coding: str) -> None:
    """Or they are told to be of another kind."""
    import zlib

    try:
        found, _ = inflate(data, coding, 1000)
    except zlib.error:
        return
    assert len(found) <= 1001


@SOON
@given(st.text(), st.text(alphabet=VENOM))
@example("", "\n  ::error::x ##[command]y ##vso[a]b")
def test_no_text_acts_in_a_terminal(left: str, right: str) -> None:
    """Whatever it holds; and on one line where one is wanted."""
    assert not ACTS.search(safe(left + right).replace("\t", ""))
    assert "\n" not in one_line(left + right)


@SOON
@given(st.text(max_size=20), st.sampled_from(spellings(KEY)), st.text(max_size=20))
def test_no_spelling_of_a_key_gets_through(left: str, spelling: str, right: str) -> None:
    """Neither in texts nor in bytes, nor anywhere in a value."""
    redactor = Redactor(Target("http://a", api_key=KEY))
    text = left + spelling + right
    assert "Canary" not in redactor.text(text)
    assert b"Canary" not in redactor.body(text.encode("utf-8", "replace"))
    assert redactor.found([], text.encode("utf-8", "replace"), KEY)
    assert spelling not in json.dumps(redactor.clean({"json": {text: [text]}}))


@SOON
@given(VALUES)
def test_what_holds_no_key_is_left_alone(value: object) -> None:
    """A record without keys is the record."""
    redactor = Redactor(Target("http://a", api_key=KEY))
    assert redactor.clean(value) == value
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    assert redactor.body(body) == body
