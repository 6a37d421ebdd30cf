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

_AGAIN = 30
"""Requests that are kept back for trying the shortest program again."""
_TRIES = 5
"""How often it is tried where three tries do not agree."""


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
    budget = Budget(kit, requests - _AGAIN)
    shown: list[tuple[Violation, tuple[int, ...]]] = []
    tried: list[bool] = []

    def fails(candidate: Program) -> bool:
        if not budget.lasts():
            return False
        found = trial(kit, candidate, requirement)
        tried.append(found is not None)
        if found is not None:
            shown.append(found)
        return found is not None

    if not fails(program) and not fails(program):
        return Minimal(program, Violation(requirement, "", ""), 0, len(tried))
    shortest = _simpler(_shorter(_started(program, fails), fails), fails)
    tried.clear()
    budget.requests += _AGAIN  # what was found is tried again in any case
    for most in (3, _TRIES):
        while len(tried) < most and budget.lasts():
            fails(shortest)
        if len(set(tried)) < 2:
            break
    return Minimal(shortest, shown[-1][0], sum(tried), len(tried), shown[-1][1])


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


def _started(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The last step, where the failure showed, with a send before it or with all: most often these are enough."""
    sends = [step for step in program[:-1] if step["do"] == "send"]
    for start in ([], sends[-1:], sends[:1], sends):
        candidate = [*start, program[-1]]
        if len(candidate) < len(program) and fails(candidate):
            return candidate
    return program


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
    if step.get("same"):
        yield {**step, "same": False}
    if step.get("sizes", [1]) != [1]:
        yield {**step, "sizes": [1]}
    if step.get("kind", "text") != "text":
        yield {**step, "kind": "text"}
    if step.get("where"):
        yield {**step, "where": 0}
