"""`python -m tests.mutants`: judge by the suite, over HTTP, every mutant that cosmic-ray makes of the reference.

A mutant is killed if the suite finds a requirement broken, or cannot call the target conformant at all. What the quick
profile does not kill is tried by the standard one; then, with the settings under which its code is reached at all, as
one of the correct variants. Of what survives `survivors.toml` says why.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path

from conformance import reference
from tests.matrix.kept import run_on
from tests.matrix.trial import Finding, Trial
from tests.mutants import page
from tests.mutants.making import mutants
from tests.mutants.places import Mutant, source
from tests.mutants.survivors import Survivors, read


def main() -> int:
    """Judge the mutants and write what became of them; 1 if one survives without a reason."""
    args = _parser().parse_args()
    survivors, every = read(), list(mutants())
    if nameless := survivors.without_mutant(every):
        raise SystemExit(f"reasons for what is no mutant: {nameless}")
    chosen = [each for each in every if args.module in (None, each.module)]
    if args.sample:
        chosen = random.Random(args.seed).sample(chosen, min(args.sample, len(chosen)))
    control = next(run_on([_trial(Mutant("original", "service", "", "", source("service")), "quick")], 1, None))
    if control.verdict != "conformant":
        raise SystemExit(f"the reference itself is {control.verdict}: {control.trouble}")
    killed = _killed(chosen, survivors, args)
    rows = [page.row(each, killed.get(each.name), survivors) for each in chosen]
    made = page.document(rows, sample=args.sample, module=args.module)
    args.report.mkdir(parents=True, exist_ok=True)
    (args.report / "mutants.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (args.report / "mutants.md").write_text(page.markdown(made), encoding="utf-8")
    print(made["counts"])
    return int(made["counts"]["survived"] > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--module", help="the mutants of this module of the reference alone")
    parser.add_argument("--sample", type=int, default=0, help="a random sample of so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--resume", type=Path, help="a file in which findings are kept, so that a run can go on")
    parser.add_argument("--report", type=Path, default=Path("reports"))
    return parser


def _killed(chosen: list[Mutant], survivors: Survivors, args: argparse.Namespace) -> dict[str, tuple[str, Finding]]:
    """What killed each mutant that did not survive: the trial, and what it found."""
    killed: dict[str, tuple[str, Finding]] = {}

    def judge(round_: str, trials: Iterable[Trial]) -> None:
        for finding in run_on(list(trials), args.jobs, args.resume):
            name = finding.name.partition(" ")[0]
            if finding.verdict != "conformant" or set(finding.found) - set(finding.expected):
                killed.setdefault(name, (round_, finding))
            print(f"{finding.verdict:<15} {finding.name:<60} {' '.join(finding.found) or '-'}", flush=True)

    for profile in ("quick", "standard"):
        judge(profile, [_trial(each, profile) for each in chosen if each.name not in killed])
    for number in range(survivors.most_variants):
        left = [(each, survivors.variants(each)) for each in chosen if each.name not in killed]
        judge("variant", [_as_variant(each, names[number]) for each, names in left if number < len(names)])
    return killed


def _trial(mutant: Mutant, profile: str) -> Trial:
    # A quick check need but see one failure; of a server that does not move it need not see the end.
    options = ("--profile", profile, *(("--max-time", "60", "-x") if profile == "quick" else ()))
    return Trial(f"{mutant.name} {profile}", options=options, sources=_sources(mutant))


def _as_variant(mutant: Mutant, name: str) -> Trial:
    """A check of the mutant as a variant; what a variant's own way departs from is no find."""
    warns = reference.VARIANTS[name].warns
    return Trial(f"{mutant.name} {name}", expected=warns, variants=(name,), sources=_sources(mutant))


def _sources(mutant: Mutant) -> tuple[tuple[str, str], ...]:
    return ((f"conformance.reference.{mutant.module}", mutant.source),)


if __name__ == "__main__":
    raise SystemExit(main())
