"""The plugin where it is merely installed: a run that does not use it imports nothing heavy and loses no time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.plugin import HEAVY, WITHOUT, spent

ROOT = Path(__file__).resolve().parent.parent
MOST_MS = 30.0
PROBE = f"""
import sys

def test_a_user_has_tests_of_their_own():
    pass

def pytest_unconfigure():
    found = [name for name in {HEAVY!r} if name in sys.modules]
    ours = sorted(name for name in sys.modules if name.partition(".")[0] == "conformance")
    print("FOUND", found, ours)
"""


def _pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run of somebody's pytest with the plugin and no other (those of other packages are not ours to judge)."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    environment.pop("PYTEST_PLUGINS", None)
    command = [sys.executable, *words, "-m", "pytest", "-q", "-p", "pytest_base_url.plugin", "-p", "conformance.plugin"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a test of its own, which has nothing to do with the suite."""
    (tmp_path / "conftest.py").write_text(PROBE)
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    return tmp_path


def test_a_run_that_does_not_use_it_imports_nothing_heavy(project: Path) -> None:
    """Nothing of what the suite works with, and of ours the plugin and its table of limits alone."""
    done = _pytest(project)

    found = re.search(r"FOUND (\[.*?\]) (\[.*?\])", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert found[1] == "[]"
    ours = set(re.findall(r"'conformance\.?([\w.]*)'", found[2]))
    assert ours == {"", "plugin", "limits"}


def test_the_plugin_costs_such_a_run_less_than_thirty_milliseconds() -> None:
    """What importing it takes after pytest, in processor time, the least of five; a whole run: tests.bench.plugin."""
    clock = "import time, pytest; t = time.process_time(); import conformance.plugin; print(time.process_time() - t)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    spent = [
        float(subprocess.run([sys.executable, "-c", clock], env=environment, capture_output=True, check=True).stdout)
        for _ in range(5)
    ]

    assert min(spent) * 1000 < MOST_MS, spent


def test_nothing_heavy_is_imported_beside_the_plugins_that_come_along(project: Path) -> None:
    """With the two plugins of other packages left out, as the guide says, a run with all that is installed is light."""
    guide = (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
    assert " ".join(WITHOUT) in guide

    _, heavy = spent(WITHOUT, True, project)

    assert not set(heavy) & {"schemathesis", "hypothesis"}


def test_its_fixtures_are_listed_and_can_be_asked_for_without_a_run(project: Path) -> None:
    """What a user may override says what it is for."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    words = ["-m", "pytest", "--fixtures", "-q", "-p", "pytest_base_url.plugin", "-p", "conformance.plugin"]
    shown = subprocess.run(
        [sys.executable, *words], cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False
    ).stdout
    for name in ("target", "api_key", "advance_delivery", "receive_inbound"):
        assert re.search(rf"^{name} \[session scope\].*\n\s+\S", shown, re.MULTILINE), name
