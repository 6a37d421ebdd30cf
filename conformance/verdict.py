"""(catalogue, what the drivers report) → results and verdict. One place decides what gates: the level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue import NEEDS
from conformance.model import Level, Outcome, Requirement, Result, Verdict

Row = Mapping[str, Any]
DONE = "done"
LEFT = "left"
"""The state of a driver that the profile leaves to another one, in this situation."""
SELECTION = "a selection of the drivers"
NOT_SELECTED = "not selected"
"""How the reason of a row begins that was no part of the run."""
UNDONE = ("blocked", "unjudgeable", "withheld", "trouble")
"""States of a driver that did not come to its end: what it puts to the test was not judged."""


@dataclass
class Deed:
    """What one driver reports: the requirements it puts to the test, how it ended, and what the judges found in it."""

    ids: list[str]
    state: str = DONE
    reason: str = ""
    seconds: float = 0.0
    requests: int = 0
    observed: dict[str, int] = field(default_factory=dict)
    violations: list[dict[str, Any]] = field(default_factory=list)
    choices: list[tuple[str, str, str]] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Which of its requirements it did not bring to their test; all of them where it names none."""


@dataclass
class Tally:
    """Gathers deeds, from one process or from many, in any order."""

    catalogue: Mapping[str, Requirement]
    deeds: list[Deed] = field(default_factory=list)
    part: str = ""
    """What alone was selected (a shard), so that what is not judged in it may be judged elsewhere."""
    narrowed: bool = False
    """Whether some drivers were left out, so that what the others found nothing against may still be broken."""

    def add(self, deed: Deed) -> None:
        """Take note of what a driver reports."""
        self.deeds.append(deed)

    def results(self) -> list[Result]:
        """A result for each requirement, in the catalogue's order."""
        return [self._result(each) for each in self.catalogue.values()]

    def choices(self) -> list[dict[str, str]]:
        """What the target does where the documentation is silent; several answers to one question are told together."""
        seen: dict[tuple[str, str], list[str]] = {}
        for deed in self.deeds:
            for name, question, observed in deed.choices:
                answers = seen.setdefault((name, question), [])
                if observed not in answers:
                    answers.append(observed)
        return [{"id": key[0], "question": key[1], "observed": ", ".join(seen[key])} for key in sorted(seen)]

    @property
    def is_partial(self) -> bool:
        """Whether drivers were left out, or some MUST has none among those that reported."""
        musts = {name for name, each in self.catalogue.items() if each.level is Level.MUST}
        return self.narrowed or bool(musts - {name for deed in self.deeds for name in deed.ids})

    def _result(self, requirement: Requirement) -> Result:
        own = [deed for deed in self.deeds if requirement.id in deed.ids]
        found = [each for deed in self.deeds for each in deed.violations if each["requirement"] == requirement.id]
        decisive = sum(deed.observed.get(requirement.id, 0) for deed in self.deeds)
        result = Result(requirement, Outcome.PASSED, decisive=decisive, seconds=sum(deed.seconds for deed in own))
        if found:
            _fail(result, found)
        else:
            result.outcome, result.reason = _judged(requirement, own, decisive, self.part)
        return result


def _fail(result: Result, found: list[dict[str, Any]]) -> None:
    first = min(found, key=lambda each: len(each["evidence"]))
    result.outcome = Outcome.FAILED
    result.expected, result.got = first["expected"], first["got"]
    result.reason = f"expected {first['expected']}, got {first['got']}"
    result.evidence = tuple(first["evidence"])
    result.steps, result.flaky = tuple(first.get("steps", ())), first.get("flaky", "")


