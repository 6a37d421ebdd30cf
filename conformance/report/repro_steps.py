"""The requests of a finding as steps of a program: what a recording had is replaced by what this time gives.

A text of a step is a list of parts: texts as they were, marks that are new each time, and ids that an answer gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

COLLECTION = "/v1/messages"
_TAG = re.compile(r"mc-[0-9a-z]{4,}-([0-9]+)")
_ID = re.compile(rf"(?:(?<=^{COLLECTION}/)[^/?#]+|(?<=[?&]starting_after=)[^&#]+)")
KEYS = ("MESSAGES_API_KEY", "PUBLISHABLE_KEY", "OTHER_ACCOUNT_KEY")
_LITERAL = re.compile(r"^(GET-03|PAGE-10|LIST-11|ERR-0\d)$")
"""Findings whose ids are nobody's, and are asked for as they stand."""
_LONGEST = 3.0
STATUSES = ("queued", "sent", "delivered", "read", "failed")
_SENDABLE = ("conversation_id", "body", "type", "media_url", "metadata")
Parts = list[str | tuple[str, str]]
Seen = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One request, and what it gives; or, without a method, a plain send, or a list that an id is looked up in."""

    number: str
    method: str = ""
    target: Parts = field(default_factory=list)
    headers: tuple[tuple[str, str], ...] = ()
    body: Parts = field(default_factory=list)
    gives: tuple[tuple[str, ...], ...] = ()
    wait: float = 0.0
    group: int = 0
    until: str = ""


def is_list(each: Seen) -> bool:
    """Whether a recorded request asks for a list."""
    return each["method"] == "GET" and urlsplit(each["target"]).path == COLLECTION


class Record:
    """The recorded requests of a violation, and the steps that make them again."""

    def __init__(self, violation: Mapping[str, Any], kind: str, rule: Mapping[str, Any]) -> None:
        self.name: str = violation["requirement"]
        self.kind, self.rule = kind, rule
        self.recorded: list[dict[str, Any]] = list(violation["replay"])
        self._main = str(violation.get("conversation", ""))
        self.steps: list[Step] = []
        self.places: dict[str, str] = {}
        """Recorded ids, and the places where those of this time are kept."""

    # -- what a check needs to know of the recording -----------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The settings of a script that follow from the recording."""
        made: dict[str, Any] = {"RECORDED": self.conversation()}
        numbers = [step.number for step in self.steps if step.method]
        if self.kind in ("answer", "left"):
            made["LAST"] = numbers[-1]
        if self.kind == "agree":
            made["SIGHTS"] = [each for each in numbers if each[0] not in "tp"]
        if self.awaited():
            made["AWAIT"] = 15 if self.awaited() in STATUSES else 5
        if self.kind == "kept":
            made |= {"SENDS": numbers, "LIMIT": 100 if "limit=" in self._list() else None}
        if self.kind in ("kept", "left", "looked", "pages", "order"):
            made["QUERY"] = self._query()
        return made

    def needs(self) -> list[str]:
        """The keys that a script needs."""
        used = {name for each in self.recorded for _, value in each["headers"] for name in KEYS if f"${name}" in value}
        with_key = [dict(each["headers"]) for each in self.recorded if each["credential"] == "key"]
        open_to_all = any("Authorization" not in headers for headers in with_key)
        return [name for name in KEYS if name in used or (name == KEYS[0] and not open_to_all)]

    def conversation(self) -> str:
        """The conversation of the finding; of whatever was asked for or shown first where it names none."""
        shown = [item.get("conversation_id") for each in self.recorded for item in self._items(each)]
        asked = [dict(parse_qsl(urlsplit(each["target"]).query)).get("conversation_id") for each in self.recorded]
        accepted = [_json(each["body"]) for each in self.recorded if each["status"] in (200, 201, 202)]
        sent = [payload.get("conversation_id") for payload in accepted if isinstance(payload, dict)]
        subjects = [sight.get("conversation_id") for each in self._ids() if (sight := self._sight(each))]
        found = [each for each in (*asked[-1:], *subjects, *sent, *shown) if isinstance(each, str) and each]
        return str(self.rule["caught"][0]) if self.kind == "arrival" else [*found, self._main][0]

    def _list(self) -> str:
        return next((str(each["target"]) for each in reversed(self.recorded) if is_list(each)), "")

    def _query(self) -> str:
        words = urlsplit(self._list()).query.split("&")
        return "&".join(each for each in words if each and not each.startswith(("limit=", "starting_after=")))

    @staticmethod
    def _items(each: Seen) -> Iterator[dict[str, Any]]:
        body = each["json"]
        data = body.get("data", [body]) if isinstance(body, dict) else []
        yield from (item for item in (data if isinstance(data, list) else []) if isinstance(item, dict))

    def _sight(self, identifier: str) -> dict[str, Any] | None:
        sights = [item for each in self.recorded for item in self._items(each) if item.get("id") == identifier]
        return max(sights, key=len, default=None)

    def _ids(self) -> list[str]:
        """The ids that the requests ask for, and the one that the finding is about."""
        about = [self.rule["caught"][1]] if self.kind == "agree" else []
        asked = [unquote_plus(found) for each in self.recorded for found in _ID.findall(each["target"])]
        return [] if _LITERAL.match(self.name) else list(dict.fromkeys([*about, *asked]))

    # -- the steps ---------------------------------------------------------------------------------------------------

    def replay(self) -> list[Step]:
        """The steps: first what stands in for messages that were there, then the requests as they were recorded."""
        chosen = [(str(number), each) for number, each in enumerate(self.recorded, 1) if self._wanted(each)]
        if self.kind in ("agree", "answer"):
            for place, identifier in enumerate(self._ids(), 1):
                self.places[identifier] = "subject" if self.kind == "agree" and place == 1 else f"id{place}"
            self._prelude()
        ended, group, sent = 0.0, 0, False
        for number, each in chosen:
            group += each["began"] >= ended
            wait = each["began"] - ended if sent and each["began"] - ended > 0.05 else 0.0
            self.steps.append(replace(self._step(number, each), group=group, wait=round(min(wait, _LONGEST), 2)))
            ended, sent = max(ended, each["ended"]), sent or each["method"] == "POST" or bool(self.places)
        self._adapt()
        return self.steps

    def _wanted(self, each: Seen) -> bool:
        sends = bool(each["method"] == "POST" and each["credential"] == "key")
        if self.kind == "left":
            return each["method"] not in ("GET", "HEAD")
        if self.kind in ("kept", "pages"):
            return sends and (self.kind == "kept" or each["status"] in (200, 201, 202))
        return self.kind in ("agree", "answer")

    def _prelude(self) -> None:
        checks = self.rule.get("checks", [])
        if any(how == "names none" for _, how, _ in checks):
            self.steps.append(Step("mine", gives=(("plain", "mine"),)))
        answers = [each["json"] for each in self.recorded if each["method"] == "POST"]
        given = [body.get("id") for body in answers if isinstance(body, dict)]
        for identifier, place in self.places.items():
            if identifier not in given:
                self.steps.append(self._stand_in(identifier, place))

    def _stand_in(self, identifier: str, place: str) -> Step:
        """What stands in for a message whose send is not among the requests."""
        sight = self._sight(identifier) or {}
        told = json.dumps(identifier)
        if sight.get("direction") == "inbound":
            return Step(place, gives=(("keep", place, told, '"inbound"'),))
        if not isinstance(sight.get("conversation_id"), str) or not isinstance(sight.get("body"), str):
            return Step(place, gives=(("plain", place),))
        fields = {name: sight[name] for name in _SENDABLE if sight.get(name)}
        key = ("Authorization", f"Bearer ${KEYS[0]}")
        headers = (("Content-Type", "application/json"), *([key] if KEYS[0] in self.needs() else []))
        body = self._parts(json.dumps(fields))
        return Step(f"p{place}", "POST", [COLLECTION], headers, body, (("give", place, f"p{place}"),))

    def _step(self, number: str, each: Seen) -> Step:
        target: Parts = []
        position = 0
        for found in _ID.finditer(each["target"]):
            place = self.places.get(unquote_plus(found[0]))
            if place:
                target += [each["target"][position : found.start()], ("id", place)]
                position = found.end()
        target.append(each["target"][position:])
        headers = tuple((name, value) for name, value in each["headers"])
        answer = each["json"] if isinstance(each["json"], dict) and each["method"] == "POST" else {}
        identifier = answer.get("id")
        place = self.places.get(identifier) if isinstance(identifier, str) else None
        gives = (("give", place, number),) if place else ()
        return Step(number, each["method"], target, headers, self._parts(each["body"]), gives)

    def _parts(self, text: str) -> Parts:
        """A body in parts: its marks are new each time, and so are the ids in it that an answer gives."""
        known = {json.dumps(identifier): place for identifier, place in self.places.items()}
        payload = _json(text) if self.name == "SEND-16" else None
        if isinstance(payload, dict) and isinstance(payload.get("id"), str):
            text = text.replace(json.dumps(payload["id"]), '"mc-claimed-0"')  # a server has it by now
        pattern = "|".join([_TAG.pattern, *map(re.escape, known)])
        parts: Parts = []
        position = 0
        for found in re.finditer(pattern, text):
            slot = ("id", known[found[0]]) if found[0] in known else ("mark", found[1])
            parts += [text[position : found.start()], slot]
            position = found.end()
        return [each for each in (*parts, text[position:]) if each]

    def _adapt(self) -> None:
        """What the recording does not show and the finding lives on: a change between two sights, more sends, time."""
        if self.name == "HTTP-02-M" and self.kind in ("agree", "answer"):
            self.steps[-1:] = [*self._tampering(), self.steps[-1]]
        if self.name == "GET-05" and self.kind in ("agree", "answer"):
            self.steps[-1:] = [replace(self.steps[-1], number="0", group=0), self.steps[-1]]
        if self.kind == "kept" and self.steps and self.name != "SEND-15":
            copies, crowded = range(max(1, 8 // len(self.steps))), self._crowded()
            self.steps = [_copy(step, copy, 1 if crowded else copy + 1) for copy in copies for step in self.steps]
        if self.kind == "agree" and self.name.startswith(("GET", "SEND")):
            self.steps[-1:] = [Step("other", gives=(("plain", "other"),)), self.steps[-1]]
        if self.awaited() and self.steps:
            self.steps[-1] = replace(self.steps[-1], until=self._until(self.awaited()), wait=0.0)

    def awaited(self) -> str:
        """The status that a message must have reached for the finding to show, if it is about that."""
        last = self.recorded[-1]
        looked = last["method"] == "GET" and not is_list(last)
        if not self.name.startswith("STAT") or self.kind not in ("agree", "answer") or not looked:
            return ""
        status = last["json"].get("status") if isinstance(last["json"], dict) else None
        return status if isinstance(status, str) else ""

    def _until(self, status: str) -> str:
        order = ("queued", "sent", "delivered", "read")
        later = order[order.index(status) :] if status in order else (status,)
        later = (*later, "failed") if self.kind == "agree" else later
        return f"^({'|'.join(escaped(json.dumps(each)) for each in dict.fromkeys(later))})$"

    def _crowded(self) -> bool:
        return self.name == "CONC-01" or len({step.group for step in self.steps}) < len(self.steps)

    def _tampering(self) -> list[Step]:
        target: Parts = [f"{COLLECTION}/", ("id", next(iter(self.places.values()), "subject"))]
        headers = tuple((name, value) for name, value in self.recorded[-1]["headers"] if name == "Authorization")
        change: Parts = ['{"body": "changed", "metadata": {"changed": "yes"}, "status": "failed"}']
        typed = (("Content-Type", "application/json"), *headers)
        changes = [Step(f"t{each}", each, target, typed, change) for each in ("PATCH", "PUT", "POST")]
        return [*changes, Step("tDELETE", "DELETE", target, headers)]


def escaped(text: str) -> str:
    """A text as a pattern that matches just it, for Python and for grep -E; JSON's own escapes beyond ASCII."""
    ascii_only = "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text)
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", ascii_only)


def _copy(step: Step, copy: int, group: int) -> Step:
    """The same send once more, with a mark of its own."""
    marked = [isinstance(each, tuple) and each[0] == "mark" for each in step.body]
    body: Parts = [
        ("mark", f"{each[1]}{copy:03}") if is_mark else each for each, is_mark in zip(step.body, marked, strict=True)
    ]
    return replace(step, number=f"{step.number}c{copy}", body=body, group=group, wait=0.0)


def _json(text: str) -> Any:
    try:
        return json.loads(text.encode("latin-1"))
    except (ValueError, RecursionError):
        return None
