"""The shards of one run joined into one report: the worst outcome that a shard came to is the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from conformance.baseline import passing
from conformance.report.document import Document, ReportError, Row, conclude, selected, summarise
from conformance.report.evidence import pooled
from conformance.verdict import SELECTION

_SAME: Mapping[str, Callable[[Document], object]] = {
    "targets": lambda document: document["target"]["base_url"],
    "specs": lambda document: document["suite"]["spec"],
    "suite versions": lambda document: document["suite"]["version"],
    "seeds": lambda document: document["seed"],
    "profiles": lambda document: document["profile"],
    "strictness": lambda document: bool(document.get("strict")),
}
_RANK = {"not_exercised": 1, "passed": 2, "inconclusive": 3, "failed": 4}
_EVIDENCE, _WALKS = 12, 20


def merge(shards: Sequence[Document]) -> Document:
    """One document of several. `ReportError` where they are not shards of one run."""
    _refuse(shards)
    requirements = _requirements(shards)
    strict, stopped = bool(shards[0].get("strict")), any(shard.get("interrupted") for shard in shards)
    # What a selection left out nobody knows, though other drivers put the same requirements to the test.
    narrowed = {"x-narrowed": True} if any(shard.get("x-narrowed") for shard in shards) else {}
    part = SELECTION if narrowed else ""
    verdict, reason = conclude(requirements, strict=strict, interrupted=stopped, part=part)
    listed = _baseline(shards, requirements)
    return {
        **_frame(shards),
        "verdict": verdict,
        "verdict_reason": reason,
        "partial": bool(narrowed) or not all(map(selected, requirements)),
        "interrupted": stopped,
        "strict": strict,
        "summary": summarise(requirements),
        "requirements": requirements,
        **_observed(shards),
        **listed,
        **narrowed,
        **_warnings(shards),
    }


def _warnings(shards: Sequence[Document]) -> dict[str, list[str]]:
    found = sorted({sentence for shard in shards for sentence in shard.get("x-warnings", ())})
    return {"x-warnings": found} if found else {}


def _refuse(shards: Sequence[Document]) -> None:
    if len(shards) < 2:
        raise ReportError("Merging takes two reports or more.")
    for name, of in _SAME.items():
        values = list(dict.fromkeys(map(of, shards)))
        if len(values) > 1:
            raise ReportError(f"These are not shards of one run: their {name} differ ({values[0]!r}, {values[1]!r}).")
    if any(one == other for at, one in enumerate(shards) for other in shards[:at]):
        raise ReportError("One shard was given twice.")
    _complete([part.removeprefix("shard ") for shard in shards if (part := shard.get("x-part"))], len(shards))


def _complete(parts: Sequence[str], count: int) -> None:
    """Refuse what is not all of the shards that the run was split into: what one of them found would be missing."""
    if not parts:
        return
    whole = parts[0].partition("/")[2]
    missing = [name for number in range(1, int(whole) + 1) if (name := f"{number}/{whole}") not in parts]
    if missing:
        raise ReportError(f"Not all shards are there: {', '.join(missing)} missing; each writes a report of its own.")
    if len(set(parts)) != len(parts) or len(parts) != count or len(parts) != int(whole):
        raise ReportError(f"These are not the shards of one run: {', '.join(parts)} of {count} reports.")


def _baseline(shards: Sequence[Document], requirements: Iterable[Row]) -> Document:
    """What the shards' baseline lists, and what of it is out of date when all of them are seen together."""
    found = [each for shard in shards if (each := shard.get("x-baseline"))]
    if not found:
        return {}
    problems = dict.fromkeys(problem for each in found for problem in each["problems"])
    listed = found[0]["listed"]
    return {"x-baseline": {"listed": listed, "problems": [*problems, *passing(listed, requirements)]}}


def _frame(shards: Sequence[Document]) -> Document:
    first = min(shards, key=lambda shard: _start(shard))
    end = max(_start(shard) + timedelta(seconds=shard["duration_s"]) for shard in shards)
    kept = {name: first[name] for name in ("format", "suite", "target", "started_at", "seed", "profile")}
    took = round((end - _start(first)).total_seconds(), 3)
    return {**kept, "duration_s": took, "requests": sum(shard["requests"] for shard in shards)}


def _start(shard: Document) -> datetime:
    return datetime.fromisoformat(shard["started_at"])


def _requirements(shards: Sequence[Document]) -> list[dict[str, Any]]:
    found: dict[str, list[Row]] = {}
    for shard in shards:
        for row in shard["requirements"]:
            found.setdefault(row["id"], []).append(row)
    return [_worst(rows) for rows in found.values()]


def _worst(rows: Sequence[Row]) -> dict[str, Any]:
    worst = max(rows, key=rank)
    same = [row for row in rows if rank(row) == rank(worst)]
    joined = {
        **worst,
        "decisive": sum(row.get("decisive") or 0 for row in rows),
        "seconds": round(sum(row.get("seconds") or 0 for row in rows), 4),
        "evidence": [item for row in same for item in row["evidence"]][:_EVIDENCE],
    }
    repro = dict.fromkeys(name for row in same for name in row.get("repro") or ())
    return {**joined, "repro": list(repro)} if repro else joined


def rank(row: Row) -> tuple[int, bool]:
    """How bad an outcome is; a failure that no baseline knows is worse than one that is known."""
    return (_RANK[row["outcome"]] if selected(row) else 0), not row.get("known")


def _observed(shards: Sequence[Document]) -> Document:
    walks = [walk for shard in shards for walk in shard.get("walks") or ()]
    walks.sort(key=lambda walk: not (walk.get("repeated") or walk.get("lost")))
    seen: Document = {
        "choices": _choices(shards),
        "latency": pooled(shard.get("latency") or {} for shard in shards),
        "transitions": _transitions(shards),
        "walks": walks[:_WALKS],
    }
    environment = next((shard["environment"] for shard in shards if shard.get("environment")), None)
    return {**seen, "environment": environment} if environment else seen


def _choices(shards: Iterable[Document]) -> list[dict[str, str]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for shard in shards:
        for choice in shard["choices"]:
            found.setdefault((choice["id"], choice["question"]), {})[choice["observed"]] = None
    return [{"id": name, "question": asked, "observed": "; ".join(seen)} for (name, asked), seen in found.items()]


def _transitions(shards: Iterable[Document]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in (row for shard in shards for row in shard.get("transitions") or ()):
        kept = found.setdefault((row["from"], row["to"]), {**row, "count": 0, "allowed": True})
        kept["count"] += row["count"]
        kept["allowed"] = kept["allowed"] and row["allowed"]
    return list(found.values())
