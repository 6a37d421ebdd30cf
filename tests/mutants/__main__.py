"""`python -m tests.mutants`: judge by the suite, over HTTP, every mutant that cosmic-ray makes of the reference.

A mutant is killed if the suite finds a requirement broken, or cannot call the target conformant at all. One that the
quick profile does not kill is tried by the standard one. Of what survives `survivors.toml` says why: it is equivalent
(no request could tell), open (the documentation allows it), or one that a check should kill.
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from tests.matrix.trial import Finding, Trial, run_all
from tests.mutants.making import Mutant, mutants, original

REASONS = Path(__file__).parent / "survivors.toml"
KINDS = ("equivalent", "open")
"""Why a survivor may survive."""


def main() -> int:
    """Judge the mutants and write what became of them; 1 if one survives without a reason."""
    args = _parser().parse_args()
    chosen = [each for each in mutants() if args.module in (None, each.module)]
    if args.sample:
        chosen = random.Random(args.seed).sample(chosen, min(args.sample, len(chosen)))
    control = _judged([original()], "quick", 1)["original"]
    if control.verdict != "conformant":
        raise SystemExit(f"the reference itself is {control.verdict}: {control.trouble}")
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    found = _judged(chosen, "quick", args.jobs)
    left = [each for each in chosen if _survived(found[each.name])]
    found |= _judged(left, "standard", args.jobs)
    rows = [_row(each, found[each.name], reasons) for each in chosen]
    made = {"sample": args.sample, "counts": Counter(each["fate"] for each in rows), "mutants": rows}
    args.report.mkdir(parents=True, exist_ok=True)
    (args.report / "mutants.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (args.report / "mutants.md").write_text(markdown(made), encoding="utf-8")
    print(dict(made["counts"]))
    return int(made["counts"]["survived"] > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--module", help="the mutants of this module of the reference alone")
    parser.add_argument("--sample", type=int, default=0, help="a random sample of so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report", type=Path, default=Path("reports"))
    return parser


def _judged(chosen: list[Mutant], profile: str, jobs: int) -> dict[str, Finding]:
    options = ("--profile", profile, "--max-time", "120")
    trials = [
        Trial(each.name, options=options, sources=((f"conformance.reference.{each.module}", each.source),))
        for each in chosen
    ]
    found = {}
    for finding in run_all(trials, jobs):
        found[finding.name] = finding
        print(f"{profile:<9} {finding.verdict:<15} {finding.name:<60} {' '.join(finding.found) or '-'}", flush=True)
    return found


def _survived(finding: Finding) -> bool:
    return finding.verdict == "conformant" and not finding.found


def _row(mutant: Mutant, finding: Finding, reasons: dict[str, dict[str, str]]) -> dict[str, Any]:
    reason = reasons.get(mutant.key, {}) if _survived(finding) else {}
    fate = reason.get("kind", "survived") if _survived(finding) else "killed"
    return {
        "name": mutant.name,
        "module": mutant.module,
        "line": mutant.line,
        "before": mutant.before,
        "after": mutant.after,
        "fate": fate,
        "by": finding.found or ["does not serve" if finding.verdict == "none" else finding.verdict],
        "reason": reason.get("reason", ""),
    }


def markdown(made: dict[str, Any]) -> str:
    """What became of the mutants, with every survivor and its reason."""
    counts = made["counts"]
    scope = f"A random sample of {made['sample']}" if made["sample"] else "All"
    lines = [
        "# Mutants",
        "",
        "What cosmic-ray makes of the modules of the reference that answer requests, each served over HTTP and judged by a",
        f"check. {scope}; made by `make mutants`.",
        "",
        "| killed | equivalent | open | survived |",
        "|---|---|---|---|",
        f"| {counts['killed']} | {counts['equivalent']} | {counts['open']} | {counts['survived']} |",
        "",
        "Equivalent: no request could tell. Open: the documentation allows it, too. Survived: a check is missing.",
        "",
    ]
    rest = [each for each in made["mutants"] if each["fate"] != "killed"]
    for each in rest:
        lines += [
            f"- {each['fate']}, `{each['module']}.py`: `{each['before']}` → `{each['after']}`"
            + (f". {each['reason']}" if each["reason"] else ""),
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
