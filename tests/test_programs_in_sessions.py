"""Drawn programs as a session runs them: by its seed, those kept before the others, and told as flaky where they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import kept
from conformance.reference import Running, run_in_thread
from conformance.reference.faults.paging import HasMoreWhenFull
from conformance.suite import machine
from conformance.suite.prepared import PAGINATION, STATUSES

RUN = """
import json, sys
from pathlib import Path
import pytest
from conformance.suite import machine
tried, course = [], machine.Course
def noted(kit, kind, program):
    tried.append((kind, program))
    return course(kit, kind, program)
machine.Course = noted
code = pytest.main(sys.argv[1:])
Path("tried.json").write_text(json.dumps(tried))
sys.exit(code)
"""
"""A session that writes down which programs it tries, and in which order."""
PROGRAMS = f"{Path(machine.__file__).with_name('test_properties.py')}::test_programs_of_sends_walks_and_looks"


def drawn(seed: int) -> list[Any]:
    """What is drawn of a seed, as JSON has it."""
    programs = [*machine.drawn("statuses", STATUSES, seed), *machine.drawn("pagination", PAGINATION, seed)]
    return [[kind, program] for kind, program in programs]


@pytest.fixture
def broken() -> Iterator[Running]:
    """A server on which a full last page says that more follows."""
    with run_in_thread(faults=["has-more-when-full"]) as running:
        yield running


def session(running: Running, folder: Path, seed: int, kept_in: Path) -> tuple[list[Any], dict[str, Any]]:
    """The programs that a session tries, and its report."""
    folder.mkdir()
    (folder / "target.toml").write_text(running.target_toml(), encoding="utf-8")
    words = [
        PROGRAMS,
        "-c",
        os.devnull,
        f"--rootdir={folder}",
        "-q",
        "--target=target.toml",
        f"--conformance-seed={seed}",
    ]
    words += ["-p", "pytest_base_url.plugin", "-p", "conformance.plugin", "-p", "no:cacheprovider"]
    words += [f"--conformance-kept={kept_in}", "--conformance-report-dir=out"]
    paths = os.pathsep.join([str(Path(machine.__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    return json.loads((folder / "tried.json").read_text(encoding="utf-8")), report


def test_a_session_repeats_by_its_seed_and_tries_first_what_failed_before(broken: Running, tmp_path: Path) -> None:
    """One seed, one list of programs; the next session on the target begins with those that failed."""
    first, report = session(broken, tmp_path / "first", 7, tmp_path / "kept")
    again, _ = session(broken, tmp_path / "again", 7, tmp_path / "nothing kept")
    assert report["seed"] == 7
    assert first == again == drawn(7)

    known = kept.read(kept.place(str(tmp_path / "kept"), broken.base_url))["pagination"]
    assert known
    assert known[0] not in [program for _, program in first]  # it was cut down
    later, report = session(broken, tmp_path / "later", 8, tmp_path / "kept")
    assert report["seed"] == 8
    assert later == [*(["pagination", each] for each in known), *drawn(8)]
    assert later[len(known) :] != first


def test_a_target_that_answers_differently_on_the_second_try_is_reported_flaky(
    broken: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen once stands, with how often it was seen again; it is no trouble of the suite's own."""
    lies = iter([True] * 3)
    monkeypatch.setattr(
        HasMoreWhenFull,
        "says",
        lambda _, truth, query, found: truth or (len(found) >= query.limit and next(lies, False)),
    )
    _, report = session(broken, tmp_path / "once", 7, tmp_path / "kept")
    row = next(each for each in report["requirements"] if each["id"] == "PAGE-02")
    assert row["outcome"] == "failed"
    assert re.fullmatch("0 of [2-5]", row["x-flaky"])
    assert report["verdict"] == "non-conformant"
    assert "trouble of the suite's own" not in json.dumps(report["requirements"])
    script = (tmp_path / "once" / "out" / "repro" / "PAGE-02.py").read_text(encoding="utf-8")
    assert "ROUNDS = 3" in script
    assert f"it failed {row['x-flaky']} times" in script
