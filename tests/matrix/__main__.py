"""`python -m tests.matrix`: run the suite against faults, correct variants and other implementations, and say what it found."""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
from collections import Counter
from pathlib import Path

from tests.matrix.trial import Finding, Trial, run_all

HERE = Path(__file__).parent


def main() -> int:
    """Run what was asked for; 1 if a fault was missed or a correct target was found at fault."""
    args = _parser().parse_args()
    trials = _trials(args)
    if args.sample:
        trials = random.Random(args.seed).sample(trials, min(args.sample, len(trials)))
    findings = []
    for finding in run_all(trials, args.jobs):
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
    return int(any(map(_is_wrong, findings)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("names", nargs="*", help="names of faults, variants or combinations; all where none is given")
    parser.add_argument("--what", choices=("faults", "variants", "combinations", "node", "flaskless"), default="faults")
    parser.add_argument("--correct", action="store_true", help="of another implementation: its choices, not its faults")
    parser.add_argument("--count", type=int, default=25, help="combinations or choices to try")
    parser.add_argument("--sample", type=int, default=0, help="a random sample of so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tell", action="store_true", help="what was found, where it is not what was expected")
    parser.add_argument("--option", action="append", default=[], help="an option of check")
    return parser


def _trials(args: argparse.Namespace) -> list[Trial]:
    from conformance import reference

    options = tuple(args.option)
    if args.what == "faults":
        named = args.names or list(reference.FAULTS)
        return [Trial(name, reference.FAULTS[name].violates, faults=(name,), options=options) for name in named]
    if args.what == "variants":
        return [Trial(name, variants=(name,), options=options) for name in args.names or list(reference.VARIANTS)]
    if args.what == "combinations":
        seeds = [int(name) for name in args.names] or range(args.seed, args.seed + args.count)
        return [Trial(f"combination-{seed}", combination=seed, options=options) for seed in seeds]
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
