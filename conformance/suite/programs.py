"""Programs: short lists of steps that send, list, walk, look and wait, and their interpreter.

A step is a JSON object, so that a program can be printed, kept and run again. Messages are named by the place at which
the program sent them (modulo how many there are), conversations by their place in the scene.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from conformance.suite.kit import Blocked, Kit

Step = dict[str, Any]
Program = list[Step]
NOWHERE, IN_CONVERSATION, OUTBOUND, BOTH = range(4)


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

    def run(self, program: Program) -> None:
        """Carry out the steps in order."""
        for step in program:
            getattr(self, f"_{step['do']}")(step)

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
        if "text" in step:
            payload["body"] = f"{payload['body']} {step['text']}"
        return payload

    def _list(self, step: Step) -> None:
        filters = self._filters(step)
        limit = step.get("limit")
        self.kit.page(starting_after=self._cursor(step, filters), **({"limit": limit} if limit else {}), **filters)

    def _walk(self, step: Step) -> None:
        filters = self._filters(step)
        meanwhile = step.get("meanwhile")
        if meanwhile == "send at once":
            calls: list[Callable[[], Any]] = [lambda: self._walked(step, filters, None)]
            calls += [lambda: [self.kit.send(self._payload({}, self._conversation(step))) for _ in range(2)]] * 2
            self.kit.at_once(calls, threads=3)
            self.kit.caught_up()
        else:
            between = {"send": lambda: self._send({"to": step.get("to", 0)}), "look": self._glance}.get(meanwhile or "")
            self._walked(step, filters, between)

    def _walked(self, step: Step, filters: dict[str, str], between: Callable[[], Any] | None) -> None:
        """Walk through what this program sent: from before it where old comes first, from the start where new does."""
        mine = [each for each in self.sent if self._listed(each, filters)]
        start = self._cursor(step, filters)
        if start is None and self.kit.judge.direction.sign > 0:
            conversation = filters.get("conversation_id")
            start = self.last.get(conversation) if conversation else self.newest
        self.kit.walk(step["sizes"], start=start, until=mine, most=6 + len(mine), between=between, **filters)

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

    def _pause(self, step: Step) -> None:
        time.sleep(min(step["ms"] / 1000, self.kit.terms.settle_seconds))

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


def told(program: Program, names: list[str]) -> list[str]:
    """The steps as numbered sentences."""
    return [f"{number}. {_sentence(step, names)}" for number, step in enumerate(program, 1)]


def _sentence(step: Step, names: list[str]) -> str:
    name = names[step.get("to", 0) % len(names)] if names else "?"
    where = {
        NOWHERE: "",
        IN_CONVERSATION: f" of {name}",
        OUTBOUND: " of direction outbound",
        BOTH: f" of {name}, outbound",
    }
    kept = where[step.get("where", NOWHERE)]
    after = f" after message {step['after'] + 1}" if step.get("after") is not None else ""
    if step["do"] == "send":
        how = " at the same time" if step.get("at_once") else ""
        alike = " with one payload" if step.get("same") else ""
        return f"send {step.get('count', 1)} message(s) to {name}{how}{alike}"
    if step["do"] == "list":
        return f"list{kept}{after}, limit {step.get('limit') or 'not given'}"
    if step["do"] == "walk":
        meanwhile = f", meanwhile {step['meanwhile']}" if step.get("meanwhile") else ""
        return f"walk the list{kept}{after} with pages of {step['sizes']}{meanwhile}"
    if step["do"] == "look":
        return f"retrieve message {step['message'] + 1}" + (
            " and list, from two connections" if step.get("at_once") else ""
        )
    return f"wait {step.get('ms')} ms"


def attempt(kit: Kit, program: Program) -> None:
    """Run a program to its end, or to where the target no longer answers as a step needs."""
    try:
        Interpreter(kit).run(program)
    except Blocked:
        return
