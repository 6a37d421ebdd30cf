"""Faults of what is the server's own: ids that are unique, and fields that no client sets."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from typing import Any, cast

from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Conversation, Draft, Message, View
from ..service import Service
from .registry import fault


class Deduplicating(Service):
    """Answers a send with an earlier message when the two have the same mark."""

    @cached_property
    def earlier(self) -> dict[str, Message]:
        """The messages kept so far, by their marks."""
        return {}

    def keep(self, caller: Caller, conversation: Conversation, draft: Draft) -> Message:
        mark = self.mark(draft)
        if mark not in self.earlier:
            self.earlier[mark] = super().keep(caller, conversation, draft)
        return self.earlier[mark]

    def mark(self, draft: Draft) -> str:
        raise NotImplementedError


@fault("identical-sends-merged", "SEND-15", "CONC-01")
class IdenticalSendsMerged(Deduplicating):
    """A send that equals an earlier one answers with the earlier message."""

    def mark(self, draft: Draft) -> str:
        return repr(draft)


@fault("equal-bodies-merged", "SEND-15", "SEND-02", "CONC-01")
class EqualBodiesMerged(Deduplicating):
    """A send with the body of an earlier one in the conversation answers with the earlier message."""

    def mark(self, draft: Draft) -> str:
        return repr((draft.conversation_id, draft.body))


@fault("id-from-content", "SEND-15", "CONC-01")
class IdFromContent(Service):
    """The id is made from the content, so a send that equals an earlier one takes its place."""

    def keep(self, caller: Caller, conversation: Conversation, draft: Draft) -> Message:
        message = self.compose(conversation, draft, caller.account)
        message = replace(message, id=f"msg_{hash(repr(draft)) & 0xFFFFFFFFFFFF:x}")
        if earlier := self.find(message.id):
            self.store.delete(earlier)
        self.store.add(message)
        return message


class Obedient(Service):
    """Takes a field that the server owns from the payload, where it is a string."""

    field: str

    def send(self, caller: Caller, payload: Any) -> Message:
        message = super().send(caller, payload)
        wish = payload.get(self.field)
        if not isinstance(wish, str) or not wish:
            return message
        message = self.obey(message, wish)
        self.store.replace(message)
        return message

    def obey(self, message: Message, wish: str) -> Message:
        return replace(message, **cast(Any, {self.field: wish}))


@fault("client-sets-id", "SEND-16")
class ClientSetsId(Obedient):
    """An id in the payload becomes the message's."""

    field = "id"

    def obey(self, message: Message, wish: str) -> Message:
        return message if self.find(wish) else replace(message, id=wish)


@fault("client-sets-direction", "SEND-16")
class ClientSetsDirection(Obedient):
    """A direction in the payload becomes the message's."""

    field = "direction"


@fault("client-sets-channel", "SEND-16")
class ClientSetsChannel(Obedient):
    """A channel in the payload becomes the message's."""

    field = "channel"


@fault("client-sets-status", "SEND-16")
class ClientSetsStatus(Obedient):
    """A status in the payload becomes the message's, for good."""

    field = "status"

    def obey(self, message: Message, wish: str) -> Message:
        return replace(message, timeline=((message.created_us, wish),))


@fault("client-sets-created-at", "SEND-16", "SEND-02-S2", "PAGE-09")
class ClientSetsCreatedAt(Obedient):
    """A created_at in the payload is echoed as the message's."""

    field = "created_at"

    def obey(self, message: Message, wish: str) -> Message:
        self.wishes[message.id] = wish
        return message

    @cached_property
    def wishes(self) -> dict[str, str]:
        """The instants that clients asked for, by message id."""
        return {}

    def created_at(self, message: Message, view: View) -> str:
        return self.wishes.get(message.id) or super().created_at(message, view)


@fault("client-sets-object", "SEND-16")
class ClientSetsObject(Api):
    """An object field in the payload is echoed by the send."""

    async def send(self, request: Request, caller: Caller) -> Reply:
        reply, wish = await super().send(request, caller), self.payload(request).get("object")
        return self.reply(reply.status, {**json.loads(reply.payload), "object": wish}) if wish else reply
