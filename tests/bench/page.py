"""What was measured, on paper: a table for the terminal, a page with plots, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import paper
from tests.bench import plots
from tests.bench.measuring import METRICS

TEMPLATE = Path(__file__).with_name("benchmark.html.j2")


def write(made: dict[str, Any], folder: Path) -> None:
    """Write benchmark.json and benchmark.html into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmark.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "benchmark.html").write_text(render(made), encoding="utf-8")


def render(made: dict[str, Any]) -> str:
    """The figures as one self-contained page."""
    return paper.template(TEMPLATE).render(
        made=made, metrics=METRICS, aims=list(aims(made)), plot=plot, columns=columns, number=plots.number, cell=cell
    )


def aims(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every figure that has a target, with what was measured."""
    for name, piece in made["pieces"].items():
        for row in piece["rows"]:
            for metric, most in row["targets"].items():
                if metric in row["median"]:
                    median = row["median"][metric]
                    yield {
                        "piece": name, "what": row["name"], "metric": METRICS[metric][0], "unit": METRICS[metric][1],
                        "median": plots.number(median), "most": plots.number(most), "met": median <= most,
                    }  # fmt: skip


def plot(piece: dict[str, Any], chart: dict[str, Any]) -> dict[str, Any] | None:
    """The geometry of a chart; None where there is nothing to draw."""
    rows, metric = piece["rows"], chart["metric"]
    if chart["kind"] == "bars":
        return plots.bars(rows, metric)
    if chart["kind"] == "line":
        return plots.lines(rows, metric, chart.get("log", False))
    row = next((row for row in rows if metric in row["samples"]), None)
    return plots.steps(row["samples"][metric], row["targets"].get(metric)) if row else None


def columns(piece: dict[str, Any]) -> list[str]:
    """The metrics that any row of a piece has."""
    return [name for name in METRICS if any(name in row["median"] for row in piece["rows"])]


def cell(row: dict[str, Any], metric: str) -> str:
    """A median, and the least and the most of its samples where they differ visibly."""
    values = row["samples"].get(metric)
    if not values:
        return "–"
    median, low, high = (plots.number(each) for each in (row["median"][metric], min(values), max(values)))
    return median if low == high else f"{median} ({low}–{high})"


def table(piece: dict[str, Any]) -> str:
    """A piece as text."""
    if "trouble" in piece:
        return f"\n{piece['title']}: {piece['trouble']}"
    named = columns(piece)
    wide = max(len(row["name"]) for row in piece["rows"])
    lines = [f"\n{piece['title']}", f"{'medians':<{wide}}" + "".join(f"{head:>14}" for head in named)]
    for row in piece["rows"]:
        figures = (plots.number(row["median"][name]) if name in row["median"] else "–" for name in named)
        lines.append(f"{row['name']:<{wide}}" + "".join(f"{each:>14}" for each in figures))
        lines += [f"  {note}" for note in row["notes"]]
    for fact in piece.get("facts", ()):
        figures = ", ".join(f"{name} {plots.number(fact[name])}" for name in ("median", "p90", "most"))
        lines.append(f"  {METRICS[fact['metric']][0]}: {figures}")
    return "\n".join(lines)
