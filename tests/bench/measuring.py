"""What all pieces of the benchmark share: a process run and its cost, a check run and its report, rows of samples."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.peers.trying import Subject, served

ROOT = Path(__file__).parents[2]
PATIENCE = 900.0
TROUBLES = (OSError, RuntimeError, ValueError, LookupError, subprocess.SubprocessError)
"""What may break off a measurement, and is told instead of it."""
CHECK = (sys.executable, "-m", "conformance.cli", "check", "--target", "target.toml", "--report-dir", "report")
"""The command as somebody types it, in a folder that holds the target file."""
WATCH = """
import json, os, sys, time
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
cost = {"began": began, "wall_s": time.monotonic() - began, "cpu_s": usage.ru_utime + usage.ru_stime}
cost |= {"memory_mb": usage.ru_maxrss / 1024, "code": os.waitstatus_to_exitcode(status)}
with open(sys.argv[1], "w") as file:
    json.dump(cost, file)
"""
"""What starts a process that is measured: a process is said to have had the memory of the one that started it, too."""
REFERENCE = Subject("reference", "plain")
METRICS = {
    "until_s": ("from the start until then", "s"),
    "wall_s": ("whole process", "s"),
    "body_s": ("first request to last answer", "s"),
    "found_s": ("start of the process to the last request", "s"),
    "cpu_s": ("processor time", "s"),
    "memory_mb": ("peak memory", "MB"),
    "requests": ("requests", ""),
    "ratio": ("the run's body ÷ this replay", "×"),
    "whole_ratio": ("the run's whole process ÷ this replay", "×"),
    "round_trips": ("more wall time ÷ more latency", ""),
}
"""What is measured, in the order in which tables show it, with its unit."""


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    repeat: int = 3
    faults: int = 40
    seed: int = 1
    deep_requests: int = 3000
    histories: tuple[int, ...] = (100, 10_000, 1_000_000)
    latencies: tuple[int, ...] = (0, 20, 200)
    workers: tuple[int, ...] = (1, 2, 4)
    say: Callable[[str], None] = field(default=lambda text: None)

    def rounds(self, cases: Sequence[Any]) -> Iterator[Any]:
        """Each case once a round, so that what loads the machine for a while meets all of them alike."""
        dice = random.Random(self.seed)
        for number in range(self.repeat):
            for case in dice.sample(list(cases), len(cases)):
                self.say(f"  round {number + 1} of {self.repeat}: {case}")
                yield case


class Row:
    """One thing that was measured several times."""

    def __init__(self, name: str, command: Sequence[str] | str = (), x: float | None = None, **targets: float) -> None:
        self.name = name
        self.command = command if isinstance(command, str) else shown(command)
        self.x = x
        self.targets = targets
        """The most that each median should be."""
        self.notes: list[str] = []
        self.samples: dict[str, list[float]] = {}

    def __str__(self) -> str:
        return self.name

    def add(self, **values: float) -> None:
        """Take one sample of each of some metrics."""
        for name, value in values.items():
            self.samples.setdefault(name, []).append(round(value, 4))

    def note(self, text: str) -> None:
        """Say something about it, once."""
        if text not in self.notes:
            self.notes.append(text)

    def plain(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "name": self.name,
            "command": self.command,
            "x": self.x,
            "targets": self.targets,
            "notes": self.notes,
            "median": {name: round(statistics.median(values), 4) for name, values in self.samples.items()},
            "samples": self.samples,
        }


@dataclass(frozen=True)
class Cost:
    """What one process cost."""

    began: float
    """When it was started, on the machine's monotonic clock."""
    wall_s: float
    cpu_s: float
    memory_mb: float
    code: int

    def plain(self) -> dict[str, float]:
        """What is put into a row."""
        return {"wall_s": self.wall_s, "cpu_s": self.cpu_s, "memory_mb": self.memory_mb}


def environment() -> dict[str, str]:
    """The environment of what is measured: this copy of the suite, and nothing that somebody set for runs of theirs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONFORMANCE_", "MESSAGES_API_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


@contextlib.contextmanager
def warmed(settings: Settings, *options: str) -> Iterator[None]:
    """A check that is not measured comes first, and all have one store of Hypothesis' tables, as in a folder of one's own.

    Otherwise each process, in its new folder, would make anew what a second check of a user finds made.
    """
    name = "HYPOTHESIS_STORAGE_DIRECTORY"
    before = os.environ.get(name)
    with tempfile.TemporaryDirectory() as folder, served(REFERENCE) as server:
        os.environ[name] = folder
        try:
            settings.say("a check that is not measured, to warm up")
            check(server.known["target"], *options)
            server.ended()
            yield
        finally:
            os.environ.pop(name)
            os.environ.update({name: before} if before is not None else {})


def run(words: Sequence[str], folder: Path, patience: float = PATIENCE) -> Cost:
    """Run a command to its end, its output in output.txt. Processor time and memory are the process' and its children's."""
    costs = folder / "cost.json"
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WATCH, str(costs), *words], cwd=folder, env=environment(),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"no end within {patience:g} s: {shown(words)}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever it left running
            process.wait()
    return Cost(**json.loads(costs.read_text(encoding="utf-8")))


def check(target: str, *options: str) -> tuple[Cost, dict[str, Any]]:
    """One check of the target that this file describes: its cost, and its report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "target.toml").write_text(target, encoding="utf-8")
        cost = run([*CHECK, *options], folder)
        report = folder / "report" / "report.json"
        if not report.is_file():
            raise RuntimeError(f"no report: {(folder / 'output.txt').read_text(errors='replace')[-500:]}")
        return cost, json.loads(report.read_text(encoding="utf-8"))


def check_afresh(row: Row, *options: str, server: Sequence[str] = (), subject: Subject = REFERENCE) -> dict[str, Any]:
    """Check a reference that was started for it, and put what that cost into the row; the report."""
    with served(subject, *server) as serving:
        cost, document = check(serving.known["target"], *options)
        seen = serving.ended()
    row.add(**cost.plain(), requests=seen["requests"], body_s=span(seen))
    row.note(document["verdict"])
    return document


def span(seen: dict[str, Any]) -> float:
    """Seconds from a server's first request to its last answer."""
    return float((seen["last"] or 0) - (seen["first"] or 0))


def shown(words: Sequence[str]) -> str:
    """A command as somebody would type it."""
    text = " ".join(f"'{word}'" if " " in word else word for word in words)
    text = text.replace(f"{sys.executable} -m conformance.cli", "messages-conformance")
    return text.replace(sys.executable, "python").replace(f"{Path(sys.executable).parent}{os.sep}", "")


def piece(title: str, about: str, rows: Sequence[Row], charts: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What one piece of the benchmark came to, as JSON."""
    return {"title": title, "about": about, "rows": [row.plain() for row in rows], "charts": list(charts), **more}
