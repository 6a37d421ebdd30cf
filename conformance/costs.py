"""What a run is going to ask of a target, by driver, as it was measured on correct implementations: spec/costs.json.

`python -m tests.costs` measures anew. The numbers are the most that any of these implementations was asked; another one
may be asked for a little more where its lists are longer or its statuses move more slowly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.catalogue import CatalogueError, spec_path
from conformance.target import Target

OPENING = "opening"
"""The name under which what opens a run is counted: a look at each conversation, and one message into it."""
ASKS = ("list", "retrieve", "send", "other")
MOST = 8
"""Conversations that a run acts in at most."""
CUTTING = 100
"""Requests beyond these that a failing program may take to be cut down."""
_OPERATIONS = "GET /v1/messages, GET /v1/messages/{id}"
_CHAPTERS = {"test_tour": "the tour", OPENING: OPENING}


@dataclass(frozen=True)
class Cost:
    """What one driver asks at most: requests of each kind, and the sends to each conversation, the main one first."""

    asks: tuple[int, ...] = (0, 0, 0, 0)
    to: tuple[int, ...] = ()
    elsewhere: int = 0
    """Sends to conversations that nobody has, or to none."""

    def __add__(self, other: Cost) -> Cost:
        longer = max(len(self.to), len(other.to))
        own, theirs = (each.to + (0,) * (longer - len(each.to)) for each in (self, other))
        return Cost(_added(self.asks, other.asks), _added(own, theirs), self.elsewhere + other.elsewhere)

    @property
    def requests(self) -> int:
        """All requests."""
        return sum(self.asks)

    @property
    def sends(self) -> int:
        """The requests that send, or would if they were not refused."""
        return self.asks[ASKS.index("send")]


def _added(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    return tuple(each + more for each, more in zip(one, other, strict=True))


@cache
def _measured() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(spec_path("costs.json").read_text(encoding="utf-8"))
    except (CatalogueError, OSError, ValueError):
        return {}
    return found


def costs(profile: str, conversations: int, read_only: bool) -> dict[str, Cost]:
    """What each driver of a profile asks of a target with so many conversations, by its name; empty if nobody knows."""
    tables = _measured().get("read-only" if read_only else "sending", {}).get(profile, {})
    known = [int(each) for each in tables]
    if not known:
        return {}
    enough = min((each for each in known if each >= conversations), default=max(known))
    found = {name: Cost(tuple(asks), tuple(to), rest) for name, (asks, to, rest) in tables[str(enough)].items()}
    more = min(conversations, MOST) - max(known)
    return found if more <= 0 or read_only else {name: _extended(cost, more) for name, cost in found.items()}


def _extended(cost: Cost, more: int) -> Cost:
    """What is asked where there are so many conversations more than were measured: as much for each as for the last."""
    sends = cost.to[-1] * more
    return Cost(_added(cost.asks, (sends, 0, sends, 0)), cost.to + cost.to[-1:] * more, cost.elsewhere)


def requests(profile: str) -> dict[str, float]:
    """The requests of each driver of a profile, to split a run by."""
    return {name: float(cost.requests) for name, cost in costs(profile, 4, read_only=False).items() if name != OPENING}


@dataclass(frozen=True)
class Forecast:
    """What a run is going to ask, before it asks anything."""

    target: Target
    profile: str
    read_only: str
    """Why nothing is sent; empty where messages are."""
    drivers: tuple[str, ...]
    limits: Mapping[str, object]

    def lines(self) -> Iterator[str]:
        """The plan, line by line."""
        names = [each.id for each in self.target.terms.conversations]
        known = costs(self.profile, len(names), bool(self.read_only))
        parts = self._parts(known)
        total = sum(parts.values(), Cost())
        yield f"Plan of a check of {self.target.base_url} (profile {self.profile}): nothing was asked of it."
        yield f"  operations      {_OPERATIONS}{'' if self.read_only else ', POST /v1/messages'}"
        methods = "HEAD, OPTIONS" if self.read_only else "DELETE, PATCH, PUT, HEAD, OPTIONS, POST to a message"
        yield f"                  {total.asks[3]} requests with methods that the documentation does not name: {methods}"
        yield f"  {'part':<15} {'requests':>8} {'sends':>6}"
        for part, cost in parts.items():
            yield f"  {part:<15} {cost.requests:>8} {cost.sends:>6}"
        yield f"  {'at most':<15} {total.requests:>8} {total.sends:>6}   as measured on correct implementations"
        yield from self._sends(names, total)
        yield from self._others(len(names))
        yield from self._bounds(known)

    def _parts(self, known: Mapping[str, Cost]) -> dict[str, Cost]:
        found: dict[str, Cost] = {}
        for name in (OPENING, *self.drivers):
            chapter = name.partition("::")[0]
            part = _CHAPTERS.get(chapter, chapter.removeprefix("test_"))
            found[part] = found.get(part, Cost()) + known.get(name, Cost())
        return found

    def _sends(self, names: Sequence[str], total: Cost) -> Iterator[str]:
        if self.read_only:
            yield f"  sends           none: {self.read_only}"
            return
        for place, (name, count) in enumerate(zip(names, total.to, strict=False)):
            hint = (
                ""
                if place or len(names) == 1
                else " (the first whose messages fit on one page of 100 is acted in most)"
            )
            yield f"  sends to        {name}: {count}{hint}"
        yield f"  sends elsewhere {total.elsewhere}: to conversations that nobody has, or to none; they are to be refused"

    def _others(self, conversations: int) -> Iterator[str]:
        for profile in (each for each in ("quick", "standard", "deep") if each != self.profile):
            total = sum(costs(profile, conversations, bool(self.read_only)).values(), Cost())
            yield f"  profile {profile:<8} would ask at most {total.requests} requests, {total.sends} sends among them"

    def _bounds(self, known: Mapping[str, Cost]) -> Iterator[str]:
        unknown = [name for name in self.drivers if name not in known]
        if unknown:
            yield f"  not measured    {', '.join(unknown)}"
        if not self.read_only and self.profile == "quick":
            yield "  and more        sends where fewer than 26 messages are there, as far as 60 requests in all allow"
        elif not self.read_only:
            yield f"  and more        up to {CUTTING} requests to cut down a drawn program that fails"
        for name, value in self.limits.items():
            yield f"  never more than {value} {name}"
