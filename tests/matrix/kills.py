"""What all trials together say: a kill matrix, requirement by fault, and whether it is good enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance import catalogue
from conformance.reference import FAULTS
from tests.matrix.trial import Finding

PRECISION = 0.9
"""The least share of the faults found that must be found exactly."""
_WALK = ("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-06", "PAGE-07", "PAGE-08", "PAGE-09", "CONC-02")
INSEPARABLE = {
    "SEND-10": ("SEND-02",),  # the message object that is returned holds the metadata
    "SEND-15": ("CONC-01",),  # what has no id of its own has none at the same time, either
    "GET-02": ("GET-04",),  # what is retrieved unlike it was sent is unlike what is listed, or that is
    "LIST-05": ("LIST-05-S", "ERR-01"),  # a limit out of range is let pass, or breaks the server
    "LIST-11": ("ERR-01",),  # it forbids a 5xx
    "STAT-01": ("SEND-02", "GET-01", "LIST-02"),  # the object's status is one of the five
    "STAT-02": ("STAT-05",),  # what goes back does so for whoever saw it elsewhere, too
    # What one page loses, repeats or moves is lost, repeated and moved for the walk that it belongs to.
    "PAGE-01": _WALK,
    "PAGE-03": _WALK,
    "PAGE-05": _WALK,
    "PAGE-06": _WALK,
    "PAGE-07": _WALK,
    "PAGE-08": _WALK,
}
"""Requirements that cannot be broken without breaking another, by what they say: alone is with no more than these."""
KINDS = ("exact", "collateral", "elsewhere", "missed")


def document(findings: Iterable[Finding], *, whole: bool) -> dict[str, Any]:
    """The matrix as JSON: every fault and every correct target with what was found, each requirement with its faults."""
    everything = sorted(findings, key=lambda each: each.name)
    faults = [_fault(each) for each in everything if each.expected]
    correct = [_correct(each) for each in everything if not each.expected]
    rows = _requirements(faults)
    made = {
        "whole": whole,
        "counts": {kind: sum(each["kind"] == kind for each in faults) for kind in KINDS},
        "precision": precision(faults),
        "false_alarms": sum(each["verdict"] != "conformant" for each in correct),
        "requests": sum(each.requests for each in everything),
        "seconds": round(sum(each.seconds for each in everything)),
        "requirements": rows,
        "faults": faults,
        "correct": correct,
    }
    return made | {"problems": [*problems(made)]}


def _fault(finding: Finding) -> dict[str, Any]:
    known = FAULTS.get(finding.name)
    return {
        "name": finding.name,
        "sentence": known.sentence.strip() if known else "",
        "declares": finding.expected,
        "found": finding.found,
        "kind": finding.kind,
        "collateral": [each for each in finding.found if each not in finding.expected],
        "unlit": [each for each in finding.expected if each not in finding.found],
        "told": {name: told for name, told in finding.told.items() if name not in finding.expected},
        "trouble": finding.trouble,
        "requests": finding.requests,
        "seconds": finding.seconds,
    }


def _correct(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "verdict": finding.verdict,
        "warned": finding.warned,
        "told": finding.told if finding.failed else {},
        "trouble": finding.trouble,
        "requests": finding.requests,
        "seconds": finding.seconds,
    }


def _requirements(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "level": each.level.value,
            "title": each.title,
            "declared": [fault["name"] for fault in faults if each.id in fault["declares"]],
            "killed": [fault["name"] for fault in faults if each.id in fault["found"]],
            "alone": [fault["name"] for fault in faults if _alone(each.id, fault["found"])],
        }
        for each in catalogue.load().values()
    ]


def _alone(name: str, found: list[str]) -> bool:
    return name in found and set(found) <= {name, *INSEPARABLE.get(name, ())}


def precision(faults: list[dict[str, Any]]) -> float:
    """The share found exactly of the faults that were found where they belong."""
    found = [each for each in faults if each["kind"] in ("exact", "collateral")]
    return round(sum(each["kind"] == "exact" for each in found) / max(len(found), 1), 4)


def problems(made: dict[str, Any]) -> Iterable[str]:
    """Every reason for which the matrix is not good enough, as a sentence."""
    yield from filter(None, map(_of_fault, made["faults"]))
    yield from filter(None, map(_of_correct, made["correct"]))
    if made["whole"]:
        yield from (f"{row['id']} has no fault that it alone kills" for row in made["requirements"] if not row["alone"])
    if made["faults"] and made["precision"] < PRECISION:
        yield f"{made['precision']:.0%} of the faults are found exactly, fewer than {PRECISION:.0%}"


def _of_fault(each: dict[str, Any]) -> str:
    if each["trouble"]:
        return f"{each['name']}: {each['trouble']}"
    if each["kind"] not in ("missed", "elsewhere"):
        return ""
    where = " ".join(each["found"]) or "nowhere"
    return f"{each['name']} is {each['kind']}: expected at {' '.join(each['declares'])}, found {where}"


def _of_correct(each: dict[str, Any]) -> str:
    if each["verdict"] == "conformant":
        return ""
    return f"{each['name']} is correct, and found {each['verdict']}: {' '.join(each['told']) or each['trouble']}"
