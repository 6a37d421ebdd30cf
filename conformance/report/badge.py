"""The verdict as a badge: an SVG of our own, and the JSON that shields.io's endpoint badge reads."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import escape

from conformance.report.document import Document, summarise, verdict_of

LABEL = "Messages API"
_COLOURS = {"conformant": "#146b3f", "non-conformant": "#b3261e", "inconclusive": "#5b4bb3"}
_NAMED = {"conformant": "brightgreen", "non-conformant": "red", "inconclusive": "lightgrey"}
_WORDS = {"conformant": "conformant", "non-conformant": "not conformant", "inconclusive": "inconclusive"}
_NARROW, _WIDE = frozenset("fijlrt .,:'|()"), frozenset("mwMWAPI%")


def message(document: Document) -> str:
    """What the badge says: the verdict, and how many MUST requirements were put to the test and hold."""
    verdict, _ = verdict_of(document)
    counts = summarise(document["requirements"])["MUST"]
    return f"{_WORDS[verdict]} {counts['passed']}/{sum(counts.values())}"


def svg(document: Document) -> str:
    """The badge as one SVG file, with its text as the title for who cannot see it."""
    verdict, _ = verdict_of(document)
    return _drawn(LABEL, message(document), _COLOURS[verdict])


def endpoint(document: Document) -> str:
    """The badge as the JSON of shields.io's endpoint badge."""
    verdict, _ = verdict_of(document)
    shown: dict[str, Any] = {"schemaVersion": 1, "label": LABEL, "message": message(document), "color": _NAMED[verdict]}
    return json.dumps({**shown, "isError": verdict == "non-conformant"}, indent=1) + "\n"


def _drawn(label: str, text: str, colour: str) -> str:
    left, right = _width(label) + 20, _width(text) + 20
    name = escape(f"{label}: {text}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{name}">'
        f'<title>{name}</title><clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3b4148"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14" textLength="{left - 20}">{escape(label)}</text>'
        f'<text x="{left + right / 2:g}" y="14" textLength="{right - 20}">{escape(text)}</text></g></svg>\n'
    )


def _width(text: str) -> int:
    # No font is at hand to measure with; textLength makes the drawn text fit the estimate.
    return round(sum(4.2 if char in _NARROW else 9 if char in _WIDE else 6.9 for char in text))
