"""The document as the page shows it: ordered, labelled, cut to size, and all that a target said made visible."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from conformance.report import links, pictures
from conformance.report.difference import differences
from conformance.report.document import Document, Row, chapter, gates, kind, summarise, verdict_of
from conformance.report.exchanges import exchange, lanes, linked, marked, names_of
from conformance.report.text import block, prose, visible

LABELS = {
    "failed": "Failed",
    "warning": "Warning",
    "inconclusive": "Inconclusive",
    "not_exercised": "Not exercised",
    "passed": "Passed",
}
VERDICTS = {"conformant": "Conformant", "non-conformant": "Not conformant", "inconclusive": "Inconclusive"}
MARKS = {"conformant": "passed", "non-conformant": "failed", "inconclusive": "inconclusive"}
_EVIDENCE_BUDGET = 520_000
_SHOWN = {
    "failed": (12, 4000),
    "warning": (8, 2500),
    "inconclusive": (6, 2000),
    "passed": (3, 900),
    "not_exercised": (3, 900),
}
_ID = re.compile(r"\b[A-Z]{2,12}-[0-9]{1,4}(?:-[0-9A-Z]{1,8})*\b")


def page(document: Document) -> dict[str, Any]:
    """Everything that the template of one report asks for."""
    strict = bool(document.get("strict"))
    verdict, reason = verdict_of(document)
    rows = _rows(document, strict)
    return {
        "doc": document, "verdict": VERDICTS[verdict], "mark": MARKS[verdict],
        "reason": _referred(visible(_sentence(reason), 600), rows),
        "target": visible(document["target"]["base_url"], 300), "facts": facts(document), "levels": levels(document),
        "chapters": _chapters(rows), "tallies": _tallies(rows), "labels": LABELS, "notices": [visible(each, 400) for each in notices(document)],
        "fixes": [row for row in rows if row["gates"]], "rows": rows, "choices": _choices(document),
        "transitions": pictures.transitions(document.get("transitions") or ()),
        "latency": pictures.latency(document.get("latency") or {}),
        "walks": pictures.walks(document.get("walks") or ()),
        "environment": {"python": "", "platform": "", "packages": {}, **(document.get("environment") or {})},
    }  # fmt: skip


def facts(document: Document) -> list[tuple[str, Markup]]:
    """What was run, when and how, as pairs of name and value."""
    suite = document["suite"]
    pairs = [
        ("Run", when(document["started_at"])),
        ("Took", duration(document["duration_s"])),
        ("Requests", f"{document['requests']:,}"),
        ("Profile", document["profile"]),
        ("Seed", document["seed"]),
        ("Suite", f"{suite['name']} {suite['version']}"),
        ("Contract", suite["spec"]),
        ("Conversations", len(document["target"].get("conversations") or ()) or None),
    ]
    return [(name, visible(value, 80)) for name, value in pairs if value not in (None, "")]


def levels(document: Document) -> list[dict[str, Any]]:
    """The counts of each level, with the places of the parts of its bar, in percent."""
    result = []
    for level, counts in summarise(document["requirements"]).items():
        total = sum(counts.values())
        if total:
            result.append({"level": level, "total": total, "parts": _parts(level, counts, total, document)})
    return result


def _parts(level: str, counts: Mapping[str, int], total: int, document: Document) -> list[dict[str, Any]]:
    parts, at = [], 0.0
    for outcome in ("passed", "failed", "inconclusive", "not_exercised"):
        share = 100 * counts[outcome] / total
        shown = kind({"outcome": outcome, "level": level}, bool(document.get("strict")))
        known = _known(document, level) if outcome == "failed" else 0
        parts.append(
            {"kind": shown, "count": counts[outcome], "known": known, "x": f"{at:.3f}", "width": f"{share:.3f}"}
        )
        at += share
    return parts


def _known(document: Document, level: str) -> int:
    return sum(
        row["level"] == level and row["outcome"] == "failed" and bool(row.get("known"))
        for row in document["requirements"]
    )


def when(text: str) -> str:
    """An instant for people, in UTC."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def duration(seconds: float) -> str:
    """Seconds for people: 42 ms, 0.42 s, 4.2 s, 42 s, 3 min 5 s."""
    if seconds >= 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def _sentence(text: str) -> str:
    return f"{text}." if text[-1:].isalnum() else text


def _referred(text: Markup, rows: Sequence[Mapping[str, Any]]) -> Markup:
    # An id that the catalogue gave is a link to its row, and is not broken at its hyphen.
    known = {str(row["id"]) for row in rows}
    return linked(text, _ID, lambda name: f'<a class="ref" href="#{name}">{name}</a>' if name in known else name)


