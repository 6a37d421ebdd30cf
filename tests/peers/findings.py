"""What a tool found, read from its own report: a set of texts, the same text for the same finding in every run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_ID = re.compile(r"msg_[A-Za-z0-9]+")


def of_schemathesis(report: Path) -> set[str]:
    """A failed check of an operation, or an error of the run, is a finding."""
    document = json.loads(report.read_text(encoding="utf-8"))
    failures = {f"{each['type']} {name}" for each in document["failures"] for name in each["operations"]}
    return failures | {f"error: {each.get('title', each)}" for each in document["errors"]}


def of_specmatic(report: Path) -> set[str]:
    """A failed scenario is a finding."""
    return {name.rpartition("contractTest() > ")[2] for name in _failed_cases(report)}


def of_dredd(report: Path) -> set[str]:
    """A failed transaction is a finding: a method, the status expected, and the path."""
    return {name.partition("?")[0] for name in _failed_cases(report)}


def _failed_cases(report: Path) -> Iterator[str]:
    # A control character that a server sent makes XML that nobody can read; it is not what is looked for here.
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", report.read_text(encoding="utf-8", errors="replace"))
    for case in ElementTree.fromstring(text).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            yield _ID.sub("msg_…", case.get("name", "").strip())


def of_newman(report: Path) -> set[str]:
    """A failed assertion of a request, or a request that could not be made, is a finding."""
    run = json.loads(report.read_text(encoding="utf-8"))["run"]
    return {
        _ID.sub("msg_…", f"{each['source'].get('name', '')}: {each['error'].get('test') or each['error'].get('name')}")
        for each in run["failures"]
    }


def of_ours(report: Path) -> set[str]:
    """A requirement that failed, MUST or SHOULD, is a finding."""
    document = json.loads(report.read_text(encoding="utf-8"))
    return {each["id"] for each in document["requirements"] if each["outcome"] == "failed"}
