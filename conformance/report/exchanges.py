"""Exchanges as the page shows them: cut to size, what the finding names marked, and where they stand in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from conformance.report.document import Row
from conformance.report.text import block, pretty, visible

_HEADERS = 40
_NAME = re.compile(r"\b[a-z]{2,12}_[A-Za-z0-9]{6,64}\b")
"""Names that a target gives to its messages and conversations, as far as they can be told from words."""


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    return f"{count:,} B" if count < 10_000 else f"{count / 1000:,.0f} kB"


def names_of(row: Row) -> frozenset[str]:
    """What a finding names: it is marked in its exchanges, where it would have to be looked for among many."""
    return frozenset(_NAME.findall(f"{row.get('expected')} {row.get('got')} {row['reason']}"[:3000])[:20])


def exchange(item: Mapping[str, Any], number: int, limit: int, names: Collection[str]) -> dict[str, Any]:
    """One exchange as the page shows it; `weight` is about how many bytes it takes there."""
    request, response = item["request"], item["response"]
    shown = {
        "number": number, "method": visible(request["method"], 20), "url": marked(visible(_path(request["url"]), 300), names),
        "full": visible(request["url"], 600), "sent": _message(request, limit, names), "curl": block(item["curl"], limit),
        "trouble": visible(item.get("trouble") or "", 400), "note": visible(item.get("note") or "", 400),
        "began": item.get("began_ms"), "elapsed": (response or {}).get("elapsed_ms"),
        "came": _message(response, limit, names) if response else None, "status": response["status"] if response else None,
        "bytes": size((response or {}).get("bytes")),
        "items": _items((response or {}).get("ids") or (), names) if names else "",
    }  # fmt: skip
    return {**shown, "weight": 1800 + _weight(shown)}


def _message(part: Mapping[str, Any], limit: int, names: Collection[str]) -> dict[str, Any]:
    headers = [(visible(name, 100), visible(value, 400)) for name, value in (part.get("headers") or ())[:_HEADERS]]
    body = marked(pretty(part["body"], limit), names) if part.get("body") else None
    return {"headers": headers, "body": body, "truncated": bool(part.get("truncated"))}


def _items(ids: Sequence[str], names: Collection[str]) -> Markup:
    # Those that the finding names with their neighbours, else the first and the last: enough to see what is missing.
    near = {at + step for at, each in enumerate(ids) if each in names for step in (-1, 0, 1)} or {0, 1, len(ids) - 1}
    told: list[Markup] = []
    for at, each in enumerate(ids):
        if at in near:
            told.append(marked(Markup("<bdi>{}</bdi>").format(visible(each, 40)), names))
        elif not told or told[-1] != "…":
            told.append(Markup("…"))
    return Markup(" ").join(told[:40])


def _weight(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_weight, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_weight, value)) + 30 * len(value)
    return len(value.encode("utf-8", "replace")) if isinstance(value, str) else 0


def _path(url: str) -> str:
    match = re.match(r"[a-z]+://[^/]*(/.*)", url, re.DOTALL)
    return match[1] if match else url


def lanes(exchanges: list[dict[str, Any]]) -> None:
    """Where each exchange stands in the time that they took together, in percent."""
    timed = [item for item in exchanges if item["began"] is not None]
    first = min((item["began"] for item in timed), default=0.0)
    span = max((item["began"] + (item["elapsed"] or 0) - first for item in timed), default=0.0)
    for item in timed:
        item["offset"] = item["began"] - first
        item["x"] = f"{100 * item['offset'] / span if span else 0:.2f}"
        item["width"] = f"{max(0.8, 100 * (item['elapsed'] or 0) / span if span else 100):.2f}"


def linked(text: Markup, pattern: re.Pattern[str], made: Callable[[str], str]) -> Markup:
    """The text with what the pattern finds replaced: letters, digits, `-` and `_`, which no escaping has changed."""
    return Markup(pattern.sub(lambda found: made(found[0]), str(text)))


def marked(text: Markup, names: Collection[str]) -> Markup:
    """The text with these names marked."""
    return linked(text, _NAME, lambda name: f"<mark>{name}</mark>" if name in names else name) if names else text
