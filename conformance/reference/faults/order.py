"""Faults of the sequence: its order and its ends."""

from __future__ import annotations

from ..errors import no_such_message
from ..records import Caller, Message, Page, Query
from ..service import Service
from .registry import fault

_EVERYTHING = 1_000_000
_RANKS = ("queued", "sent", "failed", "delivered", "read")


class Sorted(Service):
    """Lists in another order, the cursor's place being looked up in it."""

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        everything = sorted(super().matching(caller, query, None, _EVERYTHING), key=self.rank, reverse=True)
        start = next((at for at, message in enumerate(everything, 1) if cursor and message.id == cursor.id), 0)
        return everything[start : start + limit]

    def rank(self, message: Message) -> tuple[object, ...]:
        raise NotImplementedError


@fault("order-by-update", "PAGE-08", "PAGE-09", "PAGE-01", "PAGE-03", "PAGE-06", "PAGE-02", "PAGE-04", "PAGE-07")
class OrderByUpdate(Sorted):
    """What changed its status last comes first."""

    def rank(self, message: Message) -> tuple[object, ...]:
        reached = [at for at, _ in message.timeline if at <= self.clock.now()]
        return (max(reached, default=0), message.sequence)


@fault("order-by-status", "PAGE-08", "PAGE-09", "PAGE-01", "PAGE-03", "PAGE-06", "PAGE-02", "PAGE-04", "PAGE-07")
class OrderByStatus(Sorted):
    """What was read comes first, what is queued last."""

    def rank(self, message: Message) -> tuple[object, ...]:
        return (_RANKS.index(self.status(message, "list")), message.created_us, message.sequence)


@fault("order-failed-last", "PAGE-08", "PAGE-09", "PAGE-01", "PAGE-03", "PAGE-06", "PAGE-02", "PAGE-04", "PAGE-07")
class OrderFailedLast(Sorted):
    """A message that fails moves to the end."""

    def rank(self, message: Message) -> tuple[object, ...]:
        return (self.status(message, "list") != "failed", message.created_us, message.sequence)


@fault("order-by-id", "PAGE-09")
class OrderById(Sorted):
    """Messages are listed by their ids."""

    def rank(self, message: Message) -> tuple[object, ...]:
        return (message.id,)


@fault("order-by-conversation", "PAGE-09")
class OrderByConversation(Sorted):
    """Messages are listed conversation by conversation."""

    def rank(self, message: Message) -> tuple[object, ...]:
        return (message.conversation_id, message.created_us, message.sequence)


@fault("order-by-direction", "PAGE-09")
class OrderByDirection(Sorted):
    """What was sent comes before what was received."""

    def rank(self, message: Message) -> tuple[object, ...]:
        return (message.direction, message.created_us, message.sequence)


@fault("order-by-minute-and-id", "PAGE-09")
class OrderByMinuteAndId(Sorted):
    """Messages of the same minute are listed by their ids."""

    def rank(self, message: Message) -> tuple[object, ...]:
        return (message.created_us // 60_000_000, message.id)


@fault("page-reversed", "PAGE-01", "PAGE-09", "PAGE-03", "PAGE-04", "PAGE-02", "PAGE-07", "PAGE-06", "PAGE-08")
class PageReversed(Service):
    """A page begins with its oldest message, though later pages hold older ones."""

    def page(self, caller: Caller, query: Query) -> Page:
        found = super().page(caller, query)
        return Page(found.messages[::-1], found.has_more)


@fault("last-page-dropped", "PAGE-01", "PAGE-02", "LIST-04", "PAGE-03", "PAGE-04")
class LastPageDropped(Service):
    """A later page that would not be full is empty."""

    def page(self, caller: Caller, query: Query) -> Page:
        found = super().page(caller, query)
        return Page((), has_more=False) if query.starting_after and len(found.messages) < query.limit else found


@fault("depth-capped", "PAGE-01", "PAGE-04", "PAGE-02", "LIST-04")
class DepthCapped(Service):
    """A walk ends after forty messages."""

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        if cursor is None:
            return super().matching(caller, query, None, limit)
        ids = [message.id for message in super().matching(caller, query, None, 40)]
        left = len(ids) - ids.index(cursor.id) - 1 if cursor.id in ids else 0
        return super().matching(caller, query, cursor, min(limit, left))


@fault("after-last-restarts", "PAGE-04", "PAGE-01", "PAGE-02", "PAGE-03", "PAGE-06", "PAGE-07", "PAGE-08", "PAGE-09")
class AfterLastRestarts(Service):
    """After the very last message the list begins anew."""

    def page(self, caller: Caller, query: Query) -> Page:
        found = super().page(caller, query)
        if found.messages or query.starting_after is None:
            return found
        return super().page(caller, Query(query.conversation_id, query.direction, query.limit))


@fault("after-last-404", "PAGE-04")
class AfterLast404(Service):
    """After the very last message a list answers 404."""

    def page(self, caller: Caller, query: Query) -> Page:
        found = super().page(caller, query)
        if not found.messages and query.starting_after is not None:
            raise no_such_message()
        return found
