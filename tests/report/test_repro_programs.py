"""The scripts of what drawn programs find, as a session writes them: they fail on the fault, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.reference import FAULTS
from tests.programs.__main__ import listed
from tests.programs.scripts import tried


@pytest.mark.parametrize("fault", listed())
def test_the_scripts_of_a_fault_fail_on_it_and_let_correct_servers_pass(fault: str, tmp_path: Path) -> None:
    """Both scripts of each requirement that it violates, on a fresh server with it, and on three that are correct."""
    answers = list(tried(fault, 1, tmp_path))
    wrong = [each for each in answers if not each.is_right]
    assert not wrong, wrong
    shown = {each.script for each in answers if each.server == "fault" and each.code == 1}
    declared = {name for name in FAULTS[fault].violates if f"{name}.py" in shown and f"{name}.sh" in shown}
    assert declared, answers
