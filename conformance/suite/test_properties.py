"""Properties: what schemathesis derives from the spec, and programs that Hypothesis draws, on top of the directed checks.

The judges are the same. A program that brings a violation to light is cut down to the shortest one that still does.
"""

from __future__ import annotations

import pytest

from conformance.suite import coverage
from conformance.suite.kit import Kit
from conformance.suite.machine import Programs, drawn, send_drawn
from conformance.suite.prepared import MESSAGES, PAGINATION, STATUSES, cases

requirement = pytest.mark.requirement


@requirement("SEND-04", "SEND-05", "SEND-06", "SEND-07", "SEND-09", "SEND-13", "LIST-04", "LIST-05", "ERR-01")
def test_what_the_spec_allows_and_forbids(kit: Kit) -> None:
    """Each case that schemathesis derives from the OpenAPI document is answered as the contract reads it."""
    known = cases()
    coverage.put(kit, known if kit.run.plan.profile == "deep" else coverage.telling(known))
    kit.withhold("SEND-04", "SEND-05", "SEND-06", "SEND-07", "SEND-09", "SEND-13", "ERR-01")


@requirement("SEND-10", "SEND-11", "GET-02")
def test_drawn_bodies_and_metadata_come_back(kit: Kit) -> None:
    """Texts of every plane and metadata of every shape come back as they were sent."""
    kit.withhold()
    send_drawn(kit, MESSAGES, kit.run.plan.seed)


@requirement(
    *("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-06", "LIST-10", "SEND-15"),
    *("STAT-01", "STAT-02", "STAT-05", "STAT-07"),
)
def test_programs_of_sends_walks_and_looks(kit: Kit) -> None:
    """However it is walked, every message is shown once, in one sequence; however it is looked at, it moves forward only.

    What waits for messages to move goes on beside the drivers that follow.
    """
    kit.withhold("PAGE-06", "LIST-10", "SEND-15")
    run, seed = kit.run, kit.run.plan.seed
    kept = [(kind, each) for kind in ("statuses", "pagination") for each in run.kept_programs(kind)]
    drawn_now = [*drawn("statuses", STATUSES, seed), *drawn("pagination", PAGINATION, seed)]
    run.under_way = Programs(kit, [*kept, *drawn_now])
    run.under_way.go_on()
