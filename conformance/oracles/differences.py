"""How a page departs from an earlier walk of the same list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.history import Ledger
from conformance.oracles.sequence import known_at
from conformance.paging import Chain, Page


@dataclass(frozen=True)
class Difference:
    """How a page departs from an earlier walk: which ids, and in what way."""

    kind: str
    ids: tuple[str, ...]
    chain: Chain
    page: Page | None = None
    """The page of the earlier walk that is at fault, where it is not the later one."""


SENTENCES = {
    "again": ("nothing that a page before has shown", "after {cursor} the walk shows {names} again"),
    "back": ("only what follows the cursor", "after {cursor} the page shows {names}, which stand before it"),
    "lost": ("every message that follows the cursor", "the page after {cursor} passes over {names}"),
    "beyond": ("has_more true: messages follow that another list shows", "has_more false, though {names} follow"),
    "order": ("the same sequence for every page size", "{names} change places"),
    "missed": ("every message of the list", "an earlier page passed over {names}, which this one shows"),
}
GONE = ("lost", "beyond", "missed")


def compare(page: Page, other: Chain, ledger: Ledger) -> Difference | None:
    """How a page departs from what an earlier walk of the same list showed; None where they agree."""
    order, place = other.span, other.places
    common = [each for each in page.ids if each in place]
    start = place.get(page.cursor) if page.cursor else -1
    if start is None:
        start = place[common[0]] - 1 if common else len(order)
    back = tuple(each for each in common if place[each] <= start)
    if back:
        return Difference("back", back, other)
    if common != sorted(common, key=place.__getitem__):
        swapped = [
            each for each, right in zip(common, sorted(common, key=place.__getitem__), strict=True) if each != right
        ]
        return Difference("order", tuple(swapped), other)
    last = max((place[each] for each in common), default=start)
    stop = len(order) if page.has_more is False else last
    present = set(page.ids)
    lost = [
        each for each in order[start + 1 : max(stop, start + 1)] if each not in present and certain(each, page, ledger)
    ]
    within = tuple(each for each in lost if place[each] < last)
    if within:
        return Difference("lost", within, other)
    return Difference("beyond", tuple(lost), other) if lost else None


def missed_by(page: Page, other: Chain, ledger: Ledger) -> Difference | None:
    """Messages that an earlier walk passed over: they stand between two neighbours of its, and were there by then."""
    place = other.places
    between: list[str] = []
    previous: int | None = None
    for each in page.ids:
        if each not in place:
            between.append(each)
            continue
        if between and previous is not None and place[each] == previous + 1:
            asked = next((known for known in reversed(other.pages) if each in known.ids), None)
            missed = asked and tuple(x for x in between if known_at(ledger.messages[x], asked.exchange.began, ledger))
            if missed:
                return Difference("missed", missed, other, asked)
        previous, between = place[each], []
    return None


def passed_over(chain: Chain, others: Iterable[Chain], ledger: Ledger) -> list[str]:
    """What a walk should have shown and did not, as other walks of the same list tell: for a picture, no verdict."""
    found: dict[str, None] = {}
    for other in others:
        told = [compare(page, other, ledger) for page in chain.pages]
        told += [missed_by(page, chain, ledger) for page in other.pages]
        found |= dict.fromkeys(x for each in told if each and each.kind in GONE for x in each.ids)
    return [each for each in found if each not in set(chain.ids)]


def certain(identifier: str, page: Page, ledger: Ledger) -> bool:
    """Whether a message is known to have been there when the page was asked for."""
    message = ledger.messages.get(identifier)
    if message is None or message.is_confused or identifier in ledger.tampered:
        return False
    if page.filters not in message.lists:
        return False  # a cursor need not have been listed: whether it should have been, the lists' own rules tell
    return known_at(message, page.exchange.began, ledger)
