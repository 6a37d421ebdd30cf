"""Errors and HTTP: ERR-01 to ERR-04, HTTP-01 to HTTP-03."""

from __future__ import annotations

import pytest
from histories import GONE, JSON, Tape, breaks, holds, refusal, unjudged

from conformance.model import Credential, Fact

UNKNOWN = (Fact.UNKNOWN_MESSAGE,)
REFUSED_KEYS = [(Credential.NONE, 401), (Credential.PUBLISHABLE, 403)]


def error(raw: bytes | None = None, **fields: object) -> Tape:
    """An unknown message, and how its error is made."""
    tape = Tape()
    body = {"error": {name: value for name, value in (refusal(404)["error"] | fields).items() if value is not GONE}}
    tape.call("GET", "/v1/messages/msg_77", 404, body, raw=raw, facts=UNKNOWN)
    return tape


@holds("ERR-01", "ERR-02", "ERR-03", "ERR-04")
def test_an_error_is_as_documented():
    return error()


@pytest.mark.parametrize("code", [500, 502, 503, 504, 599])
@pytest.mark.parametrize("operation", ["send", "list", "retrieve", "other"])
def test_a_server_error_is_one_whatever_was_asked(code, operation):
    tape = Tape()
    if operation == "send":
        tape.send(1, unknown_field=1, code=code)
    elif operation == "list":
        tape.list(code=code)
    elif operation == "retrieve":
        tape.retrieve(77, code)
    else:
        tape.call("TRACE", "/v1/messages", code, {})
    assert tape.violated() == {"ERR-01"}


@holds()
def test_a_method_that_is_not_implemented_is_no_server_error():
    tape = Tape()
    tape.call("HEAD", "/v1/messages", 501, {})
    return tape


@breaks("ERR-01")
def test_a_response_breaks_off():
    tape = Tape()
    tape.call(
        "GET", "/v1/messages", None, trouble="broken: peer closed connection without sending complete message body"
    )
    tape.list()
    return tape


@unjudged("ERR-01")
def test_a_target_that_dies_while_it_answers_is_not_at_fault():
    tape = Tape()
    tape.call(
        "GET", "/v1/messages", None, trouble="broken: peer closed connection without sending complete message body"
    )
    tape.call("GET", "/v1/messages", None, trouble="unreachable: the connection was refused")
    return tape


@pytest.mark.parametrize("trouble", ["timeout: no whole response in time", "closed: reset", "unreachable: refused"])
def test_trouble_of_the_way_is_no_violation(trouble):
    tape = Tape()
    tape.call("GET", "/v1/messages", None, trouble=trouble)
    assert tape.findings() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "NotFound"),
        ("type", GONE),
        ("code", GONE),
        ("code", 404),
        ("message", GONE),
        ("message", None),
        ("doc_url", GONE),
        ("param", 5),
    ],
)
def test_an_error_is_not_as_documented(name, value):
    assert error(**{name: value}).violated() == {"ERR-02"}


@pytest.mark.parametrize("raw", [b"", b"Not found", b"{}", b"[]", b'{"error": "not found"}', b"null"])
def test_an_error_without_an_error_object(raw):
    assert error(raw=raw).violated() == {"ERR-02"}


@pytest.mark.parametrize("code", [405, 406, 408, 411, 413, 414, 415, 417, 421, 426, 431])
def test_what_a_proxy_answers_need_not_be_documented(code):
    tape = Tape()
    tape.call("GET", "/v1/messages?x=1", code, raw=b"", facts=[Fact.ODD_QUERY])
    tape.call("GET", "/v1/messages/%00", 400, raw=b"<h1>Bad Request</h1>", facts=[Fact.ODD_ID])
    assert tape.violated() == set()


@breaks("ERR-03")
def test_a_type_does_not_fit_its_status():
    return error(type="api_error")


@pytest.mark.parametrize(("credential", "code"), REFUSED_KEYS)
def test_a_type_does_not_fit_why_a_key_is_refused(credential, code):
    tape = Tape()
    tape.call("POST", "/v1/messages", code, refusal(400), credential=credential)
    assert tape.violated() == {"ERR-03"}


@pytest.mark.parametrize(("credential", "code"), REFUSED_KEYS)
def test_a_type_fits_why_a_key_is_refused(credential, code):
    tape = Tape()
    tape.send(1, code=code, credential=credential)
    assert tape.violated() == set()
    assert tape.observed()["ERR-03"]


@pytest.mark.parametrize(("credential", "code"), REFUSED_KEYS)
def test_a_key_that_is_refused_with_another_status_breaks_the_rule_of_that_alone(credential, code):
    tape = Tape()
    tape.send(1, code=code + 5, credential=credential)
    assert "ERR-03" not in tape.violated()


