"""HTTP Archives: what is written reads back, what others write is read with all its gaps."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from conformance import har
from conformance.audit import exchanges_of, load
from conformance.model import Credential, Exchange, Fact, Request, Response
from conformance.tables import TableError
from conformance.target import Target
from conformance.wire import parse_json

KEY = "sk_test_secret_key"
TARGET = Target("https://api.example.com/base", api_key=KEY)


def _exchange(number: int = 1, body: bytes = b"", answer: bytes | None = b'{"id":"msg_1"}', **request: Any) -> Exchange:
    asked = Request(
        method="POST",
        target="/v1/messages?limit=5&x=%20y",
        headers=(("Content-Type", "application/json"), ("Authorization", "Bearer $MESSAGES_API_KEY")),
        body=body,
        **{"credential": Credential.KEY, **request},
    )
    came = None if answer is None else Response(201, (("X-A", "1"), ("X-A", "2")), answer, parse_json(answer))
    trouble = "broken: nothing came" if answer is None else None
    return Exchange(number, 10.25 + number, 10.5 + number, 1_767_225_600.5 + number, asked, came, trouble)


def _read(folder: Path, *exchanges: Exchange) -> tuple[Exchange, ...]:
    har.write(folder / "a.har", har.entries(exchanges, TARGET))
    return load(folder / "a.har", None, TARGET).exchanges


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    """Times, bodies of any bytes, marks and facts survive; an answer that never came is none."""
    first = _exchange(1, b'{"body":"\xc3\xa9 mc-abcd-1"}', tag="mc-abcd-1", facts=frozenset({Fact.ODD_QUERY}))
    second = _exchange(2, b"\xff\xfe\x00", credential=Credential.OTHER_ACCOUNT)
    third = _exchange(3, answer=None, credential=Credential.NONE)

    assert _read(tmp_path, first, second, third) == (first, second, third)


def test_an_archive_has_the_fields_that_the_format_asks_for(tmp_path: Path) -> None:
    """HAR 1.2: what every entry, request, response, content and timing must have is there."""
    har.write(tmp_path / "a.har", har.entries([_exchange()], TARGET))
    log = json.loads((tmp_path / "a.har").read_text(encoding="ascii"))["log"]
    [entry] = log["entries"]

    assert log["version"] == "1.2"
    assert {"name", "version"} <= set(log["creator"])
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
    common = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
    assert {"method", "url", "queryString", *common} <= set(entry["request"])
    assert {"status", "statusText", "content", "redirectURL", *common} <= set(entry["response"])
    assert {"size", "mimeType"} <= set(entry["response"]["content"])
    assert {"send", "wait", "receive"} <= set(entry["timings"])
    assert entry["request"]["queryString"] == [{"name": "limit", "value": "5"}, {"name": "x", "value": " y"}]


def test_no_key_is_written(tmp_path: Path) -> None:
    """Whatever a target repeats, the key stands nowhere in the archive, not in base64 either."""
    coded = base64.b64encode(KEY.encode())
    echo = _exchange(1, KEY.encode(), b'{"key":"%s","coded":"%s"}' % (KEY.encode(), coded))
    har.write(tmp_path / "a.har", har.entries([echo], TARGET))

    written = (tmp_path / "a.har").read_text(encoding="ascii")

    assert KEY not in written
    assert coded.decode() not in written


# -- what others record ----------------------------------------------------------------------------------------------


def entry(url: str = "https://api.example.com/v1/messages", at: str = "2026-01-01T00:00:00.000Z", **more: Any) -> Any:
    """An entry as a browser writes it, for a list without messages."""
    text = json.dumps({"object": "list", "data": [], "has_more": False})
    content = {"size": len(text), "mimeType": "application/json", "text": text, **more.pop("content", {})}
    request = {"method": "GET", "url": url, "headers": [{"name": "Authorization", "value": f"Bearer {KEY}"}]}
    response = {"status": 200, "headers": [{"name": "Content-Type", "value": "application/json"}], "content": content}
    made = {"startedDateTime": at, "time": 100.0, "request": request | more.pop("request", {})}
    return made | {"response": response | more.pop("response", {}), "timings": {}} | more


def recorded(folder: Path, *entries: Any) -> Path:
    """A file with these entries."""
    file = folder / "recorded.har"
    file.write_text("\ufeff" + json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    return file


def test_only_requests_to_messages_are_taken(tmp_path: Path) -> None:
    """Pages, scripts, other hosts' calls and what lies below a message are left alone; the commonest host is judged."""
    others = [
        "https://example.com/",
        "https://api.example.com/v1/messages/msg_1/read",
        "ws://x/v1/messages",
        "nonsense",
    ]
    few = entry("https://other.example.com/v1/messages?limit=1")
    asked = [entry(), entry("https://api.example.com/v1/messages/msg_1#x"), few, *(entry(each) for each in others), 7]

    found = load(recorded(tmp_path, *asked), None, Target(""))
    other = load(recorded(tmp_path, *asked), "https://other.example.com/v1/", Target(""))

    assert (found.base_url, [each.request.target for each in found.exchanges]) == (
        "https://api.example.com",
        ["/v1/messages", "/v1/messages/msg_1"],
    )
    assert [each.request.target for each in other.exchanges] == ["/v1/messages?limit=1"]


