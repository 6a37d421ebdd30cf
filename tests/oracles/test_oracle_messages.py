"""The message object: its shape, what comes back, whose it is (SEND-02, -03, -10, -11, -16, -17, STAT-04)."""

from __future__ import annotations

import pytest
from histories import GONE, TERMS, Tape, breaks, holds, instant, unjudged

from conformance.model import Conversation, Terms


def answered(**answer: object) -> Tape:
    """A send whose answer differs from what it should be."""
    tape = Tape()
    tape.send(1, answer=answer)
    return tape


# field, what stands there
BAD_SHAPES = [
    ("object", "msg"),
    ("object", GONE),
    ("conversation_id", "conv_b"),
    ("conversation_id", GONE),
    ("body", "mc-tape-1 hellO"),
    ("body", GONE),
    ("type", GONE),
    ("direction", "inbound"),
    ("direction", GONE),
    ("channel", ""),
    ("channel", None),
    ("status", GONE),
    ("created_at", "yesterday"),
    ("created_at", "2025-06-15T14:30:00"),
    ("created_at", 1750000000),
    ("created_at", GONE),
    ("metadata", {"a": "b"}),
    ("metadata", []),
    ("id", ""),
    ("id", 5),
    ("id", GONE),
]


@pytest.mark.parametrize(("field", "value"), BAD_SHAPES)
def test_the_answer_to_a_send_is_a_message_object(field, value):
    tape = answered(**{field: value})
    assert "SEND-02" in tape.violated()
    assert tape.violated() <= {"SEND-02", "SEND-03", "SEND-17"}


@holds("SEND-02", "SEND-02-S1", "SEND-02-S2", "SEND-03")
def test_the_answer_to_a_send_is_right():
    return answered(extra={"any": "thing"})


@holds("SEND-02")
def test_metadata_may_be_absent_null_or_empty_where_none_was_sent():
    tape = Tape()
    tape.send(1, answer={"metadata": GONE})
    tape.send(2, answer={"metadata": {}})
    tape.send(3, answer={"metadata": None})
    return tape


@holds("SEND-02")
def test_null_metadata_comes_back_as_none():
    tape = Tape()
    tape.send(1, metadata=None, answer={"metadata": GONE})
    return tape


@pytest.mark.parametrize(
    "created",
    ["2025-06-15T15:06:40+02:00", "2025-06-15t15:06:40z", "2025-06-15T15:06:40.123456789Z", "2016-12-31T23:59:60Z"],
)
def test_an_instant_may_have_any_offset_and_fraction(created):
    tape = answered(created_at=created)
    assert tape.violated() <= {"SEND-02-S2"}


@breaks("SEND-02-S2")
def test_created_at_is_in_another_zone():
    return answered(created_at="2025-06-15T17:06:40+02:00")


@breaks("SEND-02-S2")
def test_created_at_is_an_hour_ago():
    return answered(created_at=instant(-3600))


@breaks("SEND-02-S1")
def test_an_id_begins_otherwise():
    return answered(id="0b9a7e2c")


@breaks("SEND-03")
def test_the_type_is_not_the_default():
    return answered(type="template")


@breaks("SEND-03")
def test_the_type_is_not_the_one_that_was_sent():
    tape = Tape()
    tape.send(1, type="template", answer={"type": "text"})
    return tape


@holds("SEND-03")
def test_a_type_of_null_may_count_as_the_default():
    tape = Tape()
    tape.send(1, type=None)
    tape.send(2)
    return tape


@breaks("SEND-10", "SEND-02")
def test_metadata_is_lost():
    tape = Tape()
    tape.send(1, metadata={"order_id": "1"}, answer={"metadata": None})
    return tape


@pytest.mark.parametrize(
    ("metadata", "got", "row"),
    [
        ({"a": "1"}, {"a": 1}, "SEND-10"),
        ({"a": "1", "b": ""}, {"a": "1"}, "SEND-10"),
        ({"Key": "1"}, {"key": "1"}, "SEND-10"),
        ({"a": " x "}, {"a": "x"}, "SEND-10"),
        ({"a": 1}, {"a": "1"}, "SEND-10-S"),
        ({"a": True}, {"a": 1}, "SEND-10-S"),
        ({"a": None}, {}, "SEND-10-S"),
        ({"a": [1, 2]}, {"a": [2, 1]}, "SEND-10-S"),
        ({"ключ": "v"}, {"????": "v"}, "SEND-10-S"),
        ({"__proto__": "v"}, {}, "SEND-10-S"),
    ],
)
def test_metadata_that_comes_back_changed(metadata, got, row):
    tape = Tape()
    tape.send(1, metadata=metadata, answer={"metadata": got})
    assert tape.violated() - {"SEND-02"} == {row}


