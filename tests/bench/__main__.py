"""`python -m tests.bench`: what a check of the reference costs: requests, seconds, processor time and memory, as medians.

Each check is the real command in a process of its own, the reference in another; nothing is timed in a test.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SERVER = """
import sys, time
from conformance.reference import Settings, run_in_thread
with run_in_thread(Settings(history=int(sys.argv[1]))) as running:
    print(running.target_toml(), flush=True)
    print("---", flush=True)
    sys.stdin.read()
"""


@dataclass
class Cost:
    """What one check cost."""

    what: str
    requests: int
    wall_s: float
    cpu_s: float
    memory_mb: float
    verdict: str


@contextmanager
def served(history: int, folder: Path) -> Iterator[Path]:
    """A target file for a reference with so many older messages, in a process of its own until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(history)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "---\n")
        file = folder / f"target-{history}.toml"
        file.write_text("".join(lines), encoding="utf-8")
        yield file
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def measure(what: str, target: Path, folder: Path, *options: str) -> Cost:
    """The cost of one check with these options."""
    reports = folder / "reports"
    words = ["-m", "conformance.cli", "check", "--target", str(target), "--report-dir", str(reports), *options]
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    document = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(what, document["requests"], wall, cpu, usage.ru_maxrss / 1024, document["verdict"])


def median(costs: list[Cost]) -> Cost:
    """The medians of several measurements of one thing."""
    numbers = {
        name: statistics.median(getattr(each, name) for each in costs) for name in ("wall_s", "cpu_s", "memory_mb")
    }
    requests = int(statistics.median(each.requests for each in costs))
    verdicts = "/".join(sorted({each.verdict for each in costs}))
    return Cost(costs[0].what, requests, numbers["wall_s"], numbers["cpu_s"], numbers["memory_mb"], verdicts)


def main() -> int:
    """Measure, print a table, and write the figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    cases = (("quick", 0, ("--profile", "quick")), ("standard", 0, ()), ("standard, 10,000 older messages", 10_000, ()))
    rows = []
    print(f"{'check of the reference':<34}{'requests':>9}{'wall s':>9}{'cpu s':>9}{'memory MB':>11}  verdict")
    with tempfile.TemporaryDirectory() as name:
        for what, history, options in cases:
            with served(history, Path(name)) as target:
                row = median([measure(what, target, Path(name), *options) for _ in range(args.repeat)])
            rows.append(asdict(row))
            print(
                f"{row.what:<34}{row.requests:>9}{row.wall_s:>9.2f}{row.cpu_s:>9.2f}{row.memory_mb:>11.0f}  {row.verdict}",
                flush=True,
            )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