@breaks("ERR-03")
def test_a_wrong_payload_is_forbidden():
    tape = Tape()
    tape.send(1, type="video", code=403, param="type")
    return tape


@breaks("ERR-03")
def test_the_parameter_at_fault_is_not_named():
    tape = Tape()
    tape.send(1, type="video", code=400)
    return tape


@breaks("ERR-03")
def test_another_parameter_is_named():
    tape = Tape()
    tape.list(limit="abc", code=400, param="starting_after")
    return tape


@pytest.mark.parametrize(
    ("other", "param"),
    [
        ({"media_url": "https://a.example/b"}, "media_url"),
        ({"lang": "en"}, "lang"),
        ({"type": None}, "type"),
        ({"body": " "}, "body"),
    ],
)
def test_the_parameter_named_may_be_one_that_a_target_refuses_by_choice(other, param):
    tape = Tape()
    tape.send(1, **{"metadata": ["a"], "code": 400, "param": param} | other)
    assert tape.violated() == set()


@breaks("ERR-03")
def test_a_parameter_that_is_only_odd_is_no_excuse_for_a_third():
    tape = Tape()
    tape.send(1, metadata=["a"], lang="en", code=400, param="body")
    return tape


@pytest.mark.parametrize("param", ["metadata", "metadata.a", "metadata[0]", "/metadata", "$.metadata"])
def test_a_parameter_may_be_named_by_a_path(param):
    tape = Tape()
    tape.send(1, metadata=["a"], code=400, param=param)
    assert tape.violated() == set()


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"limit": "0", "direction": "sideways"}, "limit"),
        ({"limit": "0", "direction": "sideways"}, "direction"),
        ({"limit": "0", "after": "nobody"}, "starting_after"),
        ({"limit": "0", "conversation": "conv_of_nobody"}, "conversation_id"),
        ({"limit": "05", "direction": "sideways"}, "limit"),
        ({"limit": "0", "direction": ""}, "direction"),
    ],
)
def test_any_parameter_at_fault_may_be_named(asked, param):
    tape = Tape()
    tape.list(**asked, code=400, param=param)
    assert tape.violated() == set()


def test_a_cursor_may_be_looked_up_before_the_limit_is_read():
    tape = Tape()
    tape.list(limit="0", after="nobody", code=404, param="starting_after")
    assert tape.violated() == set()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"type": "video", "metadata": None}, "metadata"),
        ({"type": "video", "media_url": "x"}, "media_url"),
        ({"type": "video", "body": " "}, "body"),
        ({"type": "video", "colour": "red"}, "colour"),
        ({"type": None, "metadata": []}, "type"),
        ({"type": "video", "conversation": "conv_of_nobody"}, "conversation_id"),
    ],
)
def test_what_is_left_open_may_be_named_where_something_else_is_at_fault(fields, param):
    tape = Tape()
    tape.send(1, **fields, code=400, param=param)
    assert "ERR-03" not in tape.violated()


@breaks("ERR-03")
def test_what_is_right_is_named():
    tape = Tape()
    tape.list(limit="0", direction="sideways", code=400, param="conversation_id")
    return tape


@holds("ERR-03")
def test_a_refused_key_is_a_401():
    tape = Tape()
    tape.list(credential=Credential.INVALID, code=401)
    return tape


@breaks("ERR-03")
def test_a_refused_key_is_forbidden():
    tape = Tape()
    tape.list(credential=Credential.INVALID, code=403)
    return tape


@pytest.mark.parametrize(
    "message",
    [
        'Traceback (most recent call last):\n  File "/srv/app.py", line 3',
        "Error\n    at Object.send (/srv/app/index.js:12:5)",
        "at /srv/app/index.mjs:12:5",
        "no such table: SELECT * FROM messages WHERE id = 1",
        "sqlite3.OperationalError",
        "SQLSTATE[42P01]",
        "nil pointer dereference\ngoroutine 12 [running]:",
        "open /var/lib/messages/1: no such file",
        r"C:\inetpub\wwwroot\app",
        "org.example.store.StoreException: x",
        "#0 /var/www/index.php(12)",
        "main.go:41",
    ],
)
def test_an_error_gives_the_server_away(message):
    assert error(message=message).violated() == {"ERR-04"}


@pytest.mark.parametrize(
    "message",
    [
        "No message has the id /v1/messages/msg_77.",
        "Select a conversation from the list of yours.",
        "See https://docs.example/errors/not-found or /docs/errors.",
        "It happened at 12:30:15.",
        "Use text, image or template at position 3 (line 1:12).",
        "Update your request and set body.",
    ],
)
def test_an_error_may_say_what_is_wrong(message):
    assert error(message=message).violated() == set()


