"""The action's one step: start the implementation, wait for it, check it, and tell the forge what came of it.

It reads its inputs from variables (MC_URL, MC_TARGET, …; the key from MESSAGES_API_KEY alone) and writes to the files
that the runner names in GITHUB_OUTPUT and GITHUB_STEP_SUMMARY. What a target said is data: nothing of it may command.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SUITE = (sys.executable, "-P", "-m", "conformance.cli")
"""The suite of this Python's own packages, whatever lies in the folder that the job works in."""
FLAGS = (("URL", "--base-url"), ("TARGET", "--target"), ("PROFILE", "--profile"), ("BASELINE", "--baseline"))
DID_NOT_START = 3
LOG_LINES = 200
MOST = 50
"""Annotations of one level; the forge shows ten a step, and the report has them all."""


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Carry out the step; the exit code is that of the check, 3 where the implementation did not come up."""
    given = {name.removeprefix("MC_"): value for name, value in environment.items() if name.startswith("MC_") and value}
    folder = Path(given.get("REPORT_DIR", "messages-conformance-report"))
    with started(given.get("START", ""), folder) as server:
        address = given.get("WAIT_FOR") or (given.get("URL", "") if server else "")
        if address and not is_up(address, server, float(given.get("WAIT_SECONDS", "60"))):
            show(folder / "server.log", f"nothing answers at {address}")
            tell_outputs({"report-dir": str(folder)}, environment)
            return DID_NOT_START
        code = check(given, folder)
    tell(folder, environment, code)
    return code


@contextlib.contextmanager
def started(command: str, folder: Path) -> Iterator[subprocess.Popen[bytes] | None]:
    """The implementation, started by the user's command in a process group of its own, which ends with the step."""
    folder.mkdir(parents=True, exist_ok=True)
    if not command:
        yield None
        return
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End what was started: its group is asked to, and after three seconds made to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            process.poll()
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)


def is_up(address: str, server: subprocess.Popen[bytes] | None, seconds: float) -> bool:
    """Whether something answers at an address, whatever it says, before the time is over or the server has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except (OSError, ValueError):
            if server is not None and server.poll() is not None:
                return False
            time.sleep(0.2)
        else:
            return True
    return False


def check(given: Mapping[str, str], folder: Path) -> int:
    """Run the check; its output shows what a target said, so that no line of it may be a command."""
    words = [*SUITE, "check", f"--report-dir={folder}"]
    words += [f"{flag}={given[name]}" for name, flag in FLAGS if name in given]
    words += [] if names_a_target(given) else ["--base-url="]  # which is refused: the embedded reference is not meant
    words += ["--strict"] if given.get("STRICT", "").lower() == "true" else []
    with commands_stopped():
        return subprocess.run(words, check=False).returncode


def names_a_target(given: Mapping[str, str]) -> bool:
    """Whether anything says what is to be checked; a secret that is not set does not."""
    return bool({"URL", "TARGET"} & set(given)) or any(
        map(os.environ.get, ("CONFORMANCE_BASE_URL", "CONFORMANCE_TARGET"))
    )


def show(log: Path, why: str) -> None:
    """Say why there was nothing to check, with the end of the server's log."""
    print(f"::error title=The implementation did not come up::{escape(why)}")
    if log.is_file():
        with commands_stopped():
            print("\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:]))


@contextlib.contextmanager
def commands_stopped() -> Iterator[None]:
    """Keep the runner from reading commands in what is printed meanwhile."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", flush=True)


def tell(folder: Path, environment: Mapping[str, str], code: int) -> None:
    """Tell the forge what came of the check: outputs, annotations and the job's summary."""
    document = report(folder)
    failed = {level: [] for level in ("MUST", "SHOULD")} if document is None else failures(document)
    counts = {f"{level.lower()}-failed": len(rows) for level, rows in failed.items()}
    verdict = document["verdict"] if document else "inconclusive"
    requests = document["requests"] if document else 0
    tell_outputs({"verdict": verdict, **counts, "requests": requests, "report-dir": str(folder)}, environment)
    for level, command in (("MUST", "error"), ("SHOULD", "warning")):
        for row in failed[level][:MOST]:
            title = escape(f"{row['id']} {row['title']}", in_property=True)
            print(f"::{command} title={title}::{escape(row['reason'])}")
    for problem in (document or {}).get("x-baseline", {}).get("problems", [])[:MOST]:
        print(f"::error title=The baseline is out of date::{escape(problem)}")
    if document is None:
        why = f"The check ended before it had one (exit code {code}); its output says why."
        print(f"::error title=There is no report::{why}")
    elif "GITHUB_STEP_SUMMARY" in environment:
        words = [*SUITE, "report", "markdown", str(folder)]
        done = subprocess.run(words, capture_output=True, check=False)
        with Path(environment["GITHUB_STEP_SUMMARY"]).open("ab") as summary:
            summary.write(done.stdout)


def report(folder: Path) -> dict[str, Any] | None:
    """The report of the check, where there is one."""
    try:
        document: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document


def failures(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What failed, by level; known failures of a baseline are in the report, and raise no flag."""
    rows = [row for row in document["requirements"] if row["outcome"] == "failed" and not row.get("known")]
    return {level: [row for row in rows if row["level"] == level] for level in ("MUST", "SHOULD")}


def tell_outputs(outputs: Mapping[str, object], environment: Mapping[str, str]) -> None:
    """Set outputs of the step: each is one line, whatever it is made of."""
    if "GITHUB_OUTPUT" in environment:
        with Path(environment["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={' '.join(str(value).split())}\n" for name, value in outputs.items())


def escape(text: str, in_property: bool = False) -> str:
    """A text for a workflow command: no sign of it ends the command, or its property."""
    signs = {"%": "%25", "\r": "%0D", "\n": "%0A", **({":": "%3A", ",": "%2C"} if in_property else {})}
    return "".join(signs.get(each, each) for each in str(text)[:4000])


if __name__ == "__main__":
    raise SystemExit(main())
