"""The example projects, from nothing, as their users would: install, start, check. Conformant, every one of them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
UNREACHABLE = re.compile(
    r"No matching distribution|NewConnectionError|ConnectTimeout|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|network"
)
CHECK = ("check", "--target", "target.toml", "--report-dir", "out")
REPORT = Path("out") / "report.json"


def _copy(name: str, folder: Path) -> Path:
    without = shutil.ignore_patterns("node_modules", "__pycache__", ".venv")
    return Path(shutil.copytree(EXAMPLES / name, folder / name, ignore=without))


def _installed(words: Sequence[str], folder: Path, **variables: str) -> None:
    """Carry out a step of an installation; skip, and say so, where no registry is to be reached."""
    environment = {**os.environ, **variables}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and UNREACHABLE.search(done.stderr + done.stdout):
        pytest.skip(f"NOT TESTED: {' '.join(words[-3:])} finds no package registry to install from")
    assert done.returncode == 0, done.stdout + done.stderr


def _checked(words: Sequence[str], folder: Path, **variables: str) -> dict:
    environment = {**os.environ, **variables}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((folder / REPORT).read_text())
    assert document["verdict"] == "conformant"
    (folder / REPORT).unlink()
    return document


def _outcomes(document: dict) -> dict[str, str]:
    return {row["id"]: row["outcome"] for row in document["requirements"]}


@contextlib.contextmanager
def _serving(words: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    """A server of an example, up when the block begins, ended with it."""
    environment = {**os.environ, "PORT": str(port)}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + 20
            while not _answers(port):
                assert server.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < deadline, "the server does not come up"
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            server.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_fastapi(tmp_path: Path, free_port: int) -> None:
    """Its own pytest, whose hooks let it exercise more than can be seen from outside; then the check from outside."""
    project = _copy("fastapi", tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    _installed([str(ROOT / "ci" / "install.sh"), str(tmp_path / "venv")], project, PYTHON=sys.executable)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _installed([*pip, "-c", str(ROOT / "requirements" / "lock.txt"), "-r", "requirements.txt"], project)

    inside = _checked([str(python), "-m", "pytest", "-q", "--conformance-report-dir=out"], project)
    with _serving([str(python), "-m", "uvicorn", "app:app", "--port", str(free_port)], project, free_port):
        command = [str(python.with_name("messages-conformance")), *CHECK, f"--base-url=http://127.0.0.1:{free_port}"]
        outside = _checked(command, project)

    by_hooks = {"STAT-02", "STAT-03", "STAT-04", "STAT-07", "PAGE-08"}
    assert {_outcomes(inside)[name] for name in by_hooks} == {"passed"}
    assert {_outcomes(outside)[name] for name in by_hooks} == {"not_exercised"}
    assert inside["summary"]["SHOULD"]["failed"] == outside["summary"]["SHOULD"]["failed"] == 0


def test_express(tmp_path: Path, free_port: int) -> None:
    """Checked from outside: its messages arrive where its target file declares."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("NOT TESTED: node and npm are not installed here, and the Express example needs both")
    project = _copy("express", tmp_path)
    _installed(["npm", "ci", "--no-audit", "--no-fund"], project)

    with _serving(["node", "server.js"], project, free_port):
        command = [sys.executable, "-P", "-m", "conformance.cli", *CHECK, f"--base-url=http://127.0.0.1:{free_port}"]
        document = _checked(command, project, PYTHONPATH=str(ROOT))

    assert _outcomes(document)["STAT-06"] == "passed"


def test_the_lock_names_no_registry() -> None:
    """The lock has no `resolved` lines, so that it installs from whichever registry its user has."""
    assert "omit-lockfile-registry-resolved=true" in (EXAMPLES / "express" / ".npmrc").read_text()
    assert '"resolved"' not in (EXAMPLES / "express" / "package-lock.json").read_text()


@pytest.mark.parametrize("name", ["fastapi", "express"])
def test_a_readme_fits_on_a_screen(name: str) -> None:
    """What a reader has to do stands in one block of it."""
    text = (EXAMPLES / name / "README.md").read_text()
    assert text.count("```") == 2
    assert len(text.splitlines()) <= 15
