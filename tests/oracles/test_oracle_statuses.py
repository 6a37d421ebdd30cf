"""Statuses: which there are, that they move forward only, and where they arrive (STAT-01, -02, -03, -05, -06)."""

from __future__ import annotations

from itertools import product

import pytest
from histories import TERMS, A, B, Tape, breaks, holds, unjudged

from conformance.model import Conversation, Terms
from conformance.oracles.statuses import STATUSES

# What the documentation says of one status after another: what is not named here is allowed.
BACK = {
    ("sent", "queued"): {"STAT-02"},
    ("delivered", "queued"): {"STAT-02"},
    ("delivered", "sent"): {"STAT-02"},
    ("delivered", "failed"): {"STAT-03"},
    ("read", "queued"): {"STAT-02", "STAT-03"},
    ("read", "sent"): {"STAT-02", "STAT-03"},
    ("read", "delivered"): {"STAT-02", "STAT-03"},
    ("read", "failed"): {"STAT-03"},
    ("failed", "queued"): {"STAT-03"},
    ("failed", "sent"): {"STAT-03"},
    ("failed", "delivered"): {"STAT-03"},
    ("failed", "read"): {"STAT-03"},
}
LAGGING = Terms((A, B), consistency_seconds=1.0)
PAIRS = [*product(STATUSES, STATUSES)]
ENDS = [*product(["delivered", "read", "failed"], STATUSES)]


def seen(*sights: tuple[str, str], terms: Terms = TERMS, own: bool = True) -> Tape:
    """A message that was seen so, one way after the other."""
    tape = Tape(terms)
    if own:
        tape.send(1)
    else:
        tape.foreign(1)
    for way, status in sights:
        tape.change(1, status=status, error="rejected" if status == "failed" else None)
        tape.retrieve(1) if way == "retrieve" else tape.list()
    return tape


@pytest.mark.parametrize(("before", "after"), PAIRS)
@pytest.mark.parametrize("way", ["retrieve", "list"])
def test_one_status_after_another_seen_in_one_way(before, after, way):
    assert seen((way, before), (way, after)).violated() == BACK.get((before, after), set())


@pytest.mark.parametrize(("before", "after"), PAIRS)
@pytest.mark.parametrize(("first", "second"), [("retrieve", "list"), ("list", "retrieve")])
def test_one_status_after_another_seen_in_two_ways(before, after, first, second):
    expected = {"STAT-05"} if (before, after) in BACK else set()
    if {before, after} in ({"failed", "delivered"}, {"failed", "read"}):
        expected = BACK[before, after]  # no delay of one way explains that a message both arrived and failed
    assert seen((first, before), (second, after)).violated() == expected


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_message_of_another_is_held_to_the_same_order(before, after):
    assert seen(("list", before), ("list", after), own=False).violated() == BACK.get((before, after), set())


@holds("STAT-01", "STAT-02", "STAT-03", "STAT-05")
def test_a_message_moves_forward():
    ways = ("retrieve", "queued"), ("list", "queued"), ("retrieve", "sent"), ("list", "read"), ("retrieve", "read")
    return seen(*ways)


@breaks("STAT-02")
def test_a_status_goes_back_two_steps_later():
    return seen(("retrieve", "delivered"), ("retrieve", "delivered"), ("retrieve", "sent"))


@breaks("STAT-03")
def test_failed_is_left():
    return seen(("retrieve", "failed"), ("retrieve", "read"))


@breaks("STAT-05")
def test_the_send_knew_more_than_a_later_retrieve():
    tape = Tape()
    tape.send(1, answer={"status": "sent"})
    tape.retrieve(1)
    return tape


@breaks("STAT-05")
def test_a_list_is_stale_after_the_window():
    tape = Tape(LAGGING)
    tape.send(1, at=(0.0, 0.1))
    tape.change(1, status="delivered")
    tape.retrieve(1, at=(2.0, 2.1))
    tape.change(1, status="queued")
    tape.list(at=(3.2, 3.3))
    return tape


@holds()
def test_a_list_may_be_stale_within_the_window():
    tape = Tape(LAGGING)
    tape.send(1, at=(0.0, 0.1))
    tape.change(1, status="delivered")
    tape.retrieve(1, at=(2.0, 2.1))
    tape.change(1, status="queued")
    tape.list(at=(3.0, 3.05))
    return tape


@holds()
def test_one_list_may_be_older_than_another_within_the_window():
    tape = Tape(LAGGING)
    tape.send(1, at=(0.0, 0.1))
    tape.change(1, status="delivered")
    tape.list(at=(2.0, 2.1))
    tape.change(1, status="queued")
    tape.list(at=(2.5, 2.6))
    return tape


