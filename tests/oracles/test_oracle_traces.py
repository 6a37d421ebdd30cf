"""Accounting: each accepted send is there once, no refused one left anything (LIST-09, -10, CONC-01, SEND-14, -15)."""

from __future__ import annotations

import pytest
from histories import A, B, Tape, breaks, holds, unjudged

from conformance.model import Fact, Terms


@holds("SEND-15", "LIST-09", "LIST-10")
def test_every_send_is_there_once():
    tape = Tape()
    tape.send(1)
    tape.send(2, body="mc-tape-1 hello")
    tape.send(3, "conv_b")
    tape.list()
    return tape


@breaks("SEND-15")
def test_two_sends_are_given_one_id():
    tape = Tape()
    tape.send(1)
    tape.send(2, answer={"id": "msg_1"})
    return tape


@breaks("SEND-15", "CONC-01")
def test_two_sends_at_once_are_given_one_id():
    tape = Tape()
    tape.send(1, at=(0.0, 0.2))
    tape.send(
        2, body="mc-tape-1 hello", at=(0.1, 0.3), answer={"id": "msg_1", "created_at": tape.world[1]["created_at"]}
    )
    return tape


@holds("CONC-01", "SEND-15")
def test_sends_at_once_are_each_kept():
    tape = Tape()
    tape.send(1, at=(0.0, 0.2))
    tape.send(2, at=(0.1, 0.3))
    tape.list()
    return tape


@breaks("CONC-01")
def test_one_of_several_sends_at_once_is_not_kept():
    tape = Tape()
    tape.send(1, at=(0.0, 0.2))
    tape.send(2, at=(0.1, 0.3))
    tape.list([2], False)
    return tape


@breaks("CONC-01")
def test_one_of_several_sends_at_once_is_kept_twice():
    tape = Tape()
    tape.send(1, at=(0.0, 0.2))
    tape.send(2, at=(0.1, 0.3))
    tape.foreign(9, direction="outbound", body="mc-tape-2 hello")
    tape.list()
    tape.list()
    return tape


@breaks("LIST-10")
def test_a_send_is_kept_twice():
    tape = Tape()
    tape.send(1)
    tape.foreign(9, direction="outbound", body="mc-tape-1 hello")
    tape.list()
    tape.list()
    return tape


@holds("LIST-10")
def test_a_message_of_the_team_that_quotes_one_of_ours_is_no_second_copy_of_it():
    tape = Tape()
    tape.send(1, body="mc-tape-1 hello" + "!" * 4000)
    tape.send(2)
    tape.foreign(9, direction="outbound", body=f"Forwarded:\n> {tape.world[1]['body']}"[:3000])
    tape.foreign(10, direction="outbound", body="mc-tape-2 hello\n-- \nForwarded by Ann")
    tape.list()
    tape.list()
    return tape


@breaks("LIST-10")
def test_a_second_copy_that_is_cut_short_is_one():
    tape = Tape()
    tape.send(1, body="mc-tape-1 hello" + "!" * 100)
    tape.foreign(9, direction="outbound", body="mc-tape-1 hello" + "!" * 50)
    tape.list()
    tape.list()
    return tape


@holds("SEND-15", "LIST-10")
def test_of_two_identical_sends_the_later_one_is_listed_before_it_is_answered():
    tape = Tape()
    tape.send(1, at=(0.0, 0.1))
    tape.foreign(2, direction="outbound", body="mc-tape-1 hello", status="queued")
    tape.list(at=(0.2, 0.4))
    tape.send(2, body="mc-tape-1 hello", at=(0.3, 0.5), created=tape.world[2]["created_at"])
    tape.list()
    return tape


@breaks("SEND-02")
def test_a_send_that_takes_over_the_metadata_of_another_is_no_second_copy_of_it():
    tape = Tape()
    tape.send(1, body="hello", metadata={"mark": "mc-tape-1"})
    tape.send(2, answer={"metadata": {"mark": "mc-tape-1"}})
    tape.change(2, metadata={"mark": "mc-tape-1"})
    tape.list()
    return tape


@breaks("LIST-10")
def test_an_accepted_send_is_not_listed():
    tape = Tape()
    tape.send(1)
    tape.list([], False)
    return tape


@breaks("LIST-10")
def test_an_accepted_send_is_not_listed_in_its_conversation():
    tape = Tape()
    tape.send(1)
    tape.list([], False, conversation="conv_a")
    return tape


@breaks("LIST-09", "LIST-10")
def test_the_whole_list_lacks_a_conversation():
    tape = Tape()
    tape.send(1)
    tape.send(2, "conv_b")
    tape.list(conversation="conv_b")
    tape.list([1], False)
    return tape


@unjudged("LIST-10")
def test_within_the_window_a_send_need_not_be_listed():
    tape = Tape(Terms((A, B), consistency_seconds=1.0))
    tape.send(1)
    tape.list([], False)
    return tape


@breaks("LIST-10")
def test_after_the_window_it_has_to():
    tape = Tape(Terms((A, B), consistency_seconds=1.0))
    tape.send(1)
    tape.list([], False, at=(1.5, 1.6))
    return tape


@holds()
def test_a_send_whose_answer_was_lost_may_be_there_or_not():
    """Nobody can know whether it was accepted; nor, if it was sent again, whether it is there once or twice."""
    tape = Tape()
    payload = b'{"conversation_id": "conv_a", "body": "mc-tape-1 hello"}'
    tape.call("POST", "/v1/messages", None, payload=payload, tag="mc-tape-1", trouble="closed: server disconnected")
    tape.send(1)
    tape.foreign(9, direction="outbound", body="mc-tape-1 hello")
    tape.list()
    return tape


