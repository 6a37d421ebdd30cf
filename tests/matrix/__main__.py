"""`python -m tests.matrix`: run the suite against faults, correct variants and other implementations, and say what it found."""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.matrix import kills, page
from tests.matrix.kept import run_on
from tests.matrix.trial import Finding, Trial

HERE = Path(__file__).parent
PARTS = ("faults", "variants", "combinations")


def main() -> int:
    """Run what was asked for; 1 if a fault was missed or a correct target was found at fault."""
    args = _parser().parse_args()
    trials = _trials(args)
    if args.sample:
        trials = random.Random(args.seed).sample(trials, min(args.sample, len(trials)))
    number, parts = args.part or (1, 1)
    trials = trials[number - 1 :: parts]
    findings = []
    for finding in run_on(trials, args.jobs, args.resume):
        findings.append(finding)
        print(_line(finding), flush=True)
        if args.tell and (finding.trouble or _is_wrong(finding)):
            for name, told in [*finding.told.items(), *finding.open.items()]:
                print(f"      {name}: {told[:300]}")
            print(f"      {finding.trouble}" if finding.trouble else "", flush=True)
    if args.json:
        args.json.write_text(
            json.dumps([dataclasses.asdict(each) | {"kind": each.kind} for each in findings], indent=1)
        )
    print(dict(Counter(each.kind if each.expected else each.verdict for each in findings)))
    if args.what == "matrix":
        return _concluded(args, findings)
    return int(any(map(_is_wrong, findings)))


def _concluded(args: argparse.Namespace, findings: list[Finding]) -> int:
    """Write the matrix, say why it is not good enough, and fail if it is not."""
    whole = not (args.names or args.sample or args.part)
    made = kills.document(findings, whole=whole)
    if args.report:
        page.write(made, args.report)
        if whole:
            page.into_readme(made)
    print(page.summary(made))
    for each in made["problems"]:
        print(f"  {each}")
    return int(bool(made["problems"]))


def part(text: str) -> tuple[int, int]:
    """2/4: the second of four parts. today/4: one of four, another one every day."""
    number, _, count = text.partition("/")
    parts = int(count)
    chosen = datetime.now(UTC).timetuple().tm_yday % parts + 1 if number == "today" else int(number)
    if not 1 <= chosen <= parts:
        raise ValueError(text)
    return chosen, parts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("names", nargs="*", help="names of faults, variants or combinations; all where none is given")
    kinds = ("faults", "variants", "combinations", "node", "flaskless", "seeds", "matrix")
    parser.add_argument("--what", choices=kinds, default="faults", help="matrix: faults, variants and combinations")
    parser.add_argument("--correct", action="store_true", help="of another implementation: its choices, not its faults")
    parser.add_argument("--count", type=int, default=25, help="combinations, choices or seeds to try")
    parser.add_argument("--sample", type=int, default=0, help="a random sample of so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", type=part, help="a part of them, such as 2/4; today/4 is another one every day")
    parser.add_argument("--resume", type=Path, help="a file in which findings are kept, so that a run can go on")
    parser.add_argument("--report", type=Path, help="the folder to write the matrix to; of the whole, the README too")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tell", action="store_true", help="what was found, where it is not what was expected")
    parser.add_argument("--option", action="append", default=[], help="an option of check")
    return parser


def _trials(args: argparse.Namespace) -> list[Trial]:
    from conformance import reference

    options = tuple(args.option)
    if args.what == "matrix":
        every = [_trials(argparse.Namespace(**vars(args) | {"what": what, "names": []})) for what in PARTS]
        return [each for trials in every for each in trials if not args.names or each.name in args.names]
    if args.what == "faults":
        named = args.names or list(reference.FAULTS)
        return [Trial(name, reference.FAULTS[name].violates, faults=(name,), options=options) for name in named]
    if args.what == "variants":
        return [Trial(name, variants=(name,), options=options) for name in args.names or list(reference.VARIANTS)]
    if args.what == "combinations":
        seeds = [int(name) for name in args.names] or range(args.seed, args.seed + args.count)
        return [Trial(f"combination-{seed}", combination=seed, options=options) for seed in seeds]
    if args.what == "seeds":
        seeds = [int(name) for name in args.names] or range(args.seed, args.seed + args.count)
        return [Trial(f"seed-{seed}", options=(*options, "--seed", str(seed))) for seed in seeds]
    return _elsewhere(args, options)


def _elsewhere(args: argparse.Namespace, options: tuple[str, ...]) -> list[Trial]:
    import subprocess

    folder = HERE.parent / "implementations" / args.what
    command = (
        ("node", str(folder / "server.mjs")) if args.what == "node" else (sys.executable, str(folder / "server.py"))
    )
    if args.correct:
        seeds = args.names or [str(seed) for seed in range(args.seed, args.seed + args.count)]
        return [
            Trial(f"{args.what}-choices-{seed}", command=(*command, "--choices", seed), options=options)
            for seed in seeds
        ]
    listed = json.loads(subprocess.run([*command, "--list-faults"], capture_output=True, text=True, check=True).stdout)
    return [
        Trial(each["name"], tuple(each["violates"]), command=(*command, "--fault", each["name"]), options=options)
        for each in listed
        if not args.names or each["name"] in args.names
    ]


def _is_wrong(finding: Finding) -> bool:
    if finding.trouble:
        return True
    return finding.kind in ("missed", "elsewhere") if finding.expected else finding.verdict != "conformant"


def _line(finding: Finding) -> str:
    said = finding.kind if finding.expected else finding.verdict
    rest = f"expected {' '.join(finding.expected)}; " if finding.expected else ""
    return (
        f"{said:<15} {finding.name:<44} {rest}failed {' '.join(finding.failed) or '-'}; "
        f"warned {' '.join(finding.warned) or '-'}; {finding.requests} requests, {finding.seconds:.1f} s"
    )


if __name__ == "__main__":
    raise SystemExit(main())
