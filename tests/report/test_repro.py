"""The scripts of findings: each fails on the fault and passes on the reference, and nothing in them can act by itself."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.model import Violation
from conformance.reference import Running, run_in_thread
from conformance.report import repro
from conformance.report.evidence import replay
from conformance.run import Plan, Run
from conformance.suite import (
    test_access,
    test_concurrency,
    test_errors,
    test_list,
    test_pagination,
    test_properties,
    test_retrieve,
    test_send,
    test_statuses,
)
from conformance.suite.kit import Kit
from conformance.suite.stage import set_scene
from conformance.target import load

SHELL = shutil.which("dash") or shutil.which("sh") or "sh"
TIMEOUT = 60


def found(running: Running, folder: Path, driver: Any, requirement: str) -> dict[str, Any]:
    """The violation of a requirement that a driver brings to light, as a session tells it."""
    target = folder / "target.toml"
    target.write_text(running.target_toml(), encoding="utf-8")
    run = Run(load(str(target), None, None, ()), Plan(profile="standard", seed=1))
    try:
        set_scene(run)
        driver(Kit(run))
        run.drain()
        return told(run, requirement)
    finally:
        run.client.close()


def told(run: Run, requirement: str) -> dict[str, Any]:
    """A run's violation as the reports and the scripts are given it."""
    failure = run.failures.get(requirement)
    known: list[Violation] = [failure.violation] if failure and failure.failed else run.violations()
    global LAST; LAST = [each.requirement for each in run.violations()]
    finding = next(each for each in known if each.requirement == requirement)
    made = failure.exchanges if failure and failure.exchanges else finding.exchanges
    return {
        "requirement": finding.requirement,
        "expected": finding.expected,
        "got": finding.got,
        "steps": failure.steps if failure else [],
        "flaky": "",
        "replay": replay([run.exchange(number) for number in made]),
    }


def outcome(script: Path, base_url: str, **keys: str) -> subprocess.CompletedProcess[str]:
    """What a script says of a server."""
    command = [sys.executable, str(script)] if script.suffix == ".py" else [SHELL, str(script)]
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "BASE_URL": base_url, "HOME": str(script.parent)}
    keys = keys or {"MESSAGES_API_KEY": "sk_test_a", "PUBLISHABLE_KEY": "pk_test_a", "OTHER_ACCOUNT_KEY": "sk_test_b"}
    return subprocess.run(command, env=environment | keys, capture_output=True, text=True, timeout=TIMEOUT, check=False)
