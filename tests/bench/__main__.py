"""`python -m tests.bench`: what a check of the reference costs, in one run: medians, as a table, JSON and a page.

Each check is the real command in a process of its own, the reference in another. Nothing is timed in a test.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import paper
from tests.bench import checks, faults, growth, page, replay
from tests.bench.measuring import TROUBLES, Settings, warmed

PIECES: dict[str, Callable[[Settings], dict[str, Any]]] = {
    "startup": checks.startup,
    "checks": checks.checks,
    "replay": replay.replay,
    "schemathesis": replay.peer,
    "faults": faults.faults,
    "history": growth.history,
    "latency": growth.latency,
    "workers": growth.workers,
}
GROUPS = {"growth": ("history", "latency", "workers")}


def main() -> int:
    """Measure what was asked for, print tables, and write the figures where they are wanted; 1 if a piece broke off."""
    parser = _parser()
    args = parser.parse_args()
    settings = Settings(
        args.repeat, args.faults, args.seed, args.deep_requests, tuple(args.history), tuple(args.latency),
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )  # fmt: skip
    options = _options(args, parser)
    only = "" if args.only == list(PIECES) else f" --only {','.join(args.only)}"
    # Where the files were put is nobody else's business: a folder of their own will do.
    made = {"format": 1, **paper.start(), "command": f"python -m tests.bench{only}{options} --report reports"}
    made |= {"options": options, "repeat": args.repeat, "pieces": {}}
    with warmed(settings):
        for name in args.only:
            made["pieces"][name] = _measured(name, settings)
            print(page.table(made["pieces"][name]), flush=True)
            # Written anew after each piece, so that a run that is broken off was not for nothing.
            made |= paper.conditions()
            if args.json:
                args.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            if args.report:
                page.write(made, args.report)
    return int(any("trouble" in each for each in made["pieces"].values()))


def _measured(name: str, settings: Settings) -> dict[str, Any]:
    """One piece; one that breaks off keeps no other from being measured."""
    settings.say(f"{name}:")
    try:
        return PIECES[name](settings)
    except TROUBLES as error:
        return {"title": name, "about": "", "rows": [], "charts": [], "trouble": f"{type(error).__name__}: {error}"}


def _options(args: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """The options that decide how much is measured, where they are not the default."""
    names = ("repeat", "faults", "seed", "deep_requests", "history", "latency")
    given = {name: getattr(args, name) for name in names if getattr(args, name) != parser.get_default(name)}
    words = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in given.items()}
    return "".join(f" --{name.replace('_', '-')} {value}" for name, value in words.items())


def pieces(text: str) -> list[str]:
    """Names of pieces and of groups of them, parted by commas, in the order in which they are measured."""
    wanted = {each for name in text.split(",") for each in GROUPS.get(name, (name,))}
    if strange := wanted - set(PIECES):
        raise argparse.ArgumentTypeError(f"no such piece: {', '.join(sorted(strange))}; there are {', '.join(PIECES)}")
    return [name for name in PIECES if name in wanted]


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add = parser.add_argument
    add(
        "--only",
        type=pieces,
        default=list(PIECES),
        metavar="NAMES",
        help=f"of {', '.join(PIECES)}; growth: the last three",
    )
    add("--repeat", type=int, default=3, help="rounds; each measures everything once (default 3)")
    add("--faults", type=int, default=40, help="how many faults to draw; 0 for all (default 40)")
    add("--seed", type=int, default=1, help="of the draw, and of the order within a round")
    add("--deep-requests", type=int, default=3000, help="the budget of a deep check (default 3000)")
    add("--history", type=_numbers, default=[100, 10_000, 1_000_000], help="older messages (default 100,10000,1000000)")
    add("--latency", type=_numbers, default=[0, 20, 200], help="milliseconds (default 0,20,200)")
    add("--json", type=Path, help="write the figures to this file")
    add("--report", type=Path, help="write benchmark.json and benchmark.html to this folder")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