def test_a_body_in_base64_is_decoded(tmp_path: Path) -> None:
    """Proxies write bodies in base64."""
    text = base64.b64encode(b'{"object": "list"}').decode()

    [found] = load(recorded(tmp_path, entry(content={"text": text, "encoding": "base64"})), None, Target("")).exchanges

    assert found.response is not None
    assert found.response.json == {"object": "list"}


def test_answers_that_tell_nothing_are_left_out_and_counted(tmp_path: Path) -> None:
    """An answer from a cache, one whose body was not kept and one without a time are no evidence."""
    blind = entry(content={"text": None})
    cached = [entry(_fromCache="disk"), entry(response={"status": 304})]

    found = load(recorded(tmp_path, entry(), blind, *cached, entry(at="yesterday")), None, Target(""))

    assert len(found.exchanges) == 1
    assert found.left_out == {"without its body": 1, "answered from a cache": 2, "without a time": 1}


def test_an_answer_that_never_came_is_none(tmp_path: Path) -> None:
    """A browser writes the status 0 for a request that was broken off: nobody's violation."""
    [found] = load(recorded(tmp_path, entry(response={"status": 0, "content": {}})), None, Target("")).exchanges

    assert found.response is None
    assert not str(found.trouble).startswith("broken")


def _spans(folder: Path, *entries: Any) -> list[tuple[float, float]]:
    found = load(recorded(folder, *entries), None, Target("")).exchanges
    start = min(each.began for each in found)
    return [(round(each.began - start, 3), round(each.ended - start, 3)) for each in found]


def test_times_are_taken_from_what_there_is(tmp_path: Path) -> None:
    """The whole duration, or its phases; a missing one may be as long as the longest told."""
    late = "2026-01-01T02:00:01.000+02:00"
    phases = entry(at=late, time=-1, timings={"blocked": -1, "wait": 250, "receive": 50})

    assert _spans(tmp_path, entry(), phases) == [(0.0, 0.1), (1.0, 1.3)]
    assert _spans(tmp_path, entry(time=700), entry(at=late, time=None)) == [(0.0, 0.7), (1.0, 1.7)]


def test_without_any_duration_requests_waited_for_each_other(tmp_path: Path) -> None:
    """A recorder that knows no durations writes what was asked one after another."""
    late = "2026-01-01T00:00:03Z"

    assert _spans(tmp_path, entry(time=None), entry(at=late, time=None)) == [(0.0, 3.0), (3.0, 3.0)]


def _credentials(*entries: Any, target: Target = TARGET) -> list[Credential]:
    read = [har._read_entry(each) for each in entries]
    return [
        each.request.credential for each in exchanges_of([each for each in read if isinstance(each, har.Entry)], target)
    ]


def test_a_key_that_is_let_in_is_the_account_s(tmp_path: Path) -> None:
    """A refused key is none, a missing header says so only where others are there, and a declared key is known."""
    refused = entry(response={"status": 401})
    bare = entry(request={"headers": []})
    cookie = entry(request={"headers": [{"name": "Cookie", "value": "session=1"}]})
    other = entry(request={"headers": [{"name": "authorization", "value": "Bearer sk_other"}]})
    publishable = entry(request={"headers": [{"name": "authorization", "value": "Bearer pk_live_1"}]})

    assert _credentials(entry(), refused, bare, cookie) == ["key", "invalid", "none", "key"]
    assert _credentials(bare, bare) == ["key", "key"]
    assert _credentials(entry(), other, publishable) == ["key", "key", "publishable"]
    assert _credentials(entry(), other, target=Target("", other_account_key="sk_other")) == ["key", "other_account"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "no complete JSON text"),
        (b"[]", "no HTTP Archive"),
        (b'{"log": {}}', "no HTTP Archive"),
        (b'{"log": {"entries": []}}', "holds no request to /v1/messages"),
        (b"\xff", "no complete JSON text"),
    ],
)
def test_a_file_that_is_no_archive_is_refused_in_one_sentence(tmp_path: Path, content: bytes, told: str) -> None:
    """The sentence names the file and says what is wrong with it."""
    file = tmp_path / "x.har"
    file.write_bytes(content)

    with pytest.raises(TableError, match=r"x\.har") as caught:
        load(file, None, Target(""))

    assert told in str(caught.value)


def test_a_base_url_that_nobody_asked_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    """The sentence names the hosts of the recording."""
    with pytest.raises(TableError, match=r"there are some to https://api\.example\.com"):
        load(recorded(tmp_path, entry()), "https://nowhere.example.com", Target(""))
