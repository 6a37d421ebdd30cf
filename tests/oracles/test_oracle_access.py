"""AUTH-01 to AUTH-06: who is let do what."""

from __future__ import annotations

import pytest
from histories import GONE, JSON, A, B, Tape, breaks, holds, instant, refusal, unjudged

from conformance.model import Credential, Observation, Terms

NONE, INVALID, READER, OTHER = Credential.NONE, Credential.INVALID, Credential.PUBLISHABLE, Credential.OTHER_ACCOUNT


def opened() -> Tape:
    """A message of ours, sent and listed."""
    tape = Tape()
    tape.send(1)
    tape.list()
    return tape


@holds("AUTH-01", "AUTH-01-S", "AUTH-03")
def test_a_request_without_a_key_is_refused():
    tape = opened()
    tape.send(2, credential=NONE, code=401)
    tape.list(credential=NONE, code=401)
    tape.retrieve(1, 401, credential=NONE)
    tape.list()
    return tape


@breaks("AUTH-01")
def test_a_list_without_a_key_is_answered():
    tape = opened()
    tape.list([], False, credential=NONE)
    return tape


@breaks("AUTH-01")
def test_a_retrieve_without_a_key_is_not_found():
    tape = opened()
    tape.retrieve(1, 404, credential=NONE)
    return tape


@breaks("AUTH-01-S")
def test_a_missing_key_is_forbidden():
    tape = opened()
    tape.list(credential=NONE, code=403)
    return tape


@pytest.mark.parametrize(
    "shown",
    [
        {"id": "msg_1", "body": "mc-tape-1 hello"},
        {"object": "list", "data": [{"id": "msg_1"}], "has_more": False},
        {"object": "list", "data": [{"id": "msg_77"}], "has_more": False},
        {"error": {"type": "authentication_error", "message": "not yours: mc-tape-1 hello"}},
    ],
)
def test_a_refusal_that_shows_a_message_discloses_it(shown):
    tape = opened()
    tape.call("GET", "/v1/messages", 401, shown, credential=NONE)
    assert "AUTH-01" in tape.violated()


@breaks("AUTH-01")
def test_a_send_that_was_refused_without_a_key_is_listed():
    tape = opened()
    tape.send(2, credential=NONE, code=401)
    tape.foreign(3, body="mc-tape-2 hello", direction="outbound")
    tape.list()
    return tape


@holds("AUTH-02")
def test_an_unknown_key_is_refused():
    tape = opened()
    tape.list(credential=INVALID, code=401)
    return tape


@breaks("AUTH-02", "ERR-03")
def test_an_unknown_key_lists():
    tape = opened()
    tape.list(credential=INVALID, code=400)
    return tape


@breaks("AUTH-02")
def test_an_unknown_key_sees_an_empty_list():
    tape = opened()
    tape.list([], False, credential=INVALID)
    return tape


@breaks("AUTH-02")
def test_a_send_with_an_unknown_key_arrives():
    tape = opened()
    tape.send(2, credential=INVALID, code=401)
    tape.foreign(3, body="mc-tape-2 hello", direction="outbound")
    tape.list()
    return tape


@breaks("AUTH-03")
def test_a_401_does_not_say_how_to_authenticate():
    tape = opened()
    tape.call("GET", "/v1/messages", 401, refusal(401), headers=[JSON], credential=NONE)
    return tape


@holds("AUTH-04")
def test_a_publishable_key_reads_and_does_not_send():
    tape = opened()
    tape.retrieve(1, credential=READER)
    tape.list(credential=READER)
    tape.send(2, credential=READER, code=403)
    tape.list()
    return tape


@breaks("AUTH-04")
def test_a_publishable_key_sends():
    tape = opened()
    tape.send(2, credential=READER)
    return tape


@breaks("AUTH-04")
def test_a_publishable_key_does_not_read():
    tape = opened()
    tape.list(credential=READER, code=403)
    return tape


@breaks("AUTH-04")
def test_a_publishable_keys_list_lacks_what_the_secret_keys_shows():
    tape = Tape()
    for number in (1, 2, 3):
        tape.send(number)
    tape.list(limit=5)
    tape.list([3, 1], False, limit=5, credential=READER)
    return tape


@holds("AUTH-04")
def test_what_arrives_pushes_others_out_of_a_publishable_keys_page():
    tape = Tape()
    for number in (1, 2, 3):
        tape.send(number)
    tape.list([3, 2], True, limit=5)
    tape.send(4)
    tape.list([4, 3], True, limit=5, credential=READER)
    return tape


@breaks("AUTH-04")
def test_a_send_with_a_publishable_key_is_refused_and_arrives():
    tape = opened()
    tape.send(2, credential=READER, code=403)
    tape.foreign(3, body="mc-tape-2 hello", direction="outbound")
    tape.list()
    return tape


