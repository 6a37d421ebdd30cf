"""The order of a list: what stands where, as far as sights and instants tell (PAGE-09, LIST-06 to LIST-10)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from conformance.history import Ledger, Message
from conformance.model import Choice, Finding, Observation
from conformance.oracles.base import Seen
from conformance.paging import Chain, Page
from conformance.wire import parse_instant

_SURE, _SHORTLY = 6, 20
"""Different neighbours that were created less than so many seconds apart, until the order may be relied upon."""
_ENOUGH, _MANY = 4, 10
"""Neighbours that are strictly ordered, or neighbours at all where one is, from which on drivers go by the order."""


def known_at(message: Message, moment: float, ledger: Ledger) -> bool:
    """Whether the message is known to have been there, and listed, when a request began."""
    first = message.sent.exchange.ended if message.sent else min(view.ended for view in message.views)
    return first + ledger.terms.consistency_seconds <= moment


def created(message: Message | None) -> Fraction | int | None:
    """The instant of creation, or None where no sight tells, or two sights tell different ones: which of them is true?"""
    if message is None:
        return None
    first = parse_instant(message.value("created_at"))
    told = [view.fields.get("created_at") for view in message.landmarks.values()] if message.redated else []
    return first if all(parse_instant(each) == first for each in told if each is not None) else None


def matches(message: Message, page: Page) -> bool:
    """Whether the message is known to match the filters of the page."""
    return all(
        (message.conversation if name == "conversation_id" else message.value(name)) == value
        for name, value in page.filters
    )


class Direction:
    """Learns whether lists run from new to old or from old to new, and what must therefore stand on a page."""

    def __init__(self) -> None:
        self.up = 0
        self.down = 0
        self.pairs = 0
        self.steps: dict[tuple[str, str], Fraction | int] = {}
        """Neighbours that were created shortly after one another, not at one instant, and how far apart."""

        self.across = 0
        """Neighbours of different conversations that were ordered: a list may be grouped by them."""

    @property
    def sure(self) -> bool:
        """Whether the order was seen so often, and so finely, that what is missing may be held against the target.

        Lists need not be monotonic (PAGE-09 is a SHOULD): one ordered by the minute looks as if it were, from afar.
        """
        return self.sign != 0 and len(self.steps) >= _SURE

    @property
    def grain(self) -> Fraction | int:
        """How far apart messages must have been created for the order to be as sure as that of those that were seen."""
        return sorted(self.steps.values())[_SURE - 1]

    @property
    def sign(self) -> int:
        """1 for oldest first, -1 for newest first, 0 where it is not known (or there is no such order)."""
        if self.up and self.down:
            return 0
        steps = self.up + self.down
        if steps < _ENOUGH and not (steps and self.pairs >= _MANY):
            return 0
        return 1 if self.up else -1

    def see(self, seen: Seen, page: Page, ledger: Ledger) -> Iterator[Finding]:
        """Findings on the order within one page and from its cursor."""
        ids = [*([page.cursor] if page.cursor else []), *page.ids]
        instants: list[Any] = [created(ledger.messages.get(each)) for each in ids]
        pairs = [(a, b) for a, b in pairwise(instants) if a is not None and b is not None]
        for names, (a, b) in zip(pairwise(ids), pairwise(instants), strict=True):
            if a is not None and b is not None and 0 < abs(a - b) < _SHORTLY:
                self.across += names not in self.steps and _are_apart(*(ledger.messages[each] for each in names))
                self.steps[names] = abs(a - b)
        up, down = sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)
        if (up and (down or self.down)) or (down and self.up):
            yield seen.violates(
                "PAGE-09", "a sequence that is monotonic in created_at", f"{up} steps forward and {down} back in time"
            )
        elif up or down:
            yield Observation("PAGE-09")
            yield Choice("PAGE-09", "order of a list", "oldest first" if up else "newest first")
        self.up, self.down, self.pairs = self.up + up, self.down + down, self.pairs + len(pairs)

    def missing(self, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Message]:
        """The messages that must stand on the page, and do not: ours, and others that were shown before."""
        whole = page.cursor is None and page.has_more is False
        before = ledger.messages.get(page.cursor) if page.cursor else None
        after = ledger.messages.get(page.ids[-1]) if page.has_more is not False and page.ids else None
        if not whole and (not self.sure or (created(before) is None and created(after) is None)):
            return
        present, apart = set(page.ids) | {page.cursor}, whole or self.grain + _set_back(ledger)
        for message in ledger.messages.values():
            if message.id in present or not matches(message, page):
                continue
            if message.is_confused or (message.id in ledger.tampered and not message.in_list):
                continue
            there = whole or (self._follows(before, message) and self._follows(message, after))
            if not there or not known_at(message, page.exchange.began, ledger):
                continue
            if whole or all(self._is_apart(message, each, apart) for each in (before, after)):
                yield message

    def _is_apart(self, message: Message, other: Message | None, apart: Fraction | int) -> bool:
        """Whether two messages were created so far apart that the order between them is known."""
        if other is not None and self.across < _SURE and _are_apart(message, other):
            return False
        instants: list[Any] = [created(message), created(other)]
        return None in instants or bool(abs(instants[0] - instants[1]) >= apart)

    def _follows(self, left: Message | None, right: Message | None) -> bool:
        """Whether the right message stands behind the left one; either may be an end of the list.

        Of messages that were sent at the same time, either may have been kept first, whatever their instants.
        """
        if left is None or right is None:
            return True
        first, second = created(left), created(right)
        if first is None or second is None:
            return False
        ordered = first < second if self.sign > 0 else second < first
        return ordered and not _at_one_time(left, right)


def _are_apart(left: Message, right: Message) -> bool:
    """Whether two messages are known to be of different conversations."""
    return left.conversation is not None and right.conversation not in (None, left.conversation)


def _set_back(ledger: Ledger) -> Fraction | int:
    """How far the target's clock went back from one send to the next: so far, instants tell nothing of what came first.

    Several servers may give messages their instants, each by its own clock, and lists go by when they were kept.
    """
    sends = [(message.sent.exchange, created(message)) for message in ledger.own() if message.sent]
    steps = (
        then - now
        for (one, then), (other, now) in pairwise(sends)
        if then is not None and now is not None and one.ended <= other.began
    )
    return max(0, *steps, 0)


def _at_one_time(left: Message, right: Message) -> bool:
    """Whether both were sent in this run, and one before the other's answer had come."""
    if left.sent is None or right.sent is None:
        return False
    one, other = left.sent.exchange, right.sent.exchange
    return one.began < other.ended and other.began < one.ended


