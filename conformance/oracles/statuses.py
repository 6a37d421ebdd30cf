"""Statuses: which there are, and that they only move forward (STAT-01, -02, -03, -05, -06; PAGE-08 is in `pages`).

The order is a table: every pair of different statuses that the documentation forbids, and the rule that forbids it.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.history import OURS, Ledger, Message, View, filters_of, understand
from conformance.model import Finding, Operation
from conformance.oracles.base import Noted, Seen, observed

STATUSES = ("queued", "sent", "delivered", "read", "failed")
FORBIDDEN = {
    ("sent", "queued"): ("STAT-02",),
    ("delivered", "queued"): ("STAT-02",),
    ("delivered", "sent"): ("STAT-02",),
    ("read", "queued"): ("STAT-02", "STAT-03"),
    ("read", "sent"): ("STAT-02", "STAT-03"),
    ("read", "delivered"): ("STAT-02", "STAT-03"),
    ("delivered", "failed"): ("STAT-03",),
    ("read", "failed"): ("STAT-03",),
    ("failed", "queued"): ("STAT-03",),
    ("failed", "sent"): ("STAT-03",),
    ("failed", "delivered"): ("STAT-03",),
    ("failed", "read"): ("STAT-03",),
}
ARRIVED = {"delivered": ("delivered", "read"), "read": ("read",), "failed": ("failed",)}
GRACE = 0.25
"""Seconds after the declared time in which an outcome that is missing is not yet held against the target."""


class Statuses:
    """Judges every status that an answer shows against all that were shown before."""

    def __init__(self) -> None:
        self._settled: dict[tuple[object, ...], tuple[tuple[str, int], ...]] = {}
        """What was noted of sights by their place; of those in the same place there is nothing else to say."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        if seen.response is None or seen.credential not in OURS:
            return
        noted = Noted()
        for fields in seen.shown:
            if fields.get("status") not in STATUSES:
                continue
            noted["STAT-01"] += 1
            message = ledger.messages[fields["id"]]
            if message.is_confused:
                continue
            view = message.views[-1]
            yield from self._outcome(seen, view, message, ledger, noted)
            if view.place in self._settled:
                noted.again(self._settled[view.place])
                continue
            sights = message.landmarks.values()
            earlier = [each for each in sights if each.status in STATUSES and precedes(each, view, ledger)]
            back = [each for each in earlier if (each.status, view.status) in FORBIDDEN]
            if back:
                yield from self._gone_back(seen, view, back, ledger)
                continue
            new = _forward(view, earlier)
            noted.again(new)
            if view.place is not None:
                self._settled[view.place] = new
        yield from observed(noted)

    def _gone_back(self, seen: Seen, view: View, back: list[View], ledger: Ledger) -> Iterator[Finding]:
        same_way = [each for each in back if each.operation is view.operation]
        odd = (same_way or back)[-1]
        # No delay explains a message that is said to have failed and to have arrived: one of both is a way on from an end.
        both = "failed" in (odd.status, view.status) and {odd.status, view.status} & {"delivered", "read"}
        rows = FORBIDDEN[odd.status, view.status] if same_way or both else ("STAT-05",)
        if (
            not both
            and view.operation is odd.operation is Operation.LIST
            and _filters(odd, ledger) != _filters(view, ledger)
        ):
            rows = (*rows, "STAT-05")  # one list may be behind another
        for row in rows:
            yield seen.violates(
                row,
                f"{view.fields['id']} stays {odd.status} or moves on, once {_how(odd)} said so",
                f"{_how(view)} said {view.status} {view.began - odd.ended:.3f} s later",
                odd.exchange,
            )

    def _outcome(self, seen: Seen, view: View, message: Message, ledger: Ledger, noted: Noted) -> Iterator[Finding]:
        conversation = ledger.terms.conversation(message.conversation)
        outcome = conversation.outcome if conversation else None
        if message.sent is None or outcome is None or _claims_status(message):
            return
        lag = ledger.terms.consistency_seconds if view.operation is Operation.LIST else 0.0
        late = view.began - message.sent.exchange.ended - ledger.terms.settle_seconds - lag
        if view.status in ARRIVED[outcome]:
            noted["STAT-06"] += 1
        elif late > GRACE:
            yield seen.violates(
                "STAT-06",
                f"a message in {message.conversation} is {outcome} within {ledger.terms.settle_seconds:g} s",
                f"{view.status} after {view.began - message.sent.exchange.ended:.2f} s",
                message.sent.exchange.number,
            )


def _claims_status(message: Message) -> bool:
    """Whether the client named a status in its payload: what comes of that is SEND-16's."""
    payload = message.sent.payload if message.sent else None
    return isinstance(payload, dict) and "status" in payload


def precedes(earlier: View, later: View, ledger: Ledger) -> bool:
    """Whether the later answer must know what the earlier one knew. A list may lag by the declared window."""
    lag = ledger.terms.consistency_seconds if later.operation is Operation.LIST else 0.0
    return earlier.exchange != later.exchange and earlier.ended + lag <= later.began


def _filters(view: View, ledger: Ledger) -> tuple[tuple[str, str], ...]:
    return filters_of(understand(ledger.exchanges[view.exchange].request))


def _forward(view: View, earlier: list[View]) -> tuple[tuple[str, int], ...]:
    statuses = {each.status for each in earlier}
    shown = {
        "STAT-02": bool(statuses - {view.status}),
        "STAT-03": not statuses.isdisjoint(("read", "failed")),
        "STAT-05": any(each.operation is not view.operation for each in earlier),
    }
    return tuple((name, 1) for name, is_shown in shown.items() if is_shown)


def _how(view: View) -> str:
    return {Operation.SEND: "the send", Operation.RETRIEVE: "retrieve"}.get(view.operation, "a list")
