"""Runs drawn programs: kept ones first, then new ones, until one fails; and cuts that one down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.model import Level, Violation
from conformance.run import Failure
from conformance.suite.kit import Kit
from conformance.suite.minimise import minimise
from conformance.suite.programs import Program, attempt, told


def run_programs(kit: Kit, kind: str, strategy: Callable[[], Any], count: int) -> None:
    """Run programs of a kind until one brings a violation to light that no check before it has."""
    if not count:
        return
    from conformance.suite import generate

    kept = kit.run.kept_programs(kind)
    for program in [*kept, *generate.draw(strategy(), count, kit.run.plan.seed)]:
        before = kit.run.violated()
        attempt(kit, program)
        news = [each for each in kit.run.violations() if each.requirement not in before]
        if news:
            _cut_down(kit, kind, program, news)
            return


def _cut_down(kit: Kit, kind: str, program: Program, news: list[Violation]) -> None:
    """Find the shortest program for what gates first; each further requirement keeps the program as it was drawn."""
    catalogue = kit.run.levels
    first = min(news, key=lambda each: catalogue.get(each.requirement) is not Level.MUST)
    minimal = minimise(kit, program, first.requirement)
    names = [each.id for each in kit.conversations]
    kit.run.failures[first.requirement] = Failure(
        kind=kind,
        program=minimal.program,
        steps=told(minimal.program, names),
        violation=minimal.violation if minimal.failed else first,
        failed=minimal.failed,
        tried=minimal.tried,
        exchanges=minimal.exchanges,
    )
