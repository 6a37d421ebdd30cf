"""Statuses: where messages arrive, and that nothing tells another story on the way. Sent first, looked at last."""

from __future__ import annotations

import pytest

from conformance.suite.kit import Kit
from conformance.suite.simulated import WAYS
from conformance.suite.test_retrieve import set_out

requirement = pytest.mark.requirement


@requirement("STAT-01", "STAT-02", "STAT-03", "STAT-05", "STAT-07", "STAT-04", "STAT-04-S", "PAGE-08")
def test_a_message_moves_forward_only(kit: Kit) -> None:
    """Watched by retrieve and by list in turn, a message moves forward only, and nothing else of it changes."""
    if kit.run.watch is None:
        set_out(kit)
    kit.keep_looking()
    for each in kit.run.watch.identifiers if kit.run.watch else ():
        kit.retrieve(each)
    kit.page(limit=40)
    for way in WAYS if kit.movable else ():
        _tell_to_move(kit, way)


def _tell_to_move(kit: Kit, way: tuple[str, ...]) -> None:
    """Send a message and, where a fixture can tell it to move, look at it after each step of a way."""
    identifier = kit.sent(kit.payload(kit.movable[0], metadata={"order_id": "ord_abc123"}))
    kit.caught_up()
    kit.retrieve(identifier)
    for status in way:
        if kit.advance(identifier, status):
            kit.retrieve(identifier)
            kit.page(limit=20)
    kit.retrieve(identifier)


@requirement("STAT-01", "STAT-02", "STAT-03", "STAT-06")
def test_everything_sent_has_kept_its_order(kit: Kit) -> None:
    """At the end of the run, lists show every message of it where it was or further on; one that nobody retrieved, too."""
    kit.sweep()
    for outcome in dict.fromkeys(each.outcome for each in kit.conversations if each.outcome):
        kit.arrive_unasked({each.id for each in kit.conversations if each.outcome == outcome})
