"""Faults of filters, of what a list leaves out or doubles, and of odd parameters."""

from __future__ import annotations

from functools import cached_property

from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Conversation, Draft, Message, Query
from ..service import Service
from ..store import Clause, Store
from .registry import fault

_EVERYTHING = 1_000_000


@fault("conversation-ignored", "LIST-06", "LIST-08", "PAGE-05")
class ConversationIgnored(Store):
    """The filter by conversation is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return [clause for clause in super().filters(query) if not clause[0].startswith("conversation_id")]


@fault("conversation-by-channel", "LIST-06")
class ConversationByChannel(Store):
    """The filter by conversation keeps every conversation of the same channel."""

    def filters(self, query: Query) -> list[Clause]:
        channel = "channel IN (SELECT channel FROM messages WHERE conversation_id = ?)"
        return [
            (channel if text.startswith("conversation_id") else text, values) for text, values in super().filters(query)
        ]


@fault("unknown-conversation-lists-all", "LIST-06")
class UnknownConversationListsAll(Service):
    """The list of an unknown conversation is the list of all."""

    def page_query(self, query: Query) -> Query:
        known = query.conversation_id in self.conversations
        return query if known else Query(None, query.direction, query.limit, query.starting_after)

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        return super().matching(caller, self.page_query(query), cursor, limit)


@fault("unknown-conversation-list-500", "ERR-01", "LIST-06")
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


@fault("direction-inverted", "LIST-07", "LIST-08")
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


@fault("direction-unknown-500", "ERR-01", "LIST-07-S")
class DirectionUnknown500(Service):
    """An unknown direction breaks the server."""

    def read_direction(self, text: str | None) -> str | None:
        return None if text is None else ("inbound", "outbound")[("inbound", "outbound").index(text)]


@fault("filters-either", "LIST-08")
class FiltersEither(Store):
    """Of two filters one must hold."""

    def filters(self, query: Query) -> list[Clause]:
        found = super().filters(query)
        if len(found) < 2:
            return found
        return [(f"({' OR '.join(text for text, _ in found)})", tuple(value for _, given in found for value in given))]


@fault("direction-lost-in-conversation", "LIST-08")
class DirectionLostInConversation(Store):
    """Within a conversation the filter by direction is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return super().filters(query)[:1]


@fault("conversation-lost-with-direction", "LIST-08")
class ConversationLostWithDirection(Store):
    """With a direction the filter by conversation is ignored."""

    def filters(self, query: Query) -> list[Clause]:
        return super().filters(query)[-1:]


class Sieve(Service):
    """Leaves messages out of lists."""

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        found = super().matching(caller, query, cursor, _EVERYTHING)
        return [message for message in found if self.shows(query, message)][:limit]

    def shows(self, query: Query, message: Message) -> bool:
        raise NotImplementedError


@fault("list-hides-failed", "LIST-10", "LIST-06")
class ListHidesFailed(Sieve):
    """Messages that failed are not listed."""

    def shows(self, query: Query, message: Message) -> bool:
        return self.status(message, "list") != "failed"


@fault("list-hides-queued", "LIST-10")
class ListHidesQueued(Sieve):
    """Messages are listed only when they are no longer queued."""

    def shows(self, query: Query, message: Message) -> bool:
        return self.status(message, "list") != "queued"


@fault("list-hides-templates", "LIST-10", "LIST-06")
class ListHidesTemplates(Sieve):
    """Templates are not listed."""

    def shows(self, query: Query, message: Message) -> bool:
        return message.type != "template"


@fault("list-hides-plain", "LIST-10", "LIST-06")
class ListHidesPlain(Sieve):
    """Messages that were sent without metadata are not listed."""

    def shows(self, query: Query, message: Message) -> bool:
        return message.metadata is not None or message.direction == "inbound"


@fault("conversation-hides-inbound", "LIST-06", "LIST-08")
class ConversationHidesInbound(Sieve):
    """A conversation's list holds only what was sent in it."""

    def shows(self, query: Query, message: Message) -> bool:
        return query.conversation_id is None or message.direction == "outbound"


@fault("conversation-hides-newest", "LIST-06", "LIST-10")
class ConversationHidesNewest(Sieve):
    """A conversation's list leaves out its newest message."""

    def shows(self, query: Query, message: Message) -> bool:
        if query.conversation_id is None:
            return True
        newest = self.store.select([("conversation_id = ?", (query.conversation_id,))], limit=1)
        return message.id != newest[0].id


@fault("unfiltered-hides-email", "LIST-09", "LIST-10")
class UnfilteredHidesEmail(Sieve):
    """A list without a conversation leaves out e-mail."""

    def shows(self, query: Query, message: Message) -> bool:
        return query.conversation_id is not None or message.channel != "email"


@fault("unfiltered-hides-quiet", "LIST-09", "LIST-10")
class UnfilteredHidesQuiet(Sieve):
    """A list without a conversation leaves out conversations in which no customer wrote."""

    def shows(self, query: Query, message: Message) -> bool:
        if query.conversation_id is not None:
            return True
        clause: Clause = ("conversation_id = ? AND direction = 'inbound'", (message.conversation_id,))
        return bool(self.store.select([clause], limit=1))


@fault("unfiltered-latest-conversation", "LIST-09", "LIST-10")
class UnfilteredLatestConversation(Sieve):
    """A list without a conversation holds just the one that was last sent in."""

    latest: str | None = None

    def keep(self, caller: Caller, conversation: Conversation, draft: Draft) -> Message:
        self.latest = conversation.id
        return super().keep(caller, conversation, draft)

    def shows(self, query: Query, message: Message) -> bool:
        return query.conversation_id is not None or message.conversation_id == (self.latest or message.conversation_id)


class Multiplying(Service):
    """Lists some messages more than once."""

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        found = super().matching(caller, query, cursor, limit)
        return [message for message in found for _ in range(self.times(message))][:limit]

    def times(self, message: Message) -> int:
        raise NotImplementedError


@fault("list-once-per-key", "LIST-10")
class ListOncePerKey(Multiplying):
    """A message is listed once for every key of its metadata, as a join would have it."""

    def times(self, message: Message) -> int:
        return max(1, len(message.metadata or {}))


@fault("list-doubles-media", "LIST-10")
class ListDoublesMedia(Multiplying):
    """A message with an attachment is listed twice."""

    def times(self, message: Message) -> int:
        return 2 if message.media_url else 1


@fault("list-cached", "LIST-10")
class ListCached(Service):
    """A list is answered from a cache of half a second."""

    @cached_property
    def cache(self) -> dict[object, tuple[int, list[Message]]]:
        """What was found, and when, by what was asked for."""
        return {}

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        asked, now = (caller, query), self.clock.now()
        if asked not in self.cache or now - self.cache[asked][0] > 500_000:
            self.cache[asked] = now, super().matching(caller, query, cursor, limit)
        return self.cache[asked][1]


@fault("list-late-by-direction", "LIST-10")
class ListLateByDirection(Sieve):
    """A list by direction holds a message only 0.4 seconds after it was sent."""

    def shows(self, query: Query, message: Message) -> bool:
        return query.direction is None or self.clock.now() - message.created_us > 400_000


class Brittle(Api):
    """Breaks over some query strings."""

    async def list(self, request: Request, caller: Caller) -> Reply:
        if self.breaks(request.parameters(), request.query):
            raise RuntimeError("this query is too much")
        return await super().list(request, caller)

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
