"""What was asked of a run by options of pytest, and which share of it is this process's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.limits import LIMITS, Limit, Limits
from conformance.run import SEED, Plan
from conformance.target import Target, parse_rate


def plan_of(config: pytest.Config, target: Target) -> Plan:
    """What was asked of the run, by the options."""
    option = config.getoption
    rate = option("--conformance-rate")
    per_minute = parse_rate(rate) if rate else target.rate_per_minute
    seed = option("--conformance-seed")
    live = target.is_live and not option("--conformance-allow-live")
    return Plan(
        profile=option("--conformance-profile"),
        seed=SEED if seed is None else seed,
        read_only=option("--conformance-read-only") or live,
        withheld="read-only: the key is a live one, with which --allow-live lets a run send" if live else Plan.withheld,
        strict=option("--conformance-strict"),
        rounds=Plan.rounds if _is_unlimited(option) else None,
        limits=Limits(
            max_requests=option("--conformance-max-requests"),
            max_seconds=option("--conformance-max-time"),
            until=option("--conformance-until"),
            rate_per_minute=per_minute,
            **{each.field: value for each in LIMITS if (value := _given(each, option, target)) is not None},
        ).part(*worker_of(config)),
    )


def _is_unlimited(option: Callable[[str], Any]) -> bool:
    """Whether nothing was said of how much may be spent, so that a search need not go on until it is."""
    return option("--conformance-max-requests") is None and option("--conformance-max-time") == Limits.max_seconds


def _given(limit: Limit, option: Callable[[str], Any], target: Target) -> Any:
    """What was given for a limit, by its flag or by the target file."""
    value = option(limit.option)
    return target.timeout_seconds if value is None and limit.field == "timeout" else value


def worker_of(config: pytest.Config) -> tuple[int, int]:
    """Which worker this process is, counted from 0, and of how many; the first of one where there are none."""
    given = getattr(config, "workerinput", {})
    return int("0" + "".join(filter(str.isdigit, str(given.get("workerid", ""))))), int(given.get("workercount", 1))
