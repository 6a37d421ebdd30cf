"""What a run notes of its walks: what a page passed over is named, and nothing where the lists are right."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from histories import TERMS, Tape

from conformance.noted import walks
from conformance.oracles import Judge


def _noted(tape: Tape, violated: set[str]) -> list[dict[str, object]]:
    judge = Judge(TERMS)
    for each in tape.exchanges:
        judge.see(each)
    return walks(SimpleNamespace(judge=judge, violated=lambda: violated))  # type: ignore[arg-type]


@pytest.fixture
def tape() -> Tape:
    """Six messages, and a walk that is right."""
    made = Tape()
    for number in range(1, 7):
        made.send(number)
    return made


def test_a_walk_that_is_right_loses_nothing(tape: Tape) -> None:
    tape.walk(2)
    tape.send(7)
    tape.walk(3)

    found = _noted(tape, {"PAGE-01"})

    assert len(found) == 2
    assert not [each for each in found if each["lost"] or each["repeated"]]


def test_what_a_page_passed_over_is_lost(tape: Tape) -> None:
    tape.list(limit=100)
    tape.list(limit=3)
    tape.list([2, 1], False, limit=3, after=4)

    (found,) = _noted(tape, tape.violated())

    assert found["lost"] == ["msg_3"]


def test_what_a_later_walk_shows_was_lost_too(tape: Tape) -> None:
    tape.list([6, 5, 3], True, limit=3)
    tape.list([2, 1], False, limit=3, after=3)
    tape.list(limit=100)

    (found,) = _noted(tape, {"PAGE-03"})

    assert found["lost"] == ["msg_4"]


def test_without_a_fault_of_a_list_nothing_is_looked_for(tape: Tape) -> None:
    tape.list(limit=3)
    tape.list([2, 1], False, limit=3, after=4)

    (found,) = _noted(tape, {"SEND-01"})

    assert found["lost"] == []
