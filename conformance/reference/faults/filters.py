"""Faults of filters, and of odd parameters."""

from __future__ import annotations

from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Message, Query
from ..service import Service
from ..store import Clause, Store
from .registry import fault


@fault("conversation-ignored", "LIST-06", "LIST-08", "PAGE-05")
class ConversationIgnored(Store):
    """The filter by conversation is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return [clause for clause in super().filters(query) if not clause[0].startswith("conversation_id")]


@fault("conversation-by-channel", "LIST-06", "LIST-08")
class ConversationByChannel(Store):
    """The filter by conversation keeps every conversation of the same channel."""

    def filters(self, query: Query) -> list[Clause]:
        channel = "channel IN (SELECT channel FROM messages WHERE conversation_id = ?)"
        return [
            (channel if text.startswith("conversation_id") else text, values) for text, values in super().filters(query)
        ]


@fault("unknown-conversation-lists-all", "LIST-06", "LIST-08")
class UnknownConversationListsAll(Service):
    """The list of an unknown conversation is the list of all."""

    def page_query(self, query: Query) -> Query:
        known = query.conversation_id in self.conversations
        return query if known else Query(None, query.direction, query.limit, query.starting_after)

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        return super().matching(caller, self.page_query(query), cursor, limit)


@fault("unknown-conversation-list-500", "ERR-01", "LIST-11")
class UnknownConversationList500(Service):
    """The list of an unknown conversation breaks the server."""

    def check_conversation(self, caller: Caller, query: Query) -> None:
        if query.conversation_id is not None:
            _ = self.conversations[query.conversation_id]


@fault("direction-ignored", "LIST-07", "LIST-08", "PAGE-05")
class DirectionIgnored(Store):
    """The filter by direction is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return [clause for clause in super().filters(query) if not clause[0].startswith("direction")]


@fault("direction-outbound-ignored", "LIST-07", "LIST-08", "PAGE-05")
class DirectionOutboundIgnored(Store):
    """The filter by direction keeps inbound messages, but the one for outbound keeps all."""

    def filters(self, query: Query) -> list[Clause]:
        return [clause for clause in super().filters(query) if clause[1] != ("outbound",)]


@fault("direction-inverted", "LIST-07", "LIST-08", "LIST-10")
class DirectionInverted(Store):
    """The filter by direction keeps the other direction."""

    def filters(self, query: Query) -> list[Clause]:
        return [(text.replace("direction =", "direction <>"), values) for text, values in super().filters(query)]


@fault("direction-unknown-ignored", "LIST-07-S")
class DirectionUnknownIgnored(Service):
    """An unknown direction counts as left out."""

    def read_direction(self, text: str | None) -> str | None:
        return text if text in ("inbound", "outbound") else None


@fault("direction-unknown-empty", "LIST-07-S")
class DirectionUnknownEmpty(Service):
    """An unknown direction yields an empty list."""

    def read_direction(self, text: str | None) -> str | None:
        return text


@fault("direction-case-ignored", "LIST-07-S")
class DirectionCaseIgnored(Service):
    """A direction in capitals is accepted."""

    def read_direction(self, text: str | None) -> str | None:
        return super().read_direction(text.lower() if text else text)


@fault("direction-unknown-500", "ERR-01", "LIST-07-S", "LIST-11")
class DirectionUnknown500(Service):
    """An unknown direction breaks the server."""

    def read_direction(self, text: str | None) -> str | None:
        return None if text is None else ("inbound", "outbound")[("inbound", "outbound").index(text)]


@fault("filters-either", "LIST-08", "PAGE-05")
class FiltersEither(Store):
    """Of two filters one must hold."""

    def filters(self, query: Query) -> list[Clause]:
        found = super().filters(query)
        if len(found) < 2:
            return found
        return [(f"({' OR '.join(text for text, _ in found)})", tuple(value for _, given in found for value in given))]


@fault("direction-lost-in-conversation", "LIST-08", "PAGE-05")
class DirectionLostInConversation(Store):
    """Within a conversation the filter by direction is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return super().filters(query)[:1]


@fault("conversation-lost-with-direction", "LIST-08", "PAGE-05")
class ConversationLostWithDirection(Store):
    """With a direction the filter by conversation is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return super().filters(query)[-1:]


class Brittle(Api):
    """Breaks over some query strings."""

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        if self.breaks(request.parameters(), request.query):
            raise RuntimeError("this query is too much")
        return await super().list_messages(request, caller)

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        raise NotImplementedError


@fault("unknown-parameter-500", "LIST-11", "ERR-01")
class UnknownParameter500(Brittle):
    """A query parameter that is not known breaks the server."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        return not {name for name, _ in pairs} <= {"conversation_id", "direction", "limit", "starting_after"}


@fault("repeated-parameter-500", "LIST-11", "ERR-01")
class RepeatedParameter500(Brittle):
    """A query parameter that is given twice breaks the server."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        return len({name for name, _ in pairs}) < len(pairs)


@fault("not-utf8-query-500", "LIST-11", "ERR-01")
class NotUtf8Query500(Brittle):
    """A query whose percent-encoding is not UTF-8 breaks the server."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        return any("\ufffd" in name + value for name, value in pairs)


@fault("nul-query-500", "LIST-11", "ERR-01")
class NulQuery500(Brittle):
    """A NUL in a query breaks the server."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        return any("\0" in name + value for name, value in pairs)


@fault("bad-percent-500", "LIST-11", "ERR-01")
class BadPercent500(Brittle):
    """A percent sign without two hexadecimal digits breaks the server."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        digits = set("0123456789abcdefABCDEF")
        return any(len(part[:2]) < 2 or not set(part[:2]) <= digits for part in text.split("%")[1:])


@fault("quoted-conversation-500", "LIST-11", "ERR-01")
class QuotedConversation500(Brittle):
    """A quotation mark in the conversation to list breaks the server: the query is put together from strings."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        return any(name == "conversation_id" and "'" in value for name, value in pairs)


@fault("empty-conversation-500", "LIST-11", "ERR-01")
class EmptyConversation500(Brittle):
    """A conversation to list that is there but empty breaks the server."""

    def breaks(self, pairs: list[tuple[str, str]], text: str) -> bool:
        return ("conversation_id", "") in pairs
