"""(d) How soon each named fault shows."""

from __future__ import annotations

import random
import statistics
from typing import Any

from conformance.reference import FAULTS
from conformance.report.pictures import percentile
from tests.bench.measuring import CHECK, TROUBLES, Row, Settings, check, piece
from tests.peers.trying import Subject, served

OPTIONS = ("-x", "--strict")
SLOWEST = 10


def faults(settings: Settings) -> dict[str, Any]:
    """Requests and seconds until the first failure, over all named faults or a draw of them."""
    row = Row("named faults", [*CHECK, *OPTIONS], found_s=1.0)
    trials, missed = [], []
    names = drawn(settings.faults, settings.seed)
    for number, name in enumerate(names, 1):
        settings.say(f"  fault {number} of {len(names)}: {name}")
        try:
            trial = _trial(name)
        except TROUBLES as error:
            row.note(f"{name} could not be tried: {error}")
            continue
        if trial["found"]:
            row.add(**{metric: trial[metric] for metric in ("requests", "found_s", "wall_s")})
            trials.append(trial)
        else:
            missed.append(name)
    row.note(
        f"{len(names)} of {len(FAULTS)} faults{f', drawn with seed {settings.seed}' if len(names) < len(FAULTS) else ''}"
    )
    row.note(f"not found: {', '.join(missed)}" if missed else f"{len(trials)} found")
    slowest = sorted(trials, key=lambda trial: -trial["found_s"])[:SLOWEST]
    return piece(
        "Until the first failure",
        "A fault each, served by itself, and a check that stops at the first failure, be it of a MUST or of a SHOULD. "
        "A fault is shown when the check asks nothing more: the seconds are those from the start of its process to the last "
        "answer that the server gave, start-up included; the whole process ends later, with its reports written.",
        [row],
        [{"kind": "steps", "metric": "found_s"}, {"kind": "steps", "metric": "requests"}],
        facts=[_fact(name, row.samples[name]) for name in ("found_s", "wall_s", "requests") if name in row.samples],
        table={
            "title": f"The {len(slowest)} slowest",
            "columns": ["fault", "shown after, s", "whole process, s", "requests", "failed at"],
            "rows": [
                [each["name"], each["found_s"], each["wall_s"], each["requests"], " ".join(each["found"])]
                for each in slowest
            ],
        },
        trials=trials,
    )


def drawn(count: int, seed: int) -> list[str]:
    """So many faults, drawn at random; all where it is 0."""
    names = sorted(FAULTS)
    return random.Random(seed).sample(names, min(count, len(names))) if count else names


def _trial(name: str) -> dict[str, Any]:
    with served(Subject("fault", name)) as server:
        cost, document = check(server.known["target"], *OPTIONS)
        seen = server.ended()
    return {
        "name": name,
        "found": [each["id"] for each in document["requirements"] if each["outcome"] == "failed"],
        "requests": seen["requests"],
        "found_s": round((seen["last"] or cost.began) - cost.began, 3),
        "wall_s": round(cost.wall_s, 3),
    }


def _fact(metric: str, values: list[float]) -> dict[str, Any]:
    return {
        "metric": metric,
        "median": statistics.median(values),
        "p90": percentile(sorted(values), 90),
        "most": max(values),
    }