def _judged(requirement: Requirement, own: list[Deed], decisive: int, part: str) -> tuple[Outcome, str]:
    """The outcome of a requirement against which nothing was found, and why."""
    if not own:
        return Outcome.INCONCLUSIVE, f"{NOT_SELECTED} in {part}" if part else NOT_SELECTED
    undone = next((deed for deed in own if deed.state in UNDONE and requirement.id in (deed.held or deed.ids)), None)
    if undone is not None:
        return Outcome.INCONCLUSIVE, undone.reason
    if decisive:
        return Outcome.PASSED, ""
    if left := next((deed for deed in own if deed.state == LEFT), None):
        return Outcome.NOT_EXERCISED, left.reason
    if requirement.needs:
        return Outcome.NOT_EXERCISED, "; ".join(NEEDS[need] for need in requirement.needs)
    if part:
        return Outcome.INCONCLUSIVE, f"{NOT_SELECTED} in {part}: what puts it to the test"
    declined = next((deed for deed in own if deed.state != DONE), None)
    return Outcome.INCONCLUSIVE, declined.reason if declined else "no decisive observation was made"


def conclude(
    rows: Iterable[Row], *, strict: bool = False, interrupted: bool = False, part: str = ""
) -> tuple[str, str]:
    """The verdict that a report's rows amount to, and the sentence that says why. `part` names what alone was run."""
    rows = list(rows)
    failed = [row["id"] for row in rows if gates(row, strict)]
    musts = [row for row in rows if row["level"] == "MUST"]
    unjudged = [row for row in musts if row["outcome"] == "inconclusive" and (not part or selected(row))]
    if failed:
        return Verdict.NON_CONFORMANT.value, f"{_count(failed, '' if strict else 'MUST ')} failed: {_some(failed)}."
    if interrupted:
        return Verdict.INCONCLUSIVE.value, "The run was interrupted before it was through."
    if unjudged:
        return Verdict.INCONCLUSIVE.value, _why_unjudged(unjudged)
    if part:
        return Verdict.INCONCLUSIVE.value, f"Only {part} was run: nothing failed in it, and the rest is not known."
    if not any(row["outcome"] == "passed" for row in musts):
        return Verdict.INCONCLUSIVE.value, "No MUST requirement was put to the test."
    return Verdict.CONFORMANT.value, f"Every MUST requirement that was put to the test holds{_save(rows, strict)}."


def gates(row: Row, strict: bool) -> bool:
    """Whether a requirement's outcome alone makes the target non-conformant."""
    return row["outcome"] == "failed" and not row.get("known") and (strict or row["level"] == "MUST")


def selected(row: Row) -> bool:
    """Whether the requirement was part of the run at all."""
    reason = str(row.get("reason", "")).lower()
    return not (row["outcome"] == "inconclusive" and reason.startswith(NOT_SELECTED))


def proves(document: Mapping[str, Any], ids: Collection[str]) -> bool:
    """Whether a run in which nothing failed proves something: it is conformant, or a part in which all was judged."""
    if document["verdict"] == Verdict.CONFORMANT.value:
        return True
    musts = [row for row in document["requirements"] if row["id"] in ids and row["level"] == "MUST" and selected(row)]
    outcomes = [row["outcome"] for row in musts]
    return bool(document["partial"]) and "passed" in outcomes and "inconclusive" not in outcomes


def _why_unjudged(rows: list[Row]) -> str:
    """How many rows were not judged, which, and for which reason most of them."""
    reason = Counter(str(row.get("reason", "")).rstrip(".") for row in rows).most_common(1)[0][0]
    told = f"{_count(rows, 'MUST ')} could not be judged ({_some([row['id'] for row in rows])})"
    return f"{told}: {reason}" + ("" if reason.endswith("?") else ".") if reason else f"{told}."


def _save(rows: list[Row], strict: bool) -> str:
    """The exceptions to what holds: failures that a baseline lists."""
    known = [row["id"] for row in rows if row.get("known") and gates({**row, "known": False}, strict)]
    return f", save what the baseline lists as known to fail: {_some(known)}" if known else ""


def _count(items: list[Any], level: str) -> str:
    return f"{len(items)} {level}requirement{'' if len(items) == 1 else 's'}"


def _some(names: list[str], most: int = 6) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
