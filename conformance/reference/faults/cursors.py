"""Faults of cursors: those that are no message's id, and listed messages that do not serve."""

from __future__ import annotations

from functools import cached_property

from ..errors import ApiError
from ..records import Caller, Message, Page, Query
from ..service import Service
from .registry import fault


class Cursors(Service):
    """Treats cursors that are no message's id in another way."""

    def page(self, caller: Caller, query: Query) -> Page:
        try:
            return super().page(caller, query)
        except ApiError as error:
            if error.code != "cursor_unknown":
                raise
            return self.astray(caller, query)

    def astray(self, caller: Caller, query: Query) -> Page:
        raise NotImplementedError


@fault("unknown-cursor-restarts", "PAGE-10")
class UnknownCursorRestarts(Cursors):
    """A cursor that is no message's id begins the list anew."""

    def astray(self, caller: Caller, query: Query) -> Page:
        return super().page(caller, Query(query.conversation_id, query.direction, query.limit))


@fault("unknown-cursor-ends", "PAGE-10")
class UnknownCursorEnds(Cursors):
    """A cursor that is no message's id yields an empty page."""

    def astray(self, caller: Caller, query: Query) -> Page:
        return Page((), has_more=False)


@fault("unknown-cursor-500", "ERR-01", "PAGE-10", "LIST-11")
class UnknownCursor500(Cursors):
    """A cursor that is no message's id breaks the server."""

    def astray(self, caller: Caller, query: Query) -> Page:
        raise LookupError(query.starting_after)


@fault("long-cursor-500", "ERR-01", "PAGE-10", "LIST-11")
class LongCursor500(Cursors):
    """A cursor that is longer than the column it is looked up in breaks the server."""

    def astray(self, caller: Caller, query: Query) -> Page:
        if len(query.starting_after or "") > 255:
            raise LookupError("value too long for type character varying(255)")
        raise ApiError(400, "cursor_unknown", "This is no cursor.", "starting_after")


@fault("cursor-of-another-list-500", "ERR-01", "PAGE-10", "LIST-11")
class CursorOfAnotherList500(Service):
    """A cursor is looked for in the list that is asked for: a message of another one breaks the server."""

    def cursor(self, caller: Caller, query: Query) -> Message | None:
        found = super().cursor(caller, query)
        if found and (
            query.direction not in (None, found.direction) or query.conversation_id not in (None, found.conversation_id)
        ):
            raise LookupError(found.id)
        return found


@fault("cursor-failed-ends", "PAGE-04", "PAGE-01", "PAGE-02")
class CursorFailedEnds(Service):
    """Nothing follows a message that failed."""

    def page(self, caller: Caller, query: Query) -> Page:
        cursor = self.cursor(caller, query)
        if cursor is not None and self.status(cursor, "list") == "failed":
            return Page((), has_more=False)
        return super().page(caller, query)


class Picky(Service):
    """Refuses some listed messages as cursors."""

    def cursor(self, caller: Caller, query: Query) -> Message | None:
        found = super().cursor(caller, query)
        if found is not None and not self.serves(found, query):
            raise ApiError(400, "cursor_unknown", "This is no cursor.", "starting_after")
        return found

    def serves(self, message: Message, query: Query) -> bool:
        raise NotImplementedError


@fault("cursor-not-inbound", "PAGE-04", "PAGE-01")
class CursorNotInbound(Picky):
    """A customer's message is refused as a cursor."""

    def serves(self, message: Message, query: Query) -> bool:
        return message.direction == "outbound"


@fault("cursor-not-failed", "PAGE-04", "PAGE-01")
class CursorNotFailed(Picky):
    """A message that failed is refused as a cursor."""

    def serves(self, message: Message, query: Query) -> bool:
        return self.status(message, "list") != "failed"


@fault("cursor-must-end-page", "PAGE-04")
class CursorMustEndPage(Picky):
    """Only a message that ended a page is taken as a cursor."""

    @cached_property
    def ends(self) -> set[str]:
        """The last ids of the pages handed out."""
        return set()

    def page(self, caller: Caller, query: Query) -> Page:
        found = super().page(caller, query)
        self.ends.update(message.id for message in found.messages[-1:])
        return found

    def serves(self, message: Message, query: Query) -> bool:
        return message.id in self.ends


@fault("cursor-expires", "PAGE-06", "PAGE-04", "CONC-02")
class CursorExpires(Picky):
    """A cursor is refused once a message has arrived since the walk's first page."""

    started_at: int = 0

    def page(self, caller: Caller, query: Query) -> Page:
        if query.starting_after is None:
            self.started_at = self.store.sequence
        return super().page(caller, query)

    def serves(self, message: Message, query: Query) -> bool:
        return self.store.sequence == self.started_at


@fault("arrivals-hide-others", "PAGE-06", "CONC-02")
class ArrivalsHideOthers(Service):
    """Every message that arrives during a walk pushes one out of the next page."""

    walked_at: int = 0

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        arrived = self.store.sequence - self.walked_at if cursor else 0
        self.walked_at = self.store.sequence
        return super().matching(caller, query, cursor, limit + arrived)[arrived:]


@fault("quoted-cursor-500", "ERR-01", "PAGE-10", "LIST-11")
class QuotedCursor500(Cursors):
    """A cursor with a quotation mark breaks the server: the query is put together from strings."""

    def astray(self, caller: Caller, query: Query) -> Page:
        if "'" in (query.starting_after or ""):
            raise LookupError("unterminated quoted string")
        raise ApiError(400, "cursor_unknown", "This is no cursor.", "starting_after")
