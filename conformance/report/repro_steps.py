"""The requests of a finding as steps of a program: what a recording had is replaced by what this time gives.

A text of a step is a list of parts: texts as they were, marks that are new each time, and ids that an answer gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from conformance.report.repro_step import COLLECTION, KEYS, Parts, Seen, Step, copied, escaped, is_list, loaded

_TAG = re.compile(r"mc-[0-9a-z]{4,}-([0-9]+)")
_ID = re.compile(rf"(?:(?<=^{COLLECTION}/)[^/?#]+|(?<=[?&]starting_after=)[^&#]+)")
_LITERAL = re.compile(r"^(GET-03|PAGE-10|LIST-11|ERR-0\d)$")
"""Findings whose ids are nobody's, and are asked for as they stand."""
_LONGEST = 3.0
STATUSES = ("queued", "sent", "delivered", "read", "failed")
_SENDABLE = ("conversation_id", "body", "type", "media_url", "metadata")


class Record:
    """The recorded requests of a violation, and the steps that make them again."""

    def __init__(self, violation: Mapping[str, Any], kind: str, rule: Mapping[str, Any]) -> None:
        self.name: str = violation["requirement"]
        self.kind, self.rule = kind, rule
        self.recorded: list[dict[str, Any]] = list(violation["replay"])
        self.recorded = self._telling() if kind == "agree" else self.recorded
        self._main = str(violation.get("conversation", ""))
        self.steps: list[Step] = []
        self.places: dict[str, str] = {}
        """Recorded ids, and the places where those of this time are kept."""

    # -- what a check needs to know of the recording -----------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        """The settings of a script that follow from the recording."""
        made: dict[str, Any] = {"RECORDED": self.conversation()}
        numbers = [step.number for step in self.steps if step.method]
        if self.kind == "left":
            made["LAST"] = numbers[-1]
        if self.kind == "answer":
            made["LOOKED"] = [step.number for step in self._crowd()] if self._sent_fields() else numbers[-1:]
        if self.kind == "agree":
            made["SIGHTS"] = [each for each in numbers if each[0] not in "tp" or each == "psubject"]
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
        accepted = [loaded(each["body"]) for each in self.recorded if each["status"] in (200, 201, 202)]
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

    def _telling(self) -> list[dict[str, Any]]:
        """The requests without lists that do not tell of the message; of those that do the first and the last."""
        subject = self.rule["caught"][1]
        lists = [each for each in self.recorded if is_list(each)]
        showing = [each for each in lists if any(item.get("id") == subject for item in self._items(each))] or lists
        return [each for each in self.recorded if not is_list(each) or each in (showing[0], showing[-1])]

    def _sight(self, identifier: str) -> dict[str, Any] | None:
        sights = [item for each in self.recorded for item in self._items(each) if item.get("id") == identifier]
        return max(sights, key=lambda each: (bool(each.get("body")), len(each)), default=None)

    def _ids(self) -> list[str]:
        """The ids that the requests ask for, and the one that the finding is about."""
        about = [self.rule["caught"][place] for kind, place in (("agree", 1), ("progress", 0)) if self.kind == kind]
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
        if not isinstance(sight.get("conversation_id"), str) or not isinstance(sight.get("body") or None, str):
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
        payload = loaded(text) if self.name == "SEND-16" else None
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
            self.steps = [copied(step, copy, 1 if crowded else copy + 1) for copy in copies for step in self.steps]
        if self._sent_fields() and self.steps:
            self._among_others()
        if self.kind == "agree" and self.name.startswith(("GET", "SEND")):
            self.steps[-1:] = [Step("other", gives=(("plain", "other"),)), self.steps[-1]]
        if self.awaited() and self.steps:
            self._await(self.steps[-1])
        if self.kind == "agree":
            self.steps = [each for step in self.steps for each in self._lists(step)]

    def _sent_fields(self) -> set[str]:
        """The fields of a send that its answer is held against."""
        checks = self.rule.get("checks", []) if self.recorded[-1]["method"] == "POST" else []
        return {
            what[1] for what, how, _ in checks if what[0] == "message" and (how == "as sent" or what[1] == "metadata")
        }

    def _among_others(self) -> None:
        """A crowd where the send was made in one; before it a message with other metadata where they are looked at."""
        last, crowd = self.steps[-1], self._crowd()
        if len(crowd) > 1:
            self.steps += [copied(step, copy, last.group) for copy in range(4) for step in crowd]
        if "metadata" in self._sent_fields():
            start = json.dumps({"conversation_id": self.conversation(), "metadata": {"earlier": "message"}})
            body: Parts = [start[:-1] + ', "body": "', ("mark", "0"), '"}']
            self.steps.insert(0, Step("before", "POST", last.target, last.headers, body))

    def _crowd(self) -> list[Step]:
        """The sends that are made at the same time as the last one, and that one."""
        last = self.steps[-1]
        return [step for step in self.steps if step.method == "POST" and step.group == last.group]

    def awaited(self) -> str:
        """The status that a message must have reached for the finding to show, if it is about that."""
        last = self.recorded[-1]
        if not self.name.startswith("STAT") or self.kind not in ("agree", "answer") or last["method"] != "GET":
            return ""
        subject = self.rule["caught"][1] if self.kind == "agree" else None
        shown = [each for each in self._items(last) if not is_list(last) or each.get("id") == subject]
        status = shown[0].get("status") if shown else None
        return status if isinstance(status, str) else ""

    @staticmethod
    def _lists(step: Step) -> list[Step]:
        """A list from a cursor, and its beginning: the message is on one of them, whichever way round the list is."""
        bare = [re.sub("[?&]starting_after=$", "", part) if isinstance(part, str) else "" for part in step.target]
        if step.method != "GET" or len(bare) < 2 or bare[0] == step.target[0]:
            return [step]
        target = "".join(bare)
        target = target if "?" in target else target.replace("&", "?", 1)
        return [step, replace(step, number=f"{step.number}b", target=[target], wait=0.0, group=0)]

    def _await(self, last: Step) -> None:
        """Ask for the message until it is where it was; then ask what showed the finding, if that was a list."""
        awaited = replace(last, until=self._until(self.awaited()), wait=0.0)
        if is_list(self.recorded[-1]):
            target: Parts = [f"{COLLECTION}/", ("id", "subject")]
            self.steps[-1:] = [replace(awaited, number="a", target=target, gives=(), group=0), replace(last, wait=0.0)]
        else:
            self.steps[-1] = awaited

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
