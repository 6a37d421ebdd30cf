"""Faults of retrieving: what is not found, what differs, and what looking changes."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import Any

from .. import errors
from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Message, View
from ..service import Service
from .registry import fault


@fault("retrieve-late", "GET-01", "HTTP-02-M", "AUTH-04")
class RetrieveLate(Service):
    """A message is retrievable only 0.3 seconds after it was sent."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        message = super().retrieve(caller, message_id)
        if self.clock.now() - message.created_us < 300_000:
            raise errors.no_such_message()
        return message


@fault("retrieve-wrapped", "GET-01")
class RetrieveWrapped(Api):
    """A message is retrieved inside an envelope."""

    async def retrieve(self, request: Request, caller: Caller, message_id: str) -> Reply:
        reply = await super().retrieve(request, caller, message_id)
        return self.reply(reply.status, {"message": json.loads(reply.payload)})


@fault("retrieve-sparse", "GET-01", "STAT-04", "GET-02", "GET-04", "LIST-02", "SEND-10", "SEND-10-S")
class RetrieveSparse(Service):
    """A message is retrieved with just the five fields of a list's example."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        names = ("id", "body", "direction", "status", "created_at")
        return {name: fields[name] for name in names} if view == "retrieve" else fields


class Differing(Service):
    """Shows another message on retrieve than the one that was kept."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return super().fields(self.seen(message) if view == "retrieve" else message, view)

    def seen(self, message: Message) -> Message:
        raise NotImplementedError


@fault("retrieve-escapes-body", "GET-02", "GET-04", "SEND-11")
class RetrieveEscapesBody(Differing):
    """A body is retrieved with HTML entities."""

    def seen(self, message: Message) -> Message:
        return replace(message, body=html.escape(message.body))


@fault("retrieve-cuts-body", "GET-02", "GET-04", "SEND-11")
class RetrieveCutsBody(Differing):
    """A body is retrieved up to its first 1024 characters."""

    def seen(self, message: Message) -> Message:
        return replace(message, body=message.body[:1024])


@fault("retrieve-trims-body", "GET-02", "GET-04", "SEND-11-S")
class RetrieveTrimsBody(Differing):
    """A body is retrieved without the white space around it."""

    def seen(self, message: Message) -> Message:
        return replace(message, body=message.body.strip())


@fault("retrieve-drops-metadata", "GET-02", "SEND-10", "SEND-10-S", "GET-04", "LIST-02")
class RetrieveDropsMetadata(Differing):
    """A message is retrieved without its metadata."""

    def seen(self, message: Message) -> Message:
        return replace(message, metadata=None)


@fault("retrieve-metadata-stringified", "GET-02", "SEND-10-S", "GET-04", "LIST-02")
class RetrieveMetadataStringified(Differing):
    """Metadata are retrieved with every value as JSON text."""

    def seen(self, message: Message) -> Message:
        kept = (message.metadata or {}).items()
        text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in kept}
        return replace(message, metadata=text)


@fault("retrieve-always-text", "GET-02", "GET-04", "LIST-02")
class RetrieveAlwaysText(Differing):
    """Every message is retrieved as text."""

    def seen(self, message: Message) -> Message:
        return replace(message, type="text")


@fault("retrieve-other-channel", "GET-02", "SEND-17", "GET-04", "LIST-02")
class RetrieveOtherChannel(Differing):
    """A web chat's messages are retrieved with the channel web."""

    def seen(self, message: Message) -> Message:
        return replace(message, channel="web") if message.channel == "webchat" else message


@fault("retrieve-rounds-time", "GET-02", "GET-04")
class RetrieveRoundsTime(Differing):
    """The time is rounded to the nearest second on retrieve and cut elsewhere."""

    def seen(self, message: Message) -> Message:
        return replace(message, created_us=message.created_us + 500_000)


@fault("retrieve-shifts-time", "GET-02", "GET-04")
class RetrieveShiftsTime(Differing):
    """The time is an hour later on retrieve."""

    def seen(self, message: Message) -> Message:
        return replace(message, created_us=message.created_us + 3_600_000_000)


@fault("send-time-is-later", "GET-02", "GET-04")
class SendTimeIsLater(Service):
    """The answer to a send tells the time at which it was answered, to the next second."""

    def created_at(self, message: Message, view: View) -> str:
        return self.instant(message.created_us + (1_000_000 if view == "send" else 0))


@fault("inbound-unretrievable", "GET-04")
class InboundUnretrievable(Service):
    """Only messages that were sent are retrievable, not those of customers."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        message = super().retrieve(caller, message_id)
        if message.direction == "inbound":
            raise errors.no_such_message()
        return message


@fault("retrieve-marks-read", "GET-05")
class RetrieveMarksRead(Service):
    """Retrieving a customer's message marks it as read."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        message = super().retrieve(caller, message_id)
        if message.direction == "inbound":
            self.store.replace(replace(message, timeline=((self.clock.now(), "read"),)))
        return message


@fault(
    "retrieve-once",
    "GET-05",
    "GET-01",
    "GET-04",
    "LIST-06",
    "LIST-07",
    "LIST-08",
    "LIST-09",
    "LIST-10",
    "HTTP-02-M",
    "PAGE-01",
    "PAGE-02",
)
class RetrieveOnce(Service):
    """A message can be retrieved once; then it is gone."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        message = super().retrieve(caller, message_id)
        self.store.delete(message)
        return message


@fault(
    "retrieve-moves-up",
    "GET-05",
    "GET-02",
    "PAGE-06",
    "PAGE-01",
    "PAGE-03",
    "GET-04",
    "PAGE-02",
    "PAGE-04",
    "PAGE-07",
    "PAGE-08",
    "PAGE-09",
    "STAT-07",
)
class RetrieveMovesUp(Service):
    """Retrieving a message moves it to where the newest are."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        message = super().retrieve(caller, message_id)
        sequence, latest_us = self.store.next_place(0)
        self.store.delete(message)
        self.store.add(replace(message, sequence=sequence, created_us=latest_us))
        return message
