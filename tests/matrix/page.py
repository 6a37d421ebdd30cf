"""The kill matrix as a page, as JSON, and as a few lines of the README."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests import paper
from tests.matrix.kills import KINDS, PRECISION

HERE = Path(__file__).parent
ROOT = paper.ROOT
BEGIN, END = "<!-- kill matrix: made by `make matrix` -->", "<!-- end of kill matrix -->"


def write(made: dict[str, Any], folder: Path) -> None:
    """Write kill-matrix.json and kill-matrix.html into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kill-matrix.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "kill-matrix.html").write_text(render(made), encoding="utf-8")


def render(made: dict[str, Any]) -> str:
    """The matrix as one self-contained page."""
    return paper.template(HERE / "kill-matrix.html.j2").render(
        made=made, kinds=KINDS, least=PRECISION, chapters=_chapters(made["requirements"]), cell=_cell
    )


def _chapters(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    chapters: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        chapters.setdefault(row["id"].partition("-")[0], []).append(row)
    return chapters


def _cell(fault: dict[str, Any], requirement: str) -> str:
    """How a fault stands to a requirement: hit, unlit, stray, or an empty word."""
    if requirement in fault["found"]:
        return "hit" if requirement in fault["declares"] else "stray"
    return "unlit" if requirement in fault["declares"] else ""


def into_readme(made: dict[str, Any], readme: Path = ROOT / "README.md") -> None:
    """Put the summary between its two marks in the README."""
    text = readme.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    readme.write_text(f"{head}{BEGIN}\n{summary(made)}\n{END}{tail}", encoding="utf-8")


def summary(made: dict[str, Any]) -> str:
    """The matrix in a few lines of Markdown."""
    counts, correct = made["counts"], len(made["correct"])
    alone = sum(bool(row["alone"]) for row in made["requirements"])
    passed = correct - made["false_alarms"]
    return "\n".join(
        [
            f"| of {len(made['faults'])} faults | found exactly | with collateral | elsewhere only | missed |",
            "|---|---|---|---|---|",
            f"| | {' | '.join(str(counts[kind]) for kind in KINDS)} |",
            "",
            f"Found exactly: {made['precision']:.0%}. Of {correct} correct targets {passed} pass. "
            f"Of {len(made['requirements'])} requirements {alone} have a fault that they alone kill.",
        ]
    )
