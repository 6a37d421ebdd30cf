"""Faults of the message object: its fields and their forms, and the channel."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from ..records import Caller, Conversation, Draft, Message, View
from ..service import Service
from .registry import fault


@fault("id-numeric", "SEND-02", "LIST-02", "GET-01")
class IdNumeric(Service):
    """Ids are JSON numbers."""

    def new_id(self, sequence: int) -> str:
        return str(1000 + sequence)

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return {**super().fields(message, view), "id": int(message.id)}


@fault("id-unprefixed", "SEND-02-S1")
class IdUnprefixed(Service):
    """Ids do not begin with msg_."""

    def new_id(self, sequence: int) -> str:
        return secrets.token_hex(12)


@fault("object-capitalised", "SEND-02", "GET-01", "LIST-02")
class ObjectCapitalised(Service):
    """The object field says Message."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return {**super().fields(message, view), "object": "Message"}


class Dropping(Service):
    """Leaves out a field."""

    dropped: str

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        fields.pop(self.dropped, None)
        return fields


@fault("type-missing", "SEND-02", "GET-01")
class TypeMissing(Dropping):
    """Messages do not say their type."""

    dropped = "type"


@fault("conversation-missing", "SEND-02", "GET-01")
class ConversationMissing(Dropping):
    """Messages do not say their conversation."""

    dropped = "conversation_id"


@fault("metadata-never-shown", "SEND-02", "SEND-10", "SEND-10-S", "GET-01")
class MetadataNeverShown(Dropping):
    """Metadata are taken and never shown."""

    dropped = "metadata"


@fault("conversation-bare", "SEND-02", "GET-01", "LIST-06")
class ConversationBare(Service):
    """Messages name their conversation without its prefix."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {**fields, "conversation_id": message.conversation_id.removeprefix("conv_")}


@fault("direction-outgoing", "SEND-02", "LIST-02", "GET-01", "LIST-07", "LIST-08", "PAGE-05")
class DirectionOutgoing(Service):
    """Sent messages have the direction outgoing."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {**fields, "direction": "outgoing" if message.direction == "outbound" else message.direction}


@fault("send-direction-inbound", "SEND-02", "GET-02", "GET-04", "SEND-16", "LIST-07", "LIST-08", "LIST-10")
class SendDirectionInbound(Service):
    """The answer to a send calls the message inbound."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {**fields, "direction": "inbound"} if view == "send" else fields


@fault("channel-empty", "SEND-02", "SEND-17", "GET-01", "LIST-02")
class ChannelEmpty(Service):
    """The channel is an empty string."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return {**super().fields(message, view), "channel": ""}


@fault("channel-null-at-first", "SEND-02", "SEND-17", "GET-02", "GET-04", "LIST-02")
class ChannelNullAtFirst(Service):
    """The answer to a send has no channel yet: it is null."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {**fields, "channel": None} if view == "send" else fields


@fault("created-at-local", "SEND-02", "LIST-02", "GET-01")
class CreatedAtLocal(Service):
    """Timestamps have no offset."""

    def instant(self, microseconds: int) -> str:
        return super().instant(microseconds).removesuffix("Z")


@fault("created-at-spaced", "SEND-02", "LIST-02", "GET-01")
class CreatedAtSpaced(Service):
    """Timestamps have a space and UTC in words."""

    def instant(self, microseconds: int) -> str:
        return super().instant(microseconds).replace("T", " ").replace("Z", " UTC")


@fault("created-at-epoch", "SEND-02", "LIST-02", "GET-01")
class CreatedAtEpoch(Service):
    """Timestamps are numbers of seconds."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return {**super().fields(message, view), "created_at": message.created_us // 1_000_000}


@fault("created-at-offset-bare", "SEND-02", "LIST-02", "GET-01")
class CreatedAtOffsetBare(Service):
    """Timestamps write the offset without its colon."""

    def instant(self, microseconds: int) -> str:
        return super().instant(microseconds).replace("Z", "+0000")


@fault("created-at-hours-late", "SEND-02-S2")
class CreatedAtHoursLate(Service):
    """Timestamps are local time that is called UTC."""

    def instant(self, microseconds: int) -> str:
        return super().instant(microseconds + 2 * 3600 * 1_000_000)


@fault("created-at-not-utc", "SEND-02-S2")
class CreatedAtNotUtc(Service):
    """Timestamps are given in an offset of two hours."""

    def instant(self, microseconds: int) -> str:
        return super().instant(microseconds + 2 * 3600 * 1_000_000).replace("Z", "+02:00")


@fault("channel-of-account", "SEND-17")
class ChannelOfAccount(Service):
    """Every message of the account reports one channel."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return {**super().fields(message, view), "channel": "whatsapp"}


@fault("channel-from-type", "SEND-17")
class ChannelFromType(Service):
    """Templates report whatsapp, whatever the conversation's channel."""

    def keep(self, caller: Caller, conversation: Conversation, draft: Draft) -> Message:
        taken = replace(conversation, channel="whatsapp") if draft.type == "template" else conversation
        taken = replace(taken, channel="mms") if draft.type == "image" else taken
        return super().keep(caller, taken, draft)


@fault("channel-falls-back", "SEND-17", "STAT-07", "GET-02")
class ChannelFallsBack(Service):
    """A message that failed reports the channel on which it would be tried next."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {**fields, "channel": "sms"} if fields["status"] == "failed" else fields


@fault("channel-alternates", "SEND-17")
class ChannelAlternates(Service):
    """Every fourth message of a conversation goes out on another channel."""

    def keep(self, caller: Caller, conversation: Conversation, draft: Draft) -> Message:
        taken = conversation if self.store.sequence % 4 else replace(conversation, channel="sms")
        return super().keep(caller, taken, draft)
