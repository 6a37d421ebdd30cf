"""The suite's own trouble is its own: an interruption, a full disk, a killed worker, a judge that breaks off."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from conformance.reference import Running, run_in_thread
from conformance.report import document
from tests.hostile.runs import Ran, check, command, environment
from tests.hostile.wires import Ask, Hostile, Wire


def _slowly(ask: Ask, wire: Wire) -> None:
    time.sleep(0.1)
    wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


def _begun(reference: Running, folder: Path, *words: str) -> tuple[Hostile, subprocess.Popen[str]]:
    server = Hostile(_slowly, reference.base_url)
    process = subprocess.Popen(
        [*command(server.url, folder), *words], cwd=folder, env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while server.asked < 12 and time.monotonic() < deadline:
        time.sleep(0.02)
    return server, process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [(), ("-n", "2", "--profile", "standard")])
def test_an_interruption_leaves_a_report(
    number: int, words: tuple[str, ...], reference: Running, tmp_path: Path
) -> None:
    """Ctrl-C and SIGTERM end a run in time, with its report, and with no process left."""
    server, process = _begun(reference, tmp_path, *words)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    server.end()

    assert process.returncode == 3, out + err
    assert time.monotonic() - began < 12
    assert "Traceback" not in out + err
    found = document.read(tmp_path / "report")
    assert found["interrupted"]
    assert found["verdict"] == "inconclusive"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_killed_worker_is_not_the_targets_fault(reference: Running, tmp_path: Path) -> None:
    """A worker that the system kills leaves the run inconclusive."""
    server, process = _begun(reference, tmp_path, "-n", "2", "--profile", "standard")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)  # the rest of a standard run against a slow server takes long
    out, err = process.communicate(timeout=30)
    server.end()

    assert process.returncode == 3, out + err
    assert document.read(tmp_path / "report")["verdict"] == "inconclusive"


def _file_limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Reports that do not fit are told of, and the verdict is not given as if they did."""
    ran = _check(tmp_path, limits=_file_limit)
    assert ran.code == 3, ran.out + ran.err
    assert "CONFORMANT" in ran.out
    assert "Traceback" not in ran.out + ran.err
    assert "cannot be written" in ran.err
    assert not (tmp_path / "report" / "report.json").exists()


@pytest.mark.parametrize("place", ["/dev/full", "/proc/report", "file/report"])
def test_a_folder_that_cannot_be_written_is_told(place: str, tmp_path: Path) -> None:
    """The run goes on, and says its verdict where it can."""
    (tmp_path / "file").write_text("")
    ran = _check(tmp_path, "--report-dir", place)
    assert ran.code == 3, ran.out + ran.err
    assert "CONFORMANT" in ran.out
    assert "cannot be written" in ran.err
    assert "Traceback" not in ran.out + ran.err


def _check(folder: Path, *words: str, limits: object = None) -> Ran:
    with run_in_thread() as running:
        server = Hostile(lambda ask, wire: wire.reply(*ask.sound(), ask.method == "HEAD"), running.base_url)
        try:
            return check(server.url, folder, *words, limits=limits)
        finally:
            server.end()


BREAK = """
    import sys
    from conformance.oracles.{module} import {judge}
    def see(self, seen, ledger):
        raise {error}
        yield
    {judge}.see = see
    from conformance.cli import main
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("module", ["statuses:Statuses", "pages:Pages", "errors:Errors"])
@pytest.mark.parametrize("error", ["RuntimeError('\\x1b[2J\\ud800')", "RecursionError()", "MemoryError()"])
def test_a_judge_that_breaks_off_is_trouble_of_the_suites_own(
    module: str, error: str, reference: Running, tmp_path: Path
) -> None:
    """The target is neither conformant nor at fault, and the reports are there."""
    name, judge = module.split(":")
    script = textwrap.dedent(BREAK.format(module=name, judge=judge, error=error))
    words = command(reference.base_url, tmp_path)
    key = tomllib.loads(reference.target_toml())["api_key"]
    process = subprocess.run(
        [sys.executable, "-c", script, *words[words.index("check") :]],
        cwd=tmp_path, env={**environment(), "MESSAGES_API_KEY": key}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert process.returncode == 3, process.stdout + process.stderr
    assert "trouble of the suite's own" in process.stderr
    assert "Traceback" not in process.stdout + process.stderr
    assert "\x1b" not in process.stdout + process.stderr
    found = document.read(tmp_path / "report")
    assert found["verdict"] == "inconclusive"
    assert not [row for row in found["requirements"] if row["outcome"] == "failed"]
    ElementTree.parse(tmp_path / "report" / "junit.xml")
