"""Faults of paging: where a page begins, in which order, and whether it says rightly that there is more."""

from __future__ import annotations

from functools import cached_property

from ..records import Caller, Message, Page, Query
from ..service import Service
from ..store import Clause, Store
from .registry import fault

_SECOND = 1_000_000
_EVERYTHING = 1_000_000


class Beyond(Store):
    """Goes on from a cursor in another way: by an expression that stands for the time, compared by a sign."""

    time: str
    sign: str

    def beyond(self, cursor: Message) -> Clause:
        return f"{self.time} {self.sign} (SELECT {self.time} FROM messages WHERE id = ?)", (cursor.id,)


@fault("cursor-by-second", "PAGE-07", "PAGE-01", "PAGE-04", "PAGE-02", "PAGE-03")
class CursorBySecond(Beyond):
    """A page begins in the second after the cursor's, so what shares its second is lost."""

    time, sign = f"(created_us / {_SECOND})", "<"


@fault("cursor-by-millisecond", "PAGE-07", "PAGE-01", "PAGE-04", "PAGE-02", "PAGE-03")
class CursorByMillisecond(Beyond):
    """A page begins in the millisecond after the cursor's, so what shares its millisecond is lost."""

    time, sign = "(created_us / 1000)", "<"


@fault("cursor-by-instant", "PAGE-07", "PAGE-01", "PAGE-04", "PAGE-02", "PAGE-03")
class CursorByInstant(Beyond):
    """A page begins after the cursor's instant, so what shares the very instant is lost."""

    time, sign = "created_us", "<"


