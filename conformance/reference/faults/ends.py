"""Faults of has_more that show with some filters alone."""

from __future__ import annotations

from ..records import Message, Query
from .paging import Saying
from .registry import fault


@fault("has-more-when-full-by-both-filters", "PAGE-02")
class HasMoreWhenFullByBothFilters(Saying):
    """A page of one conversation and one direction has more when it is full."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        both = query.conversation_id is not None and query.direction is not None
        return truth or (both and len(found) >= query.limit)


@fault("has-more-when-nobody-wrote", "PAGE-02")
class HasMoreWhenNobodyWrote(Saying):
    """A list of what customers wrote says that there is more when there is nothing."""

    def says(self, truth: bool, query: Query, found: list[Message]) -> bool:
        return truth or (query.direction == "inbound" and not found)
