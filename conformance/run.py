"""One run: its plan, its record, its judge, and the scene that the drivers find. No pytest, no verdict."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from conformance.client import Client, Unjudgeable
from conformance.errands import Errands
from conformance.given import Hooks
from conformance.limits import Limits
from conformance.model import Conversation, Exchange, Finding, Level, Violation
from conformance.oracles import Judge
from conformance.oracles.traces import TAG
from conformance.record import History
from conformance.target import Target

SEED = 1
"""What generated inputs follow from where nobody names a seed."""
LOOKS, AT_ONCE = 5, 4
"""Looks at watched messages, and messages at one look."""
SOON, SLOWER = 0.04, 1.6
"""When the first look is, as a part of the time in which messages settle, and by how much each pause is longer."""


@dataclass(frozen=True)
class Plan:
    """What was asked of a run."""

    profile: str = "standard"
    seed: int = SEED
    read_only: bool = False
    withheld: str = "read-only: nothing was sent"
    """Why nothing is sent, in a run that only reads."""
    strict: bool = False
    rounds: int | None = 4
    """How often a deep run searches on; None where it is to go on for as long as its budget lasts."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Scene:
    """The conversations that the drivers act in, each opened by one message of ours."""

    main: Conversation
    conversations: tuple[Conversation, ...]
    anchors: dict[str, str]
    before: frozenset[str] = frozenset()
    """Ids that were listed before this run sent anything."""


@dataclass
class Watch:
    """Messages whose way is looked at now and then, some at a time: by retrieving them, and every third time by a list."""

    identifiers: list[str]
    pause: float
    """Seconds to the next look."""
    due: float
    looks: int = 0

    @classmethod
    def of(cls, identifiers: list[str], settle_seconds: float) -> Watch:
        """A watch that begins now."""
        pause = SOON * settle_seconds
        return cls(identifiers, pause, time.monotonic() + pause)

    @property
    def is_over(self) -> bool:
        """Whether they were looked at often enough."""
        return self.looks >= LOOKS

    def turn(self) -> list[str]:
        """The messages whose turn it is; none where it is the list's."""
        self.looks += 1
        self.pause *= SLOWER
        self.due = time.monotonic() + self.pause
        if self.looks % 3 == 0:
            return []
        self.identifiers = self.identifiers[AT_ONCE:] + self.identifiers[:AT_ONCE]
        return self.identifiers[-AT_ONCE:]


class UnderWay(Protocol):
    """What goes on beside the drivers that follow the one that began it."""

    def go_on(self) -> None:
        """Do all that need not wait."""

    def end(self) -> None:
        """Do all that is left."""


@dataclass
class Failure:
    """A drawn program that brought a violation to light, cut down as far as requests allowed."""

    kind: str
    program: list[dict[str, Any]]
    steps: list[str]
    violation: Violation
    failed: int
    tried: int
    """How often the program, run by itself, failed when it was tried again; never, if it needs what came before it."""
    exchanges: tuple[int, ...] = ()


