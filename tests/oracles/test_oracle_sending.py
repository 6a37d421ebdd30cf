"""SEND-01 to SEND-18 as far as one exchange tells: what is accepted, what is refused, what is left open."""

from __future__ import annotations

import json

import pytest
from histories import GONE, TERMS, Tape, breaks, holds, instant, refusal, unjudged

from conformance.model import Conversation, Credential, Fact, Terms

IMAGE = {"type": "image", "media_url": "https://example.com/a.png"}
UNKNOWN = (Fact.UNKNOWN_CONVERSATION,)


def sent(code: int = 201, body: str | None = None, **fields: object) -> Tape:
    """One send and its answer."""
    tape = Tape()
    tape.send(1, code=code, body=body, **fields)
    return tape


def raw(payload: bytes, code: int, kind: str | None = "application/json", param: str | None = None) -> Tape:
    """One send of bytes, and the code of its answer."""
    tape = Tape()
    headers = [("Content-Type", kind)] if kind else []
    tape.call("POST", "/v1/messages", code, refusal(code, param), payload=payload, sent_headers=headers)
    return tape


# requirement, what is sent
VALID = [
    ("SEND-01", {}),
    ("SEND-03", {"type": "text"}),
    ("SEND-03", IMAGE),
    ("SEND-03", {"type": "template"}),
    ("SEND-05", {"body": "a" * 4096}),
    ("SEND-05", {"body": "é" * 4096}),
    ("SEND-05-S", {"body": "🚚" * 4096}),
    ("SEND-10", {"metadata": {"order_id": "ord_1"}}),
    ("SEND-10-S", {"metadata": {"nested": {"a": [1, 2.5, None, True]}}}),
    ("SEND-10-S", {"metadata": {"__proto__": "p"}}),
    ("SEND-11", {"body": "🚚 <b>&amp;</b> {{x}} \u200fשלום"}),
    ("SEND-11-S", {"body": "  hello  "}),
]


@pytest.mark.parametrize(("requirement", "fields"), VALID)
@pytest.mark.parametrize("code", [200, 201, 202])
def test_a_valid_send_is_accepted(requirement, fields, code):
    tape = sent(code, **fields)
    assert tape.violated() == set()
    assert tape.observed()[requirement]
    assert ("SEND-01", "status of an accepted send", str(code)) in tape.choices()


@pytest.mark.parametrize(("requirement", "fields"), VALID)
@pytest.mark.parametrize("code", [400, 409, 301])
def test_a_valid_send_is_refused(requirement, fields, code):
    assert sent(code, **fields).violated() == {requirement}


@breaks("SEND-01")
def test_a_valid_send_into_a_conversation_that_is_there_is_not_found():
    tape = Tape()
    tape.foreign(1)
    tape.list()
    tape.send(2, code=404)
    return tape


@breaks("SEND-01", also=["ERR-03"])
def test_nothing_takes_sends():
    """404 for a payload that names no conversation, too: it is not the conversation that is missing."""
    tape = Tape()
    tape.list()
    tape.send(1, code=404)
    tape.send(2, conversation=GONE, code=404)
    return tape


@unjudged("SEND-01")
def test_a_conversation_that_is_looked_up_first_says_nothing_of_sends():
    """404 for what is wrong in the payload besides: the conversation of the target file may be what is not there."""
    tape = Tape()
    tape.list()
    tape.send(1, code=404)
    tape.send(2, body=GONE, code=404)
    return tape


@pytest.mark.parametrize(("requirement", "fields"), VALID[:1])
def test_a_valid_send_is_a_server_error(requirement, fields):
    """A 5xx in answer to a valid send is two things: a server error, and a send that is not accepted."""
    assert sent(500, **fields).violated() == {requirement, "ERR-01"}


# requirement, the parameter at fault, what is sent
WRONG = [
    ("SEND-04", "type", {"type": "video"}),
    ("SEND-04", "type", {"type": "Text"}),
    ("SEND-04", "type", {"type": ""}),
    ("SEND-05", "body", {"body": "a" * 4097}),
    ("SEND-05", "body", {"body": "é" * 4097}),
    ("SEND-05", "body", {"body": "🚚" * 4097}),
    ("SEND-06", "conversation_id", {"conversation": GONE}),
    ("SEND-06", "conversation_id", {"conversation": 5}),
    ("SEND-06", "conversation_id", {"conversation": ["conv_a"]}),
    ("SEND-07", "body", {"body": GONE}),
    ("SEND-07", "body", {"body": 12}),
    ("SEND-07", "body", {"body": ["text"]}),
    ("SEND-07", "body", {"body": False}),
    ("SEND-08", "media_url", {"type": "image"}),
    ("SEND-08-S", "media_url", {"type": "image", "media_url": "no url"}),
    ("SEND-08-S", "media_url", {"type": "image", "media_url": ""}),
    ("SEND-08-S", "media_url", {"type": "image", "media_url": None}),
    ("SEND-09", "metadata", {"metadata": ["a"]}),
    ("SEND-09", "metadata", {"metadata": "a"}),
    ("SEND-09", "metadata", {"metadata": 0}),
    ("SEND-09", "metadata", {"metadata": False}),
    ("SEND-09", "media_url", {"media_url": 5}),
    ("SEND-09", "type", {"type": 1}),
    ("SEND-09", "type", {"type": ["text"]}),
    ("SEND-12", "conversation_id", {"conversation": "conv_x", "facts": UNKNOWN}),
]


