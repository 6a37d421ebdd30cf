"""Pagination: every message once, in one sequence, whatever the page size and whatever arrives meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.model import Fact
from conformance.suite.kit import Kit

requirement = pytest.mark.requirement


class Stretch:
    """A part of a list that is known: where it begins, what it holds in order, and whether the list ends with it."""

    def __init__(self, kit: Kit, length: int, **filters: Any) -> None:
        ids = kit.window(**filters)
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
    stretch = Stretch(kit, 9, conversation_id=main)
    for sizes in [(3,), (2,), (1, 3, 2)]:
        stretch.walk(kit, sizes)
    Stretch(kit, 60, conversation_id=main).walk(kit, (7, 25, 10))
    Stretch(kit, 90).walk(kit, (30, 41))


@requirement("PAGE-02", "PAGE-04")
def test_has_more_is_right_at_the_end(kit: Kit) -> None:
    """has_more is false on the last page, also on a full one; after the very last message there is nothing."""
    kit.some(8)
    main = kit.run.scene.main.id
    for filters in [{"conversation_id": main}, {"direction": "outbound"}]:
        stretch = Stretch(kit, 6, **filters)
        if not stretch.at_end:
            continue
        ids = stretch.ids
        last = kit.page(limit=2, starting_after=ids[-3], **filters) if len(ids) > 2 else kit.page(limit=2, **filters)
        if last.ids:
            kit.page(limit=2, starting_after=last.ids[-1], **filters)
        if len(ids) > 4:
            half = kit.page(limit=2, starting_after=ids[-5], **filters)
            kit.page(limit=2, starting_after=half.ids[-1], **filters)
            kit.page(limit=3, starting_after=ids[-3], **filters)
            kit.page(limit=1, starting_after=ids[-3], **filters)
            kit.page(limit=1, starting_after=ids[-2], **filters)
            kit.page(starting_after=ids[-1], **filters)


@requirement("PAGE-04")
def test_any_listed_message_serves_as_cursor(kit: Kit) -> None:
    """A list taken up at any message goes on with the one behind it."""
    kit.some(8)
    main = kit.run.scene.main.id
    for filters in [{}, {"conversation_id": main}]:
        stretch = Stretch(kit, 60, **filters)
        for cursor in _of_each_kind(kit, stretch.ids[:-1])[:6]:
            kit.page(limit=kit.random.choice([2, 5, 9]), starting_after=cursor, **filters)


def _of_each_kind(kit: Kit, ids: Sequence[str]) -> list[str]:
    """One message of each direction, status and type among these, drawn."""
    kinds: dict[tuple[object, ...], str] = {}
    for each in kit.random.sample(ids, len(ids)):
        message = kit.message(each)
        kinds.setdefault((message.value("direction"), message.views[-1].status, message.value("type")), each)
    return list(kinds.values())


@requirement("PAGE-05")
def test_filters_hold_on_every_page(kit: Kit) -> None:
    """What a filter leaves out is on no page of a walk, not on the first alone."""
    main = kit.run.scene.main.id
    names = [each.id for each in kit.conversations[:2]]
    kit.some(6)
    for name in [*names, names[-1]] if len(names) > 1 else []:
        kit.sent(to=name)
    for filters in [
        {"conversation_id": main, "direction": "outbound"},
        {"direction": "outbound"},
        {"conversation_id": names[-1]},
    ]:
        Stretch(kit, 6, **filters).walk(kit, (3, 2))
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
    main = kit.run.scene.main.id
    for filters in [{"conversation_id": main}, {}]:
        stretch = Stretch(kit, 8, **filters)
        arrivals = iter(range(3))

        def arrive(arrivals: Any = arrivals) -> None:
            if next(arrivals, None) is not None:
                kit.sent()
                kit.caught_up()

        until = () if stretch.at_end else stretch.ids
        kit.walk([2, 3], start=stretch.start, until=until, most=12, between=arrive, **filters)
    kit.withhold()


@requirement("PAGE-07")
def test_messages_of_one_instant_are_all_shown(kit: Kit) -> None:
    """Messages created within the same second stand on both sides of a page boundary, none lost, none twice."""
    main = kit.run.scene.main.id
    kit.some(8)
    stretch = Stretch(kit, 8, conversation_id=main)
    for sizes in [(1, 2), (1,)]:
        stretch.walk(kit, sizes)


@requirement("PAGE-08")
def test_a_change_of_status_moves_no_message(kit: Kit) -> None:
    """While messages are delivered, the sequence of the list stays what it was."""
    names = [each.id for each in kit.conversations[:3]]
    sent: list[str] = []
    for name in names * 2:
        sent.append(kit.sent(to=name))
        kit.caught_up()
        kit.page(limit=60)
    for each in sent:
        if kit.advance(each, "sent") or kit.advance(each, "delivered"):
            kit.page(limit=60)
    kit.watch(lambda: kit.page(limit=60), most=8)
    kit.window(conversation_id=kit.run.scene.main.id)


@requirement("PAGE-10")
def test_a_cursor_that_is_no_message_is_refused(kit: Kit) -> None:
    """A starting_after that is no message's id is refused rather than ignored."""
    anchor = kit.run.scene.anchors[kit.run.scene.main.id]
    for cursor in [kit.unknown_id(anchor), "nonsense", anchor + "0"]:
        kit.list(starting_after=cursor, limit=5, facts=[Fact.UNKNOWN_CURSOR])