@breaks("STAT-05")
def test_a_retrieve_may_not_be_stale():
    tape = Tape(LAGGING)
    tape.send(1, at=(0.0, 0.1))
    tape.change(1, status="delivered")
    tape.list(at=(2.0, 2.1))
    tape.change(1, status="queued")
    tape.retrieve(1, at=(2.5, 2.6))
    return tape


@holds()
def test_answers_that_were_under_way_at_one_time_may_tell_either():
    """The one that began first may end last, and know less or more."""
    tape = Tape()
    tape.send(1, at=(0.0, 0.01))
    tape.change(1, status="delivered")
    tape.retrieve(1, at=(1.0, 3.0))
    tape.change(1, status="queued")
    tape.retrieve(1, at=(2.0, 2.5))
    tape.retrieve(1, at=(2.9, 4.0))
    return tape


@breaks("STAT-02")
def test_an_answer_that_began_after_another_had_ended_may_not():
    tape = Tape()
    tape.send(1, at=(0.0, 0.01))
    tape.change(1, status="delivered")
    tape.retrieve(1, at=(1.0, 2.0))
    tape.change(1, status="queued")
    tape.retrieve(1, at=(2.1, 2.2))
    return tape


@unjudged("STAT-02", "STAT-03", "STAT-05")
def test_a_message_seen_once_proves_nothing_of_an_order():
    tape = Tape()
    tape.send(1)
    return tape


# -- outcomes --------------------------------------------------------------------------------------------------------


def arriving(outcome: str, status: str, seconds: float, way: str = "retrieve", consistency: float = 0.0) -> Tape:
    """A message in a conversation of a declared outcome, seen in a status so long after it was sent."""
    conversation = Conversation("conv_a", "whatsapp", outcome)
    tape = Tape(Terms((conversation,), settle_seconds=2.0, consistency_seconds=consistency))
    tape.send(1, at=(0.0, 0.01))
    tape.change(1, status=status, error="rejected" if status == "failed" else None)
    at = (seconds + 0.01, seconds + 0.02)
    tape.retrieve(1, at=at) if way == "retrieve" else tape.list(at=at)
    return tape


ARRIVES = {("delivered", "delivered"), ("delivered", "read"), ("read", "read"), ("failed", "failed")}


@pytest.mark.parametrize(("outcome", "status"), ENDS)
def test_an_outcome_has_arrived_by_the_declared_time(outcome, status):
    tape = arriving(outcome, status, 2.5)
    assert tape.violated() == (set() if (outcome, status) in ARRIVES else {"STAT-06"})
    assert bool(tape.observed()["STAT-06"]) == ((outcome, status) in ARRIVES)


@pytest.mark.parametrize(("outcome", "status"), ENDS)
def test_before_the_declared_time_nothing_is_held_against_it(outcome, status):
    assert arriving(outcome, status, 1.9).violated() == set()


@holds()
def test_a_list_may_show_an_outcome_later_by_the_window():
    return arriving("read", "sent", 2.9, "list", 1.0)


@breaks("STAT-06")
def test_a_list_may_not_show_it_later_than_that():
    return arriving("read", "sent", 3.5, "list", 1.0)


@holds("STAT-06")
def test_an_outcome_arrives():
    return arriving("delivered", "read", 0.5)


@unjudged("STAT-06")
def test_a_message_of_another_arrives_when_it_does():
    tape = Tape(Terms((Conversation("conv_a", "whatsapp", "read"),), settle_seconds=2.0))
    tape.foreign(9, direction="outbound", status="queued")
    tape.list()
    tape.list(at=(100.0, 100.1))
    return tape


@breaks("STAT-01", also=["LIST-02"])
def test_a_status_is_none_of_the_five():
    tape = Tape()
    tape.foreign(9, status="undelivered")
    tape.list()
    return tape


@breaks("STAT-02", "STAT-05")
def test_one_list_is_behind_another():
    tape = Tape()
    tape.send(1)
    tape.change(1, status="sent")
    tape.list()
    tape.list(conversation="conv_a", differs={1: {"status": "queued"}})
    return tape


@breaks("STAT-03")
def test_a_message_that_had_failed_is_delivered_by_another_list():
    tape = Tape()
    tape.send(1)
    tape.change(1, status="failed", error="gone")
    tape.list()
    tape.list(conversation="conv_a", differs={1: {"status": "delivered", "error": None}})
    return tape
