"""Statuses: where messages arrive, and that nothing tells another story on the way. Sent first, looked at last."""

from __future__ import annotations

import pytest

from conformance.suite.kit import Kit, NotOffered
from conformance.suite.simulated import WAYS
from conformance.suite.test_send import IMAGE

requirement = pytest.mark.requirement


@requirement("STAT-01", "STAT-02", "STAT-03", "STAT-05", "STAT-07", "STAT-04", "STAT-04-S")
def test_a_message_moves_forward_only(kit: Kit) -> None:
    """Watched by retrieve and by list in turn, a message moves forward only, and nothing else of it changes."""
    names = [each.id for each in kit.conversations[:4]]
    watched = _watched(kit, names)
    kit.caught_up()
    for each in watched:
        kit.retrieve(each)
    turn = iter(range(10_000))

    def look() -> None:
        if next(turn) % 2:
            kit.page(limit=20)
            return
        for each in watched:
            kit.retrieve(each)

    kit.watch(look, most=5)
    for way in WAYS if kit.movable else ():
        _tell_to_move(kit, way)


def _watched(kit: Kit, names: list[str]) -> list[str]:
    """Messages to watch: new ones of every kind, or in a run that only reads one in each status that was seen."""
    if kit.reads_only:
        kinds = {each.views[-1].status: each.id for each in kit.judge.ledger.messages.values() if each.views}
        return [*(kit.sent(to=name) for name in names), *kinds.values()]
    watched = [kit.sent(kit.payload(name, metadata={"order_id": "ord_abc123"})) for name in names]
    failing = [each.id for each in kit.conversations if each.outcome == "failed"]
    reading = [each.id for each in kit.conversations if each.outcome == "read"]
    kinds_sent = ({"type": "image", "media_url": IMAGE}, {"type": "template"})
    return watched + [
        kit.sent(kit.payload(name, **kind)) for name in [*failing[:1], *reading[:1]] for kind in kinds_sent
    ]


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


@requirement("STAT-06", "STAT-03", "STAT-04")
def test_a_declared_outcome_arrives_in_time(kit: Kit) -> None:
    """A message in a conversation that is declared to deliver, read or fail has arrived there by the declared time."""
    declared = [each for each in kit.conversations if each.outcome]
    if not declared:
        raise NotOffered
    first = {each.id: kit.run.scene.anchors[each.id] for each in declared}
    kit.settle(first.values())
    for each in first.values():
        kit.retrieve(each)
    for each in list(first.values())[:4]:
        kit.retrieve(each)
    kit.withhold("STAT-06")


@requirement("STAT-01", "STAT-02", "STAT-03")
def test_everything_sent_has_kept_its_order(kit: Kit) -> None:
    """At the end of the run, lists show every message of it where it was or further on."""
    kit.window()
    kit.window(conversation_id=kit.run.scene.main.id)