def notices(document: Document) -> list[str]:
    """What a reader has to know beside the verdict: that a run was cut short or partial, warnings, a baseline's age."""
    said = {
        "interrupted": "The run was interrupted: what came after is not judged.",
        "partial": "Only a part of the requirements was selected for this run.",
        "strict": "Strict: a failed SHOULD decides the verdict too.",
    }
    return [
        *(text for name, text in said.items() if document.get(name)),
        *document.get("x-warnings", ()),
        *_outdated(document),
    ]


def _outdated(document: Document) -> list[str]:
    return [f"Baseline: {problem}" for problem in (document.get("x-baseline") or {}).get("problems", ())]


def _tallies(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    return [(name, label, sum(row["kind"] == name for row in rows)) for name, label in LABELS.items()]


def _choices(document: Document) -> list[dict[str, Markup]]:
    return [
        {
            "id": visible(item["id"], 60),
            "question": visible(item["question"], 300),
            "observed": visible(item["observed"], 300),
        }
        for item in document["choices"]
    ]


def _chapters(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["chapter"], []).append(row)
    return [_chapter(name, members) for name, members in found.items()]


def _chapter(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    alone = len({row["id"].split("-")[0] for row in rows}) == 1
    tiles = [{**row, "short": row["id"].split("-", 1)[1] if alone else row["id"]} for row in rows]
    counts = [(key, label, sum(row["kind"] == key for row in rows)) for key, label in LABELS.items()]
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "chapter"
    return {"name": visible(name, 80), "slug": f"chapter-{slug}", "rows": rows, "tiles": tiles, "counts": counts}


def _rows(document: Document, strict: bool) -> list[dict[str, Any]]:
    rows = [_row(row, strict) for row in document["requirements"]]
    left = _EVIDENCE_BUDGET
    for shown in sorted(rows, key=lambda row: list(LABELS).index(row["kind"])):
        left -= _fill(shown, left)
    return rows


def _row(row: Row, strict: bool) -> dict[str, Any]:
    shown = kind(row, strict)
    expected, got = _sides(row, shown)
    return {
        "id": row["id"], "level": row["level"], "chapter": chapter(row), "kind": shown, "label": LABELS[shown],
        "title": prose(row["title"], 300), "text": prose(row.get("text") or "", 2000),
        "source": [(visible(part.text, 300), part.url) for part in links.parts(row["source"][:300])],
        "judged": prose(row.get("judged") or "", 1000),
        "needs": [visible(need.replace("_", " "), 80) for need in row.get("needs") or ()], "reason": visible(row["reason"], 800),
        "why": "" if _repeats(row) else visible(row["reason"], 800),
        "names": names_of(row) if shown in ("failed", "warning") else (),
        "expected": expected, "got": got, "decisive": row.get("decisive"), "known": bool(row.get("known")),
        "took": duration(row["seconds"]) if row.get("seconds") else "", "gates": gates(row, strict),
        "steps": [visible(step, 400) for step in row.get("x-steps") or ()], "flaky": visible(row.get("x-flaky") or "", 40),
        "repro": [visible(name, 200) for name in row.get("repro") or ()], "raw": row["evidence"],
        "evidence": [], "left_out": 0,
    }  # fmt: skip


def _sides(row: Row, shown: str) -> tuple[Markup, Markup]:
    expected, got = row.get("expected") or "", row.get("got") or ""
    if expected and got and shown in ("failed", "warning"):
        sides = differences(expected[:1500], got[:1500])
        is_plain = "<del>" not in sides[0] and "<ins>" not in sides[1]
        names = names_of(row) if is_plain else frozenset()
        return marked(sides[0], names), marked(sides[1], names)
    return block(expected, 800), block(got, 800)


def _repeats(row: Row) -> bool:
    # Such a reason says no more than the two sides, which are shown under it.
    said = f"expected {row.get('expected')}, got {row.get('got')}"
    return bool(row.get("expected")) and str(row["reason"]).rstrip(".").lower() == said.lower()


def _fill(row: dict[str, Any], budget: int) -> int:
    # The evidence of failures comes first; what does not fit is counted, and is in report.json.
    most, limit = _SHOWN[row["kind"]]
    raw, spent = row.pop("raw"), 0
    for number, item in enumerate(raw[:most], 1):
        shown = exchange(item, number, limit, row["names"])
        if spent + shown["weight"] > budget:
            break
        spent += shown["weight"]
        row["evidence"].append(shown)
    row["left_out"] = len(raw) - len(row["evidence"])
    lanes(row["evidence"])
    return spent
