"""How a message's status moves: a timeline laid down at the send, read by the clock."""

from __future__ import annotations

from zlib import crc32

from .clock import Clock
from .records import Conversation, Message, Step, View
from .settings import Settings

ORDER = ("queued", "sent", "delivered", "read")
_SECOND = 1_000_000


class Delivery:
    """Lays down timelines and reads them. Time only goes on, so a status only moves forward, on every view alike."""

    settings: Settings
    clock: Clock

    def timeline(self, conversation: Conversation, created_us: int) -> tuple[Step, ...]:
        """When a message sent now will have which status."""
        pace = self.pace(conversation)
        steps = self.course(conversation) if self.settings.delivers else []
        first = (created_us, self.first_status(conversation))
        return (first, *((created_us + round(after * pace * _SECOND), status) for after, status in steps))

    def pace(self, conversation: Conversation) -> float:
        """Every conversation is a little slower than the fastest: up to 1.3 times."""
        return 1 + crc32(conversation.id.encode()) % 30 / 100

    def course(self, conversation: Conversation) -> list[tuple[float, str]]:
        """The steps beyond the first status, with their delays, to the conversation's outcome."""
        after = {
            "sent": self.settings.sent_after,
            "delivered": self.settings.delivered_after,
            "read": self.settings.read_after,
        }
        if conversation.outcome == "failed":
            after = {"sent": after["sent"], "failed": self.settings.failed_after}
            if self.settings.fail_from == "queued":
                del after["sent"]
        passed = ORDER[: ORDER.index(self.first_status(conversation)) + 1]
        steps = [(seconds, status) for status, seconds in after.items() if status not in passed]
        return steps[: _length(steps, conversation.outcome or "sent")]

    def first_status(self, conversation: Conversation) -> str:
        """The status of an accepted send: queued or sent for what will fail, since nothing fails once delivered."""
        if conversation.outcome != "failed":
            return self.settings.initial_status
        return "queued" if self.settings.initial_status == "queued" or self.settings.fail_from == "queued" else "sent"

    def moment(self, view: View) -> int:
        """The instant whose truth a view tells: now, or a little earlier for a list that lags."""
        return self.clock.now() - round(self.settings.list_lag * _SECOND if view == "list" else 0)

    def status(self, message: Message, view: View) -> str:
        """The status of a message as a view shows it."""
        return self.status_at(message, self.moment(view))

    def status_at(self, message: Message, moment_us: int) -> str:
        """The last status that the timeline reaches by the moment."""
        reached = [status for at, status in message.timeline if at <= moment_us]
        return reached[-1] if reached else message.timeline[0][1]


def _length(steps: list[tuple[float, str]], outcome: str) -> int:
    return next((place for place, (_, status) in enumerate(steps, 1) if status == outcome), 0)