class Run:
    """The record of one run and its judge, which sees each exchange once, in the order in which they ended."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self.plan = plan
        self.history = History()
        self.client = Client(target, self.history, plan.limits)
        self.client.meanwhile = self._use_the_wait
        self._judge = Judge(target.terms)
        self._trouble: Exception | None = None
        """What the judge, or an errand, broke off with while an answer was waited for."""
        self.errands = Errands()
        self.name = secrets.token_hex(3)
        self._scene: Scene | None = None
        self._marks = 0
        self._judged = 0
        self._held = 0
        self._lock = threading.Lock()
        self._findings: list[Finding] = []
        self._aside: dict[int, Exchange] = {}
        self._violated: dict[str, Violation] = {}
        self.failures: dict[str, Failure] = {}
        self.watch: Watch | None = None
        self.under_way: UnderWay | None = None
        self.levels: Mapping[str, Level] = {}
        self.hooks = Hooks()
        self.keeps_metadata: bool | None = None
        """Whether the target was seen to take metadata and to give it back; None while nobody knows."""
        self.endless: set[tuple[tuple[str, Any], ...]] = set()
        """Lists whose end was looked for and not found."""
        self.unfinished = False
        """Whether a walk was left before its end, for it grew as long as a walk may be."""
        self.unknown: list[str] = []
        """Declared conversations that the target says it does not know."""
        self.windows: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        """What lists showed when they were last looked through, by their filters."""
        self.kept: dict[str, list[list[dict[str, Any]]]] = {}
        """Programs that failed on this target before, by kind: they are tried first."""

    @property
    def id(self) -> str:
        """What the metadata of the messages of this run says, and no mark of a message is."""
        return f"mc-{self.name}"

    def read_only(self, why: str) -> None:
        """Send nothing from now on, for this reason."""
        self.plan = replace(self.plan, read_only=True, withheld=why)

    @property
    def scene(self) -> Scene:
        """The scene; drivers that need one ask for the fixture that sets it first."""
        if self._scene is None:
            raise RuntimeError("no scene is set")
        return self._scene

    @scene.setter
    def scene(self, scene: Scene) -> None:
        self._scene = scene

    @property
    def has_scene(self) -> bool:
        """Whether the scene is set."""
        return self._scene is not None and bool(self._scene.anchors)

    def next_tag(self) -> str:
        """A mark that no other message has."""
        with self._lock:
            self._marks += 1
            return f"mc-{self.name}-{self._marks}"

    def tag_in(self, text: bytes) -> str | None:
        """The first mark of this run in a text, in UTF-16 too."""
        marks = TAG.findall(text.replace(b"\0", b"").decode("utf-8", "replace"))
        return next((mark for mark in marks if self.name in mark), None)

    @property
    def judge(self) -> Judge:
        """The judge, who has seen all that was recorded."""
        self.drain()
        return self._judge

    def sleep_until(self, moment: float) -> None:
        """Wait for a moment of the monotonic clock, and use the time."""
        while time.monotonic() < moment and (self._did(self._judge_on) or self._did(self.errands.do_one)):
            pass
        time.sleep(max(0.0, moment - time.monotonic()))

    def _use_the_wait(self) -> bool:
        """Do a piece of what is to be done while an answer is waited for; a prompt one leaves no time for an errand."""
        return self._did(self._judge_on) or (not self.client.is_prompt and self._did(self.errands.do_one))

    def _did(self, piece: Callable[[], bool]) -> bool:
        """Do a piece of work, and say whether there was any; what breaks off is told to whoever asks for a judgement.

        Not while several threads make exchanges: they have no time to spare.
        """
        try:
            return not self._held and piece()
        except Unjudgeable:  # the end of the run's time, which no wait is to outlast
            raise
        except Exception as error:
            self._trouble = error
            return False

    def _judge_on(self) -> bool:
        if self._trouble is None and self._judged == len(self.history):
            return False
        self.drain()
        return True

    def drain(self) -> None:
        """Judge what was recorded since the last time."""
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        if self._held or self._judged == len(self.history):
            return
        for exchange in self.history.since(self._judged):
            self._judged += 1
            for finding in self._judge.see(exchange):
                self._findings.append(finding)
                if isinstance(finding, Violation):
                    self._violated.setdefault(finding.requirement, finding)

    @contextmanager
    def undrained(self) -> Iterator[None]:
        """Leave judging to the end of a block in which several threads make exchanges; what was made before is judged."""
        self.drain()
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.drain()

    @contextmanager
    def aside(self) -> Iterator[list[Finding]]:
        """Go on with a record and a judge of their own, whose findings are not the run's; they are filled in at the end."""
        self.drain()
        kept = (self.history, self._judge, self._judged, self._findings, self._violated)
        findings: list[Finding] = []
        self.history = self.history.beside(max(self._aside, default=0))
        self._judge = Judge(self.client.target.terms)
        self.client.history, self._judged, self._findings, self._violated = self.history, 0, findings, {}
        try:
            yield findings
            self.drain()
        finally:
            self._aside |= self._judge.ledger.exchanges
            self.history, self._judge, self._judged, self._findings, self._violated = kept
            self.client.history = self.history

    def violated(self) -> set[str]:
        """The requirements found broken so far."""
        self.drain()
        return set(self._violated)

    def violations(self) -> list[Violation]:
        """The first violation of each requirement found broken so far."""
        self.drain()
        return self.shown()

    def shown(self) -> list[Violation]:
        """The first violation of each requirement found broken by what was judged so far."""
        return list(self._violated.values())

    def kept_programs(self, kind: str) -> list[list[dict[str, Any]]]:
        """Programs of a kind that failed on this target before."""
        return self.kept.get(kind, [])

    def take(self) -> list[Finding]:
        """The findings since the last time they were taken."""
        self.drain()
        taken, self._findings = self._findings, []
        return taken

    def exchange(self, number: int) -> Exchange:
        """The exchange of a number."""
        found = self.judge.ledger.exchanges.get(number)
        return found if found is not None else self._aside[number]