@holds("AUTH-05")
def test_the_other_account_sees_nothing():
    tape = opened()
    tape.retrieve(1, 404, credential=OTHER)
    tape.list([], False, credential=OTHER)
    tape.list(after=1, code=400, credential=OTHER)
    return tape


@holds("AUTH-05")
def test_the_other_account_is_forbidden_the_message():
    tape = opened()
    tape.retrieve(1, 403, credential=OTHER)
    return tape


@holds("AUTH-05")
def test_the_other_account_sees_messages_of_its_own():
    tape = opened()
    tape.foreign(50, "conv_theirs")
    tape.list([50], False, credential=OTHER)
    return tape


@breaks("AUTH-05")
def test_the_other_account_retrieves_our_message():
    tape = opened()
    tape.retrieve(1, credential=OTHER)
    return tape


@breaks("AUTH-05")
def test_the_other_account_lists_our_message():
    tape = opened()
    tape.list([1], False, credential=OTHER)
    return tape


@breaks("AUTH-05")
def test_our_key_retrieves_the_other_accounts_message():
    tape = opened()
    tape.foreign(50, "conv_theirs")
    tape.list([50], False, credential=OTHER)
    tape.retrieve(50)
    return tape


@holds()
def test_whose_a_message_is_that_comes_without_its_body_cannot_be_told():
    tape = opened()
    tape.foreign(50, "conv_theirs")
    tape.list([50], False, credential=OTHER)
    tape.retrieve(50, body="")
    tape.list([1], False)
    return tape


@breaks("AUTH-05")
def test_the_other_account_is_told_that_the_message_is_there():
    tape = opened()
    tape.retrieve(1, 400, credential=OTHER)
    return tape


@breaks("AUTH-06")
def test_an_answer_repeats_the_key():
    tape = Tape()
    tape.call("GET", "/v1/messages", 200, {"object": "list", "data": [], "has_more": False}, echoed=True)
    return tape


@holds("AUTH-06")
def test_no_answer_repeats_the_key():
    return opened()


@unjudged("AUTH-01", "AUTH-02", "AUTH-06")
def test_a_429_says_nothing_of_a_key():
    tape = Tape()
    tape.call("GET", "/v1/messages", 429, refusal(429), headers=[JSON, ("Retry-After", "1")], credential=NONE)
    tape.call("GET", "/v1/messages", 429, refusal(429), headers=[JSON, ("Retry-After", "1")], credential=INVALID)
    return tape


@pytest.mark.parametrize("identifier", [None, 5, [], {}, ["a"]])
def test_an_id_of_any_kind_in_a_refusal_is_read(identifier):
    """Whatever stands there as an id, the judge does not stumble over it."""
    tape = opened()
    tape.call("GET", "/v1/messages", 401, {"data": [{"id": identifier, "body": "x"}]}, credential=NONE)
    tape.call("GET", "/v1/messages/x", 404, {"id": identifier, "body": "x"}, credential=OTHER)
    assert any(isinstance(each, Observation) for each in tape.findings())


@holds()
def test_the_other_account_has_a_message_of_the_same_id():
    tape = opened()
    tape.foreign(1, "conv_theirs", body="theirs")
    tape.retrieve(1, credential=OTHER)
    tape.list([1], False, credential=OTHER)
    return tape


@holds()
def test_the_other_account_has_a_message_of_the_same_id_and_second():
    """As two accounts have that were filled at one time; a list may tell nothing but five fields."""
    tape = Tape(sparse=True)
    tape.send(1, created=instant(0))
    tape.list()
    tape.list([1], False, credential=OTHER, differs={1: {"body": "theirs"}})
    return tape


@breaks("AUTH-05")
def test_the_other_account_is_shown_the_message_but_for_a_field():
    """What the documentation does not fix about a message makes it no other message."""
    tape = opened()
    tape.retrieve(1, credential=OTHER, status="read", channel=GONE)
    return tape


@unjudged("AUTH-04")
def test_within_the_window_a_publishable_key_need_not_find_a_message():
    tape = Tape(Terms((A, B), consistency_seconds=1.0))
    tape.send(1)
    tape.retrieve(1, 404, credential=READER)
    return tape


@unjudged("LIST-04", "SEND-01")
def test_a_key_that_was_never_let_in_says_nothing_of_the_target():
    tape = Tape()
    tape.list(limit=100, code=401)
    tape.send(1, code=401)
    return tape


@unjudged("SEND-01")
def test_a_declared_conversation_that_does_not_exist_says_nothing_of_the_target():
    tape = Tape()
    tape.list()
    tape.send(1, code=404, param="conversation_id")
    return tape


@unjudged("SEND-01")
def test_a_declared_conversation_that_does_not_exist_need_not_be_named():
    """Error bodies are free: a target may answer 404 and nothing else."""
    tape = Tape()
    tape.list()
    tape.send(1, code=404)
    return tape
