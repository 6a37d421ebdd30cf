"""Properties: what schemathesis derives from the spec, and programs that Hypothesis draws, on top of the directed checks.

The judges are the same. A program that brings a violation to light is cut down to the shortest one that still does.
"""

from __future__ import annotations

import pytest

from conformance.suite import coverage
from conformance.suite.kit import Kit
from conformance.suite.machine import run_programs

requirement = pytest.mark.requirement


def _count(kit: Kit, standard: int, deep: int) -> int:
    """How many examples the profile asks for; none in a run that only reads."""
    if kit.reads_only:
        return 0
    return deep if kit.run.plan.profile == "deep" else standard


@requirement("SEND-04", "SEND-05", "SEND-06", "SEND-07", "SEND-09", "SEND-13", "LIST-04", "LIST-05", "ERR-01")
def test_what_the_spec_allows_and_forbids(kit: Kit) -> None:
    """Each case that schemathesis derives from the OpenAPI document is answered as the contract reads it."""
    cases = coverage.telling(coverage.cases())
    if kit.run.plan.profile == "deep":
        cases = [*coverage.cases(), *coverage.drawn(300, kit.run.plan.seed)]
    for case in cases:
        if case["method"] == "GET" or not kit.reads_only:
            kit.call(coverage.call(case, kit))
    kit.withhold("SEND-04", "SEND-05", "SEND-06", "SEND-07", "SEND-09", "SEND-13", "ERR-01")


@requirement("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-06", "LIST-10", "SEND-15")
def test_programs_of_sends_and_walks(kit: Kit) -> None:
    """Whatever is sent and however it is walked, every message is shown once, in one sequence."""
    from conformance.suite import generate

    run_programs(kit, "pagination", generate.pagination, _count(kit, 3, 150))
    kit.withhold("PAGE-06", "LIST-10", "SEND-15")


@requirement("STAT-01", "STAT-02", "STAT-05", "STAT-07")
def test_programs_of_sends_and_looks(kit: Kit) -> None:
    """However messages are looked at, from one connection or two, they tell one history that moves forward."""
    from conformance.suite import generate

    run_programs(kit, "statuses", generate.statuses, _count(kit, 2, 80))


@requirement("SEND-10", "SEND-11", "GET-02")
def test_drawn_bodies_and_metadata_come_back(kit: Kit) -> None:
    """Texts of every plane and metadata of every shape come back as they were sent."""
    kit.withhold()
    count = _count(kit, 20, 600)
    if not count:
        return
    from hypothesis import strategies as st

    from conformance.suite import generate

    seed = kit.run.plan.seed
    for number, (text, metadata) in enumerate(
        generate.draw(st.tuples(generate.bodies(), generate.metadata()), count, seed)
    ):
        start = kit.payload()
        exchange = kit.send({**start, "body": f"{start['body']} {text}", "metadata": metadata})
        if number % 6 == 0:
            kit.caught_up()
            kit.retrieve_sent(exchange)