def position_rows(
    page: Page, chain: Chain, lost: list[Message], ledger: Ledger, hiding: bool
) -> tuple[tuple[str, ...], str, str]:
    """The requirements that are broken when messages are not where they belong, with expected and got.

    A list that was found hiding messages on its first page hides them on every other, too.
    """
    names = ", ".join(message.id for message in lost[:3])
    where = "&".join(f"{name}={value}" for name, value in page.filters) or "no filter"
    how = "sent" if lost[0].sent else "shown"
    expected = f"the list ({where}) shows {names}, {how} {page.exchange.began - lost[0].since:.2f} s before"
    got = f"{len(page.ids)} items without {'it' if len(lost) == 1 else 'them'}"
    return _lost_rows(page, chain, lost, ledger, hiding), expected, got


def _lost_rows(page: Page, chain: Chain, lost: list[Message], ledger: Ledger, hiding: bool) -> tuple[str, ...]:
    if all(message.id in ledger.tampered for message in lost):
        return ("HTTP-02-M",)
    if page.has_more is False and len(page.ids) == page.limit and not hiding:
        return ("PAGE-02",)
    onwards = (len(chain.pages) > 1 or page.cursor is not None) and not hiding
    if all(message.sent and not message.in_list for message in lost) and not onwards:
        return ("CONC-01" if all(ledger.concurrent(message.sent) for message in lost) and not hiding else "LIST-10",)
    if onwards:
        return ("PAGE-02" if page.has_more is False else "PAGE-01",)
    filters = {(): "LIST-09", ("conversation_id",): "LIST-06", ("direction",): "LIST-07"}
    row = filters.get(tuple(name for name, _ in page.filters), "LIST-08")
    return (row, "LIST-10") if any(message.sent for message in lost) else (row,)
