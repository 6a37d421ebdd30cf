"""One run of one tool against one server: the server started, the tool's commands run, its report read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tests.peers.spec import Owner
from tests.peers.table import Kind, Run
from tests.peers.tools import Site, Tool

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0


@dataclass(frozen=True)
class Subject:
    """A server to try: the plain reference, one with a fault, or one that is correct in its own way."""

    kind: Kind
    name: str
    seed: int = 1

    @property
    def options(self) -> list[str]:
        """How the server is started."""
        return [] if self.kind == "reference" else [f"--{self.kind}", self.name]


class Server:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.known: dict[str, Any] = json.loads(process.stdout.readline())

    @property
    def owner(self) -> Owner:
        """What its owner knows of it."""
        known = {each.name: self.known[each.name] for each in fields(Owner)}
        return Owner(**{name: tuple(it) if isinstance(it, list) else it for name, it in known.items()})

    def ended(self) -> dict[str, Any]:
        """Stop it; what it says last."""
        output, _ = self.process.communicate(timeout=30)
        return dict(json.loads(output))

    def requests(self) -> int:
        """Stop it; how many requests came."""
        return int(self.ended()["requests"])


@contextmanager
def served(subject: Subject, *options: str) -> Iterator[Server]:
    """A server that is up until the block is left."""
    command = [sys.executable, "-m", "tests.peers.serving", *subject.options, *options]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def try_out(tool: Tool, subject: Subject, packages: Path, patience: float = PATIENCE) -> Run:
    """One run."""
    run = Run(tool.name, subject.kind, subject.name)
    with tempfile.TemporaryDirectory() as name, served(subject) as server:
        folder = Path(name)
        site = Site(folder, server.owner, server.known["target"], packages, subject.seed)
        _carry_out(tool, site, run, patience)
        run.requests = server.requests()
        if not run.trouble:
            _read(tool, folder, run)
    return run


def _read(tool: Tool, folder: Path, run: Run) -> None:
    if (folder / tool.report).is_file():
        run.findings = sorted(tool.read(folder / tool.report))
    elif run.kind == "reference":
        run.trouble = "no report: " + (folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-500:]
    else:
        # A tool that fell over what a server answered is red, too: its user sees that something is wrong.
        run.findings = ["ended without a report"]


def _carry_out(tool: Tool, site: Site, run: Run, patience: float) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **tool.environment(site)}
    began = time.monotonic()
    for command in tool.commands(site):
        left = patience - (time.monotonic() - began)
        ended, cpu = _run(command, site.folder, environment, left)
        run.cpu_seconds += cpu
        if not ended:
            run.trouble = f"no end within {patience:g} s"
            break
    run.seconds = round(time.monotonic() - began, 2)
    run.cpu_seconds = round(run.cpu_seconds, 2)


def _run(command: list[str], folder: Path, environment: dict[str, str], patience: float) -> tuple[bool, float]:
    """Run a command to its end; whether it came to one, and the processor time that it and its children took."""
    with (folder / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + patience
        while True:
            pid, _, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = 0  # it is gone: nobody need wait for it again
                return True, usage.ru_utime + usage.ru_stime
            if time.monotonic() > until:
                os.killpg(process.pid, signal.SIGKILL)
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = -signal.SIGKILL
                return False, usage.ru_utime + usage.ru_stime
            time.sleep(0.02)
