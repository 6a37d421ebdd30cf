"""Turns kept messages into the objects of the documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .delivery import Delivery
from .records import Message, Page, View

_LISTED = ("id", "body", "direction", "status", "created_at")
_DIGITS = {"seconds": 0, "milliseconds": 3, "microseconds": 6, "nanoseconds": 9}
_OFFSETS = {"Z": 0, "+00:00": 0, "+05:30": 330, "-03:00": -180}


class Presenter(Delivery):
    """Shows messages. Each view (send, retrieve, list) shows the same, save for sparse lists."""

    def shown(self, message: Message, view: View) -> dict[str, Any]:
        """A message as a view shows it."""
        fields = self.fields(message, view)
        if view == "list" and self.settings.sparse_lists:
            return {name: fields[name] for name in _LISTED}
        return fields

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        """Every field that a message has."""
        status = self.status(message, view)
        return {
            "id": message.id,
            "object": "message",
            "conversation_id": message.conversation_id,
            "body": message.body,
            "type": message.type,
            "direction": message.direction,
            "channel": message.channel,
            "status": status,
            **self.metadata(message),
            "created_at": self.created_at(message, view),
            **({} if message.media_url is None else {"media_url": message.media_url}),
            **self.error(message, status),
            **(self.extras(message, status) if self.settings.extra_fields else {}),
        }

    def metadata(self, message: Message) -> dict[str, Any]:
        """The metadata as they were sent, or the chosen sign that there were none."""
        if message.metadata is not None:
            return {"metadata": message.metadata}
        signs: dict[str, dict[str, Any]] = {"empty": {"metadata": {}}, "null": {"metadata": None}, "absent": {}}
        return signs[self.settings.no_metadata]

    def created_at(self, message: Message, view: View) -> str:
        """When the message was made. No view tells another instant than the others."""
        behind = self.settings.clocks_apart if message.sequence % 3 == 0 else 0.0
        return self.instant(message.created_us - round(behind * 1_000_000))

    def instant(self, microseconds: int) -> str:
        """An instant as RFC 3339 writes it, cut to the chosen precision, in the chosen offset."""
        seconds, rest = divmod(microseconds, 1_000_000)
        digits = _DIGITS[self.settings.precision]
        fraction = f".{rest:06d}000"[: digits + 1] if digits else ""
        return f"{_second(seconds + 60 * _OFFSETS[self.settings.zone])}{fraction}{self.settings.zone}"

    def error(self, message: Message, status: str) -> dict[str, Any]:
        """What went wrong, of a message that failed; nothing of any other."""
        if status != "failed":
            return {}
        text = "The recipient's address does not accept messages."
        return {"error": text if self.settings.error_form == "string" else {"code": "undeliverable", "message": text}}

    def extras(self, message: Message, status: str) -> dict[str, Any]:
        """Fields that the documentation does not name; one of them moves with the status."""
        reached = [at for at, step in message.timeline if step == status] or [message.created_us]
        return {"sender": None, "tags": [], "attempts": 1, "updated_at": self.instant(reached[0])}

    def shown_page(self, page: Page) -> dict[str, Any]:
        """A page as the list envelope."""
        data = [self.shown(message, "list") for message in page.messages]
        envelope: dict[str, Any] = {"object": "list", "data": data, "has_more": page.has_more}
        if self.settings.extra_fields:
            envelope["url"] = "/v1/messages"
        return envelope


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
