"""What was said of one sight of a message is said of another in the same place, and is not found out again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from conformance.history import Message
from conformance.model import Exchange, Finding, Observation, Terms
from conformance.oracles import Judge
from tests.costs import measured

FAULTS = (
    "",
    "list-behind",
    "metadata-cleared-when-delivered",
    "metadata-accumulate",
    "retrieve-drops-metadata",
    "status-on-demand",
)


def recorded(fault: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Terms, list[Exchange]]:
    """What a standard check exchanges with a reference, as its own judge sees it."""
    seen: dict[Judge, list[Exchange]] = {}
    see = Judge.see

    def noted(self: Judge, exchange: Exchange) -> list[Finding]:
        seen.setdefault(self, []).append(exchange)
        return see(self, exchange)

    with monkeypatch.context() as patched:
        patched.setattr(Judge, "see", noted)
        measured("", "standard", 4, faults=[fault] if fault else [])
    judge, exchanges = next(iter(seen.items()))
    return judge.ledger.terms, exchanges


def judged(terms: Terms, exchanges: Sequence[Exchange]) -> tuple[list[Finding], Counter[str]]:
    """The findings but for observations, in order, and how often each requirement was observed."""
    judge = Judge(terms)
    found = [each for exchange in exchanges for each in judge.see(exchange)]
    observed: Counter[str] = Counter()
    for each in found:
        if isinstance(each, Observation):
            observed[each.requirement] += each.count
    return [each for each in found if not isinstance(each, Observation)], observed


@pytest.mark.parametrize("fault", FAULTS)
def test_places_change_no_finding(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terms, exchanges = recorded(fault, monkeypatch)
    quick = judged(terms, exchanges)
    places: list[Any] = []
    place_of = Message.place_of
    monkeypatch.setattr(Message, "place_of", lambda *given: places.append(place_of(*given)))
    assert judged(terms, exchanges) == quick
    assert len(set(places)) < len(places) / 1.2  # it is worth the while