def wrong(fields: dict, code: int, param: str | None = None) -> Tape:
    """One send that is wrong in one thing."""
    tape = Tape()
    tape.send(1, **{"code": code, "param": param, **fields})
    return tape


@pytest.mark.parametrize(("requirement", "parameter", "fields"), WRONG)
@pytest.mark.parametrize("code", [400, 422])
def test_a_wrong_send_is_refused(requirement, parameter, fields, code):
    tape = wrong(fields, code, parameter)
    assert tape.violated() == set()
    assert tape.observed()[requirement]
    assert tape.observed()["ERR-03"]


@pytest.mark.parametrize(("requirement", "parameter", "fields"), WRONG)
def test_a_wrong_send_is_accepted(requirement, parameter, fields):
    tape = Tape()
    payload = {"conversation_id": "conv_a", "body": "hello"} | {
        {"conversation": "conversation_id"}.get(name, name): value for name, value in fields.items() if name != "facts"
    }
    payload = {name: value for name, value in payload.items() if value is not GONE}
    shown = tape.add(1, {"conversation_id": "conv_a", "body": "hello"}, instant(0))
    tape.call(
        "POST", "/v1/messages", 201, shown, payload=json.dumps(payload).encode(), facts=fields.get("facts", ()),
        sent_headers=[("Content-Type", "application/json")],
    )  # fmt: skip
    assert requirement in tape.violated()


@pytest.mark.parametrize(("requirement", "parameter", "fields"), WRONG)
def test_a_wrong_send_that_is_a_server_error_is_that_alone(requirement, parameter, fields):
    """Nobody can know whether it would have been refused: the 5xx is what is wrong."""
    assert wrong(fields, 500).violated() == {"ERR-01"}


MALFORMED = [
    b"",
    b" ",
    b"not json",
    b'{"conversation_id": "conv_a", "body": "x"',
    b"[]",
    b'"text"',
    b"42",
    b"null",
    b"true",
    b'{{"conversation_id": "conv_a"}',
    b"[" * 500,
    b"\x00\x01\x02",
]


@pytest.mark.parametrize("payload", MALFORMED)
def test_a_payload_that_is_no_object_is_refused(payload):
    tape = raw(payload, 400)
    assert tape.violated() == set()
    assert tape.observed()["SEND-13"]
    assert tape.observed()["SEND-13-S"]


@pytest.mark.parametrize("payload", MALFORMED)
def test_a_payload_that_is_no_object_is_accepted(payload):
    tape = Tape()
    shown = tape.add(1, {"conversation_id": "conv_a", "body": "x"}, instant(0))
    tape.call("POST", "/v1/messages", 201, shown, payload=payload, sent_headers=[("Content-Type", "application/json")])
    assert tape.violated() == {"SEND-13"}


@breaks("SEND-13-S")
def test_a_payload_that_is_no_object_is_refused_with_422():
    return raw(b"not json", 422)


@holds("SEND-13")
def test_a_payload_that_is_no_object_is_refused_unread_for_its_size():
    """413 is made for that, where no documented send is as large."""
    return raw(b"[" * 90_000, 413)


@breaks("SEND-13-S")
def test_a_small_payload_that_is_no_object_is_refused_with_413():
    return raw(b"[" * 200, 413)


WHOLE = json.dumps({"conversation_id": "conv_a", "body": "hello"})
LENIENT = [
    b"\xef\xbb\xbf" + WHOLE.encode(),
    WHOLE.encode()[:-1] + b', "metadata": {"n": NaN}}',
    WHOLE.encode()[:-1] + b', "body": "twice"}',
    WHOLE.encode()[:-1] + b', "x": "\xff"}',
]


@pytest.mark.parametrize("payload", LENIENT)
@pytest.mark.parametrize("code", [400, 201])
def test_what_a_lenient_parser_may_take_is_left_open(payload, code):
    """RFC 8259 §9: a parser may accept extensions."""
    tape = Tape()
    accepted = tape.add(1, {"conversation_id": "conv_a", "body": "hello"}, instant(0))
    shown = accepted if code == 201 else refusal(code)
    tape.call("POST", "/v1/messages", code, shown, payload=payload, sent_headers=[("Content-Type", "application/json")])
    assert tape.violated() == set()
    assert not tape.observed()["SEND-13"]


