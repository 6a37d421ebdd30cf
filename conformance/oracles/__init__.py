"""Pure judges over recorded exchanges: no network, no pytest, no files, no clock.

A `Judge` folds exchanges, each once, into findings; `judge` does so for a whole recording.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.history import Ledger, understand
from conformance.model import Exchange, Finding, Terms
from conformance.oracles.access import Access
from conformance.oracles.base import Oracle, Seen
from conformance.oracles.errors import Errors
from conformance.oracles.lists import Lists
from conformance.oracles.looking import Looking
from conformance.oracles.messages import Messages
from conformance.oracles.pages import Pages
from conformance.oracles.retrieval import Retrieval
from conformance.oracles.sending import Sending
from conformance.oracles.sequence import Direction
from conformance.oracles.statuses import Statuses
from conformance.oracles.traces import Traces
from conformance.paging import Walks, page_of


class Judge:
    """Judges exchanges as they come, in the order in which they ended."""

    def __init__(self, terms: Terms) -> None:
        self.ledger = Ledger(terms)
        self.walks = Walks()
        self.direction = Direction()
        self._oracles: tuple[Oracle, ...] = (
            Access(),
            Errors(),
            Sending(),
            Messages(),
            Retrieval(),
            Looking(),
            Lists(),
            Pages(self.walks, self.direction),
            Statuses(),
            Traces(self.direction),
        )

    def see(self, exchange: Exchange) -> list[Finding]:
        """The findings that this exchange adds to those before it."""
        ask = understand(exchange.request)
        shown = self.ledger.add(exchange, ask)
        page = page_of(exchange, ask)
        # A cursor that stands in another list (of another conversation, say) begins no walk of this one.
        in_place = page is not None and (page.cursor is None or self.ledger.is_listed(page.cursor, page.filters))
        chain = self.walks.add(page) if page is not None and in_place else None
        seen = Seen(exchange, ask, page, chain, shown)
        return [finding for oracle in self._oracles for finding in oracle.see(seen, self.ledger)]


def judge(exchanges: Iterable[Exchange], terms: Terms) -> list[Finding]:
    """The findings of a whole recording."""
    judge = Judge(terms)
    return [finding for exchange in exchanges for finding in judge.see(exchange)]
