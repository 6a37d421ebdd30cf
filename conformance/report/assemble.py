"""The report document of a run: results and verdict put into the published shape."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib import metadata
from typing import Any

from conformance import __version__, catalogue
from conformance.baseline import Baseline, passing
from conformance.model import Outcome, Result
from conformance.report.document import FORMAT, summarise
from conformance.report.evidence import pooled
from conformance.run import Plan
from conformance.target import Target
from conformance.verdict import SELECTION, Tally, conclude

_PACKAGES = ("pytest", "hypothesis", "schemathesis", "jsonschema", "httpx", "allure-pytest")


def document(
    tally: Tally,
    target: Target,
    plan: Plan,
    started_at: float,
    seconds: float,
    facts: Sequence[Mapping[str, Any]],
    interrupted: bool = False,
    known: Baseline | None = None,
    part: str = "",
) -> dict[str, Any]:
    """The document of one run. `facts` are what each process of it noted: requests, latencies, transitions, walks."""
    rows = [_row(each, plan) for each in tally.results()]
    listed = _held_against(known, rows, tally, part) if known and known.file else {}
    alone = part or (SELECTION if tally.narrowed else "")
    said, reason = conclude(rows, strict=plan.strict, interrupted=interrupted, part=alone)
    return {
        "format": FORMAT,
        "suite": {"name": "messages-conformance", "version": __version__, "spec": catalogue.SPEC_VERSION},
        "target": {
            "base_url": target.base_url,
            "conversations": [_conversation(each) for each in target.terms.conversations],
        },
        "started_at": datetime.fromtimestamp(started_at, UTC).isoformat().replace("+00:00", "Z"),
        "duration_s": round(seconds, 3),
        "seed": plan.seed,
        "profile": plan.profile,
        "requests": sum(each.get("requests", 0) for each in facts),
        "verdict": said,
        "verdict_reason": reason,
        "partial": tally.is_partial or bool(part),
        "interrupted": interrupted,
        "strict": plan.strict,
        "summary": summarise(rows),
        "requirements": rows,
        "choices": tally.choices(),
        "latency": pooled(each.get("latency", {}) for each in facts),
        "transitions": _transitions(facts),
        "walks": [walk for each in facts for walk in each.get("walks", ())][:20],
        "environment": {"python": platform.python_version(), "platform": platform.system(), "packages": _packages()},
        **listed,
        **({"x-part": part} if part else {}),
        **({"x-narrowed": True} if tally.narrowed else {}),
    }


def _held_against(known: Baseline, rows: list[dict[str, Any]], tally: Tally, part: str = "") -> dict[str, Any]:
    """What the baseline says of the rows, which are marked; that a requirement passes is only said of a whole run."""
    today = date.today()
    known.mark(rows, today)
    problems = known.problems(tally.catalogue, today)
    problems += [] if part or tally.is_partial else passing(known.listed, rows)
    return {"x-baseline": {"listed": known.listed, "problems": problems}}


def _conversation(conversation: Any) -> dict[str, Any]:
    return {"id": conversation.id, "channel": conversation.channel, "outcome": conversation.outcome}


def _row(result: Result, plan: Plan) -> dict[str, Any]:
    requirement = result.requirement
    return {
        "id": requirement.id,
        "level": requirement.level.value,
        "chapter": requirement.chapter,
        "title": requirement.title,
        "text": requirement.text,
        "source": requirement.source,
        "needs": list(requirement.needs),
        "judged": requirement.judged,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "expected": result.expected,
        "got": result.got,
        "decisive": result.decisive,
        "seconds": round(result.seconds, 3),
        "warning": result.outcome is Outcome.FAILED and requirement.level.value == "SHOULD" and not plan.strict,
        "evidence": list(result.evidence),
        **({"x-steps": list(result.steps)} if result.steps else {}),
        **({"x-flaky": result.flaky} if result.flaky else {}),
    }


def _transitions(facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    from conformance.oracles.statuses import FORBIDDEN

    counts: dict[tuple[str, str], int] = {}
    for each in facts:
        for before, after, count in each.get("transitions", ()):
            counts[before, after] = counts.get((before, after), 0) + count
    return [
        {"from": before, "to": after, "count": count, "allowed": (before, after) not in FORBIDDEN}
        for (before, after), count in sorted(counts.items())
    ]


def _packages() -> dict[str, str]:
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
