"""(catalogue, what the drivers report) → results and verdict. One place decides what gates: the level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue import NEEDS
from conformance.model import Level, Outcome, Requirement, Result, Verdict

DONE = "done"
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


@dataclass
class Tally:
    """Gathers deeds, from one process or from many, in any order."""

    catalogue: Mapping[str, Requirement]
    deeds: list[Deed] = field(default_factory=list)

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
        """Whether some MUST has no driver among those that were selected."""
        musts = {name for name, each in self.catalogue.items() if each.level is Level.MUST}
        return bool(musts - {name for deed in self.deeds for name in deed.ids})

    def _result(self, requirement: Requirement) -> Result:
        own = [deed for deed in self.deeds if requirement.id in deed.ids]
        found = [each for deed in self.deeds for each in deed.violations if each["requirement"] == requirement.id]
        decisive = sum(deed.observed.get(requirement.id, 0) for deed in self.deeds)
        result = Result(requirement, Outcome.PASSED, decisive=decisive, seconds=sum(deed.seconds for deed in own))
        if found:
            _fail(result, found)
        else:
            result.outcome, result.reason = _judged(requirement, own, decisive)
        return result


def _fail(result: Result, found: list[dict[str, Any]]) -> None:
    first = min(found, key=lambda each: len(each["evidence"]))
    result.outcome = Outcome.FAILED
    result.expected, result.got = first["expected"], first["got"]
    result.reason = f"expected {first['expected']}, got {first['got']}"
    result.evidence = tuple(first["evidence"])
    result.steps, result.flaky = tuple(first.get("steps", ())), first.get("flaky", "")


def _judged(requirement: Requirement, own: list[Deed], decisive: int) -> tuple[Outcome, str]:
    """The outcome of a requirement against which nothing was found, and why."""
    if not own:
        return Outcome.INCONCLUSIVE, "not selected"
    undone = next((deed for deed in own if deed.state in UNDONE), None)
    if undone is not None:
        return Outcome.INCONCLUSIVE, undone.reason
    if decisive:
        return Outcome.PASSED, ""
    if requirement.needs:
        return Outcome.NOT_EXERCISED, "; ".join(NEEDS[need] for need in requirement.needs)
    declined = next((deed for deed in own if deed.state != DONE), None)
    return Outcome.INCONCLUSIVE, declined.reason if declined else "no decisive observation was made"


def verdict(results: Iterable[Result], strict: bool = False, interrupted: bool = False) -> tuple[Verdict, str]:
    """The verdict, and the sentence that says why."""
    results = list(results)
    gating = [each for each in results if strict or each.requirement.level is Level.MUST]
    failed = [each.requirement.id for each in gating if each.outcome is Outcome.FAILED]
    if failed:
        return Verdict.NON_CONFORMANT, f"{_count(failed, 'requirement')} failed: {_some(failed)}"
    if interrupted:
        return Verdict.INCONCLUSIVE, "the run was interrupted"
    musts = [each for each in results if each.requirement.level is Level.MUST]
    open_ = [each for each in musts if each.outcome is Outcome.INCONCLUSIVE]
    if not open_:
        return Verdict.CONFORMANT, "every MUST that the target offers the means for was put to the test and held"
    reason = Counter(each.reason for each in open_).most_common(1)[0][0]
    return Verdict.INCONCLUSIVE, f"{_count(open_, 'MUST')} not judged ({_some([e.requirement.id for e in open_])}): {reason}"


def _count(items: list[Any], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
