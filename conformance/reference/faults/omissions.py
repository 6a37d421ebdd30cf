"""Faults of what a list leaves out, doubles, or shows too late."""

from __future__ import annotations

from functools import cached_property

from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Conversation, Draft, Message, Query
from ..service import Service
from ..store import Clause
from .registry import fault

_EVERYTHING = 1_000_000


class Sieve(Service):
    """Leaves messages out of lists."""

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        found = super().matching(caller, query, cursor, _EVERYTHING)
        return [message for message in found if self.shows(query, message)][:limit]

    def shows(self, query: Query, message: Message) -> bool:
        raise NotImplementedError


@fault(
    "list-hides-failed",
    "LIST-10",
    "LIST-06",
    "LIST-07",
    "LIST-08",
    "LIST-09",
    "PAGE-01",
    "PAGE-02",
    "PAGE-03",
    "PAGE-04",
)
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


@fault("conversation-hides-newest", "LIST-06", "LIST-10", "LIST-08")
class ConversationHidesNewest(Sieve):
    """A conversation's list leaves out its newest message."""

    def shows(self, query: Query, message: Message) -> bool:
        if query.conversation_id is None:
            return True
        newest = self.store.select([("conversation_id = ?", (query.conversation_id,))], limit=1)
        return message.id != newest[0].id


@fault("unfiltered-hides-email", "LIST-09", "LIST-10", "LIST-07")
class UnfilteredHidesEmail(Sieve):
    """A list without a conversation leaves out e-mail."""

    def shows(self, query: Query, message: Message) -> bool:
        return query.conversation_id is not None or message.channel != "email"


@fault("unfiltered-hides-quiet", "LIST-09", "LIST-10", "LIST-07")
class UnfilteredHidesQuiet(Sieve):
    """A list without a conversation leaves out conversations in which no customer wrote."""

    def shows(self, query: Query, message: Message) -> bool:
        if query.conversation_id is not None:
            return True
        clause: Clause = ("conversation_id = ? AND direction = 'inbound'", (message.conversation_id,))
        return bool(self.store.select([clause], limit=1))


@fault("unfiltered-latest-conversation", "LIST-09", "LIST-10", "LIST-07")
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


@fault("later-pages-cached", "STAT-05", "STAT-02", "STAT-03", "STAT-06")
class LaterPagesCached(Api):
    """What stands behind a cursor is answered from a cache for ever, as though nothing there could change."""

    @cached_property
    def cache(self) -> dict[object, Reply]:
        """What was answered, by account and query."""
        return {}

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        asked = caller.account, request.query
        if "starting_after=" not in request.query or asked not in self.cache:
            self.cache[asked] = await super().list_messages(request, caller)
        return self.cache[asked]


@fault("list-cached", "LIST-10", "LIST-06", "LIST-07", "LIST-09", "PAGE-03", "CONC-01")
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


@fault("list-late-by-direction", "LIST-10", "LIST-07", "LIST-08")
class ListLateByDirection(Sieve):
    """A list by direction holds a message only 0.4 seconds after it was sent."""

    def shows(self, query: Query, message: Message) -> bool:
        return query.direction is None or self.clock.now() - message.created_us > 400_000


@fault("unfiltered-hides-web-replies", "LIST-09")
class UnfilteredHidesWebReplies(Sieve):
    """The list without a filter leaves out what customers say in web chats."""

    def shows(self, query: Query, message: Message) -> bool:
        filtered = query.conversation_id is not None or query.direction is not None
        return filtered or message.direction != "inbound" or message.channel != "webchat"


@fault("both-filters-hide-web-replies", "LIST-08")
class BothFiltersHideWebReplies(Sieve):
    """A list by conversation and direction leaves out what customers say in web chats."""

    def shows(self, query: Query, message: Message) -> bool:
        both = query.conversation_id is not None and query.direction is not None
        return not both or message.direction != "inbound" or message.channel != "webchat"