@holds("ERR-04")
def test_what_was_asked_may_be_repeated():
    tape = Tape()
    body = refusal(400) | {"asked": "/etc/passwd"}
    tape.call("GET", "/v1/messages?starting_after=/etc/passwd", 400, body, facts=[Fact.ODD_QUERY])
    return tape


# -- HTTP ------------------------------------------------------------------------------------------------------------


@holds("HTTP-01", "HTTP-01-S")
def test_a_success_is_json():
    tape = Tape()
    tape.list()
    return tape


GOOD = b'{"object": "list", "data": [], "has_more": false}'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        GOOD[:-1],
        GOOD.replace(b"false", b"NaN"),
        GOOD[:-1] + b', "x": Infinity}',
        GOOD[:-1] + b', "object": "list"}',
        GOOD[:-1] + b', "x": "\xff"}',
        b"\xef\xbb\xbf" + GOOD,
        GOOD[:-1] + b', "x": "\x01"}',
        GOOD[:-1] + b",}",
        b"[" * 100_000,
    ],
)
def test_a_success_is_no_json(raw):
    tape = Tape()
    tape.call("GET", "/v1/messages", 200, raw=raw)
    assert tape.violated() == {"HTTP-01"}


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;charset=UTF-8"]
)
def test_json_may_say_so_in_several_ways(kind):
    tape = Tape()
    tape.call("GET", "/v1/messages", 200, raw=GOOD, headers=[("content-type", kind)])
    assert tape.violated() == set()


@pytest.mark.parametrize("headers", [[], [("Content-Type", "text/html")], [("Content-Type", "text/json")]])
def test_json_does_not_say_so(headers):
    tape = Tape()
    tape.call("GET", "/v1/messages", 200, raw=GOOD, headers=headers)
    assert tape.violated() == {"HTTP-01-S"}


@holds("HTTP-02")
def test_another_method_is_not_allowed():
    tape = Tape()
    tape.call("DELETE", "/v1/messages", 405, {}, headers=[("allow", "GET, POST")])
    tape.call("PUT", "/v1/messages/msg_1", 404, {})
    return tape


@breaks("HTTP-02")
def test_a_405_does_not_say_what_is_allowed():
    tape = Tape()
    tape.call("DELETE", "/v1/messages", 405, {})
    return tape


@breaks("HTTP-02")
def test_a_405_says_that_what_it_refuses_is_allowed():
    tape = Tape()
    tape.call("DELETE", "/v1/messages", 405, {}, headers=[("Allow", "GET, POST, DELETE")])
    return tape


@pytest.mark.parametrize("code", [200, 204, 400, 401, 501])
def test_another_method_is_answered_otherwise(code):
    tape = Tape()
    tape.call("DELETE", "/v1/messages", code, {})
    assert tape.violated() == {"HTTP-02"}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("code", [200, 204, 404, 405])
def test_head_and_options_are_choices(method, code):
    tape = Tape()
    tape.call(method, "/v1/messages", code, raw=b"")
    assert tape.violated() == set()
    assert ("HTTP-02", f"{method} on a documented path", str(code)) in tape.choices()


@holds("HTTP-03")
def test_a_429_says_when_to_come_back():
    tape = Tape()
    tape.call("GET", "/v1/messages", 429, refusal(429), headers=[JSON, ("Retry-After", "1")])
    return tape


@breaks("HTTP-03")
def test_a_429_does_not_say_when_to_come_back():
    tape = Tape()
    tape.call("GET", "/v1/messages", 429, refusal(429))
    return tape


@unjudged("ERR-01", "ERR-02", "LIST-01")
def test_a_429_is_judged_by_nothing_else():
    tape = Tape()
    tape.call("GET", "/v1/messages", 429, raw=b"slow down", headers=[("Retry-After", "1")])
    return tape


SILENT = b'{"body": "\\ud800"}'
LATE = "timeout: no answer within 10 s"


@breaks("ERR-01")
def test_one_input_is_never_answered():
    """It was asked twice, and what was asked after it is answered at once."""
    tape = Tape()
    tape.call("POST", "/v1/messages", None, payload=SILENT, trouble=LATE)
    tape.call("POST", "/v1/messages", None, payload=SILENT, trouble=LATE)
    tape.send(2)
    return tape


@holds()
def test_one_input_is_answered_when_it_is_asked_again():
    tape = Tape()
    tape.call("POST", "/v1/messages", None, payload=SILENT, trouble=LATE)
    tape.call("POST", "/v1/messages", 400, refusal(400, "conversation_id"), payload=SILENT, sent_headers=[JSON])
    tape.send(2)
    return tape
