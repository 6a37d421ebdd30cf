"""The geometry of the pictures: numbers in, places out. The templates draw them; no markup here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

_PLACES = {"queued": (70, 92), "sent": (240, 92), "delivered": (410, 92), "read": (580, 92), "failed": (155, 196)}
_ALLOWED = (
    ("queued", "sent"), ("sent", "delivered"), ("delivered", "read"), ("queued", "delivered"),
    ("queued", "read"), ("sent", "read"), ("queued", "failed"), ("sent", "failed"),
)  # fmt: skip
_HALF, _TALL = 46, 17
_STRANGERS = 4
_LEFT, _RIGHT, _BAND = 90, 620, 46
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000)

Place = tuple[float, float]


def transitions(seen: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The diagram of statuses: what is allowed, and what was seen, with how often. None where nothing was seen."""
    rows = [row for row in seen if row["from"] != row["to"]]
    if not rows:
        return None
    places = _places(rows)
    counts = {(row["from"], row["to"]): row for row in rows}
    idle = [_arrow(places, edge, None) for edge in _ALLOWED if edge not in counts]
    busy = [_arrow(places, edge, row) for edge, row in counts.items() if edge[0] in places and edge[1] in places]
    nodes = [{"name": name, "x": x, "y": y, "known": name in _PLACES} for name, (x, y) in places.items()]
    table = sorted(rows, key=lambda row: (row["allowed"], -row["count"]))
    return {"nodes": nodes, "idle": idle, "busy": busy, "table": table, "wrong": sum(not r["allowed"] for r in rows)}


def _places(rows: Iterable[Mapping[str, Any]]) -> dict[str, Place]:
    names = dict.fromkeys(name for row in rows for name in (row["from"], row["to"]) if name not in _PLACES)
    strangers = {name: (330.0 + 105 * at, 196.0) for at, name in enumerate(list(names)[:_STRANGERS])}
    return {**{name: (float(x), float(y)) for name, (x, y) in _PLACES.items()}, **strangers}


def _arrow(places: Mapping[str, Place], edge: tuple[str, str], row: Mapping[str, Any] | None) -> dict[str, Any]:
    (x1, y1), (x2, y2) = places[edge[0]], places[edge[1]]
    path, x, y = _level(x1, x2, y1) if y1 == y2 else _slope(x1, y1, x2, y2)
    kind = "idle" if row is None else ("seen" if row["allowed"] else "wrong")
    return {"path": path, "x": x, "y": y, "kind": kind, "count": row["count"] if row else 0}


def _level(x1: float, x2: float, y: float) -> tuple[str, float, float]:
    steps = abs(x2 - x1) / 170
    if x2 > x1 and steps < 1.5:
        return f"M{x1 + _HALF} {y}H{x2 - _HALF - 7}", (x1 + x2) / 2, y - 8
    # Skips go over the top, ways back underneath.
    over = x2 > x1
    edge, rise = (y - _TALL, -26 - 18 * (steps - 1)) if over else (y + _TALL, 22 + 12 * (steps - 1))
    start, end = (x1 + 14, x2 - 14) if over else (x1 - 14, x2 + 14)
    tip = edge + (-7 if over else 7)
    path = f"M{start:g} {edge:g}C{start:g} {edge + rise * 1.3:g} {end:g} {edge + rise * 1.3:g} {end:g} {tip:g}"
    return path, (x1 + x2) / 2, edge + rise + (-3 if over else 12)


def _slope(x1: float, y1: float, x2: float, y2: float) -> tuple[str, float, float]:
    down = y2 > y1
    shift = 0 if abs(x1 - x2) < 100 else (-12 if x2 > x1 else 12)
    start, end = y1 + (_TALL if down else -_TALL), y2 + (-_TALL - 7 if down else _TALL + 7)
    ends = x1 + (0 if down else 18), x2 + shift + (0 if down else 18)
    left, right, half = ends[0], ends[1], (start + end) / 2
    path = f"M{left:g} {start:g}C{left:g} {half:g} {right:g} {half:g} {right:g} {end:g}"
    return path, (left + right) / 2 + 12, half + 4


