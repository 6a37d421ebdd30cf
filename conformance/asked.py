"""What was asked of a run by options of pytest, and which share of it is this process's."""

from __future__ import annotations

import pytest

from conformance.client import Limits
from conformance.run import Plan
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
        seed=1 if seed is None else seed,
        read_only=option("--conformance-read-only") or live,
        withheld="read-only: the key is a live one, with which --allow-live lets a run send" if live else Plan.withheld,
        strict=option("--conformance-strict"),
        limits=Limits(
            max_requests=option("--conformance-max-requests"),
            max_seconds=option("--conformance-max-time"),
            until=option("--conformance-until"),
            rate_per_minute=per_minute,
            timeout=option("--conformance-timeout") or target.timeout_seconds or Limits.timeout,
            max_body=option("--conformance-max-body") or Limits.max_body,
        ).part(*worker_of(config)),
    )


def worker_of(config: pytest.Config) -> tuple[int, int]:
    """Which worker this process is, counted from 0, and of how many; the first of one where there are none."""
    given = getattr(config, "workerinput", {})
    return int("0" + "".join(filter(str.isdigit, str(given.get("workerid", ""))))), int(given.get("workercount", 1))
