"""Findings kept in a file as they come, so that a run that was broken off can go on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.matrix.trial import Finding, Trial, run_all


def run_on(trials: Sequence[Trial], jobs: int, file: Path | None) -> Iterator[Finding]:
    """The findings of trials: those that the file has of an earlier run, then the others, which are added to it."""
    kept = _kept(file)
    yield from (kept[_mark(each)] for each in trials if _mark(each) in kept)
    left = [each for each in trials if _mark(each) not in kept]
    marks = {each.name: _mark(each) for each in left}
    for finding in run_all(left, jobs):
        if file is not None:
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([marks[finding.name], dataclasses.asdict(finding)]) + "\n")
        yield finding


def _kept(file: Path | None) -> dict[str, Finding]:
    if file is None or not file.is_file():
        return {}
    kept = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {mark: Finding(**finding) for mark, finding in kept if not finding["trouble"]}


def _mark(trial: Trial) -> str:
    """What tells a trial from every other: another source, option or fault makes it another."""
    return hashlib.sha256(repr(trial).encode()).hexdigest()[:16]
