"""What a run adds to its Allure results: requirements as labels, exchanges as attachments, the run's own two files.

Called only where somebody asked for Allure results; the exchanges are the redacted ones of the record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from allure_commons import plugin_manager
from allure_commons.model2 import ATTACHMENT_PATTERN, Attachment, Label, Link, Status, TestResult, TestStepResult
from allure_commons.types import AttachmentType, LabelType, LinkType

from conformance.model import Level, Requirement
from conformance.report.links import cited
from conformance.report.text import plain
from conformance.whole import write_text

EPIC = "Messages API"
MOST = 12
"""Exchanges that are attached to what a driver found at most."""
MADE = 5
"""Exchanges of its own, its first, that a driver is to tell: what is looked at is what failed."""
CATEGORIES = (
    ("Violations: the target breaks a requirement", "failed", r"[\s\S]*"),
    ("Warnings: broken, but it does not gate", "skipped", r"XFAIL[\s\S]*"),
    ("Blocked: it could not be judged", "skipped", r"(Skipped: )?inconclusive[\s\S]*"),
    ("Not exercised: the target does not offer it", "skipped", r"(Skipped: )?not exercised[\s\S]*"),
    ("Trouble of the suite's own", "broken", r"[\s\S]*"),
)
"""Name, status and message of Allure's categories; the first that fits is taken, in Java's and JavaScript's syntax."""


def describe(case: TestResult, requirements: Sequence[Requirement]) -> None:
    """Label a case with what it puts to the test: epic, features, stories, severity, sources."""
    severity = "critical" if any(each.level is Level.MUST for each in requirements) else "minor"
    labels = [
        (LabelType.EPIC, EPIC),
        *((LabelType.FEATURE, each) for each in dict.fromkeys(each.chapter for each in requirements)),
        *((LabelType.STORY, f"{each.id} {each.title}") for each in requirements),
        (LabelType.SEVERITY, severity),
        *(("source", each) for each in dict.fromkeys(each.source for each in requirements)),
    ]
    links = dict.fromkeys(link for each in requirements for link in cited(each.source))
    case.labels += [Label(name, value) for name, value in labels]
    case.links += [Link(LinkType.LINK, url, name) for name, url in links]


def attach(case: TestResult, violations: Iterable[Mapping[str, Any]], began: float) -> None:
    """Tell the exchanges that show violations as steps of a case, each once, with the whole of it attached.

    `began` is when the run began, in seconds of Unix time.
    """
    evidence = [each for violation in violations for each in violation["evidence"]]
    shown = {json.dumps([each["request"], each["began_ms"]]): each for each in evidence}
    few = list(shown.values())[:MOST]
    case.steps += [_step(title(each), each, began, [_attached("exchange", told(each))]) for each in few]


def recount(case: TestResult, made: Sequence[Mapping[str, Any]], began: float, clean: Callable[[str], str]) -> None:
    """Tell exchanges as steps of a case, as `clean` texts, with one attachment for all: a file for each would cost more."""
    case.steps += [_step(clean(title(each)), each, began) for each in made]
    if made:
        case.attachments.append(_attached("exchanges", clean("\n".join(map(told, made)))))


def _step(
    name: str, evidence: Mapping[str, Any], began: float, attachments: Sequence[Attachment] = ()
) -> TestStepResult:
    start = began * 1000 + evidence["began_ms"]
    stop = start + (evidence["response"] or {}).get("elapsed_ms", 0)
    times = {"start": round(start), "stop": round(stop)}
    return TestStepResult(name=name, status=Status.PASSED, attachments=list(attachments), **times)


def _attached(name: str, body: str) -> Attachment:
    mime_type, extension = AttachmentType.TEXT.value
    source = ATTACHMENT_PATTERN.format(prefix=uuid4(), ext=extension)
    plugin_manager.hook.report_attached_data(body=body, file_name=source)
    return Attachment(name=name, source=source, type=mime_type)


def title(evidence: Mapping[str, Any]) -> str:
    """What was asked and what came, in a line."""
    request, response = evidence["request"], evidence["response"]
    path = "/" + request["url"].partition("://")[2].partition("/")[2]
    return f"{plain(request['method'], 20)} {plain(path, 100)} → {response['status'] if response else 'no answer'}"


def told(evidence: Mapping[str, Any]) -> str:
    """An exchange as text: request, answer, and the curl line that repeats it."""
    request, response = evidence["request"], evidence["response"]
    parts = [f"{request['method']} {request['url']}", *_message(request), ""]
    parts += [f"{response['status']}", *_message(response)] if response else [f"no answer: {evidence['trouble']}"]
    return "\n".join([*parts, "", evidence["curl"]]) + "\n"


def write_folder(folder: Path, document: Mapping[str, Any]) -> None:
    """Write what Allure shows of the run as a whole: its environment, and the categories of what went wrong."""
    rows = [{"name": name, "matchedStatuses": [status], "messageRegex": text} for name, status, text in CATEGORIES]
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "categories.json", json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "environment.properties", "".join(_environment(document)), "latin-1")


def _environment(document: Mapping[str, Any]) -> Iterator[str]:
    suite = document["suite"]
    pairs = {
        "Target": document["target"]["base_url"],
        "Verdict": document["verdict"],
        "Profile": document["profile"],
        "Seed": document["seed"],
        "Requests": document["requests"],
        "Suite": f"{suite['name']} {suite['version']}",
        "Contract": suite["spec"],
        **({"Warnings": " ".join(document["x-warnings"])} if document.get("x-warnings") else {}),
        **{name.capitalize(): value for name, value in document.get("environment", {}).get("packages", {}).items()},
    }
    for name, value in pairs.items():
        yield f"{_property(name)}={_property(str(value))}\n"


def _property(text: str) -> str:
    """A text for a Java properties file: what is no plain sign is a Unicode escape."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each in " .-_/:") else f"\\u{ord(each):04x}" for each in text
    )


def _message(message: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in message["headers"])
    if message["body"]:
        yield ""
        yield message["body"] + (" … (cut off)" if message.get("truncated") else "")
