"""Pagination: every message once, in one sequence, whatever the page size and whatever arrives meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import pytest

from conformance.model import Credential, Fact
from conformance.suite.kit import Kit

requirement = pytest.mark.requirement
MOST = 100


class Stretch:
    """A part of a list that is known: where it begins, what it holds in order, and whether the list ends with it."""

    def __init__(self, kit: Kit, length: int, **filters: Any) -> None:
        ids = kit.known(**filters)
        self.filters = filters
        self.ids = ids[-length:]
        self.start = ids[-length - 1] if len(ids) > length else None
        self.at_end = (bool(kit.judge.walks.chains) and kit.judge.direction.sign > 0) or kit.is_whole(**filters)
        if not self.at_end:
            # Newest first and more messages than were looked through: what this run sent stands at the beginning.
            self.ids, self.start = ids[:length], None

    def walk(self, kit: Kit, sizes: Sequence[int], **more: Any) -> None:
        """Walk the stretch once with pages of these sizes in turn."""
        until = () if self.at_end else self.ids
        kit.walk(sizes, start=self.start, until=until, most=len(self.ids) + 4, **{**self.filters, **more})


@requirement("PAGE-01", "PAGE-03", "PAGE-04", "PAGE-02", "PAGE-07", "PAGE-09")
def test_a_walk_shows_every_message_once(kit: Kit) -> None:
    """Following the last id of each page shows every message once and ends, for every page size and mixture."""
    main = kit.run.scene.main.id
    kit.some(8)
    kit.window(conversation_id=main)
    # Pages of one put a boundary between any two messages, those of one instant too.
    of_main = ((4, (1,)), (9, (1, 3, 2)), (60, (7, 25, 10)))
    walks = [(Stretch(kit, length, conversation_id=main), sizes) for length, sizes in of_main]
    kit.apart(partial(stretch.walk, kit, sizes) for stretch, sizes in [*walks, (Stretch(kit, 90), (30, 41))])


@requirement("PAGE-02", "PAGE-04")
def test_has_more_is_right_at_the_end(kit: Kit) -> None:
    """has_more is false on the last page, also on a full one; after the very last message there is nothing."""
    kit.some(8)
    main = kit.run.scene.main.id
    for filters in ({"conversation_id": main}, {"direction": "outbound"}):
        stretch = Stretch(kit, 6, **filters)
        ids = stretch.ids
        if not stretch.at_end or len(ids) < 5:
            continue
        cases = [(2, -3), (2, -1)] if "direction" in filters else [(2, -3), (2, -1), (2, -5), (3, -3), (1, -3), (1, -2)]
        kit.apart(partial(kit.page, limit=limit, starting_after=ids[place], **filters) for limit, place in cases)
    everything = Stretch(kit, 26)
    if everything.at_end and len(everything.ids) == 26:
        # The last page may be full without a filter and by default, too.
        kit.walk([None], start=everything.ids[0], most=2)
    # So may the first page be, which has no cursor.
    length, narrow = _shortest(kit)
    if 1 < length <= MOST:
        kit.walk([length], most=2, **narrow)


def _shortest(kit: Kit) -> tuple[int, dict[str, Any]]:
    """The list that held fewest messages, though not less than two, when it was walked from end to end; how many are there."""
    found: list[tuple[int, dict[str, Any]]] = []
    for (credential, wanted), chains in kit.judge.walks.chains.items():
        filters: dict[str, Any] = dict(wanted)
        shown = [chain.ids for chain in chains if chain.start is None and chain.ended]
        if shown and credential is Credential.KEY:
            found.append((len({*shown[-1], *kit.matching(**filters)}), filters))
    return min((each for each in found if each[0] > 1), key=itemgetter(0), default=(0, {}))


@requirement("PAGE-04")
def test_any_listed_message_serves_as_cursor(kit: Kit) -> None:
    """A list taken up at any message goes on with the one behind it."""
    kit.some(8)
    main, dice = kit.run.scene.main.id, kit.dice()
    for count, filters in ((5, {}), (2, {"conversation_id": main})):
        listed = [
            each.id
            for each in kit.judge.ledger.messages.values()
            if tuple(filters.items()) in each.lists and each.id not in kit.judge.ledger.tampered
        ]
        cursors = _of_each_kind(kit, listed)[:count]
        asked = [{"limit": dice.choice([2, 5, 9]), "starting_after": each} for each in cursors]
        kit.apart(partial(kit.page, **each, **filters) for each in asked)


def _of_each_kind(kit: Kit, ids: Sequence[str]) -> list[str]:
    """One message of each direction, status and type among these, drawn."""
    kinds: dict[tuple[object, ...], str] = {}
    for each in kit.dice().sample(ids, len(ids)):
        message = kit.message(each)
        kinds.setdefault((message.value("direction"), message.views[-1].status, message.value("type")), each)
    return list(kinds.values())


@requirement("PAGE-05")
def test_filters_hold_on_every_page(kit: Kit) -> None:
    """What a filter leaves out is on no page of a walk, not on the first alone."""
    main = kit.run.scene.main.id
    names = [each.id for each in kit.conversations[:2]]
    kit.some(6)
    for name in [*names, names[-1]] if len(names) > 1 and not kit.own(conversation_id=names[-1])[2:] else []:
        kit.sent(to=name)
    kit.caught_up()
    Stretch(kit, 6, direction="outbound").walk(kit, (3, 2))
    Stretch(kit, 4, conversation_id=names[-1]).walk(kit, (2,))
    inbound = kit.page(direction="inbound", limit=2)
    if inbound.has_more and inbound.ids:
        kit.walk([2, 3], start=inbound.ids[-1], most=2, direction="inbound")
        theirs = kit.page(direction="inbound", conversation_id=main, limit=1)
        if theirs.has_more and theirs.ids:
            kit.walk([1], start=theirs.ids[-1], most=1, direction="inbound", conversation_id=main)


@requirement("PAGE-06")
def test_arrivals_neither_repeat_nor_hide_what_was_there(kit: Kit) -> None:
    """Messages that are sent during a walk do not disturb what the walk shows of those before."""
    kit.some(8)
    stretch = Stretch(kit, 8)
    arrivals = iter(range(3))

    def arrive() -> None:
        if next(arrivals, None) is not None:
            kit.sent()
            kit.caught_up()

    kit.walk([2, 3], start=stretch.start, until=() if stretch.at_end else stretch.ids, most=12, between=arrive)
    kit.withhold()


@requirement("PAGE-08")
def test_a_change_of_status_moves_no_message(kit: Kit) -> None:
    """While messages are delivered, the sequence of the list stays what it was: every later list is held against it."""
    kit.page(limit=60)
    for name in kit.movable[:3]:
        moved = kit.sent(to=name)
        kit.page(limit=60)
        if kit.advance(moved, "sent") or kit.advance(moved, "delivered"):
            kit.page(limit=60)


@requirement("PAGE-10")
def test_a_cursor_that_is_no_message_is_refused(kit: Kit) -> None:
    """A starting_after that is no message's id is refused rather than ignored."""
    anchor = kit.run.scene.anchors[kit.run.scene.main.id]
    wrong = (kit.unknown_id(anchor), "nonsense", anchor + "x" * 300)
    calls = [partial(kit.list, starting_after=each, limit=5, facts=[Fact.UNKNOWN_CURSOR]) for each in wrong]
    # What follows a message in a list that it does not stand in is open, but for a 5xx.
    kit.apart([*calls, partial(kit.list, starting_after=anchor, direction="inbound", limit=5)])
