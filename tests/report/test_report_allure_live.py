"""Allure's results of a run under way, beside what others attach and hear through Allure in the same session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_ATTACHES = """
import allure, allure_commons, pytest

class Listener:
    @allure_commons.hookimpl
    def report_result(self, result):
        print("HEARD", sorted(each.name for each in result.labels if each.name in ("epic", "story")))

@pytest.fixture(scope="session", autouse=True)
def listener():
    allure_commons.plugin_manager.register(Listener())

@pytest.fixture(autouse=True)
def log(tmp_path):
    yield
    (tmp_path / "log").write_text("kept")
    allure.attach.file(tmp_path / "log", name="log")
    (tmp_path / "log").unlink()
"""


def test_what_others_attach_and_hear_through_allure_is_unharmed(tmp_path: Path, reference_target: Path) -> None:
    """A file that is gone after the test is copied before, and a listener is told of whole cases."""
    (tmp_path / "others.py").write_text(_ATTACHES)
    chapter = ROOT / "conformance" / "suite" / "test_retrieve.py"
    words = ["--target", str(reference_target), "--alluredir=allure", f"--rootdir={tmp_path}", "-s", str(chapter)]
    command = [sys.executable, "-P", "-m", "pytest", "-p", "others", *words]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout
    cases = list((tmp_path / "allure").glob("*-result.json"))
    heard = [line for line in done.stdout.splitlines() if "HEARD" in line]
    assert len(heard) == len(cases) > 0
    assert all("HEARD ['epic', 'story'" in line for line in heard), heard
    set_up = [json.loads(each.read_text()) for each in (tmp_path / "allure").glob("*-container.json")]
    after = [step for each in set_up for step in each.get("afters", ())]
    sources = [each["source"] for step in after for each in step.get("attachments", ())]
    assert len(sources) == len(cases)
    assert {(tmp_path / "allure" / each).read_text() for each in sources} == {"kept"}