# -- what was refused ------------------------------------------------------------------------------------------------


@holds("SEND-14")
def test_a_refused_send_leaves_nothing_behind():
    tape = Tape()
    tape.send(1)
    tape.send(2, type="video", code=400, param="type")
    tape.list()
    return tape


@breaks("SEND-14")
def test_a_refused_send_is_listed():
    tape = Tape()
    tape.send(2, type="video", code=400, param="type")
    tape.foreign(9, direction="outbound", body="mc-tape-2 hello")
    tape.list()
    tape.list()
    return tape


@breaks("SEND-14")
def test_a_refused_send_is_recognised_by_its_metadata():
    tape = Tape()
    tape.send(2, body=5, metadata={"conformance": "mc-tape-2"}, code=400, param="body")
    tape.foreign(9, direction="outbound", body="", metadata={"conformance": "mc-tape-2"})
    tape.list()
    return tape


@breaks("HTTP-01")
def test_what_stands_there_may_be_of_a_send_whose_answer_told_no_id():
    tape = Tape()
    payload = b'{"conversation_id": "conv_a", "body": "mc-tape-2 hello"}'
    tape.call("POST", "/v1/messages", 201, raw=b'{"id": "msg_9", "cost": NaN}', payload=payload, tag="mc-tape-2")
    tape.send(2, type="video", code=400, param="type")
    tape.foreign(9, direction="outbound", body="mc-tape-2 hello")
    tape.list()
    tape.list()
    return tape


@breaks("SEND-12")
def test_a_send_to_an_unknown_conversation_is_listed():
    tape = Tape()
    tape.send(2, "conv_x", code=404, param="conversation_id", facts=[Fact.UNKNOWN_CONVERSATION])
    tape.foreign(9, "conv_x", direction="outbound", body="mc-tape-2 hello")
    tape.list()
    return tape


@breaks("HTTP-02-M")
def test_a_put_leaves_a_message_behind():
    tape = Tape()
    payload = b'{"conversation_id": "conv_a", "body": "mc-tape-2 hello"}'
    tape.call("PUT", "/v1/messages", 405, {}, headers=[("Allow", "GET, POST")], payload=payload, tag="mc-tape-2")
    tape.foreign(9, direction="outbound", body="mc-tape-2 hello")
    tape.list()
    tape.list()
    return tape


@breaks("HTTP-02-M")
def test_a_post_on_a_message_sends_another():
    tape = Tape()
    tape.send(1)
    payload = b'{"conversation_id": "conv_a", "body": "mc-tape-2 hello"}'
    tape.call("POST", "/v1/messages/msg_1", 404, {}, payload=payload, tag="mc-tape-2")
    tape.foreign(9, direction="outbound", body="mc-tape-2 hello")
    tape.list()
    tape.list()
    return tape


@breaks("HTTP-02-M")
def test_a_delete_takes_a_message_out_of_lists():
    tape = Tape()
    for number in (1, 2):
        tape.send(number)
    tape.list()
    tape.call("DELETE", "/v1/messages/msg_1", 405, {}, headers=[("Allow", "GET")])
    tape.list([2])
    return tape


@unjudged("SEND-14")
def test_a_list_that_does_not_reach_so_far_proves_nothing():
    tape = Tape()
    for number in range(1, 6):
        tape.send(number)
    tape.list()
    tape.send(6, type="video", code=400, param="type")
    tape.list(limit=2, after=4)
    tape.list(conversation="conv_b")
    return tape


@holds("SEND-14")
def test_a_list_that_reaches_past_the_refused_send_is_enough():
    """Newest first: what was sent before it was seen, and nothing of it in front."""
    tape = Tape()
    for number in range(1, 7):
        tape.send(number)
    tape.list()
    tape.send(7, type="video", code=400, param="type")
    tape.send(8)
    tape.list(limit=3)
    return tape


@pytest.mark.parametrize("body", ["You wrote: mc-tape-1 hello", "> mc-tape-1 hello\nThank you"])
def test_a_reply_that_quotes_our_message_is_no_second_one(body):
    """A bot or a mail program answers with what it was sent."""
    tape = Tape()
    tape.send(1)
    tape.foreign(9, body=body)
    tape.list()
    assert tape.violated() == set()


def test_a_send_that_is_made_again_may_be_listed_before_it_is_answered():
    """It may have begun after the list was asked for: nobody could know of it."""
    tape = Tape()
    payload = b'{"conversation_id": "conv_a", "body": "mc-tape-1 hello"}'
    tape.call("POST", "/v1/messages", 429, {}, payload=payload, tag="mc-tape-1", headers=[("Retry-After", "1")])
    tape.foreign(2, direction="outbound", body="mc-tape-1 hello")
    tape.list()
    assert tape.violated() == set()


def come_back_later() -> Tape:
    """A send that is answered 429, and made again."""
    tape = Tape()
    payload = b'{"conversation_id": "conv_a", "body": "mc-tape-1 hello"}'
    tape.call("POST", "/v1/messages", 429, {}, payload=payload, tag="mc-tape-1", headers=[("Retry-After", "1")])
    tape.send(2, body="mc-tape-1 hello")
    return tape


@breaks("SEND-14")
def test_a_send_that_was_to_come_back_later_is_kept_all_the_same():
    """Then the message stands there twice."""
    tape = come_back_later()
    tape.foreign(3, direction="outbound", body="mc-tape-1 hello")
    tape.list()
    tape.list()
    return tape


@holds("SEND-14")
def test_a_send_that_was_to_come_back_later_is_there_once():
    tape = come_back_later()
    tape.list()
    return tape
