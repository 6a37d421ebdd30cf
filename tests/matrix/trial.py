"""One trial: a check of one target, in a process of its own, and what it found."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from tests.matrix import mutated
from tests.matrix.late import delivered_late

TIMEOUT = 600.0


@dataclass(frozen=True)
class Trial:
    """A target to check: the reference with faults and variants, or a program that serves one."""

    name: str
    expected: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    combination: int | None = None
    command: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    late: float = 0.0
    """How many seconds late a piece of a request or an answer may be delivered."""
    sources: tuple[tuple[str, str], ...] = ()
    """Modules of the reference with the source that they are to have instead of their own."""


@dataclass
class Finding:
    """What a check said of a target."""

    name: str
    expected: list[str]
    verdict: str
    failed: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    trouble: str = ""
    told: dict[str, str] = field(default_factory=dict)

    @property
    def found(self) -> list[str]:
        """Every requirement found broken, MUST and SHOULD."""
        return [*self.failed, *self.warned]

    @property
    def kind(self) -> str:
        """missed, elsewhere, exact, or collateral: how what was found stands to what is expected."""
        if not self.found:
            return "missed"
        if not set(self.found) & set(self.expected):
            return "elsewhere"
        return "exact" if set(self.found) <= set(self.expected) else "collateral"


def run_all(trials: Iterable[Trial], jobs: int = 2) -> Iterator[Finding]:
    """The findings of trials, as they come, several at a time, each in a process forked from a warm one."""
    _warm()
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(_in_process, trials)


def _warm() -> None:
    """Bring into this process what every trial would otherwise make again: modules, and Hypothesis' tables."""
    import allure_pytest.plugin  # noqa: F401
    import pytest_base_url.plugin  # noqa: F401

    import conformance.live
    import conformance.oracles
    import conformance.reference.server
    import conformance.suite.stage  # noqa: F401
    from conformance.suite import generate, values

    generate.draw(values.messages(), 1, 1)
    gc.collect()
    gc.freeze()


def _in_process(trial: Trial) -> Finding:
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=_checked, args=(trial, folder))
        began = time.monotonic()
        process.start()
        process.join(TIMEOUT)
        trouble = ""
        if process.is_alive():
            process.kill()
            process.join()
            trouble = f"no end within {TIMEOUT:g} s"
        return _finding(trial, Path(folder), trouble, time.monotonic() - began)


def _checked(trial: Trial, folder: str) -> None:
    output = io.StringIO()
    os.chdir(folder)
    sys.stdout = sys.stderr = output
    for name in ("MESSAGES_API_KEY", "CONFORMANCE_BASE_URL", "CONFORMANCE_TARGET"):
        os.environ.pop(name, None)
    try:
        from conformance.cli import main

        with _served(trial, Path(folder)) as target:
            code = main(["check", "--target", str(target), "--report-dir", folder, *trial.options])
    except BaseException as error:
        code = f"{type(error).__name__}: {error}"
    Path(folder, "output.txt").write_text(f"{code}\n{output.getvalue()}", encoding="utf-8", errors="replace")
    os._exit(0)


@contextlib.contextmanager
def _served(trial: Trial, folder: Path) -> Iterator[Path]:
    target = folder / "target.toml"
    if trial.command:
        process = subprocess.Popen(
            [*trial.command, "--port", "0", "--write-target", str(target)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            json.loads(process.stdout.readline())
            yield target
        finally:
            process.kill()
            process.wait()
        return
    from conformance import reference

    mutated.install(trial.sources)
    settings = reference.combine(trial.combination) if trial.combination is not None else reference.Settings()
    for name in trial.variants:
        settings = reference.VARIANTS[name].settings(settings)
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(reference.run_in_thread(settings, trial.faults))
        url, told = running.base_url, running.target_toml()
        if trial.late:
            url = stack.enter_context(delivered_late(url, trial.late, seed=crc32(trial.name.encode())))
        target.write_text(told.replace(running.base_url, url), encoding="utf-8")
        yield target


def _finding(trial: Trial, folder: Path, trouble: str, seconds: float) -> Finding:
    output = folder / "output.txt"
    text = output.read_text(encoding="utf-8") if output.is_file() else ""
    report = folder / "report.json"
    found = Finding(trial.name, list(trial.expected), "none", trouble=trouble, seconds=round(seconds, 2))
    if not report.is_file():
        found.trouble = found.trouble or f"no report: {text[-1500:]}"
        return found
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    found.verdict, found.requests = document["verdict"], document["requests"]
    for row in document["requirements"]:
        if row["outcome"] == "failed":
            (found.failed if row["level"] == "MUST" else found.warned).append(row["id"])
            found.told[row["id"]] = f"expected {row['expected']}; got {row['got']}"
        elif row["outcome"] == "inconclusive":
            found.open[row["id"]] = row["reason"]
    if trouble_told := re.search(r"trouble of the suite's own:(.{0,1500})", text, re.DOTALL):
        found.trouble = trouble_told[1]
    return found
