"""`python -m tests.programs`: what schemathesis' cases and drawn programs find by themselves, the directed checks off.

Each fault is tried with so many seeds on a fresh reference: the scene is set, then the drivers of `test_properties` act,
and nothing else (those first that put to the test what the fault violates), until a requirement that the fault violates
is found broken: then the seed counts. No program is cut down, for that proves nothing here.
`--correct` tries correct targets instead: the reference, its variants, combinations. Nothing may be found there.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LISTED = Path(__file__).with_name("faults.txt")


@dataclass(frozen=True)
class Trial:
    """A target, and the seeds that it is tried with."""

    name: str
    seeds: tuple[int, ...]
    expected: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    combination: int | None = None
    profile: str = "standard"


@dataclass
class Outcome:
    """What the programs found of a target."""

    name: str
    expected: list[str]
    seeds: int
    found: int = 0
    """Seeds with which a requirement was found broken that the target violates."""
    missed: list[int] = field(default_factory=list)
    requirements: dict[str, int] = field(default_factory=dict)
    """How many seeds found each requirement broken."""
    requests: int = 0
    """The median of the requests that were made until then."""
    told: dict[str, str] = field(default_factory=dict)


def run(trial: Trial) -> Outcome:
    """Try a target with each seed."""
    made = Outcome(trial.name, list(trial.expected), len(trial.seeds))
    requests = []
    for seed in trial.seeds:
        violated, spent = _once(trial, seed)
        requests.append(spent)
        for name, told in violated.items():
            made.requirements[name] = made.requirements.get(name, 0) + 1
            made.told.setdefault(name, f"seed {seed}: {told}")
        if set(violated) & set(trial.expected):
            made.found += 1
        elif trial.expected:
            made.missed.append(seed)
    made.requests = int(statistics.median(requests))
    return made


def _once(trial: Trial, seed: int) -> tuple[dict[str, str], int]:
    """The requirements that the programs of a seed found broken, and the requests that they took."""
    from conformance import catalogue, reference
    from conformance.run import Plan, Run
    from conformance.suite.stage import set_scene
    from conformance.target import load

    settings = reference.Settings() if trial.combination is None else reference.combine(trial.combination)
    for name in trial.variants:
        settings = reference.VARIANTS[name].settings(settings)
    with reference.run_in_thread(settings, trial.faults) as running:
        file = Path(f"target-{trial.name}-{seed}.toml")
        file.write_text(running.target_toml(), encoding="utf-8")
        made = Run(load(str(file), None, None, ()), Plan(profile=trial.profile, seed=seed))
        file.unlink()
        made.levels = {name: each.level for name, each in catalogue.load().items()}
        _acted(made, lambda: set_scene(made))
        opening = made.client.spent
        for driver in _drivers(trial.expected) if made.has_scene else []:
            if not made.violated() & set(trial.expected):
                _acted(made, lambda driver=driver: driver(_kit(made)))
        if made.under_way is not None:
            _acted(made, made.under_way.end)
        made.drain()
        made.client.close()
    told = {each.requirement: f"expected {each.expected}; got {each.got}" for each in made.violations()}
    return told, made.client.spent - opening


def _kit(made: Any) -> Any:
    from conformance.suite.kit import Kit

    return Kit(made)


def _drivers(expected: tuple[str, ...]) -> Iterator[Callable[[Any], None]]:
    """The drivers, those first that put to the test what is expected to be broken."""
    from conformance.suite import test_properties

    found = [each for name, each in vars(test_properties).items() if name.startswith("test_")]
    marks = {each: {name for mark in each.pytestmark for name in mark.args} for each in found}
    return iter(sorted(found, key=lambda each: not marks[each] & set(expected)))


def _acted(made: Any, act: Callable[[], None]) -> None:
    """Let a driver act to its end, or to where it says that it cannot go on."""
    from conformance.client import Unjudgeable
    from conformance.suite.reasons import Blocked, NotOffered, Withheld

    try:
        act()
    except (Blocked, NotOffered, Withheld, Unjudgeable):
        made.drain()


def _silenced() -> None:
    """What a process of the pool needs: a folder of its own, the marker of the drivers, nothing on its output."""
    import os
    import tempfile
    import warnings

    from conformance.suite import machine

    machine.MOST_CUT = 0
    os.chdir(tempfile.mkdtemp())
    warnings.simplefilter("ignore")


def listed() -> list[str]:
    """The faults that only a sequence, an interleaving or an odd value reveals."""
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def _trials(args: argparse.Namespace) -> list[Trial]:
    from conformance import reference

    seeds = tuple(range(args.seed, args.seed + args.seeds))
    if args.correct:
        named = args.names or ["reference", *reference.VARIANTS, *(f"combination-{each}" for each in range(1, 26))]
        return [_correct(name, seeds, args.profile) for name in named]
    named = list(reference.FAULTS) if args.all else args.names or listed()
    return [Trial(name, seeds, tuple(reference.FAULTS[name].violates), (name,), profile=args.profile) for name in named]


def _correct(name: str, seeds: tuple[int, ...], profile: str) -> Trial:
    if name.startswith("combination-"):
        return Trial(name, seeds, combination=int(name.rpartition("-")[2]), profile=profile)
    return Trial(name, seeds, variants=() if name == "reference" else (name,), profile=profile)


def main() -> int:
    """Try what was asked for; 1 if a fault was found by fewer seeds than wanted, or a correct target was blamed."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="faults, or with --correct variants; those of faults.txt if none is named"
    )
    parser.add_argument("--all", action="store_true", help="every fault of the reference")
    parser.add_argument("--correct", action="store_true", help="correct targets instead of faults")
    parser.add_argument("--profile", choices=("standard", "deep"), default="standard")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--share", type=float, default=0.9, help="the share of seeds that must find a fault")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tell", action="store_true", help="what was found")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    trials, began = _trials(args), time.monotonic()
    outcomes = []
    with ProcessPoolExecutor(args.jobs, multiprocessing.get_context("fork"), initializer=_silenced) as pool:
        for done in as_completed([pool.submit(run, each) for each in trials]):
            outcomes.append(each := done.result())
            print(_line(each), flush=True)
            for name, told in each.told.items() if args.tell or args.correct else ():
                print(f"      {name}: {told[:400]}", flush=True)
    bad = [each for each in outcomes if (each.requirements if args.correct else each.found < args.share * each.seeds)]
    print(f"{len(outcomes) - len(bad)} of {len(outcomes)}, {args.seeds} seeds each, {time.monotonic() - began:.0f} s")
    outcomes.sort(key=lambda each: [trial.name for trial in trials].index(each.name))
    if args.json:
        args.json.write_text(_json(args, outcomes), encoding="utf-8")
    return int(bool(bad))


def _line(each: Outcome) -> str:
    found = " ".join(f"{name}:{count}" for name, count in sorted(each.requirements.items())) or "-"
    said = f"{each.found:>3} of {each.seeds}" if each.expected else f"{each.seeds} seeds"
    return f"{said}  {each.name:<36} {each.requests:>4} requests  {found}"


def _json(args: argparse.Namespace, outcomes: list[Outcome]) -> str:
    """The results, a target to a line."""
    rows = [{name: value for name, value in asdict(each).items() if name != "told"} for each in outcomes]
    head = {"command": f"python -m tests.programs {' '.join(sys.argv[1:])}".strip(), "profile": args.profile}
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    return json.dumps(head)[:-1] + f', "targets": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    raise SystemExit(main())
