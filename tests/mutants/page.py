"""What became of the mutants, as a document and as a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.matrix.trial import Finding
from tests.mutants.places import Mutant
from tests.mutants.survivors import KINDS, Survivors

FATES = ("killed", *KINDS, "survived")
_TITLES = {
    "survived": "Survived: a check is missing",
    "equivalent": "Equivalent: no request could tell",
    "open": "Open: the documentation allows it, too",
    "beyond": "Beyond a check: wrong, and not looked for",
}


def row(mutant: Mutant, killed: tuple[str, Finding] | None, survivors: Survivors) -> dict[str, Any]:
    """One mutant and its fate."""
    said = {"name": mutant.name, "module": mutant.module, "place": mutant.place, "change": mutant.change}
    if killed:
        judged, finding = killed
        by = finding.found or ["does not serve" if finding.verdict == "none" else finding.verdict]
        return said | {"fate": "killed", "judged": judged, "by": by, "reason": ""}
    reason = survivors.reason(mutant)
    fate, text = (reason.kind, reason.text) if reason else ("survived", "")
    return said | {"fate": fate, "judged": "", "by": [], "reason": text}


def document(rows: list[dict[str, Any]], *, sample: int, module: str | None) -> dict[str, Any]:
    """All of it, with the counts."""
    counts = Counter(each["fate"] for each in rows)
    judged = Counter(each["judged"] for each in rows if each["fate"] == "killed")
    return {
        "scope": f"A random sample of {sample}" if sample else f"Those of `{module}`" if module else "All",
        "counts": {fate: counts[fate] for fate in FATES},
        "judged": {name: judged[name] for name in ("quick", "standard", "variant")},
        "mutants": rows,
    }


def markdown(made: dict[str, Any]) -> str:
    """What became of the mutants, with every survivor and its reason."""
    judged, rows = made["judged"], made["mutants"]
    lines = [
        "# Mutants",
        "",
        "What cosmic-ray makes of the modules of the reference that answer requests: each mutant is served over HTTP and",
        f"judged by checks. {made['scope']}, {len(rows)}. Made by `make mutants`; reasons and variants are those of",
        "`tests/mutants/survivors.toml`, by the text of each line and what becomes of its tokens.",
        "",
        *_table(rows),
        "",
        f"Of the killed, {judged['quick']} fell to the quick profile, {judged['standard']} to the standard one, and",
        f"{judged['variant']} as a variant alone: code that the settings by default do not reach is tried with those that do.",
    ]
    for fate in ("survived", *KINDS):
        lines += _survivors(fate, [each for each in rows if each["fate"] == fate])
    return "\n".join(lines) + "\n"


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"| module | {' | '.join(FATES)} |"
    yield "|---|" + "---|" * len(FATES)
    for module in (*dict.fromkeys(each["module"] for each in rows), None):
        counts = Counter(each["fate"] for each in rows if module in (None, each["module"]))
        yield f"| {module or 'all'} | {' | '.join(str(counts[fate]) for fate in FATES)} |"


def _survivors(fate: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in rows:
        found[each["reason"]][each["place"]].append(each["change"])
    if found:
        yield from ("", f"## {_TITLES[fate]}")
    for reason, places in found.items():
        yield from ("", f"{reason or 'Without a reason.'} ({sum(map(len, places.values()))})", "")
        for place, changes in places.items():
            yield f"- {_code(place)}: {', '.join(map(_code, changes))}"


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"
