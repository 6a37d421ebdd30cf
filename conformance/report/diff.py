"""Two reports of one target, old and new: what got better and what got worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.report.document import Document, Row, selected, verdict_of
from conformance.report.markdown import prose
from conformance.report.view import LABELS

_ORDER = ("failed", "inconclusive", "not_exercised", "passed")
_VERDICTS = ("non-conformant", "inconclusive", "conformant")


@dataclass
class Difference:
    """What changed from one report to another, as lines for people."""

    worse: list[str] = field(default_factory=list)
    better: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)


def compare(old: Document, new: Document) -> Difference:
    """The difference. What was not selected in one of the two is not compared; what is gone is worse."""
    found = Difference()
    before, after = _rows(old), _rows(new)
    for name in {**before, **after}:
        _sort(found, name, before.get(name), after.get(name))
    _sort_verdicts(found, verdict_of(old)[0], verdict_of(new)[0])
    return found


def render(found: Difference) -> str:
    """The difference as text, worst first."""
    titles = (("Worse", found.worse), ("Better", found.better), ("New", found.new))
    parts = [
        "\n".join([f"{title}: {len(lines)}", *(f"  {line}" for line in lines)]) for title, lines in titles if lines
    ]
    if found.uncompared:
        parts.append(f"Not compared, as one of the runs did not select them: {len(found.uncompared)}")
    return "\n".join(parts or ["Nothing got better or worse."]) + "\n"


def _rows(document: Document) -> Mapping[str, Row]:
    return {row["id"]: row for row in document["requirements"]}


def _sort(found: Difference, name: str, old: Row | None, new: Row | None) -> None:
    if new is None:
        found.worse.append(f"{name}: gone")
    elif old is None:
        (found.worse if new["outcome"] == "failed" else found.new).append(f"{name}: {_said(new)}")
    elif not (selected(old) and selected(new)):
        found.uncompared.append(name)
    elif old["outcome"] != new["outcome"]:
        got_worse = _ORDER.index(new["outcome"]) < _ORDER.index(old["outcome"])
        (found.worse if got_worse else found.better).append(f"{name}: {_label(old)} → {_said(new)}")


def _sort_verdicts(found: Difference, old: str, new: str) -> None:
    if _VERDICTS.index(new) < _VERDICTS.index(old):
        found.worse.insert(0, f"verdict: {old} → {new}")
    elif old != new:
        found.better.insert(0, f"verdict: {old} → {new}")


def _label(row: Row) -> str:
    return LABELS[row["outcome"]].lower()


def _said(row: Row) -> str:
    reason = f" {prose(row['reason'], 160)}" if row["outcome"] != "passed" and row["reason"] else ""
    return f"{_label(row)} ({row['level']}){reason}"
