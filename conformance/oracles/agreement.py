"""Every sight of a message agrees with those before it: which field may change, and whose fault it is if one does.

GET-02 (retrieve and send), GET-04 and LIST-02 (list and retrieve), STAT-07 (as the status moves), HTTP-02-M (a method
that the documentation does not name), and SEND-10, SEND-11 where what changed is what they are about.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.history import Ledger, Message, View
from conformance.model import Finding, Operation
from conformance.oracles.base import Noted, Seen
from conformance.oracles.bodies import echo_row, is_same, metadata_row
from conformance.wire import json_equal, parse_instant, shown

LASTING = ("conversation_id", "body", "type", "direction", "channel", "metadata", "created_at")
ALWAYS_LISTED = ("id", "body", "direction", "status", "created_at")
_PAIR_ROW = {
    frozenset({Operation.SEND, Operation.RETRIEVE}): "GET-02",
    frozenset({Operation.RETRIEVE}): "GET-02",
}


def same(name: str, left: Any, right: Any) -> bool:
    """Whether two sights of a field mean the same: one instant, one JSON value, one way or another no metadata."""
    if name == "created_at":
        if left == right:
            return True
        first, second = parse_instant(left), parse_instant(right)
        return left == right if first is None or second is None else first == second
    if name == "metadata" and left in (None, {}) and right in (None, {}):
        return True
    return json_equal(left, right)


class Agreement:
    """Compares each sight of a message with those that ended before it began."""

    def __init__(self) -> None:
        self._charged: dict[str, set[str]] = {}
        """The requirements that a field was found to break, so that one fault does not light up every chapter."""
        self._gists: dict[int, bytes | None] = {}
        """What lasts of the fields of sights, by the fields: a message is shown a hundred times, and mostly as before."""

    def compare(
        self, seen: Seen, fields: Mapping[str, Any], message: Message, ledger: Ledger, noted: Noted
    ) -> Iterator[Finding]:
        """Findings on the newest sight of a message."""
        view = message.views[-1]
        if view.operation is Operation.SEND:
            return  # two sends of one id are SEND-15's
        earlier = message.before(view)
        if not earlier:
            return
        gist = self._gist(fields)
        unlike = [each for each in earlier if gist is None or self._gist(each.fields) != gist]
        clean = True
        for name in LASTING if unlike else ():
            odd = next((each for each in unlike if _shows(each, name) and not _alike(name, each, view)), None)
            if _shows(view, name) and odd is not None:
                clean = False
                others = [each for each in earlier if _shows(each, name)]
                yield from self._blame(seen, name, view, odd, others, message, ledger)
        if clean:
            _note(view, earlier, message, ledger, noted)

    def _gist(self, fields: Mapping[str, Any]) -> bytes | None:
        """The same for fields of which whatever lasts is the same; None where that cannot be told so fast."""
        if id(fields) not in self._gists:
            try:
                self._gists[id(fields)] = marshal.dumps([fields.get(name) for name in LASTING], 2)
            except ValueError:  # nested too deeply for this
                self._gists[id(fields)] = None
        return self._gists[id(fields)]

    def _blame(
        self, seen: Seen, name: str, view: View, odd: View, others: list[View], message: Message, ledger: Ledger
    ) -> Iterator[Finding]:
        charged = self._charged.setdefault(name, set())
        rows = set(_rows(name, view, odd, others, message, ledger))
        if charged and ("STAT-07" in charged or rows == {"HTTP-02-M"}):
            return
        charged |= rows
        for row in sorted(rows):
            yield seen.violates(
                row,
                f"{name} of {message.id} as {_told(odd)}: {shown(odd.fields.get(name))}",
                f"{shown(view.fields.get(name))} as {_told(view)}",
                odd.exchange,
            )


def _alike(name: str, earlier: View, later: View) -> bool:
    return same(name, earlier.fields.get(name), later.fields.get(name))


def _shows(view: View, name: str) -> bool:
    """Whether a sight tells the field's value: a retrieve shows the whole message, and without metadata there is none."""
    return name in view.fields or (name == "metadata" and view.operation is Operation.RETRIEVE)


def _note(view: View, earlier: list[View], message: Message, ledger: Ledger, noted: Noted) -> None:
    operations = {each.operation for each in earlier}
    if view.operation is Operation.RETRIEVE and Operation.SEND in operations:
        noted["GET-02"] += 1
        _came_back(message, noted)
    if {view.operation, *operations} >= {Operation.RETRIEVE, Operation.LIST}:
        noted["GET-04"] += 1
    if any(each.status != view.status for each in earlier):
        noted["STAT-07"] += 1
    if message.id in ledger.tampered and view.operation is Operation.RETRIEVE:
        noted["HTTP-02-M"] += 1
    if view.operation is Operation.RETRIEVE and Operation.RETRIEVE in operations:
        noted["GET-05"] += 1


def _came_back(message: Message, noted: Noted) -> None:
    payload = message.sent.payload if message.sent else None
    metadata = payload.get("metadata") if isinstance(payload, dict) else None
    if isinstance(metadata, dict) and metadata:
        noted[metadata_row(metadata)] += 1


def _told(view: View) -> str:
    verb = {Operation.SEND: "the send returned it", Operation.RETRIEVE: "retrieved", Operation.LIST: "listed"}
    return f"{verb.get(view.operation, 'shown')} ({view.status})"


def _rows(name: str, view: View, odd: View, others: list[View], message: Message, ledger: Ledger) -> Iterator[str]:
    tampered = ledger.tampered.get(message.id)
    if tampered is not None and view.exchange > tampered > odd.exchange:
        yield "HTTP-02-M"
        return
    same_way = [each for each in others if each.operation is view.operation]
    moved = [each for each in same_way if each.status != view.status and not _alike(name, each, view)]
    if moved and len(moved) == len([each for each in same_way if not _alike(name, each, view)]):
        yield "STAT-07"
        return
    if _is_open(name, view, odd, others):
        return
    yield from _pair_rows(name, view, odd)
    kept = [each for each in same_way if each.status == view.status and _alike(name, each, odd)]
    if view.operation is Operation.RETRIEVE and kept:
        yield "GET-05"
    payload = message.sent.payload if message.sent else None
    if isinstance(payload, dict) and view.operation is Operation.RETRIEVE:
        # What a send returns and a retrieve shows is SEND-10's and SEND-11's; an item of a list that differs is not.
        yield from _content_rows(name, payload, view)


def _is_open(name: str, view: View, odd: View, others: list[View]) -> bool:
    """Whether it may be the list that differs, or the message that changed with its status: a later sight will tell."""
    differing = [each for each in others if not _alike(name, each, view)]
    across = view.operation is not odd.operation and Operation.LIST in (view.operation, odd.operation)
    return across and all(each.operation is not view.operation and each.status != view.status for each in differing)


def _pair_rows(name: str, view: View, odd: View) -> Iterator[str]:
    row = _PAIR_ROW.get(frozenset({view.operation, odd.operation}))
    if row is not None:
        yield row
        return
    yield "GET-04"
    if name not in ALWAYS_LISTED:
        yield "LIST-02"


def _content_rows(name: str, payload: Mapping[str, Any], view: View) -> Iterator[str]:
    """SEND-10 or SEND-11 where the value that changed is one that they are about."""
    sent, got = payload.get(name), view.fields.get(name)
    if name == "metadata" and isinstance(sent, dict) and sent and not is_same(sent, got):
        yield metadata_row(sent)
    if name == "body" and isinstance(sent, str) and not is_same(sent, got) and echo_row(sent, got) != "SEND-02":
        yield echo_row(sent, got)