@pytest.mark.parametrize("code", [400, 201])
@pytest.mark.parametrize(
    "fields",
    [
        {"type": None},
        {"media_url": None},
        {"metadata": None},
        {"body": ""},
        {"body": " \n "},
        {"body": "bell \x07"},
        {"body": "nul \x00"},
        {"body": "carriage\r\nreturn"},
        {"body": "unassigned \U0001fae9\u0378"},
        {"body": "lone \ud83d surrogate"},
        {"metadata": {"": "empty key"}},
        {"metadata": {"key": "\x00"}},
        {"metadata": {"key": "v" * 5000}},
        {"unknown_field": "x"},
        {"media_url": "https://example.com/a.png"},
        {"type": "image", "media_url": "http://["},
        {"type": "image", "media_url": "s3://bucket/a.png"},
        {"type": "image", "media_url": "https://räksmörgås.example/a.png"},
        {"id": "msg_mine"},
        {"conversation": "conv_undeclared"},
        {"kind": None},
    ],
)
def test_an_open_question_is_never_held_against_a_target(fields, code):
    """Accepted (and echoed) or refused: either is right."""
    tape = Tape()
    tape.send(1, code=code, **fields)
    assert tape.violated() == set()


@breaks("SEND-12")
def test_another_accounts_conversation_is_sent_to():
    tape = Tape()
    tape.send(1, credential=Credential.OTHER_ACCOUNT)
    return tape


@holds("SEND-12")
def test_another_accounts_conversation_is_not_there():
    tape = Tape()
    tape.send(1, credential=Credential.OTHER_ACCOUNT, code=404)
    tape.send(2, "conv_x", facts=UNKNOWN, code=403, param="conversation_id")
    return tape


@breaks("SEND-18")
def test_a_payload_that_says_it_is_plain_text_is_accepted():
    return sent(kind="text/plain")


@holds("SEND-18")
def test_a_payload_that_says_it_is_plain_text_is_refused():
    return sent(415, kind="text/plain")


@holds("SEND-01")
def test_a_charset_or_a_suffix_is_still_json():
    tape = sent(kind="application/json; charset=utf-8")
    tape.send(2, kind="application/vnd.api+json")
    return tape


@unjudged("SEND-01")
def test_a_conversation_that_nobody_declared_proves_nothing():
    tape = Tape(Terms((Conversation("conv_other"),)))
    tape.send(1, code=404)
    return tape


@breaks("SEND-05")
def test_of_a_type_that_is_taken_it_is_the_length_that_is_minded():
    tape = Tape()
    tape.send(1, **IMAGE)
    tape.send(2, **IMAGE, body="a" * 4096, code=400)
    return tape


@breaks("SEND-03")
def test_of_a_type_that_is_never_taken_it_is_the_type():
    tape = Tape()
    tape.send(1)
    tape.send(2, **IMAGE, body="a" * 4096, code=400)
    return tape


@unjudged("SEND-01", "SEND-05")
def test_what_a_429_answers_is_not_judged():
    tape = Tape()
    tape.call("POST", "/v1/messages", 429, {}, payload=WHOLE.encode(), headers=[("Retry-After", "1")])
    return tape


def test_each_open_question_that_was_asked_is_answered_in_the_choices():
    tape = Tape()
    tape.send(1, body="", code=400)
    tape.send(2, type=None)
    tape.send(3, body="lone \ud83d", code=400)
    tape.send(4, unknown_field="x")
    asked = {question for _, question, _ in tape.choices()}
    assert {"an empty body", "null for type", "a lone surrogate in the body", "unknown fields"} <= asked


# -- the same reading, where it is known to be a hard one ------------------------------------------------------------


def test_a_payload_in_utf_16_is_left_open():
    """The JSON parsers of some standard libraries recognise UTF-16: that is lenient, not malformed."""
    tape = Tape()
    shown = tape.add(1, {"conversation_id": "conv_a", "body": "hello"}, instant(0))
    payload, headers = WHOLE.encode("utf-16"), [("Content-Type", "application/json")]
    tape.call("POST", "/v1/messages", 201, shown, payload=payload, sent_headers=headers)
    assert "SEND-13" not in tape.violated()


@pytest.mark.parametrize("parameter", ["conversation_id", "body"])
def test_of_two_things_that_are_wrong_either_may_be_named(parameter):
    """An empty object lacks both required parameters."""
    tape = raw(b"{}", 400, param=parameter)
    assert tape.violated() == set()


def test_terms_are_what_a_judge_needs():
    assert TERMS.conversation("conv_a").channel == "whatsapp"
    assert TERMS.conversation(["conv_a"]) is None
