"""(a) and (b): what starting up costs, and what whole checks cost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from conformance.reference import target_toml
from tests.bench.measuring import CHECK, Row, Settings, check_afresh, environment, piece, run

PYTHON = (sys.executable, "-c", "pass")


def startup(settings: Settings) -> dict[str, Any]:
    """(a) From the start of a check's process until the first byte of a request, and an empty Python beside it."""
    check, python = (
        Row("check, until its first request", CHECK, until_s=0.8),
        Row("an empty Python, until its end", PYTHON),
    )
    for row in settings.rounds([check, python]):
        with tempfile.TemporaryDirectory() as name:
            if row is python:
                cost = run(PYTHON, Path(name))
                row.add(until_s=cost.wall_s, cpu_s=cost.cpu_s)
            else:
                row.add(**_until_first_request(Path(name)))
    return piece(
        "Start-up",
        "From the start of the process until the first byte of a request arrives at a socket that nobody answers at; the "
        "process is ended then, and its processor time is what it took until there.",
        [check, python],
        [{"kind": "bars", "metric": "until_s"}],
    )


def _until_first_request(folder: Path) -> dict[str, float]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        (folder / "target.toml").write_text(target_toml(url), encoding="utf-8")
        began = time.monotonic()
        process = subprocess.Popen(
            CHECK, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            connection, _ = listener.accept()
            connection.settimeout(60)
            with connection:
                arrived = connection.recv(1)
                until = time.monotonic() - began
        finally:
            process.send_signal(signal.SIGKILL)
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = -signal.SIGKILL
    if not arrived:
        raise RuntimeError("the check connected, and asked nothing")
    return {"until_s": until, "cpu_s": usage.ru_utime + usage.ru_stime}


def checks(settings: Settings) -> dict[str, Any]:
    """(b) A quick, a standard and a deep check of the reference."""
    options = {
        "quick": ("--profile", "quick"),
        "standard": (),
        "deep": ("--profile", "deep", "--max-requests", str(settings.deep_requests)),
    }
    targets = {"quick": {"wall_s": 1.5, "requests": 60}, "standard": {"wall_s": 3}}
    rows = [Row(name, [*CHECK, *words], **targets.get(name, {})) for name, words in options.items()]
    for row in settings.rounds(rows):
        check_afresh(row, *options[row.name])
    return piece(
        "Whole checks",
        "Each check is the command in a process of its own, against a reference that was started for it in another; the wall "
        "time is that of the whole process, its start, its waiting for deliveries and its reports included. A deep check "
        "searches on until its budget is spent, so that its time is a matter of that budget.",
        rows,
        [{"kind": "bars", "metric": name} for name in ("wall_s", "cpu_s", "memory_mb", "requests")],
    )
