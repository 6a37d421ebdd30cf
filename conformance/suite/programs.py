"""Programs: short lists of steps that send, list, walk, look and wait, and their interpreter.

A step is a JSON object, so that a program can be printed, kept and run again. Messages are named by the place at which
the program sent them (modulo how many there are), conversations by their place in the scene.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from conformance.suite.kit import Blocked, Kit

Step = dict[str, Any]
Program = list[Step]
NOWHERE, IN_CONVERSATION, OUTBOUND, BOTH = range(4)
IMAGE = "https://example.com/label.png"


class Interpreter:
    """Runs one program; what it brings about is judged as everything else is."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.names = [each.id for each in kit.conversations]
        self.sent: list[str] = []
        self.last: dict[str, str] = dict(kit.run.scene.anchors)
        """The newest message that was there in each conversation when the program began."""
        own = [each for each in kit.judge.ledger.own() if each.id not in kit.judge.ledger.tampered]
        for message in own:
            self.last[message.conversation] = message.id
        self.newest = own[-1].id if own else next(iter(self.last.values()))
        self.begun = 0
        """Steps that were begun."""

    def carry_out(self, program: Program) -> Iterator[float]:
        """Carry out the steps in order; wherever something else may be done meanwhile, the moment at which to go on.

        Ends where the target no longer answers as a step needs.
        """
        try:
            for step in program:
                self.begun += 1
                waits: Iterable[float] | None = getattr(self, f"_{step['do']}")(step)
                yield from waits or ()
                yield time.monotonic()
        except Blocked:
            return

    def _send(self, step: Step) -> None:
        name = self._conversation(step)
        payloads = [self._payload(step, name) for _ in range(step.get("count", 1))]
        if step.get("same"):
            payloads = payloads[:1] * len(payloads)
        calls = [partial(self.kit.send, payload) for payload in payloads]
        if step.get("at_once"):
            self.sent += [self.kit.accepted(each) for each in self.kit.at_once(calls, threads=len(calls))]
        else:
            self.sent += [self.kit.accepted(each()) for each in calls]
        self.kit.caught_up()

    def _payload(self, step: Step, name: str) -> dict[str, Any]:
        payload = self.kit.payload(name)
        if "metadata" in step:
            payload["metadata"] = step["metadata"]
        kind = step.get("kind", "text")
        if kind != "text":
            payload |= {"type": kind, **({"media_url": IMAGE} if kind == "image" else {})}
        return payload

    def _list(self, step: Step) -> None:
        filters, limit = self._filters(step), step.get("limit")
        cursor = self._cursor(step, filters) or self._start(filters)
        self.kit.page(starting_after=cursor, **({"limit": limit} if limit else {}), **filters)

    def _walk(self, step: Step) -> None:
        filters = self._filters(step)
        meanwhile = step.get("meanwhile")
        if meanwhile == "send at once":
            self._walk_in_a_crowd(step, filters)
        else:
            between = {"send": lambda: self._send({"to": step.get("to", 0)}), "look": self._glance}.get(meanwhile or "")
            self._walked(step, filters, between)

    def _walk_in_a_crowd(self, step: Step, filters: dict[str, str]) -> None:
        """Walk while two others send, from the same moment on and until the walk is over."""
        together, done = threading.Barrier(3), threading.Event()

        def walk() -> None:
            together.wait(10)
            try:
                self._walked(step, filters, None)
            finally:
                done.set()

        def send() -> None:
            together.wait(10)
            for _ in range(4):
                self.kit.send(self._payload({}, self._conversation(step)))
                if done.is_set():
                    return

        self.kit.at_once([walk, send, send], threads=3)
        self.kit.caught_up()

    def _walked(self, step: Step, filters: dict[str, str], between: Callable[[], Any] | None) -> None:
        """Walk through what this program sent: from before it where old comes first, from the start where new does."""
        mine = [each for each in self.sent if self._listed(each, filters)]
        start = self._cursor(step, filters) or self._start(filters)
        pages = self.kit.walk(step["sizes"], start=start, until=mine, most=6 + len(mine), between=between, **filters)
        last = pages[-1]
        if last.ids and not last.has_more and set(mine) - {each for page in pages for each in page.ids}:
            self.kit.page(limit=last.limit, starting_after=last.ids[-1], **filters)  # is that really the end?

    def _start(self, filters: dict[str, str]) -> str | None:
        """Where a list is taken up that shows old messages first: what this program sent is not at its beginning."""
        if self.kit.judge.direction.sign <= 0:
            return None
        conversation = filters.get("conversation_id")
        return self.last.get(conversation) if conversation else self.newest

    def _tail(self, step: Step) -> None:
        """The end of a list: a full last page, a full one before it, nothing behind, and a cursor of each kind."""
        filters, size = self._filters(step), step["size"]
        ids = self.kit.window(**filters)
        if not ids or not (self.kit.judge.direction.sign > 0 or self.kit.is_whole(**filters)):
            return
        cursors = [ids[-1 - behind] for behind in (size, 2 * size, 0) if len(ids) > behind]
        cursors += self._of_each_kind(ids[:-1])[:4]
        self.kit.apart(partial(self.kit.page, limit=size, starting_after=each, **filters) for each in cursors)
        if len(ids) > 26:
            self.kit.page(starting_after=ids[-27], **filters)

    def _of_each_kind(self, ids: Sequence[str]) -> list[str]:
        """A message of each direction and status among these, the newest known of each."""
        kinds = {}
        for each in ids:
            message = self.kit.message(each)
            kinds[message.value("direction"), message.views[-1].status] = each
        return list(kinds.values())

    def _look(self, step: Step) -> None:
        if not self.sent:
            return
        identifier = self.sent[step["message"] % len(self.sent)]
        if step.get("at_once"):
            conversation = self.kit.message(identifier).conversation
            calls = [
                lambda: self.kit.retrieve(identifier),
                lambda: self.kit.list(limit=10, conversation_id=conversation),
            ]
            self.kit.at_once(calls * 2, threads=4)
        else:
            self.kit.retrieve(identifier)

    def _glance(self) -> None:
        if self.sent:
            self.kit.retrieve(self.sent[-1])

    def _round(self, step: Step) -> Iterator[float]:
        """Look at the newest of what was sent by retrieve and by list, then wait a little."""
        latest = self.sent[-4:]
        start = self._start({})
        calls: list[Callable[[], Any]] = [partial(self.kit.retrieve, each) for each in latest]
        listed: Callable[[], Any] = partial(self.kit.list, limit=20, starting_after=start)
        if step.get("order") == "at once":
            self.kit.at_once([*calls, listed], threads=len(calls) + 1)
        else:
            first, last = ([listed], calls) if step.get("order") == "list first" else (calls, [listed])
            self.kit.apart(first)
            self.kit.apart(last)
        return self._pause(step)

    def _settle(self, _: Step) -> Iterator[float]:
        return self.kit.settling(self.sent[-6:], most=4, pause=max(0.1, self.kit.terms.settle_seconds / 10))

    def _pause(self, step: Step) -> Iterator[float]:
        yield time.monotonic() + min(step["ms"] / 1000, self.kit.terms.settle_seconds)

    def _conversation(self, step: Step) -> str:
        place: int = step.get("to", 0)
        return self.names[place % len(self.names)]

    def _filters(self, step: Step) -> dict[str, str]:
        where = step.get("where", NOWHERE)
        filters = {"conversation_id": self._conversation(step)} if where in (IN_CONVERSATION, BOTH) else {}
        return filters | ({"direction": "outbound"} if where in (OUTBOUND, BOTH) else {})

    def _cursor(self, step: Step, filters: dict[str, str]) -> str | None:
        listed = [each for each in self.sent if self._listed(each, filters)]
        return listed[step["after"] % len(listed)] if step.get("after") is not None and listed else None

    def _listed(self, identifier: str, filters: dict[str, str]) -> bool:
        return filters.get("conversation_id") in (None, self.kit.message(identifier).conversation)


def attempt(kit: Kit, program: Program) -> None:
    """Run a program by itself, to its end or to where the target no longer answers as a step needs."""
    for due in Interpreter(kit).carry_out(program):
        kit.run.sleep_until(due)
