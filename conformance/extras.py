"""What a run makes beside its reports: a plan beforehand, a baseline and an archive afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from conformance import baseline, har
from conformance.baseline import Baseline
from conformance.costs import Forecast, requests
from conformance.run import Plan, Run
from conformance.shards import Shard
from conformance.tables import TableError
from conformance.target import Target


def chosen(shard: Shard | None, names: set[str], profile: str) -> set[str]:
    """Which of the drivers are part of a run: all, or those of its shard. A tour is not torn apart."""
    if shard is None:
        return names
    if profile == "quick":
        return names if shard.number == 1 else set()
    return shard.holds(sorted(names), requests(profile))


def forecast(target: Target, plan: Plan, drivers: Sequence[str]) -> list[str]:
    """What a run of these drivers would ask and send, line by line."""
    undeclared = "" if target.terms.conversations else "no conversation is declared to send to (--conversation)"
    limits = {
        "requests": plan.limits.max_requests,
        "requests a minute": plan.limits.rate_per_minute,
        "seconds": plan.limits.max_seconds,
    }
    known = {name: value for name, value in limits.items() if value is not None}
    return [
        *Forecast(target, plan.profile, plan.withheld if plan.read_only else undeclared, tuple(drivers), known).lines()
    ]


def archived(run: Run, wanted: str | None, among_others: bool) -> dict[str, str]:
    """A process's exchanges, if they are wanted, as a text that crosses to the controller."""
    return {"har": json.dumps(har.entries(list(run.history), run.client.target, among_others))} if wanted else {}


def write(
    document: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
    known: Baseline,
    to: str | None,
    archive: str | None,
) -> Iterator[str]:
    """Write the baseline and the archive that were asked for; what became of them, a sentence each."""
    try:
        if to:
            count = baseline.write(to, document["requirements"], known, date.today())
            yield f"{to}: {count} known failure{'' if count == 1 else 's'} written"
        if archive:
            har.write(Path(archive), [entry for each in facts for entry in json.loads(each.get("har", "[]"))])
    except TableError as error:
        yield str(error)
