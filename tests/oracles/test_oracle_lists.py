"""List: envelope, limits and filters, page by page (LIST-01, -03 to -08, -11; PAGE-05, PAGE-10)."""

from __future__ import annotations

import pytest
from histories import GONE, Tape, breaks, holds, unjudged

from conformance.model import Credential, Fact

ODD = (Fact.ODD_QUERY,)


def many(count: int = 30) -> Tape:
    """So many messages, sent in turn to both conversations."""
    tape = Tape()
    for number in range(1, count + 1):
        tape.send(number, "conv_a" if number % 2 else "conv_b")
    return tape


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("object", "array"),
        ("object", GONE),
        ("data", None),
        ("data", {}),
        ("data", GONE),
        ("has_more", None),
        ("has_more", "false"),
        ("has_more", 0),
        ("has_more", GONE),
    ],
)
def test_the_envelope_is_wrong(name, value):
    tape = Tape()
    envelope = {"object": "list", "data": [], "has_more": False} | {name: value}
    tape.call("GET", "/v1/messages", 200, {each: value for each, value in envelope.items() if value is not GONE})
    assert tape.violated() == {"LIST-01"}


@pytest.mark.parametrize("body", [[], None, "text", 5])
def test_the_answer_is_no_object(body):
    tape = Tape()
    tape.call("GET", "/v1/messages", 200, body)
    assert "LIST-01" in tape.violated()


@breaks("LIST-01")
def test_a_plain_list_request_is_refused():
    tape = Tape()
    tape.list(code=400)
    return tape


@holds("LIST-01")
def test_the_envelope_may_hold_more():
    tape = Tape()
    tape.list(envelope={"url": "/v1/messages", "total": 0})
    return tape


# -- limits ----------------------------------------------------------------------------------------------------------


@holds("LIST-03", "LIST-04")
def test_a_page_is_as_long_as_was_asked_for():
    tape = many()
    tape.list()
    tape.list(limit=10)
    tape.list(limit=1)
    return tape


@breaks("LIST-03")
def test_the_default_is_too_long():
    tape = many()
    tape.list(range(30, 0, -1), False)
    return tape


@breaks("LIST-03")
def test_the_default_is_too_short():
    tape = many()
    tape.list(range(30, 20, -1), True)
    tape.list(after=21)
    return tape


@breaks("LIST-04")
def test_a_page_is_longer_than_was_asked_for():
    tape = many()
    tape.list(range(30, 26, -1), True, limit=3)
    return tape


@breaks("LIST-04")
def test_a_page_is_shorter_than_was_asked_for():
    tape = many()
    tape.list([30, 29], True, limit=3)
    tape.list(limit=3, after=29)
    return tape


@pytest.mark.parametrize(("requirement", "code"), [("LIST-04", 400), ("LIST-01", 301), ("LIST-01", 307)])
def test_a_valid_limit_is_refused(requirement, code):
    """A list that stands elsewhere is not this limit's matter."""
    tape = many(1)
    tape.list(limit=100, code=code)
    assert tape.violated() == {requirement}


@pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1.5", "", "1e2", "99999999999999999999", "null"])
def test_a_limit_that_is_none_is_refused(limit):
    tape = many(1)
    tape.list(limit=limit, code=400, param="limit")
    assert tape.violated() == set()
    assert tape.observed()["LIST-05-S"]
    assert tape.observed()["LIST-05"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1.5", ""])
def test_a_limit_that_is_none_is_clamped(limit):
    tape = many(1)
    tape.list(limit=limit)
    assert tape.violated() == {"LIST-05-S"}
    assert tape.observed()["LIST-05"]


@breaks("LIST-05", "ERR-01")
def test_a_limit_that_is_none_is_a_server_error():
    tape = Tape()
    tape.list(limit="abc", code=500)
    return tape


@breaks("LIST-05", "LIST-05-S")
def test_a_limit_beyond_the_range_is_followed():
    tape = many(101)
    tape.list(range(101, 0, -1), False, limit="1000")
    return tape


@pytest.mark.parametrize("limit", ["05", "+5", " 5", "5.0"])
@pytest.mark.parametrize("code", [200, 400])
def test_a_limit_that_is_oddly_written_is_left_open(limit, code):
    tape = many(2)
    tape.list(limit=limit, code=code)
    assert tape.violated() == set()


# -- filters ---------------------------------------------------------------------------------------------------------


@holds("LIST-06", "LIST-07", "LIST-08", "PAGE-05")
def test_filters_keep_what_they_name():
    tape = many(6)
    tape.foreign(50)
    tape.walk(2, conversation="conv_a")
    tape.walk(2, direction="outbound")
    tape.walk(2, direction="inbound")
    tape.walk(2, conversation="conv_a", direction="outbound")
    return tape


@breaks("LIST-06")
def test_a_conversation_shows_another_ones():
    tape = many(4)
    tape.list([4, 3, 1], False, conversation="conv_a")
    return tape


@breaks("LIST-06", "LIST-10")
def test_a_conversation_lacks_one_of_its_own():
    tape = many(4)
    tape.list()
    tape.list([3], False, conversation="conv_a")
    return tape


@breaks("LIST-06")
def test_sparse_items_of_another_conversation_are_recognised():
    tape = many(4)
    tape.sparse = True
    tape.list([4, 3, 1], False, conversation="conv_a")
    return tape


@breaks("LIST-07")
def test_a_direction_shows_the_other_one():
    tape = many(2)
    tape.foreign(50)
    tape.list([50, 2, 1], False, direction="outbound")
    return tape


@breaks("LIST-07", "LIST-10")
def test_a_direction_lacks_one_of_its_own():
    tape = many(3)
    tape.list()
    tape.list([3, 1], False, direction="outbound")
    return tape


@breaks("LIST-08")
def test_filters_that_hold_alone_do_not_combine():
    tape = many(4)
    tape.foreign(50)
    tape.list(conversation="conv_a")
    tape.list(direction="outbound")
    tape.list([50, 3, 1], False, conversation="conv_a", direction="outbound")
    return tape


@breaks("LIST-08", "LIST-10")
def test_a_combination_lacks_one_of_its_own():
    tape = many(4)
    tape.list()
    tape.list([3], False, conversation="conv_a", direction="outbound")
    return tape


@breaks("PAGE-05")
def test_a_filter_holds_on_the_first_page_alone():
    tape = many(6)
    tape.list(limit=2, conversation="conv_a")
    tape.list([2, 1], False, limit=2, conversation="conv_a", after=3)
    return tape


@pytest.mark.parametrize("code", [404, 200, 400])
def test_an_unknown_conversation_is_empty_or_not_there(code):
    tape = many(2)
    tape.list(conversation="conv_x", code=code, facts=[Fact.UNKNOWN_CONVERSATION])
    assert tape.violated() == set()
    assert tape.observed()["LIST-06"]


@pytest.mark.parametrize("envelope", [{"data": None}, {"has_more": None}, {"object": "messages"}])
def test_the_list_of_an_unknown_conversation_is_a_list(envelope):
    tape = many(2)
    tape.list(conversation="conv_x", facts=[Fact.UNKNOWN_CONVERSATION], envelope=envelope)
    assert tape.violated() == {"LIST-01"}


@breaks("LIST-06")
def test_an_unknown_conversation_lists_everything():
    tape = many(2)
    tape.list([2, 1], False, conversation="conv_x", facts=[Fact.UNKNOWN_CONVERSATION])
    return tape


@holds("LIST-07-S")
def test_another_direction_is_refused():
    tape = Tape()
    tape.list(direction="sideways", code=400, param="direction")
    return tape


@breaks("LIST-07-S")
def test_another_direction_is_ignored():
    tape = many(1)
    tape.list([1], False, direction="sideways")
    return tape


@pytest.mark.parametrize("code", [200, 400, 404])
def test_an_odd_query_is_answered(code):
    tape = many(1)
    tape.call("GET", "/v1/messages?limit=1&limit=2&x=%FF", code, {"error": None}, facts=ODD)
    assert tape.violated() == set()
    assert tape.observed()["LIST-11"]


@breaks("LIST-11", "ERR-01")
def test_an_odd_query_is_a_server_error():
    tape = Tape()
    tape.call("GET", "/v1/messages?limit=1&limit=2", 500, {}, facts=ODD)
    return tape


@holds("PAGE-10")
def test_an_unknown_cursor_is_refused():
    tape = many(2)
    tape.list(after="msg_77", code=400, facts=[Fact.UNKNOWN_CURSOR], param="starting_after")
    tape.list(after="nonsense", code=404, facts=[Fact.UNKNOWN_CURSOR], param="starting_after")
    return tape


@breaks("PAGE-10")
def test_an_unknown_cursor_is_ignored():
    tape = many(2)
    tape.list([2, 1], False, after="msg_77", facts=[Fact.UNKNOWN_CURSOR])
    return tape


@breaks("ERR-01")
def test_an_unknown_cursor_is_a_server_error():
    tape = many(2)
    tape.list(after="msg_77", code=500, facts=[Fact.UNKNOWN_CURSOR])
    return tape


@unjudged("LIST-01", "LIST-04", "LIST-06")
def test_a_list_of_the_other_account_is_none_of_ours():
    tape = Tape()
    tape.list([], False, credential=Credential.OTHER_ACCOUNT, conversation="conv_a", limit=3)
    return tape


@pytest.mark.parametrize("code", [200, 404, 400])
def test_a_conversation_that_nobody_declared_may_be_unknown(code):
    tape = Tape()
    tape.list(conversation="conv_other", code=code)
    assert tape.violated() == set()


# -- what is known of messages that this run did not send ------------------------------------------------------------


@breaks("LIST-07")
def test_inbound_messages_are_missing_where_only_they_are_asked_for():
    tape = many(2)
    tape.foreign(50)
    tape.list()
    tape.list([], False, direction="inbound")
    return tape


@breaks("LIST-06")
def test_a_conversation_lacks_what_it_received():
    tape = many(2)
    tape.foreign(50)
    tape.list()
    tape.list([1], False, conversation="conv_a")
    return tape


@breaks("LIST-09")
def test_the_whole_list_lacks_what_was_received():
    tape = many(2)
    tape.foreign(50)
    tape.list(direction="inbound")
    tape.list([2, 1], False)
    return tape


# -- lists that other keys ask for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", [Credential.PUBLISHABLE, Credential.OTHER_ACCOUNT])
def test_filters_hold_for_every_key(credential):
    tape = Tape()
    tape.send(1, "conv_a")
    tape.foreign(2, "conv_b")
    tape.list([2], conversation="conv_a", credential=credential)
    assert "LIST-06" in tape.violated()


@pytest.mark.parametrize("credential", [Credential.PUBLISHABLE, Credential.OTHER_ACCOUNT])
def test_the_envelope_is_one_for_every_key(credential):
    tape = Tape()
    tape.list([], envelope={"data": None}, credential=credential)
    assert tape.violated() == {"LIST-01"}


@holds()
def test_other_keys_may_be_refused_or_shown_nothing():
    tape = Tape()
    tape.send(1, "conv_a")
    tape.list([], False, conversation="conv_a", credential=Credential.OTHER_ACCOUNT)
    tape.list(conversation="conv_a", code=404, credential=Credential.OTHER_ACCOUNT)
    return tape
