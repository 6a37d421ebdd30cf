"""From a program that fails to the shortest one that still does, within so many requests, on the live target.

Delta debugging over steps, then over their numbers. Each try is judged by a judge of its own, so that it stands alone;
a target that does not answer the same twice is told as it is: so many of so many tries failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.model import Violation
from conformance.suite.kit import Kit
from conformance.suite.programs import Program, Step, attempt


@dataclass
class Minimal:
    """The shortest failing program found, what it violates, and how often it failed when it was tried again."""

    program: Program
    violation: Violation
    failed: int
    tried: int
    exchanges: tuple[int, ...] = ()


def minimise(kit: Kit, program: Program, requirement: str, requests: int = 100) -> Minimal:
    """The shortest program found that violates the requirement, and how often it did when it was tried again."""
    budget = Budget(kit, requests)
    shown: list[tuple[Violation, tuple[int, ...]]] = []

    def fails(candidate: Program) -> bool:
        found = trial(kit, candidate, requirement) if budget.lasts() else None
        if found is not None:
            shown.append(found)
        return found is not None

    tries = [fails(program) for _ in range(2)]
    if not any(tries):
        return Minimal(program, Violation(requirement, "", ""), 0, len(tries))
    shortest = _simpler(_shorter(program, fails), fails)
    again = [fails(shortest) for _ in range(3)] if budget.lasts() else tries
    return Minimal(shortest, shown[-1][0], sum(again), len(again), shown[-1][1])


@dataclass
class Budget:
    """How many requests may still be spent."""

    kit: Kit
    requests: int

    def __post_init__(self) -> None:
        self.started = self.kit.client.spent

    def lasts(self) -> bool:
        """Whether there is something left."""
        return self.kit.client.spent - self.started < self.requests


def trial(kit: Kit, program: Program, requirement: str) -> tuple[Violation, tuple[int, ...]] | None:
    """What a program violates of a requirement when it is run by itself, and the exchanges that it made."""
    with kit.run.aside() as findings:
        attempt(Kit(kit.run), program)
        made = tuple(each.number for each in kit.run.history)
    found = next((each for each in findings if isinstance(each, Violation) and each.requirement == requirement), None)
    return None if found is None else (found, made)


def _shorter(program: Program, fails: Callable[[Program], bool]) -> Program:
    """Delta debugging: leave out halves, quarters, … single steps, as long as what is left still fails."""
    size = max(1, len(program) // 2)
    while True:
        for start in range(0, len(program), size):
            candidate = program[:start] + program[start + size :]
            if candidate and fails(candidate):
                program = candidate
                break
        else:
            if size == 1:
                return program
            size = max(1, size // 2)


def _simpler(program: Program, fails: Callable[[Program], bool]) -> Program:
    for index in range(len(program)):
        for simpler in _simpler_steps(program[index]):
            candidate = [*program[:index], simpler, *program[index + 1 :]]
            if fails(candidate):
                program = candidate
    return program


def _simpler_steps(step: Step) -> Iterator[Step]:
    if step.get("count", 1) > 2:
        yield {**step, "count": 2}
    if step.get("meanwhile"):
        yield {**step, "meanwhile": None}
    if step.get("at_once"):
        yield {**step, "at_once": False}
    if step.get("sizes", [1]) != [1]:
        yield {**step, "sizes": [1]}
    if step.get("where"):
        yield {**step, "where": 0}
