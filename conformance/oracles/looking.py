"""GET-05: retrieving changes nothing. Two lists with nothing but retrieves between them show the same.

Statuses may move by themselves meanwhile; so what was retrieved is held against what was not: messages of the same
conversation, direction and status that nobody looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.history import SAFE, Ledger
from conformance.model import Credential, Finding, Observation, Operation
from conformance.oracles.base import Seen
from conformance.paging import Page


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
    common = [each for each in before.ids if each in after.ids]
    order = [each for each in after.ids if each in common]
    if common != order and looked & set(common):
        moved = next(each for each, other in zip(common, order, strict=True) if each != other)
        yield seen.violates("GET-05", "the list in the same order after retrieves", f"{moved} moved", before.number)
        return
    then = {item["id"]: item for item in before.items}
    now = {item["id"]: item for item in after.items}
    changed = {each for each in common if then[each].get("status") != now[each].get("status")}
    suspects = [each for each in common if each in looked and each in changed]
    groups = {each: _group(each, then[each].get("status"), then[each].get("direction"), ledger) for each in common}
    controls = [each for each in common if each not in looked and groups[each] in {groups[one] for one in suspects}]
    inbound = any(then[each].get("direction") == "inbound" for each in suspects)
    enough = bool(controls) if inbound else len(suspects) > 1 and len(controls) > 1
    if suspects and enough and not changed & set(controls):
        got = (
            f"{suspects[0]}, retrieved, went from {then[suspects[0]].get('status')} to {now[suspects[0]].get('status')}"
        )
        got += f"; {len(controls)} like it, not retrieved, did not"
        yield seen.violates("GET-05", "retrieving changes no status", got, before.number)
    elif looked & set(common):
        yield Observation("GET-05")


def _group(identifier: str, status: object, direction: object, ledger: Ledger) -> tuple[object, ...]:
    # What a customer sent does not move by itself; what was sent moves at its conversation's pace.
    return status, direction, None if direction == "inbound" else ledger.messages[identifier].conversation
