"""Every reason for a mutant's survival is of a mutant that cosmic-ray makes: where it is installed, as by `make mutants`."""

from __future__ import annotations

import pytest

from tests.mutants import survivors


def test_every_reason_is_of_a_mutant_that_is_made() -> None:
    making = pytest.importorskip("tests.mutants.making", reason="cosmic-ray is installed by `make mutants`")

    assert survivors.read().without_mutant(making.mutants()) == []