@fault("cursor-by-second-inclusive", "PAGE-07", "PAGE-01", "PAGE-04", "PAGE-02", "PAGE-03", "PAGE-06", "PAGE-08")
class CursorBySecondInclusive(Store):
    """A page begins in the cursor's second and leaves out just the cursor, so others come again."""

    def beyond(self, cursor: Message) -> Clause:
        return f"created_us / {_SECOND} <= ? AND id <> ?", (cursor.created_us // _SECOND, cursor.id)


@fault("cursor-inclusive", "PAGE-04", "PAGE-01", "PAGE-02")
class CursorInclusive(Store):
    """A page begins with the cursor itself."""

    def beyond(self, cursor: Message) -> Clause:
        text, values = super().beyond(cursor)
        return text.replace(" < ", " <= "), values


@fault("cursor-inclusive-in-conversation", "PAGE-04", "PAGE-01", "PAGE-02")
class CursorInclusiveInConversation(Store):
    """A conversation's page begins with the cursor itself."""

    def clauses(self, account: str, query: Query, cursor: Message | None, until_us: int) -> list[Clause]:
        found = super().clauses(account, query, cursor, until_us)
        if query.conversation_id and cursor:
            found[-1] = found[-1][0].replace(" < ", " <= "), found[-1][1]
        return found


@fault("cursor-skips-one", "PAGE-01", "PAGE-04", "PAGE-02", "PAGE-03", "PAGE-07")
class CursorSkipsOne(Service):
    """A page begins one message too late."""

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        skipped = 1 if cursor else 0
        return super().matching(caller, query, cursor, limit + skipped)[skipped:]


@fault("ties-random", "PAGE-07", "PAGE-01", "PAGE-03", "PAGE-02", "PAGE-04", "PAGE-06", "PAGE-08")
class TiesRandom(Store):
    """What shares a second stands in an order that is never the same."""

    def order(self) -> str:
        return f"created_us / {_SECOND} DESC, random()"


@fault("ties-oldest-first", "PAGE-07", "PAGE-01", "PAGE-03", "PAGE-02", "PAGE-04", "PAGE-06", "PAGE-08")
class TiesOldestFirst(Store):
    """What shares a second stands oldest first, though the cursor goes on from the newest."""

    def order(self) -> str:
        return f"created_us / {_SECOND} DESC, sequence ASC"


class Offset(Service):
    """Remembers at which place it handed a message out, and goes on from there."""

    @cached_property
    def places(self) -> dict[tuple[object, ...], int]:
        """How many messages stood up to and including each that was handed out, by filters and id."""
        return {}

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        everything = super().matching(caller, query, None, _EVERYTHING)
        start = self.start(everything, query, cursor)
        page = everything[start : start + limit]
        for place, message in enumerate(page, start + 1):
            self.places[query.conversation_id, query.direction, message.id] = place
        return page

    def start(self, everything: list[Message], query: Query, cursor: Message | None) -> int:
        """Where the page begins."""
        if cursor is None:
            return 0
        true = next((place for place, message in enumerate(everything, 1) if message.id == cursor.id), 0)
        return self.places.get((query.conversation_id, query.direction, cursor.id), true)


@fault("page-offset", "PAGE-06", "CONC-02", "PAGE-04", "PAGE-01", "PAGE-03", "PAGE-08", "PAGE-09")
class PageOffset(Offset):
    """A cursor stands for a number of messages to skip, so what arrives during a walk repeats others."""


@fault("page-aligned", "PAGE-03", "PAGE-04", "PAGE-06", "PAGE-01", "PAGE-02", "PAGE-07", "PAGE-09")
class PageAligned(Offset):
    """A page begins at a multiple of its limit, so a mixture of sizes repeats messages."""

    def start(self, everything: list[Message], query: Query, cursor: Message | None) -> int:
        if cursor is None:
            return 0
        ids = [message.id for message in everything]
        place = ids.index(cursor.id) + 1 if cursor.id in ids else 0
        return place // query.limit * query.limit


@fault(
    "page-numbered", "PAGE-03", "PAGE-04", "PAGE-06", "PAGE-01", "PAGE-02", "PAGE-07", "CONC-02", "PAGE-09", "PAGE-08"
)
class PageNumbered(Offset):
    """A cursor stands for the number of its page, counted in pages of the present size."""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """On which page each message was handed out."""
        return {}

    def start(self, everything: list[Message], query: Query, cursor: Message | None) -> int:
        number = self.numbers.get(cursor.id, 0) + 1 if cursor else 0
        start = number * query.limit
        self.numbers.update({message.id: number for message in everything[start : start + query.limit]})
        return start


class Saying(Service):
    """Says in another way whether there is more."""

    def has_more(self, caller: Caller, query: Query, found: list[Message]) -> bool:
        return self.says(super().has_more(caller, query, found), query, found)

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        raise NotImplementedError


@fault("has-more-when-full", "PAGE-02")
class HasMoreWhenFull(Saying):
    """A full page says that there is more, even when it is the last."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return len(found) >= query.limit


@fault("has-more-when-full-unfiltered", "PAGE-02")
class HasMoreWhenFullUnfiltered(Saying):
    """A page without a filter has more when it is full."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return truth if query.conversation_id or query.direction else len(found) >= query.limit


@fault("has-more-when-full-at-25", "PAGE-02")
class HasMoreWhenFullAt25(Saying):
    """A page of the size that is the default has more when it is full."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return truth or len(found) >= query.limit == 25


@fault("has-more-when-full-at-first", "PAGE-02")
class HasMoreWhenFullAtFirst(Saying):
    """A full page without a cursor says that there is more, even when it is the last."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return truth if query.starting_after else len(found) >= query.limit


@fault("has-more-never", "PAGE-02", "PAGE-01")
class HasMoreNever(Saying):
    """No page says that there is more."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return False


@fault("has-more-always", "PAGE-02", "PAGE-01", "PAGE-04")
class HasMoreAlways(Saying):
    """Every page says that there is more."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return True


@fault("has-more-first-page-only", "PAGE-02", "PAGE-01")
class HasMoreFirstPageOnly(Saying):
    """Pages after the first never say that there is more."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return truth and query.starting_after is None


@fault("has-more-needs-two", "PAGE-02", "PAGE-01")
class HasMoreNeedsTwo(Service):
    """A page says that there is more only when two more messages follow."""

    def page(self, caller: Caller, query: Query) -> Page:
        found = super().page(
            caller, Query(query.conversation_id, query.direction, query.limit + 1, query.starting_after)
        )
        return Page(found.messages[: query.limit], found.has_more)


@fault("has-more-false-at-100", "PAGE-02", "PAGE-01")
class HasMoreFalseAt100(Saying):
    """A page of a hundred never says that there is more, for no more than a hundred were asked for."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return truth and query.limit < 100


@fault("has-more-of-account", "PAGE-02")
class HasMoreOfAccount(Service):
    """A filtered page says that there is more while anything of the account follows."""

    def has_more(self, caller: Caller, query: Query, found: list[Message]) -> bool:
        last = found[: query.limit][-1] if found else None
        return bool(self.store.page(caller.account, Query(), last, self.visible_until(), 1)) and bool(found)


@fault("has-more-counts-all", "PAGE-02", "PAGE-01", "PAGE-04")
class HasMoreCountsAll(Service):
    """A page says that there is more when more match than it holds, wherever it begins."""

    def has_more(self, caller: Caller, query: Query, found: list[Message]) -> bool:
        return len(self.matching(caller, query, None, query.limit + 1)) > query.limit


class Forgetful(Store):
    """Forgets filters once there is a cursor."""

    forgotten: tuple[str, ...]

    def clauses(self, account: str, query: Query, cursor: Message | None, until_us: int) -> list[Clause]:
        found = super().clauses(account, query, cursor, until_us)
        return [clause for clause in found if not (cursor and clause[0].startswith(self.forgotten))]


@fault("filters-lost-after-first-page", "PAGE-05", "PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04")
class FiltersLostAfterFirstPage(Forgetful):
    """Pages after the first are not filtered."""

    forgotten = ("conversation_id", "direction")


@fault("direction-lost-after-first-page", "PAGE-05", "PAGE-01", "PAGE-02")
class DirectionLostAfterFirstPage(Forgetful):
    """Pages after the first are not filtered by direction."""

    forgotten = ("direction",)


@fault("conversation-lost-after-first-page", "PAGE-05", "PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04")
class ConversationLostAfterFirstPage(Forgetful):
    """Pages after the first are not filtered by conversation."""

    forgotten = ("conversation_id",)
