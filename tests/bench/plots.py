"""Where everything of a plot lies: bars, lines and steps, as numbers for a template. Nothing here knows of SVG."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from conformance.report.pictures import percentile

WIDTH, LEFT, RIGHT = 600, 220, 545
HEIGHT, TOP, BOTTOM, SIDE = 250, 16, 204, 64
BAND = 30


def number(value: float) -> str:
    """A figure with about three digits, thousands parted."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3}f}"


def ticks(most: float, wanted: int = 5) -> list[float]:
    """Round numbers from 0 to beyond the most."""
    most = most if math.isfinite(most) and most > 0 else 1.0
    power = 10.0 ** math.floor(math.log10(most / wanted))
    step = next(each * power for each in (1, 2, 5, 10) if each * power * wanted >= most * 0.999)
    return [round(step * at, 10) for at in range(math.ceil(most / step - 1e-9) + 1)]


def bars(rows: Sequence[dict[str, Any]], metric: str) -> dict[str, Any] | None:
    """A bar per row for the median, a line from the least to the most sample, a mark where a target is."""
    found = [row for row in rows if finite(row["samples"].get(metric, ()))]
    if not found:
        return None
    most = max(max(*finite(row["samples"][metric]), row["targets"].get(metric, 0)) for row in found)
    marks = ticks(most)

    def along(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * value / marks[-1], 1)

    made = []
    for at, row in enumerate(found):
        values, target = finite(row["samples"][metric]), row["targets"].get(metric)
        median = statistics.median(values)
        made.append(
            {
                "name": row["name"],
                "y": TOP + BAND * at,
                "x": along(median),
                "low": along(min(values)),
                "high": along(max(values)),
                "several": len(values) > 1,
                "label": number(median),
                "target": None if target is None else along(target),
                "most": None if target is None else number(target),
                "met": target is None or median <= target,
            }
        )
    bottom = TOP + BAND * len(found)
    return {
        "bars": made, "left": LEFT, "width": WIDTH, "bottom": bottom, "height": bottom + 40, "middle": (LEFT + RIGHT) // 2,
        "ticks": [{"x": along(each), "label": number(each)} for each in marks],
        "targeted": any(each["target"] is not None for each in made),
    }  # fmt: skip


def lines(rows: Sequence[dict[str, Any]], metric: str, log: bool = False) -> dict[str, Any] | None:
    """A line through the medians, by what each row has as x."""
    found = [row for row in rows if row["x"] is not None and finite(row["samples"].get(metric, ()))]
    if not found:
        return None
    places = [_place(row["x"], log) for row in found]
    across = _spread(min(places), max(places))
    marks = ticks(max(max(finite(row["samples"][metric])) for row in found))
    points = []
    for row, place in zip(found, places, strict=True):
        values = finite(row["samples"][metric])
        median = statistics.median(values)
        points.append(
            {
                "x": across(place),
                "y": _height(median, marks[-1]),
                "low": _height(min(values), marks[-1]),
                "high": _height(max(values), marks[-1]),
                "label": number(median),
                "tick": number(row["x"]),
            }
        )
    points.sort(key=lambda point: point["x"])
    return {
        **_frame(marks),
        "points": points,
        "path": "M" + "L".join(f"{each['x']:g} {each['y']:g}" for each in points),
    }


def steps(values: Sequence[float], target: float | None = None) -> dict[str, Any] | None:
    """The share of all samples that are at most so much; the median and the 90th percentile marked."""
    found = sorted(finite(values))
    if not found:
        return None
    marks = ticks(max(found[-1], target or 0))
    across = _spread(0, marks[-1])
    path = f"M{across(0):g} {_height(0, 1):g}"
    for at, value in enumerate(found, 1):
        path += f"H{across(value):g}V{_height(at / len(found), 1):g}"
    return {
        **_frame([0, 0.25, 0.5, 0.75, 1], percent=True),
        "path": f"{path}H{across(marks[-1]):g}",
        "ticks": [{"x": across(each), "label": number(each)} for each in marks],
        "shares": [
            {"x": across(at), "y": _height(share, 1), "label": f"{label} {number(at)}"}
            for share, at, label in ((0.5, statistics.median(found), "median"), (0.9, percentile(found, 90), "90 % within"))
        ],
        "target": None if target is None else {"x": across(target), "label": number(target)},
    }  # fmt: skip


def finite(values: Sequence[float]) -> list[float]:
    """Those samples that can be drawn."""
    return [value for value in values if value is not None and math.isfinite(value) and value >= 0]


def _place(x: float, log: bool) -> float:
    return math.log10(max(x, 1)) if log else float(x)


def _spread(low: float, high: float) -> Any:
    def across(place: float) -> float:
        share = (place - low) / (high - low) if high > low else 0.5
        return round(SIDE + 24 + (RIGHT - SIDE - 24) * share, 1)

    return across


def _height(value: float, most: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / most, 1)


def _frame(marks: Sequence[float], percent: bool = False) -> dict[str, Any]:
    rungs = [
        {"y": _height(each, marks[-1]), "label": f"{each * 100:.0f} %" if percent else number(each)} for each in marks
    ]
    return {"rungs": rungs, "width": WIDTH, "height": HEIGHT, "left": SIDE, "right": RIGHT, "bottom": BOTTOM}
