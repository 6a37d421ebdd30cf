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
from tests.hostile.runs import PATIENT, Ran, check, command, environment
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
            return check(server.url, folder, *PATIENT, *words, limits=limits)
        finally:
            server.end()


BREAK = """
    import sys
    from conformance.oracles.{module} import {judge}
    def see(self, seen, ledger):
        raise {error}
        yield
    {judge}.see = see
"""


def _broken(code: str, reference: Running, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A check of the reference by a suite into which this was put."""
    script = f"{textwrap.dedent(code)}\nimport sys\nfrom conformance.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    key = tomllib.loads(reference.target_toml())["api_key"]
    line = command(reference.base_url, folder, *PATIENT, *words)
    return subprocess.run(
        [sys.executable, "-c", script, *line[line.index("check") :]],
        cwd=folder, env={**environment(), "MESSAGES_API_KEY": key}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _is_own(process: subprocess.CompletedProcess[str]) -> None:
    """The run said so in order, and blamed nobody."""
    said = process.stdout + process.stderr
    assert process.returncode == 3, said
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert "NOT CONFORMANT" not in said


@pytest.mark.parametrize("module", ["statuses:Statuses", "pages:Pages", "errors:Errors"])
@pytest.mark.parametrize("error", ["RuntimeError('\\x1b[2J\\ud800')", "RecursionError()", "MemoryError()"])
def test_a_judge_that_breaks_off_is_trouble_of_the_suites_own(
    module: str, error: str, reference: Running, tmp_path: Path
) -> None:
    """The target is neither conformant nor at fault, and the reports are there."""
    name, judge = module.split(":")
    process = _broken(BREAK.format(module=name, judge=judge, error=error), reference, tmp_path)

    _is_own(process)
    assert "trouble of the suite's own" in process.stderr
    found = document.read(tmp_path / "report")
    assert found["verdict"] == "inconclusive"
    assert not [row for row in found["requirements"] if row["outcome"] == "failed"]
    ElementTree.parse(tmp_path / "report" / "junit.xml")


FAULTS = {
    "collection": "import conformance.plugin as room\ndef {f}(*_, **__): raise KeyError('boom')\nroom.requirements_of = {f}",
    "a driver": "from conformance.suite.kit import Kit\ndef {f}(*_, **__): raise KeyError('boom')\nKit.walk = {f}",
    "the scene": "from conformance.suite import stage\ndef {f}(*_, **__): raise KeyError('boom')\nstage.set_scene = {f}",
    "the client": "from conformance.transport import Transport\ndef {f}(*_, **__): raise KeyError('boom')\nTransport.send = {f}",
    "the evidence": "from conformance import session\ndef {f}(*_, **__): raise KeyError('boom')\nsession.Session.finish = {f}",
    "the facts": "from conformance import session\ndef {f}(*_, **__): raise KeyError('boom')\nsession.noted = {f}",
    "the document": "from conformance.report import assemble\ndef {f}(*_, **__): raise KeyError('boom')\nassemble.document = {f}",
    "Allure": "from conformance.report import allure_results\ndef {f}(*_, **__): raise KeyError('boom')\nallure_results.write_folder = {f}",
    "an errand": "from conformance.report import allure_results\ndef {f}(*_, **__): raise KeyError('boom')\nallure_results.describe = {f}",
    "report.json": "from conformance.report import document\ndef {f}(*_, **__): raise KeyError('boom')\ndocument.text = {f}",
    "index.html": "from conformance.report import html\ndef {f}(*_, **__): raise KeyError('boom')\nhtml.render = {f}",
}


@pytest.mark.parametrize("place", FAULTS)
def test_a_bug_of_the_suite_is_its_own_wherever_it_is(place: str, reference: Running, tmp_path: Path) -> None:
    """And the reports that can be written are there, whole."""
    process = _broken(FAULTS[place].format(f="broken"), reference, tmp_path)

    _is_own(process)
    assert "boom" in process.stderr
    there = {each.name for each in (tmp_path / "report").iterdir()}
    assert not [name for name in there if name.startswith(".")]
    if place not in ("collection", "the facts", "the document", "report.json"):
        assert document.read(tmp_path / "report")
    if place in ("Allure", "report.json"):
        assert "index.html" in there


@pytest.mark.parametrize("bytes_", [0, 1_000, 20_000, 100_000])
def test_reports_are_whole_or_not_there(bytes_: int, tmp_path: Path) -> None:
    """Wherever the disk is full."""
    ran = _check(tmp_path, limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_)))
    assert ran.code == 3, ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err
    for name in ("report.json", "index.html"):
        file = tmp_path / "report" / name
        assert not file.exists() or file.stat().st_size > 10_000
    assert not [*(tmp_path / "report").glob(".*")]


def test_words_that_find_no_place_are_told(reference: Running, tmp_path: Path) -> None:
    """Standard output may be a full disk, too."""
    words = command(reference.base_url, tmp_path, *PATIENT)
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            words,
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert process.returncode == 3
    assert "Traceback" not in process.stderr
    assert "No space left" in process.stderr


WRITES = """
    import os, signal
    from conformance.report import html
    render = html.render
    def slowly(document):
        os.kill(os.getpid(), signal.{name})
        return render(document)
    html.render = slowly
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_an_interruption_waits_for_the_reports(name: str, reference: Running, tmp_path: Path) -> None:
    """They are being written, and that takes no time."""
    process = _broken(WRITES.format(name=name), reference, tmp_path)

    assert process.returncode == 0, process.stdout + process.stderr
    assert document.read(tmp_path / "report")["verdict"] == "conformant"
    assert (tmp_path / "report" / "index.html").stat().st_size > 10_000


BETWEEN = """
    import contextlib
    from conformance import session
    guarded, times = session.guarded, []
    @contextlib.contextmanager
    def between(client):
        times.append(1)
        if len(times) == 3:
            raise KeyboardInterrupt
        with guarded(client):
            yield
    session.guarded = between
"""


def test_an_interruption_between_two_drivers_is_one(reference: Running, tmp_path: Path) -> None:
    """It ends the run, and is no trouble of the suite's own."""
    process = _broken(BETWEEN, reference, tmp_path)

    _is_own(process)
    assert "trouble" not in process.stderr
    found = document.read(tmp_path / "report")
    assert found["interrupted"]
    assert not [row for row in found["requirements"] if "generator" in row["reason"]]


@pytest.mark.parametrize("words", [("--har", "/proc/a.har"), ("--har", "/dev/full")])
def test_what_else_was_asked_for_is_told(words: tuple[str, ...], tmp_path: Path) -> None:
    """Where it cannot be written."""
    ran = _check(tmp_path, *words)
    assert "cannot be written" in ran.err
    assert "Traceback" not in ran.out + ran.err


def test_a_killed_worker_ends_no_run(reference: Running, tmp_path: Path) -> None:
    """What the others find is reported; the run is inconclusive, and says why."""
    code = """
        import os, signal
        from conformance.suite.kit import Kit
        walk = Kit.walk
        def killed(self, *words, **more):
            if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
                os.kill(os.getpid(), signal.SIGKILL)
            return walk(self, *words, **more)
        Kit.walk = killed
    """
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(code))
    words = command(reference.base_url, tmp_path, *PATIENT, "-n", "2")
    key = tomllib.loads(reference.target_toml())["api_key"]
    env = {**environment(), "MESSAGES_API_KEY": key}
    env["PYTHONPATH"] = f"{tmp_path}:{env['PYTHONPATH']}"
    process = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)

    _is_own(process)
    assert document.read(tmp_path / "report")["verdict"] == "inconclusive"
