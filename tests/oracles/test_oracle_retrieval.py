"""Retrieve: what must be there and what must not (GET-01, -03, -04); that looking changes nothing (GET-05)."""

from __future__ import annotations

import pytest
from histories import A, B, Tape, breaks, holds, unjudged

from conformance.model import Conversation, Fact, Terms

LAGGING = Terms((A, B), consistency_seconds=1.0)


@holds("GET-01")
def test_a_sent_message_is_there():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    return tape


@breaks("GET-01")
def test_a_sent_message_is_not_there():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, 404)
    return tape


@breaks("GET-01", "ERR-01")
def test_a_sent_message_is_a_server_error():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, 500)
    return tape


@breaks("GET-01")
def test_another_message_stands_under_the_id():
    tape = Tape()
    tape.send(1)
    tape.send(2)
    tape.retrieve(1, **tape.world[2])
    return tape


@unjudged("GET-01")
def test_within_the_window_a_message_may_be_missing():
    tape = Tape(LAGGING)
    tape.send(1, at=(0.0, 0.1))
    tape.retrieve(1, 404, at=(0.5, 0.6))
    return tape


@breaks("GET-01")
def test_after_the_window_it_may_not():
    tape = Tape(LAGGING)
    tape.send(1, at=(0.0, 0.1))
    tape.retrieve(1, 404, at=(1.2, 1.3))
    return tape


@breaks("GET-04")
def test_a_listed_message_of_another_is_not_there():
    tape = Tape()
    tape.foreign(9)
    tape.list()
    tape.retrieve(9, 404)
    return tape


@holds("GET-04")
def test_a_listed_message_of_another_is_there():
    tape = Tape()
    tape.foreign(9)
    tape.list()
    tape.retrieve(9)
    return tape


@unjudged("GET-04")
def test_within_the_window_a_message_of_another_may_be_missing():
    """The list's replica may know of it before the one that answers the retrieve does."""
    tape = Tape(LAGGING)
    tape.foreign(9)
    tape.list(at=(0.0, 0.1))
    tape.retrieve(9, 404, at=(0.2, 0.3))
    return tape


@holds("GET-03")
def test_an_unknown_id_is_not_found():
    tape = Tape()
    tape.retrieve(77, 404, facts=[Fact.UNKNOWN_MESSAGE])
    return tape


@pytest.mark.parametrize("code", [200, 400, 403, 410, 302])
def test_an_unknown_id_answers_otherwise(code):
    tape = Tape()
    tape.send(1)
    tape.retrieve(1 if code == 200 else 77, code, path="/v1/messages/msg_77", facts=[Fact.UNKNOWN_MESSAGE])
    assert "GET-03" in tape.violated()


@pytest.mark.parametrize("code", [400, 404, 414, 431])
def test_an_odd_id_is_refused(code):
    tape = Tape()
    tape.retrieve(77, code, path="/v1/messages/%00", facts=[Fact.ODD_ID])
    assert tape.violated() == set()
    assert tape.observed()["GET-03"]


@breaks("GET-03", "ERR-01")
def test_an_odd_id_is_a_server_error():
    tape = Tape()
    tape.retrieve(77, 500, path="/v1/messages/%00", facts=[Fact.ODD_ID])
    return tape


@unjudged("GET-01", "GET-03", "GET-04")
def test_an_id_that_nobody_knows_anything_of_is_not_judged():
    tape = Tape()
    tape.retrieve(77, 404)
    return tape


# -- GET-05 ----------------------------------------------------------------------------------------------------------


def inbox(*numbers: int) -> Tape:
    """A list of inbound messages, shown once."""
    tape = Tape()
    for number in numbers:
        tape.foreign(number)
        tape.clock += 0.1
    tape.list()
    return tape


@holds("GET-05")
def test_the_list_is_the_same_after_a_retrieve():
    tape = inbox(1, 2, 3)
    tape.retrieve(1)
    tape.list()
    return tape


