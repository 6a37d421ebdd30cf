"""What only the server can bring about, by the hooks that a user's fixtures may give: delivery, and customers who write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.run import Run

WAY = ("queued", "sent", "delivered", "read")
"""The way of a message that arrives."""
_ENDS = {"failed": ("sent", "failed"), "delivered": ("sent", "delivered"), "read": ("sent", "delivered", "read")}


class HookFailed(Exception):
    """A hook of the user's raised: the situation is not brought about, and nobody is to blame but the hook."""


class Simulated:
    """The part of a kit that asks the implementation itself to move."""

    run: Run

    def advance(self, identifier: str, status: str) -> bool:
        """Let a message move to a status that lies ahead of where it was last seen; whether that was asked for."""
        hook, known = self.run.hooks.advance_delivery, self.run.judge.ledger.messages.get(identifier)
        if hook is None or known is None or self.run.plan.read_only or not _is_ahead(known.views[-1].status, status):
            return False
        self._called("advance_delivery", hook, str(known.conversation), identifier, status)
        return True

    def ways(self, identifiers: list[str]) -> Iterator[tuple[str, str]]:
        """Steps (message, status) by which messages arrive where they are declared to; of the others the second fails."""
        if self.run.hooks.advance_delivery is None:
            return
        for place, identifier in enumerate(identifiers):
            conversation = self.run.judge.terms.conversation(self.run.judge.ledger.messages[identifier].conversation)
            outcome = conversation.outcome if conversation else None
            yield from ((identifier, status) for status in _ENDS[outcome or ("failed" if place == 1 else "read")])

    def receive(self, conversation: str, text: str = "a customer writes") -> str | None:
        """Let a customer write; the id of the new message, where the hook tells it. None where there is no hook."""
        hook = self.run.hooks.receive_inbound
        if hook is None or self.run.plan.read_only:
            return None
        identifier = self._called("receive_inbound", hook, conversation, f"{text} ({self.run.next_tag()})")
        return identifier if isinstance(identifier, str) and identifier else None

    def _called(self, name: str, hook: Any, *words: str) -> Any:
        try:
            return hook(*words)
        except Exception as error:
            raise HookFailed(f"the fixture {name} failed: {type(error).__name__}: {error}") from error


def _is_ahead(seen: object, status: str) -> bool:
    """Whether the documentation lets a message move from one status to the other."""
    if status == "failed":
        return seen in ("queued", "sent")
    return seen in WAY and WAY.index(str(seen)) < WAY.index(status)