@pytest.mark.parametrize(
    ("metadata", "got"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}),
        ({"n": 9007199254740993}, {"n": 9007199254740992}),
        ({"n": 10**30}, {"n": 1e30}),
    ],
)
def test_metadata_that_comes_back_equal(metadata, got):
    tape = Tape()
    tape.send(1, metadata=metadata, answer={"metadata": got})
    assert tape.violated() == set()


@pytest.mark.parametrize(
    ("body", "got", "row"),
    [
        ("🚚", "?", "SEND-11"),
        ("a\nb", "a b", "SEND-11"),
        ("<b>&", "&lt;b&gt;&amp;", "SEND-11"),
        ("e\u0301", "é", "SEND-11"),
        ("{{x}}", "", "SEND-11"),
        ("  padded  ", "padded", "SEND-11-S"),
        ("  padded  🚚", "  padded  ?", "SEND-11"),
        ("bell\x07", "bell", "SEND-11"),
        ("plain", "Plain", "SEND-02"),
    ],
)
def test_a_body_that_comes_back_changed(body, got, row):
    tape = Tape()
    tape.send(1, body=body, answer={"body": got})
    assert tape.violated() == {row}


@holds("SEND-11")
def test_a_body_that_comes_back_unchanged():
    tape = Tape()
    tape.send(1, body="🚚 e\u0301 <b> {{x}}\nline")
    tape.send(2, body="bell \x07")
    tape.send(3, body="lone \ud83d", code=400)
    return tape


@pytest.mark.parametrize("instead", ["\ufffd", "?"])
def test_half_a_surrogate_pair_may_come_back_as_the_character_that_replaces_it(instead):
    tape = Tape()
    tape.send(1, body="lone \ud83d", answer={"body": f"lone {instead}"})
    tape.send(
        2, metadata={"list": ["\udfff", 1], "\ud800": "x"}, answer={"metadata": {"list": [instead, 1], instead: "x"}}
    )
    assert tape.violated() == set()


@breaks("SEND-11")
def test_nothing_else_of_such_a_body_may_change():
    tape = Tape()
    tape.send(1, body="lone \ud83d é", answer={"body": "lone \ufffd"})
    return tape


# -- what the server owns --------------------------------------------------------------------------------------------