@breaks("GET-05")
def test_a_retrieve_marks_what_it_retrieves_as_read():
    tape = inbox(1, 2, 3)
    tape.retrieve(1)
    tape.change(1, status="read")
    tape.list()
    return tape


@breaks("GET-05", also=["PAGE-03", "PAGE-09"])
def test_a_retrieve_moves_what_it_retrieves():
    tape = inbox(1, 2, 3)
    tape.retrieve(1)
    tape.list([1, 3, 2])
    return tape


@breaks("GET-01", "GET-05")
def test_a_retrieve_takes_the_message_away():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.retrieve(1, 404)
    return tape


@holds()
def test_a_status_that_moves_by_itself_is_no_trace_of_a_retrieve():
    tape = Tape()
    for number in range(1, 7):
        tape.send(number)
    tape.list()
    tape.retrieve(1)
    tape.retrieve(3)
    for number in range(1, 7):
        tape.change(number, status="sent")
    tape.list()
    return tape


@holds()
def test_of_messages_that_take_the_same_time_the_older_move_first():
    """Two were sent three seconds before the others; each is sent on after four."""
    tape = Tape(Terms((Conversation("conv_a", "whatsapp"),)))
    tape.send(1, at=(0.0, 0.01))
    tape.send(2, at=(0.1, 0.11))
    tape.send(3, at=(3.0, 3.01))
    tape.send(4, at=(3.1, 3.11))
    tape.list(at=(3.5, 3.51))
    tape.retrieve(1, at=(3.6, 3.61))
    tape.retrieve(2, at=(3.7, 3.71))
    tape.change(1, status="sent")
    tape.change(2, status="sent")
    tape.list(at=(4.5, 4.51))
    return tape


def moved_at_once(*retrieved: int) -> Tape:
    """Sixteen messages, of which just those that were retrieved are found sent on."""
    tape = Tape()
    for number in range(1, 17):
        tape.send(number)
    tape.list()
    for number in retrieved:
        tape.retrieve(number)
        tape.change(number, status="sent")
    tape.list()
    return tape


@breaks("GET-05")
def test_just_what_was_retrieved_moves():
    return moved_at_once(12, 14, 16)


@pytest.mark.parametrize("retrieved", [(16,), (2, 3), (1, 3, 5)])
def test_what_moved_may_have_moved_by_accident(retrieved):
    """One alone proves nothing; nor do the oldest, which may well be the first to move."""
    assert moved_at_once(*retrieved).violated() == set()


@unjudged("GET-03")
def test_a_router_that_cleans_paths_redirects_an_odd_id():
    tape = Tape()
    tape.retrieve(77, 301, path="/v1/messages/a%2F..%2Fb", facts=[Fact.ODD_ID])
    return tape


@breaks("LIST-10")
def test_a_message_that_stands_twice_on_a_page_and_moved_on_is_counted_once():
    tape = Tape()
    for number in (1, 2, 3):
        tape.send(number)
    tape.list([3, 3, 2, 1])
    tape.retrieve(3)
    tape.change(3, status="sent")
    tape.list([3, 3, 2, 1])
    return tape


def _at_rest(looked: tuple[int, int]) -> Tape:
    """Of six messages that have long been delivered, where they stay so, two are read while they are retrieved."""
    tape = Tape(Terms((Conversation("conv_a", "webchat", "delivered"),), settle_seconds=1.0))
    for number in range(1, 7):
        tape.send(number)
        tape.change(number, status="delivered")
    tape.list(at=(10.0, 10.1))
    tape.retrieve(looked[0], at=(10.2, 10.3))
    tape.retrieve(looked[1], at=(10.4, 10.5))
    for number in looked:
        tape.change(number, status="read")
    tape.list(at=(10.6, 10.7))
    return tape


@breaks("GET-05")
def test_what_was_delivered_is_read_by_being_retrieved():
    return _at_rest((5, 6))


@holds("STAT-02")
def test_what_was_delivered_may_be_read_later_the_oldest_first():
    return _at_rest((1, 2))
