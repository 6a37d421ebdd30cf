"""The proof at every commit: for each MUST a fault that the suite finds at it, and correct targets that it lets pass."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from conformance import catalogue
from conformance.model import Level
from conformance.reference import FAULTS, VARIANTS
from tests.matrix.trial import Trial, run_all

MUSTS = [name for name, each in catalogue.load().items() if each.level is Level.MUST]
ELSEWHERE = Path(__file__).parent / "implementations"
SERVERS = {
    "node": ("node", str(ELSEWHERE / "node" / "server.mjs")),
    "flaskless": (sys.executable, str(ELSEWHERE / "flaskless" / "server.py")),
}


def _made_for(requirement: str) -> list[str]:
    """The faults that violate a requirement, those that were made for it first, of these the ones that violate least."""
    faults = [each for each in FAULTS.values() if requirement in each.violates]
    order = sorted(faults, key=lambda each: (each.violates[0] != requirement, len(each.violates)))
    return [each.name for each in order]


@pytest.mark.parametrize("requirement", MUSTS)
def test_a_fault_is_found_at_the_requirement_that_it_breaks(requirement: str) -> None:
    """A fault that was made for a MUST makes the check say so at that MUST."""
    seen = []
    for name in _made_for(requirement)[:3]:
        (finding,) = run_all([Trial(name, FAULTS[name].violates, faults=(name,))], 1)
        assert finding.verdict == "non-conformant", finding
        assert not finding.trouble, finding
        if requirement in finding.failed:
            return
        seen.append((name, finding.failed))
    pytest.fail(f"{requirement} was found by none of {seen}")


@pytest.mark.parametrize("seed", range(200, 206))
def test_a_correct_target_of_other_choices_passes(seed: int) -> None:
    """The reference with everything at random that the contract leaves open is conformant."""
    (finding,) = run_all([Trial(f"combination-{seed}", combination=seed)], 1)
    assert finding.verdict == "conformant", finding


@pytest.mark.parametrize("name", ["oldest-first", "busy", "long-history", "eventually-visible", "never-delivered"])
def test_a_variant_that_is_hard_on_judges_passes(name: str) -> None:
    """An inbox into which others write, a long history, a window of consistency, no delivery: no alarm."""
    if name not in VARIANTS:
        pytest.fail(f"no such variant: {name}")
    (finding,) = run_all([Trial(name, variants=(name,))], 1)
    assert finding.verdict == "conformant", finding


def test_the_quick_tour_finds_its_messages_at_the_end_of_a_long_list() -> None:
    """A long history that begins with the oldest leaves nothing open, not even to the quick profile."""
    variants, options = ("oldest-first", "long-history"), ("--profile", "quick")
    (finding,) = run_all([Trial("-".join(variants), variants=variants, options=options)], 1)
    assert finding.verdict == "conformant", finding


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("choices", ["none", "2"])
def test_an_implementation_that_shares_no_code_passes(server: str, choices: str) -> None:
    """What somebody else wrote by the documentation alone is conformant."""
    if shutil.which(SERVERS[server][0]) is None:
        pytest.skip(f"{SERVERS[server][0]} IS NOT INSTALLED: ITS IMPLEMENTATION WAS NOT TRIED")
    (finding,) = run_all([Trial(server, command=(*SERVERS[server], "--choices", choices))], 1)
    assert finding.verdict == "conformant", finding
