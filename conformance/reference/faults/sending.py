"""Faults of the send: what is accepted, what is refused, and what a refusal leaves behind."""

from __future__ import annotations

import json
from typing import Any

from ..api import Api
from ..errors import ApiError
from ..exchange import Reply, Request
from ..records import Caller, Conversation, Draft, Message
from ..service import Service
from .registry import OWNER, fault
from .wire import Methodical


@fault("send-answers-204", "SEND-01", "SEND-02", "HTTP-01")
class SendAnswers204(Api):
    """An accepted send answers 204, without a message."""

    async def send(self, request: Request, caller: Caller) -> Reply:
        await super().send(request, caller)
        return Reply(204)


@fault("send-wrapped", "SEND-01", "SEND-02")
class SendWrapped(Api):
    """An accepted send answers with the message inside an envelope."""

    async def send(self, request: Request, caller: Caller) -> Reply:
        reply = await super().send(request, caller)
        return self.reply(reply.status, {"data": json.loads(reply.payload)})


@fault("send-needs-type", "SEND-01", "SEND-03")
class SendNeedsType(Service):
    """A send without a type is refused."""

    def read_type(self, payload: dict[str, Any]) -> str:
        self.required(payload, "type")
        return super().read_type(payload)


@fault("send-needs-metadata", "SEND-01")
class SendNeedsMetadata(Service):
    """A send without metadata is refused."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        found = super().read_metadata(payload)
        if found is None:
            raise self.refused("metadata is required.", "metadata", "parameter_missing")
        return found


@fault("conversation-defaults", "SEND-06")
class ConversationDefaults(Service):
    """A send without a conversation goes to the account's first one."""

    def read_conversation_id(self, payload: dict[str, Any]) -> str:
        return super().read_conversation_id({"conversation_id": "conv_8xk2m", **payload})


@fault("conversation-null-defaults", "SEND-06")
class ConversationNullDefaults(Service):
    """A send whose conversation is null goes to the account's first one."""

    def read_conversation_id(self, payload: dict[str, Any]) -> str:
        null = "conversation_id" in payload and payload["conversation_id"] is None
        return "conv_8xk2m" if null else super().read_conversation_id(payload)


@fault("conversation-unwrapped", "SEND-06")
class ConversationUnwrapped(Service):
    """An array of one conversation, or an object with its id, is taken for the conversation."""

    def read_conversation_id(self, payload: dict[str, Any]) -> str:
        given = payload.get("conversation_id")
        inner = given.get("id") if isinstance(given, dict) else given[0] if isinstance(given, list) and given else None
        return inner if isinstance(inner, str) else super().read_conversation_id(payload)


@fault("conversation-number-defaults", "SEND-06")
class ConversationNumberDefaults(Service):
    """A send whose conversation is a number or a boolean goes to the account's first one."""

    def read_conversation_id(self, payload: dict[str, Any]) -> str:
        given = payload.get("conversation_id")
        return "conv_8xk2m" if isinstance(given, int | float) else super().read_conversation_id(payload)


@fault("unknown-conversation-accepted", "SEND-12", "LIST-06", "LIST-08")
class UnknownConversationAccepted(Service):
    """A send into a conversation that nobody has opens it."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        if conversation_id not in self.conversations:
            return Conversation(conversation_id, caller.account, "whatsapp", "delivered")
        return super().conversation(caller, conversation_id)


@fault("unknown-conversation-409", "SEND-12", "ERR-03")
class UnknownConversation409(Service):
    """A send into an unknown conversation answers 409."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        try:
            return super().conversation(caller, conversation_id)
        except ApiError as error:
            raise ApiError(409, error.code, error.message, error.param) from None


@fault("unknown-conversation-500", "ERR-01", "SEND-12")
class UnknownConversation500(Service):
    """A send into an unknown conversation breaks the server."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        return super().conversation(caller, self.conversations[conversation_id].id)


@fault("conversation-case-ignored", "SEND-12", "LIST-06")
class ConversationCaseIgnored(Service):
    """The id of a conversation is found in capitals too."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        return super().conversation(caller, conversation_id.lower())


@fault("conversation-padded", "SEND-12")
class ConversationPadded(Service):
    """Blanks at the end of a conversation's id do not count, as in a column of fixed width."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        return super().conversation(caller, conversation_id.rstrip(" "))


class Hoarder(Service):
    """Keeps a message of some sends that it refuses."""

    def send(self, caller: Caller, payload: Any) -> Message:
        try:
            return super().send(caller, payload)
        except ApiError as error:
            if isinstance(payload, dict) and self.hoards(error):
                self.hoard(caller, payload)
            raise

    def hoard(self, caller: Caller, payload: dict[str, Any]) -> None:
        """Keeps what it can of a refused send."""
        conversation = self.conversations.get(str(payload.get("conversation_id"))) or self.conversations["conv_quiet"]
        kept = payload.get("metadata")
        metadata = kept if isinstance(kept, dict) else None
        draft = Draft(conversation.id, str(payload.get("body"))[:4096], metadata=metadata)
        if conversation.account == caller.account:
            self.store.add(self.compose(conversation, draft, caller.account))

    def hoards(self, error: ApiError) -> bool:
        raise NotImplementedError


@fault("refused-kept", "SEND-14", "SEND-12")
class RefusedKept(Hoarder):
    """A send is stored before it is looked at, so a refused one stays."""

    def hoards(self, error: ApiError) -> bool:
        return True


@fault("too-long-kept", "SEND-14")
class TooLongKept(Hoarder):
    """A send whose body is too long is refused, but kept with the body cut."""

    def hoards(self, error: ApiError) -> bool:
        return error.code == "body_too_long"


@fault("bad-type-kept", "SEND-14")
class BadTypeKept(Hoarder):
    """A send whose type is refused is kept as text."""

    def hoards(self, error: ApiError) -> bool:
        return error.param == "type"


@fault("bad-media-kept", "SEND-14")
class BadMediaKept(Hoarder):
    """A send whose media_url is refused is kept without it."""

    def hoards(self, error: ApiError) -> bool:
        return error.param == "media_url"


@fault("bad-metadata-kept", "SEND-14")
class BadMetadataKept(Hoarder):
    """A send whose metadata are refused is kept without them."""

    def hoards(self, error: ApiError) -> bool:
        return error.param == "metadata"


@fault("unknown-conversation-kept", "SEND-12", "SEND-14")
class UnknownConversationKept(Hoarder):
    """A send into an unknown conversation answers 404, but lands in another one of the account's."""

    def hoards(self, error: ApiError) -> bool:
        return error.code == "conversation_not_found"


@fault("conversation-prefix-optional", "SEND-12")
class ConversationPrefixOptional(Service):
    """A conversation is found without the conv_ that its id begins with."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        return super().conversation(caller, f"conv_{conversation_id.removeprefix('conv_')}")


@fault("posted-to-message-sends", "HTTP-02-M", "HTTP-02")
class PostedToMessageSends(Methodical):
    """POST on a message sends another one."""

    methods = ("POST",)

    def act(self, request: Request, message_id: str) -> Reply:
        return self.reply(201, self.service.shown(self.service.send(OWNER, self.payload(request)), "send"))
