"""From runs to rows: which faults a tool found, how often it raised an alarm on what is correct, and what it cost."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["reference", "fault", "variant"]
RULE = (
    "A tool finds a fault when its run against the faulty server has a finding that none of its runs against the "
    "unmodified reference has. Any finding against a correct server is a false alarm."
)


@dataclass
class Run:
    """One run of a tool against one server."""

    tool: str
    kind: Kind
    name: str
    findings: list[str] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    trouble: str = ""


@dataclass(frozen=True)
class Row:
    """What a tool's runs come to."""

    tool: str
    faults: int
    found: tuple[str, ...]
    references: int
    red_references: int
    variants: int
    red_variants: tuple[str, ...]
    requests: int
    seconds: float
    cpu_seconds: float
    troubles: int


def row(tool: str, runs: Iterable[Run]) -> Row:
    """A tool's row, from its runs among all."""
    own = [run for run in runs if run.tool == tool]
    plain = [run for run in own if run.kind == "reference"]
    faulty = [run for run in own if run.kind == "fault"]
    correct = [run for run in own if run.kind == "variant"]
    known = {finding for run in plain for finding in run.findings}
    return Row(
        tool=tool,
        faults=len(faulty),
        found=tuple(sorted(run.name for run in faulty if set(run.findings) - known)),
        references=len(plain),
        red_references=sum(bool(run.findings) for run in plain),
        variants=len(correct),
        red_variants=tuple(sorted(run.name for run in correct if run.findings)),
        requests=round(statistics.median(run.requests for run in own)),
        seconds=round(statistics.median(run.seconds for run in own), 1),
        cpu_seconds=round(statistics.median(run.cpu_seconds for run in own), 1),
        troubles=sum(bool(run.trouble) for run in own),
    )


def summary(rows: Sequence[Row], unavailable: dict[str, str], how: dict[str, str]) -> str:
    """The table of all tools, in Markdown."""
    lines = [
        "| tool | faults found | red on the plain reference | red on correct variants | requests | seconds | CPU s | no end | reads |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.tool} | {len(each.found)} of {each.faults} | {each.red_references} of {each.references} runs | "
        f"{len(each.red_variants)} of {each.variants} | {each.requests:,} | {each.seconds:g} | {each.cpu_seconds:g} | "
        f"{each.troubles or '–'} | {how[each.tool]} |"
        for each in rows
    ]
    lines += [f"| {tool} | could not be installed: {why} | | | | | | | |" for tool, why in unavailable.items()]
    return "\n".join(lines)


def by_fault(rows: Sequence[Row], violates: dict[str, tuple[str, ...]]) -> str:
    """Which tool found which fault, in Markdown."""
    lines = [
        f"| fault | breaks | {' | '.join(each.tool for each in rows)} |",
        "|---|---|" + "---|" * len(rows),
    ]
    for name, ids in sorted(violates.items()):
        marks = ("found" if name in each.found else "·" for each in rows)
        lines.append(f"| {name} | {' '.join(ids)} | {' | '.join(marks)} |")
    return "\n".join(lines)


def alarms(runs: Iterable[Run]) -> str:
    """What each tool said of correct servers, as a list in Markdown."""
    told: dict[tuple[str, str], set[str]] = {}
    for run in runs:
        if run.kind != "fault" and run.findings:
            told.setdefault((run.tool, run.name), set()).update(run.findings)
    lines = [
        f"- {tool}, on {name}: {'; '.join(sorted(texts)[:4])}{' …' if len(texts) > 4 else ''}"
        for (tool, name), texts in sorted(told.items())
    ]
    return "\n".join(lines) or "None."


def only_elsewhere(rows: Sequence[Row], ours: Iterable[str]) -> dict[str, list[str]]:
    """Faults that another tool found and none of ours did, with the tools that did."""
    names = set(ours)
    seen = {fault for each in rows if each.tool in names for fault in each.found}
    missed: dict[str, list[str]] = {}
    for each in rows:
        for fault in set(each.found) - seen:
            missed.setdefault(fault, []).append(each.tool)
    return {fault: missed[fault] for fault in sorted(missed)}


def plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as JSON."""
    return [
        {
            "tool": each.tool,
            "faults": each.faults,
            "found": list(each.found),
            "reference_runs": each.references,
            "red_reference_runs": each.red_references,
            "variants": each.variants,
            "red_variants": list(each.red_variants),
            "median": {"requests": each.requests, "seconds": each.seconds, "cpu_seconds": each.cpu_seconds},
            "runs_without_end": each.troubles,
        }
        for each in rows
    ]
