"""`python -m tests.flaky`: many checks of the reference, each with a seed of its own, and whether all say the same.

Half the checks run beside processes that keep every processor busy; in all of them each piece of a request or an answer
is delivered up to 50 ms late.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.matrix.trial import Finding, Trial, run_all

LATE = 0.05
SPIN = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(100_000))"


def main() -> int:
    """Run the checks and write what they said; 1 if any said anything else than the others or than conformant."""
    args = _parser().parse_args()
    seeds = range(args.first, args.first + args.count)
    trials = [Trial(f"seed-{seed}", options=("--seed", str(seed)), late=LATE) for seed in seeds]
    quiet, loaded = trials[::2], trials[1::2]
    findings = [*_run(quiet, args.jobs)]
    with _Load(args.load):
        findings += _run(loaded, args.jobs)
    made = _document(findings, {each.name for each in loaded}, args.load)
    args.report.parent.mkdir(parents=True, exist_ok=True)
    args.report.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{made['verdicts']}: {'the same every time' if made['same'] else 'NOT the same every time'}")
    return int(not made["same"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.flaky", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many checks")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--load", type=int, default=os.cpu_count() or 2, help="processes that keep processors busy")
    parser.add_argument("--report", type=Path, default=Path("reports/flakiness.json"))
    return parser


def _run(trials: list[Trial], jobs: int) -> list[Finding]:
    found = []
    for finding in run_all(trials, jobs):
        found.append(finding)
        print(f"{finding.verdict:<15} {finding.name:<10} {' '.join(finding.found) or '-'}", flush=True)
    return found


def _document(findings: list[Finding], loaded: set[str], load: int) -> dict[str, Any]:
    said = Counter((each.verdict, *each.found, *each.open) for each in findings)
    return {
        "checks": len(findings),
        "late_seconds": LATE,
        "load_processes": load,
        "verdicts": Counter(each.verdict for each in findings),
        "same": len(said) == 1 and all(each.verdict == "conformant" for each in findings),
        "runs": [
            {
                "seed": int(each.name.removeprefix("seed-")),
                "under_load": each.name in loaded,
                "verdict": each.verdict,
                "found": each.found,
                "open": each.open,
                "trouble": each.trouble,
                "requests": each.requests,
                "seconds": each.seconds,
            }
            for each in findings
        ],
    }


class _Load:
    """Processes that do nothing but keep processors busy, while the context lasts and this process does."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._busy: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> None:
        self._busy = [subprocess.Popen([sys.executable, "-c", SPIN, str(os.getpid())]) for _ in range(self._count)]

    def __exit__(self, *_: object) -> None:
        for each in self._busy:
            each.kill()
            each.wait()


if __name__ == "__main__":
    raise SystemExit(main())