CLAIMS = {
    "id": "msg_claimed",
    "direction": "inbound",
    "status": "archived",
    "channel": "pigeon",
    "created_at": "2001-02-03T04:05:06Z",
    "object": "claim",
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_client_sets_what_the_server_owns(name):
    tape = Tape()
    tape.send(1)
    tape.send(2, **{name: CLAIMS[name]}, answer={name: CLAIMS[name]})
    assert "SEND-16" in tape.violated()
    assert tape.violated() <= {"SEND-16", "STAT-01", "SEND-02-S2", "SEND-02-S1"}


@holds("SEND-16")
def test_what_the_server_owns_is_ignored():
    tape = Tape()
    tape.send(1, **CLAIMS)
    return tape


@holds("SEND-16")
def test_what_the_server_owns_is_refused():
    tape = Tape()
    tape.send(1, code=400, **CLAIMS)
    return tape


@holds()
def test_a_value_that_the_server_comes_to_by_itself_is_no_claim():
    tape = Tape()
    tape.send(1)
    tape.send(2, status="queued", direction="outbound", object="message", channel="whatsapp", created_at=instant(0.1))
    return tape


def test_a_send_under_the_id_of_an_earlier_message_is_the_client_s_doing():
    tape = Tape()
    tape.send(1)
    tape.send(2, id="msg_1", answer={"id": "msg_1"})
    assert {"SEND-15", "SEND-16"} <= tape.violated() <= {"SEND-15", "SEND-16", "GET-02"}


@breaks("SEND-16")
def test_a_claimed_end_that_the_conversation_cannot_come_to():
    tape = Tape(Terms((Conversation("conv_a", "whatsapp", "read"),)))
    tape.send(1, status="failed", answer={"status": "failed", "error": "claimed"})
    assert tape.violated() == {"SEND-16"}
    tape = Tape()
    tape.send(1, status="gone", answer={"status": "gone"})
    assert "SEND-16" in tape.violated()
    tape = Tape()
    tape.send(1)
    tape.send(2, id="msg_mine", answer={"id": "msg_mine"})
    return tape


@breaks("SEND-17")
def test_a_channel_is_not_the_declared_one():
    return answered(channel="email")


@breaks("SEND-17")
def test_two_messages_of_a_conversation_have_two_channels():
    tape = Tape(Terms((Conversation("conv_a"),)))
    tape.send(1, answer={"channel": "sms"})
    tape.send(2, answer={"channel": "email"})
    return tape


@holds("SEND-17")
def test_messages_of_a_conversation_have_its_channel():
    tape = Tape()
    tape.send(1)
    tape.send(2)
    tape.send(3, "conv_b")
    return tape


@holds("SEND-17")
def test_an_older_message_of_another_channel_is_not_ours():
    """The conversation went from a web chat to email before this run."""
    tape = Tape(Terms((Conversation("conv_a"),)))
    tape.foreign(90, channel="webchat")
    tape.list()
    tape.send(1, answer={"channel": "email"})
    tape.send(2, answer={"channel": "email"})
    return tape


# -- the error of a failed message -----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [GONE, None, "", " ", {}, {"code": None, "message": ""}, [], 5, True])
def test_a_failed_message_owes_an_error(error):
    tape = Tape()
    tape.send(1)
    tape.change(1, status="failed")
    tape.retrieve(1, error=error)
    assert tape.violated() == {"STAT-04"}


@pytest.mark.parametrize("error", ["rejected", {"code": "rejected"}, {"code": 0, "message": None}])
def test_a_failed_message_says_why(error):
    tape = Tape()
    tape.send(1)
    tape.change(1, status="failed", error=error)
    tape.retrieve(1)
    tape.list()
    assert tape.violated() == set()
    assert tape.observed()["STAT-04"]


@holds()
def test_a_sparse_list_need_not_show_the_error():
    tape = Tape(sparse=True)
    tape.send(1)
    tape.change(1, status="failed", error="rejected")
    tape.list()
    return tape


@breaks("STAT-04")
def test_a_list_shows_an_empty_error():
    tape = Tape()
    tape.send(1)
    tape.change(1, status="failed")
    tape.list(differs={1: {"error": None}})
    return tape


@breaks("STAT-04-S")
def test_a_message_that_has_not_failed_has_an_error():
    return answered(error="none yet")


@holds("STAT-04-S")
def test_a_null_error_is_none():
    return answered(error=None)


@pytest.mark.parametrize("nothing", ["", {}, [], {"code": None, "message": ""}])
def test_an_empty_error_is_none(nothing):
    tape = answered(error=nothing)
    assert tape.violated() == set()
    assert tape.observed()["STAT-04-S"]


# -- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id", "body", "direction", "status", "created_at"])
def test_an_item_has_the_five_fields(name):
    tape = Tape(sparse=True)
    tape.send(1)
    tape.list(differs={1: {name: GONE}})
    assert "LIST-02" in tape.violated()
    assert tape.violated() <= {"LIST-02", "LIST-10"}


@holds("LIST-02")
def test_five_fields_are_enough():
    tape = Tape(sparse=True)
    tape.send(1)
    tape.list()
    return tape


@holds("LIST-02")
def test_more_than_five_are_right_too():
    tape = Tape()
    tape.send(1)
    tape.list(differs={1: {"extra": 1}})
    return tape


@breaks("LIST-02")
def test_a_further_field_of_an_item_is_valid():
    tape = Tape()
    tape.foreign(9)
    tape.list(differs={9: {"metadata": 5}})
    return tape


@pytest.mark.parametrize("item", [None, "msg_1", 5, [], {}])
def test_an_item_is_an_object(item):
    tape = Tape()
    tape.list(envelope={"data": [item]}, more=False)
    assert "LIST-02" in tape.violated()


@breaks("STAT-01", also=["LIST-02"])
def test_a_status_in_a_list_is_none_of_the_five():
    tape = Tape()
    tape.foreign(9)
    tape.list(differs={9: {"status": "sending"}})
    return tape


@breaks("STAT-01", also=["GET-01"])
def test_a_status_in_a_retrieve_is_none_of_the_five():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, status="Queued")
    return tape


@unjudged("SEND-02", "SEND-10", "SEND-11")
def test_what_nobody_answered_is_not_judged():
    tape = Tape()
    tape.call("POST", "/v1/messages", None, payload=b"{}", trouble="timeout: no whole response in time")
    return tape


def test_the_terms_of_a_tape_declare_two_conversations():
    assert [each.id for each in TERMS.conversations] == ["conv_a", "conv_b"]
