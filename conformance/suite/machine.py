"""Runs drawn programs, kept ones first; the first that fails at something new is cut down."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter

from conformance.model import Level, Violation
from conformance.run import Failure
from conformance.suite import prepared
from conformance.suite.dressing import dressed
from conformance.suite.kit import Kit
from conformance.suite.minimise import Minimal, minimise
from conformance.suite.programs import Interpreter, Program
from conformance.suite.telling import told

MOST_CUT = 2
"""Programs of a kind that are cut down at most: one fault often shows in many ways."""
_AMONG = 20
"""Programs begun last, among which the one is looked for that a violation is about."""
Suspect = tuple[str, Program]
"""A program that may have brought something to light, with its kind before it."""
Taken = tuple[int, int, "Course"]
"""A step that was taken: the number of the newest exchange and the steps begun when it ended, and whose it was."""
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

    def lasting(self, programs: Iterable[tuple[str, Program]]) -> Iterator[tuple[str, Program]]:
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


def drawn(kind: str, situations: Sequence[str], seed: int) -> list[tuple[str, Program]]:
    """A program of each situation, with its kind."""
    return [(kind, each) for place, name in enumerate(situations) for each in prepared.drawn(name, 1, seed + place)]


class Course:
    """A program under way."""

    def __init__(self, kit: Kit, kind: str, program: Program) -> None:
        self.kind, self.program = kind, program
        self.due = time.monotonic()
        """When it is to go on."""
        self._interpreter = Interpreter(kit)
        self._moments = self._interpreter.carry_out(program)

    def goes_on(self) -> bool:
        """Go on to where something else may be done meanwhile; whether there is any more to be done."""
        moment = next(self._moments, None)
        self.due = self.due if moment is None else moment
        return moment is not None

    @property
    def begun(self) -> int:
        """How many steps were begun."""
        return self._interpreter.begun

    def is_about(self, news: Iterable[Violation]) -> bool:
        """Whether a message that this program sent is named in a violation."""
        text = " ".join(f"{each.expected} {each.got}" for each in news)
        return any(identifier in text for identifier in self._interpreter.sent)


class Programs:
    """Programs that are carried out beside one another, each as far as it goes without waiting for messages to move.

    What they bring to light that no check before has is cut down to the shortest program that shows it.
    """

    def __init__(self, kit: Kit, programs: Iterable[tuple[str, Program]]) -> None:
        self._kit = kit
        self._coming = (Course(kit, *each) for each in programs)
        self._under_way: list[Course] = []
        self._begun: deque[Course] = deque(maxlen=_AMONG)
        self._cut: Counter[str] = Counter()
        """How many programs of a kind were cut down."""

    def go_on(self) -> None:
        """Carry out all that need not wait."""
        self._carry_out(waits=False)

    def end(self) -> None:
        """Carry out all that is left."""
        self._carry_out(waits=True)

    def _carry_out(self, waits: bool) -> None:
        failing: list[tuple[str, list[Suspect], list[Violation]]] = []
        run = self._kit.run
        known = run.violated()
        taken: list[Taken] = []
        while (course := self._next()) and (waits or course.due <= time.monotonic()):
            if taken and taken[-1][-1] is course:  # what its last step showed is not judged yet
                failing += self._failing(run.violations(), known, taken)
                if course not in self._under_way:
                    continue
            self._begun += [course] if course not in self._begun else []
            run.sleep_until(course.due)
            goes_on = course.goes_on()
            taken.append((run.history.numbered, course.begun, course))
            if not goes_on:
                self._under_way.remove(course)
            failing += self._failing(run.shown(), known, taken)
        failing += self._failing(run.violations(), known, taken)
        for kind, suspects, news in failing:
            self._cut[kind] += 1
            if self._cut[kind] <= MOST_CUT:
                _cut_down(self._kit, suspects, news)

    def _failing(
        self, found: Iterable[Violation], known: set[str], taken: list[Taken]
    ) -> Iterator[tuple[str, list[Suspect], list[Violation]]]:
        """What was found and not known, by the step that showed it; its program is not gone on with.

        Most steps are judged during those that follow: whose they were, the exchanges tell.
        """
        news: dict[int, list[Violation]] = {}
        for each in found:
            if each.requirement not in known:
                known.add(each.requirement)
                place = bisect_left(taken, max(each.exchanges), key=itemgetter(0))
                news.setdefault(min(place, len(taken) - 1), []).append(each)
        for place, violations in news.items():
            _, begun, course = taken[place]
            self._under_way = [each for each in self._under_way if each is not course]
            yield course.kind, _suspects(course, begun, self._begun, violations), violations

    def _next(self) -> Course | None:
        """The program whose turn it is: one that is due, else a new one, else the one that is due first."""
        first = min(self._under_way, key=lambda each: each.due, default=None)
        if first is None or first.due > time.monotonic():
            fresh = next(self._coming, None)
            if fresh is not None:
                self._under_way.append(fresh)
                return fresh
        return first


def _suspects(course: Course, steps: int, begun: Iterable[Course], news: list[Violation]) -> list[Suspect]:
    """The program that something came to light with, to that step, and another whose message it is about.

    That one comes first, if the program is not about it.
    """
    others = [each for each in begun if each is not course and each.is_about(news)][-1:]
    found = [course, *others] if course.is_about(news) else [*others, course]
    return [(each.kind, each.program[:steps] if each is course else each.program) for each in found]


def _cut_down(kit: Kit, suspects: list[Suspect], news: list[Violation]) -> None:
    """Find the shortest program for what gates first; each further requirement keeps the program as it was drawn."""
    first = min(news, key=lambda each: kit.run.levels.get(each.requirement) is not Level.MUST)
    tried: list[tuple[str, Minimal]] = []
    for kind, program in suspects:
        tried.append((kind, minimise(kit, program, first.requirement)))
        if tried[-1][1].failed:
            break
    kind, minimal = max(tried, key=lambda each: each[1].failed)
    names = [each.id for each in kit.conversations]
    kit.run.failures[first.requirement] = Failure(
        kind=kind,
        program=minimal.program,
        steps=told(minimal.program, names),
        violation=minimal.violation if minimal.failed else first,
        failed=minimal.failed,
        tried=minimal.tried,
        exchanges=minimal.exchanges if minimal.failed else (),
    )


def send_drawn(kit: Kit, count: int, seed: int) -> None:
    """Send messages of drawn bodies and metadata, and retrieve some of them."""
    sent = []
    for number, each in enumerate(prepared.drawn("messages", count, seed)):
        start = kit.payload()
        sent.append(kit.send({**start, **dressed(number, seed, start["body"], each)}))
    kit.caught_up()
    kit.apart(partial(kit.retrieve_sent, each) for each in sent[::7])  # one of each kind that `dressed` makes
