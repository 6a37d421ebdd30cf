"""Runs drawn programs, kept ones first; the first that fails at something new is cut down."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from conformance.model import Level, Violation
from conformance.run import Failure
from conformance.suite.kit import Kit
from conformance.suite.minimise import minimise
from conformance.suite.programs import Program, attempt
from conformance.suite.telling import told

MOST_CUT = 2
"""Programs of a kind that are cut down at most: one fault often shows in many ways."""
RESERVE = 150
"""Requests that a search leaves unspent, for a program that is still to be cut down."""


class Search:
    """How long a deep run goes on: so many rounds, or for as long as there is time and are requests for another."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.began = time.monotonic()
        self.longest = 0.0

    def rounds(self) -> Iterator[int]:
        """A seed for each round."""
        turn, wanted = 0, self.kit.run.plan.rounds
        while (wanted is None or turn < wanted) and self.lasts():
            turn += 1
            yield self.kit.run.plan.seed * 100_003 + turn * 101

    def lasting(self, programs: Iterable[Program]) -> Iterator[Program]:
        """The programs that there is time and are requests for."""
        for each in programs:
            if not self.lasts():
                return
            began = time.monotonic()
            yield each
            self.longest = max(self.longest, time.monotonic() - began)

    def lasts(self) -> bool:
        """Whether there is enough left for another program, a failing one included."""
        client = self.kit.client
        most = client.limits.max_requests
        left = client.end - time.monotonic()
        behind = min(30.0, client.limits.max_seconds / 10)  # what follows the search takes time, too
        return (
            not client.is_full and left > 2 * self.longest + behind and (most is None or client.spent + RESERVE < most)
        )


def drawn(situations: Sequence[str], count: int, seed: int) -> list[Program]:
    """So many programs of each situation, one of each in turn."""
    from conformance.suite import generate

    found = [generate.draw(getattr(generate, name)(), count, seed + place) for place, name in enumerate(situations)]
    return [programs[turn] for turn in range(count) for programs in found if turn < len(programs)]


def run_programs(kit: Kit, kind: str, programs: Iterable[Program]) -> None:
    """Run programs of a kind; for what they bring to light that no check before has, find the shortest."""
    cut = 0
    for program in programs:
        before, steps = kit.run.violated(), [len(program)]

        def after(number: int, before: set[str] = before, steps: list[int] = steps) -> bool:
            steps[0] = number + 1
            return kit.run.violated() > before

        attempt(kit, program, after)
        news = [each for each in kit.run.violations() if each.requirement not in before]
        if news and cut < MOST_CUT:
            cut += 1
            _cut_down(kit, kind, program[: steps[0]], news)


def _cut_down(kit: Kit, kind: str, program: Program, news: list[Violation]) -> None:
    """Find the shortest program for what gates first; each further requirement keeps the program as it was drawn."""
    first = min(news, key=lambda each: kit.run.levels.get(each.requirement) is not Level.MUST)
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


def send_drawn(kit: Kit, count: int, seed: int) -> None:
    """Send messages of drawn bodies and metadata, and retrieve some of them."""
    from conformance.suite import generate, values

    for number, each in enumerate(generate.draw(values.messages(), count, seed)):
        start = kit.payload()
        exchange = kit.send({**start, **values.dressed(number, seed, start["body"], each)})
        if number % 6 == 0:
            kit.caught_up()
            kit.retrieve_sent(exchange)
