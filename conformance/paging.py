"""Pages and walks: what a list request asks, what came, and which pages follow one another. No verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.history import FILTERS, Ask, filters_of, shown_messages
from conformance.model import Credential, Exchange, Fact, Operation, Request

_KNOWN = (*FILTERS, "limit", "starting_after")


@dataclass(frozen=True)
class Page:
    """One page of a list: what was asked and which ids came, in order."""

    exchange: Exchange
    filters: tuple[tuple[str, str], ...]
    cursor: str | None
    limit: int | None
    """The size that was asked for (25 by default); None where the request's own limit is not judged."""
    ids: tuple[str, ...]
    items: tuple[Mapping[str, Any], ...]
    has_more: bool | None

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.exchange.number

    def filter(self, name: str) -> str | None:
        """The value of a filter."""
        return dict(self.filters).get(name)


def page_of(exchange: Exchange, ask: Ask) -> Page | None:
    """The page in a successful answer to a list request whose meaning the documentation settles; else None."""
    response = exchange.response
    if ask.operation is not Operation.LIST or response is None or response.status != 200:
        return None
    body = response.json
    if not isinstance(body, dict) or not isinstance(body.get("data"), list) or not settled(ask, exchange.request):
        return None
    items = tuple(shown_messages(exchange, ask))
    more = body.get("has_more")
    return Page(
        exchange=exchange,
        filters=filters_of(ask),
        cursor=ask.parameter("starting_after"),
        limit=limit_of(ask),
        ids=tuple(item["id"] for item in items),
        items=items,
        has_more=more if isinstance(more, bool) else None,
    )


def limit_of(ask: Ask) -> int | None:
    """The number of results that a list request asks for, 25 where it says nothing, None where it is no valid limit."""
    text = ask.parameter("limit")
    if text is None:
        return 25
    valid = text.isascii() and text.isdigit() and not text.startswith("0") and len(text) < 4 and int(text) <= 100
    return int(text) if valid else None


def settled(ask: Ask, request: Request) -> bool:
    """Whether the documentation settles what the query means: known parameters, each once, with values it names."""
    names = [name for name, _ in ask.query]
    if len(set(names)) != len(names) or any(name not in _KNOWN for name in names) or Fact.ODD_QUERY in request.facts:
        return False
    direction = ask.parameter("direction")
    return direction in (None, "inbound", "outbound") and ask.parameter("conversation_id") != ""


@dataclass
class Chain:
    """A walk: pages of one list, each asked for with the last id of the page before it."""

    pages: list[Page] = field(default_factory=list)
    _read: tuple[int, list[str], dict[str, int], frozenset[str]] = field(
        default=(0, [], {}, frozenset()), init=False, repr=False
    )
    """How many pages were gone through, the ids of their span, the place of each, and those that were shown."""

    def _gone_through(self) -> tuple[int, list[str], dict[str, int], frozenset[str]]:
        if self._read[0] != len(self.pages):
            ids = [each for page in self.pages for each in page.ids]
            span = [self.start, *ids] if self.start else ids
            self._read = (len(self.pages), span, {each: place for place, each in enumerate(span)}, frozenset(ids))
        return self._read

    @property
    def span(self) -> list[str]:
        """The ids that the walk showed in order, its starting cursor in front. Not to be changed."""
        return self._gone_through()[1]

    @property
    def places(self) -> dict[str, int]:
        """Where each id stands in the span, the last place of one that stands there twice. Not to be changed."""
        return self._gone_through()[2]

    @property
    def start(self) -> str | None:
        """The cursor that the walk began from; None at the beginning of the list."""
        return self.pages[0].cursor

    @property
    def shown(self) -> frozenset[str]:
        """The ids that the walk showed."""
        return self._gone_through()[3]

    @property
    def ids(self) -> list[str]:
        """The ids in the order of the walk."""
        return self.span[1:] if self.start else self.span[:]

    @property
    def ended(self) -> bool:
        """Whether the last page said that nothing follows."""
        return self.pages[-1].has_more is False

    @property
    def began(self) -> float:
        """When the first page was asked for."""
        return self.pages[0].exchange.began


class Walks:
    """The walks in a history, by whose key they were made with and which filters they kept."""

    def __init__(self) -> None:
        self.chains: dict[tuple[Credential, tuple[tuple[str, str], ...]], list[Chain]] = {}

    def add(self, page: Page) -> Chain:
        """Put a page where it belongs: behind the page whose last id it continues from, or at the start of a walk."""
        chains = self.chains.setdefault((page.exchange.request.credential, page.filters), [])
        for chain in reversed(chains):
            last = chain.pages[-1]
            if page.cursor and last.ids and last.ids[-1] == page.cursor and last.exchange.ended <= page.exchange.began:
                chain.pages.append(page)
                return chain
        chains.append(Chain([page]))
        return chains[-1]

    def like(self, page: Page) -> list[Chain]:
        """The walks of the same list."""
        return self.chains.get((page.exchange.request.credential, page.filters), [])
