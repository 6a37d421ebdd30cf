"""GET-05: retrieving changes nothing. Two lists with nothing but retrieves between them show the same.

Statuses may move by themselves meanwhile; so what was retrieved is held against what was not: messages of the same
conversation, direction and status that nobody looked at, and that are older, since the older may well move first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import comb
from typing import Any

from conformance.history import SAFE, Ledger
from conformance.model import Credential, Finding, Observation, Operation
from conformance.oracles.base import Seen
from conformance.paging import Page

_UNMOVED = 2
"""So many older messages that stay where they have long been, while those that were retrieved move, are no accident."""
_BY_CHANCE = 0.01
"""Were every message as likely to move as any other, it is no accident if just what was retrieved moved."""


class Looking:
    """Compares a list with the same list before a series of retrieves."""

    def __init__(self) -> None:
        self._last: dict[str, Page] = {}
        self._looked: dict[str, set[str]] = {}

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        if seen.credential is not Credential.KEY:
            return
        if seen.exchange.request.method not in SAFE:
            self._last.clear()
        elif seen.operation is Operation.RETRIEVE and seen.ask.message_id:
            for looked in self._looked.values():
                looked.add(seen.ask.message_id)
        elif seen.page is not None:
            target = seen.exchange.request.target
            before, looked = self._last.get(target), self._looked.get(target, set())
            if before is not None and looked:
                yield from _compared(seen, before, seen.page, looked, ledger)
            self._last[target], self._looked[target] = seen.page, set()


def _compared(seen: Seen, before: Page, after: Page, looked: set[str], ledger: Ledger) -> Iterator[Finding]:
    common = [each for each in dict.fromkeys(before.ids) if each in after.ids]
    order = [each for each in dict.fromkeys(after.ids) if each in common]
    then = {item["id"]: item for item in before.items}
    now = {item["id"]: item for item in after.items}
    changed = {each for each in common if then[each].get("status") != now[each].get("status")}
    if common != order and looked & set(common):
        if not changed:  # a change of status may be what moves messages, too, and is PAGE-08's
            moved = next(each for each, other in zip(common, order, strict=True) if each != other)
            yield seen.violates("GET-05", "the list in the same order after retrieves", f"{moved} moved", before.number)
        return
    suspects = [each for each in common if each in looked and each in changed]
    groups = {each: _group(each, then[each].get("status"), then[each].get("direction"), ledger) for each in common}
    controls = [each for each in common if each not in looked and groups[each] in {groups[one] for one in suspects}]
    inbound = any(then[each].get("direction") == "inbound" for each in suspects)
    at_rest = bool(suspects) and all(_rests(then[each], before, ledger) for each in suspects)
    if inbound:
        enough = bool(controls)
    elif at_rest:
        enough = len(_older(controls, suspects, ledger)) >= _UNMOVED
    else:
        enough = _no_accident(suspects, controls, looked & set(common), groups, ledger)
    if suspects and enough and not changed & set(controls):
        got = (
            f"{suspects[0]}, retrieved, went from {then[suspects[0]].get('status')} to {now[suspects[0]].get('status')}"
        )
        got += f"; {len(controls)} like it, not retrieved, did not"
        yield seen.violates("GET-05", "retrieving changes no status", got, before.number)
    elif looked & set(common):
        yield Observation("GET-05")


def _rests(item: Mapping[str, Any], page: Page, ledger: Ledger) -> bool:
    """Whether the message has long been where it is declared to arrive."""
    message = ledger.messages[item["id"]]
    conversation = ledger.terms.conversation(message.conversation)
    arrived = conversation is not None and conversation.outcome == item.get("status")
    return arrived and message.since + ledger.terms.settle_seconds < page.exchange.began


def _no_accident(
    suspects: list[str], controls: list[str], looked: set[str], groups: dict[str, tuple[object, ...]], ledger: Ledger
) -> bool:
    """Whether it is beyond chance that what moved was retrieved, each time, and nothing older that was not."""
    if not suspects:
        return False
    older = _older(controls, suspects, ledger)
    chance = 1.0
    for group in {groups[each] for each in suspects}:
        moved = sum(groups[each] == group for each in suspects)
        retrieved = sum(groups[each] == group for each in looked)
        others = sum(groups[each] == group for each in older)
        chance *= comb(retrieved, moved) / comb(retrieved + others, moved)
    return chance <= _BY_CHANCE


def _older(controls: list[str], suspects: list[str], ledger: Ledger) -> list[str]:
    """The controls that are older than everything that moved: were it a matter of age, they had moved first."""
    oldest = min(ledger.messages[each].since for each in suspects)
    return [each for each in controls if ledger.messages[each].since < oldest]


def _group(identifier: str, status: object, direction: object, ledger: Ledger) -> tuple[object, ...]:
    # What a customer sent does not move by itself; what was sent moves at its conversation's pace.
    return status, direction, None if direction == "inbound" else ledger.messages[identifier].conversation
