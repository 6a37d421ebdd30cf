"""Whatever answers, a run ends in time, with a true verdict, whole reports, and without a word that acts or a key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.reference import run_in_thread
from tests.hostile.cases import SOUND
from tests.hostile.corps import CASES
from tests.hostile.runs import PATIENT, check, hold
from tests.hostile.wires import Hostile


@pytest.fixture
def upstream() -> Iterator[str]:
    """A correct server, new for each run."""
    with run_in_thread() as running:
        yield running.base_url


@pytest.mark.parametrize("name", CASES)
def test_a_run_ends_in_order(name: str, upstream: str, tmp_path: Path) -> None:
    """Each of the corps is met by the real command."""
    case = CASES[name]
    server = Hostile(case.behave, upstream, raw=case.raw)
    try:
        ran = check(server.url, tmp_path, *(PATIENT if case.exits == SOUND else case.words))
    finally:
        server.end()

    hold(ran)
    assert ran.code in case.exits, ran.out[-1500:]
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert ran.seconds < case.seconds * busy
    assert case.says in ran.out
    if case.violates:
        row = ran.outcome(case.violates)
        assert row["outcome"] == "failed", ran.out[-1500:]
        assert row["evidence"]


def test_there_are_many() -> None:
    """The corps has at least a hundred members, of every kind."""
    assert len(CASES) >= 100
    assert {(0,), (1,), (3,)} <= {case.exits for case in CASES.values()}
