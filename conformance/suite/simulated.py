"""What only the server can bring about, by hooks that a user's fixtures may give: delivery, and customers who write."""

from __future__ import annotations

from typing import Any

from conformance.client import Unjudgeable
from conformance.run import Run

WAYS = (("sent", "delivered", "read"), ("sent", "failed"))
"""The ways that a message goes which is told to."""
_ORDER = ("queued", "sent", "delivered", "read")


class Simulated:
    """The part of a kit that asks the implementation itself to move. Without hooks it does nothing."""

    run: Run

    @property
    def movable(self) -> list[str]:
        """The conversations whose messages move when they are told to: one with a declared outcome moves by itself."""
        told = self.run.hooks.advance_delivery is not None and not self.run.plan.read_only
        return [each.id for each in self.run.scene.conversations if told and each.outcome is None]

    def advance(self, identifier: str, status: str) -> bool:
        """Let a message move to a status that lies ahead of where it was last seen; whether it was told to."""
        hook, message = self.run.hooks.advance_delivery, self.run.judge.ledger.messages.get(identifier)
        if hook is None or message is None or message.conversation not in self.movable:
            return False
        if not _is_ahead(message.views[-1].status, status):
            return False
        self._call("advance_delivery", hook, message.conversation, identifier, status)
        return True

    def receive(self, conversation: str, text: str = "a customer writes") -> str | None:
        """Let a customer write; the id of the new message, where the hook tells it. None where there is no hook."""
        hook = self.run.hooks.receive_inbound
        if hook is None or self.run.plan.read_only:
            return None
        identifier = self._call("receive_inbound", hook, conversation, f"{text} ({self.run.next_tag()})")
        return identifier if isinstance(identifier, str) and identifier else None

    def _call(self, name: str, hook: Any, *words: str) -> Any:
        try:
            return hook(*words)
        except Exception as error:
            raise Unjudgeable(f"the fixture {name} failed: {type(error).__name__}: {error}") from error


def _is_ahead(seen: object, status: str) -> bool:
    """Whether the documentation lets a message move from one status to the other."""
    if status == "failed":
        return seen in ("queued", "sent")
    return seen in _ORDER and _ORDER.index(str(seen)) < _ORDER.index(status)