def latency(samples: Mapping[str, Sequence[float]]) -> dict[str, Any] | None:
    """A strip of dots an operation over one logarithmic axis, with median and 95th percentile."""
    filled = {name: sorted(values) for name, values in samples.items() if values}
    if not filled:
        return None
    low = max(0.05, min(values[0] for values in filled.values()))
    high = max(values[-1] for values in filled.values())
    axis = _axis(low, max(high, low * 1.01))
    strips = [_strip(name, values, at, axis) for at, (name, values) in enumerate(filled.items())]
    ticks = [{"x": round(_along(tick, axis), 1), "label": _milliseconds(tick)} for tick in _thinned(axis)]
    return {"strips": strips, "ticks": ticks, "height": _BAND * len(strips) + 34, "bottom": _BAND * len(strips) + 8}


def _axis(low: float, high: float) -> tuple[float, float]:
    below = [tick for tick in _TICKS if tick <= low]
    above = [tick for tick in _TICKS if tick >= high]
    return (below[-1] if below else _TICKS[0] / 2), (above[0] if above else high)


def _thinned(axis: tuple[float, float]) -> list[float]:
    ticks = [tick for tick in _TICKS if axis[0] <= tick <= axis[1]]
    return ticks if len(ticks) <= 9 else [t for t in ticks if f"{t:g}".strip("0.")[:1] == "1"]


def _along(value: float, axis: tuple[float, float]) -> float:
    low, high = math.log(axis[0]), math.log(axis[1])
    return _LEFT + (_RIGHT - _LEFT) * (math.log(max(value, axis[0])) - low) / (high - low)


def _strip(name: str, values: Sequence[float], at: int, axis: tuple[float, float]) -> dict[str, Any]:
    middle = _BAND * at + 26
    # The jitter is the golden ratio's: even, and the same in every rendering.
    dots = "".join(
        f"M{_along(value, axis):.1f} {middle - 11 + 22 * ((number * 0.618034) % 1):.1f}h0"
        for number, value in enumerate(values)
    )
    half, tail = percentile(values, 50), percentile(values, 95)
    return {
        "name": name, "y": middle, "dots": dots, "count": len(values), "median": half, "p95": tail,
        "low": values[0], "high": values[-1], "x50": round(_along(half, axis), 1), "x95": round(_along(tail, axis), 1),
    }  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values."""
    return values[max(0, math.ceil(share / 100 * len(values)) - 1)]


def _milliseconds(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def walks(found: Iterable[Mapping[str, Any]], most: int = 1500) -> list[dict[str, Any]]:
    """The walks, those that repeated or lost a message first; so many squares in all and no more."""
    ordered = sorted(found, key=lambda walk: not (walk.get("repeated") or walk.get("lost")))
    result = []
    for walk in ordered:
        size = sum(len(page["ids"]) for page in walk["pages"])
        result.append(_walk(walk, drawn=size <= most))
        most -= size if size <= most else 0
    return result


def _walk(walk: Mapping[str, Any], drawn: bool) -> dict[str, Any]:
    repeated, lost = set(walk.get("repeated") or ()), list(walk.get("lost") or ())
    pages = [_page(page, repeated, number) for number, page in enumerate(walk["pages"], 1)]
    limits = _limits(walk["pages"])
    total = sum(page["count"] for page in pages)
    return {
        "filters": _filters(walk.get("filters")), "pages": pages if drawn else [], "total": total,
        "page_count": len(pages), "repeated": sorted(repeated), "lost": lost, "broken": bool(repeated or lost),
        "loose": _loose(walk["pages"]), "limits": limits, "mixed": limits.startswith("mixed"),
    }  # fmt: skip


def _page(page: Mapping[str, Any], repeated: set[str], number: int) -> dict[str, Any]:
    squares = [{"id": name, "twice": name in repeated} for name in page["ids"]]
    twice = [name for name in page["ids"] if name in repeated]
    return {**page, "number": number, "squares": squares, "count": len(squares), "twice": twice}


def _loose(pages: Sequence[Mapping[str, Any]]) -> bool:
    # A cursor that is not the last id of the page before: the walk jumped on purpose.
    return any(before["ids"] and after.get("cursor") != before["ids"][-1] for before, after in pairwise(pages))


def _limits(pages: Sequence[Mapping[str, Any]]) -> str:
    limits = list(dict.fromkeys(str(page["limit"]) for page in pages if page.get("limit") is not None))
    return (f"limit {limits[0]}" if len(limits) == 1 else "mixed limits") if limits else ""


def _filters(filters: object) -> str:
    if isinstance(filters, Mapping):
        return " & ".join(f"{name}={value}" for name, value in filters.items())
    return str(filters or "")
