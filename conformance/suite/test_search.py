"""The search of a deep run: new programs, new values and new cases, round by round, while the budget lasts."""

from __future__ import annotations

import pytest

from conformance.suite import coverage
from conformance.suite.kit import Kit
from conformance.suite.machine import Programs, Search, drawn, send_drawn
from conformance.suite.prepared import PAGINATION, STATUSES


@pytest.mark.requirement("PAGE-01", "PAGE-03", "PAGE-06", "LIST-10", "SEND-10", "SEND-11", "STAT-02", "STAT-05")
def test_whatever_else_can_be_drawn(kit: Kit) -> None:
    """Programs in any order of steps, values and requests of any kind, until what the run may spend is spent."""
    kit.withhold()
    search = Search(kit)
    for seed in search.rounds():
        looks, walks = (*STATUSES, "glances"), (*PAGINATION, "wanderings")
        programs = [*drawn("statuses", looks, seed), *drawn("pagination", walks, seed)]
        Programs(kit, search.lasting(programs)).end()
        if search.lasts():
            send_drawn(kit, 12, seed)
        if search.lasts():
            coverage.put(kit, coverage.drawn(48, seed))
