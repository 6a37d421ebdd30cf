"""`python -m tests.peers`: other tools and this suite on the same faults and the same correct variants, in one run.

Writes reports/peers.json and docs/peers.md, and keeps each run in .peers/, so that --resume goes on after a stop.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from conformance import reference
from tests.paper import start as beginning
from tests.peers import page, tools
from tests.peers.table import Run
from tests.peers.tools import TOOLS, Tool
from tests.peers.trying import ROOT, Subject, try_out

PEERS = ROOT / ".peers"
REFERENCES = (1, 2, 3)


def main() -> int:
    """Install, try everything, write what came of it."""
    args = _parser().parse_args()
    log, start = PEERS / "runs.jsonl", PEERS / "start.json"
    PEERS.mkdir(exist_ok=True)
    if not args.resume:
        log.unlink(missing_ok=True)
        start.write_text(json.dumps(beginning()), encoding="utf-8")
    chosen = [tool for tool in TOOLS if not args.tool or tool.name in args.tool]
    unavailable = _unavailable(chosen)
    present = [tool for tool in chosen if tool.name not in unavailable]
    subjects = sample(args.seed, args.faults, args.variants)
    runs = list(_all_runs(present, subjects, log, args.jobs))
    began = json.loads(start.read_text(encoding="utf-8"))
    paper = page.Paper(args.seed, subjects, runs, [tool.name for tool in present], unavailable, began, args.jobs)
    args.json.write_text(json.dumps(paper.document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    args.page.write_text(paper.markdown(), encoding="utf-8")
    print(paper.summary())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("--faults", type=int, default=40, help="how many faults to draw")
    parser.add_argument("--variants", type=int, default=10, help="how many correct variants to draw")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tool", action="append", help="just this tool (may be given again)")
    parser.add_argument("--resume", action="store_true", help="keep the runs of an earlier call that was stopped")
    parser.add_argument("--json", type=Path, default=ROOT / "reports" / "peers.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "peers.md")
    return parser


def sample(seed: int, faults: int, variants: int) -> list[Subject]:
    """The plain reference thrice, and a draw of faults and variants: the same ones for every tool.

    Of the variants only such as depart from no SHOULD: a finding about one of the others may be right.
    """
    correct = sorted(name for name, each in reference.VARIANTS.items() if not each.warns)
    return [
        *(Subject("reference", f"seed {number}", number) for number in REFERENCES),
        *(Subject("variant", name) for name in _drawn(correct, variants, seed)),
        *(Subject("fault", name) for name in _drawn(sorted(reference.FAULTS), faults, seed)),
    ]


def _drawn(names: list[str], count: int, seed: int) -> list[str]:
    """A draw of which a smaller one with the same seed is the beginning."""
    random.Random(seed).shuffle(names)
    return names[:count]


def _unavailable(chosen: Sequence[Tool]) -> dict[str, str]:
    packages = {tool.package for tool in chosen if tool.package}
    errors = {package: tools.install(package, PEERS) for package in sorted(packages)}
    return {tool.name: errors[tool.package] for tool in chosen if errors.get(tool.package)}


def _all_runs(present: Sequence[Tool], subjects: Sequence[Subject], log: Path, jobs: int) -> Iterator[Run]:
    kept = {}
    if log.is_file():
        for line in log.read_text(encoding="utf-8").splitlines():
            run = Run(**json.loads(line))
            kept[run.tool, run.name] = run
    pairs = [(tool, subject) for subject in subjects for tool in present]
    with log.open("a", encoding="utf-8") as file, ThreadPoolExecutor(jobs) as pool:
        tries = [
            (lambda run=kept[tool.name, subject.name]: run)
            if (tool.name, subject.name) in kept
            else pool.submit(try_out, tool, subject, PEERS).result
            for tool, subject in pairs
        ]
        for (tool, subject), result in zip(pairs, tries, strict=True):
            run = result()
            if (tool.name, subject.name) not in kept:
                file.write(json.dumps(asdict(run), ensure_ascii=False) + "\n")
                file.flush()
            said = run.trouble or f"{len(run.findings)} findings"
            print(
                f"{subject.kind:<10}{subject.name:<40}{tool.name:<24}{run.requests:>7} requests{run.seconds:>7.1f} s  {said}",
                file=sys.stderr,
            )
            yield run


if __name__ == "__main__":
    raise SystemExit(main())
