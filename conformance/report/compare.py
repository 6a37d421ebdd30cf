"""Several reports side by side: requirement by requirement, implementation by implementation, differences first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.report import html, markdown
from conformance.report.document import Document, Row, chapter, kind, selected, summarise, verdict_of
from conformance.report.text import prose, visible
from conformance.report.view import LABELS, MARKS, VERDICTS, when

_ORDER = ("failed", "warning", "inconclusive", "not_exercised", "passed")
_UNSELECTED = "not_selected"


def compare(documents: Sequence[Document], links: Sequence[str | None] = ()) -> dict[str, Any]:
    """The comparison as one JSON value; every other form of it is made from this. `links` lead to the reports."""
    names = _names(documents)
    rows = [_row(name, documents) for name in _ids(documents)]
    rows.sort(key=lambda row: (not row["differs"], _ORDER.index(row["worst"])))
    shown = [_implementation(*item) for item in zip(documents, names, [*links, *[None] * len(documents)], strict=False)]
    return {"format": 1, "implementations": shown, "requirements": rows, "differing": sum(r["differs"] for r in rows)}


def to_json(comparison: Mapping[str, Any]) -> str:
    """The comparison for machines."""
    return json.dumps(comparison, indent=1) + "\n"


def to_markdown(comparison: Mapping[str, Any]) -> str:
    """The comparison as Markdown: a table of the verdicts, and one of the requirements that differ."""
    heads = comparison["implementations"]
    verdicts = [f"| {markdown.cell(one['name'])} | {VERDICTS[one['verdict']]} | {_score(one)} |" for one in heads]
    parts = [
        "## Messages API: implementations compared",
        "\n".join(["| target | verdict | MUST passed |", "|---|---|---:|", *verdicts]),
    ]
    differing = [row for row in comparison["requirements"] if row["differs"]]
    alike = len(comparison["requirements"]) - len(differing)
    parts += [_grid(differing, heads)] if differing else []
    return "\n\n".join([*parts, f"{alike} requirements came out alike."]) + "\n"


def to_html(comparison: Mapping[str, Any]) -> str:
    """The comparison as one page like the report's own."""
    heads = [_head(one) for one in comparison["implementations"]]
    rows = [{**row, "title": prose(row["title"], 200), "cells": _cells(row)} for row in comparison["requirements"]]
    groups = [
        ("differ", "Where they differ", [row for row in rows if row["differs"]]),
        ("alike", "Where they agree", [row for row in rows if not row["differs"]]),
    ]
    marks = {one["mark"] for one in heads}
    mark = marks.pop() if len(marks) == 1 else "not_exercised"
    return html.fill("compare.html.j2", heads=heads, groups=groups, mark=mark, differing=comparison["differing"])


def _ids(documents: Sequence[Document]) -> list[str]:
    return list(dict.fromkeys(row["id"] for document in documents for row in document["requirements"]))


def _names(documents: Sequence[Document]) -> list[str]:
    urls = [document["target"]["base_url"] for document in documents]
    named = [
        url if urls.count(url) == 1 else f"{url} ({when(document['started_at'])})"
        for url, document in zip(urls, documents, strict=True)
    ]
    return [name if named.count(name) == 1 else f"{name} #{at}" for at, name in enumerate(named, 1)]


def _implementation(document: Document, name: str, link: str | None) -> dict[str, Any]:
    verdict, reason = verdict_of(document)
    return {
        "name": name, "base_url": document["target"]["base_url"], "started_at": document["started_at"],
        "suite": document["suite"], "profile": document["profile"], "seed": document["seed"], "link": link,
        "verdict": verdict, "verdict_reason": reason, "summary": summarise(document["requirements"]),
    }  # fmt: skip


def _row(name: str, documents: Sequence[Document]) -> dict[str, Any]:
    found = [next((row for row in document["requirements"] if row["id"] == name), None) for document in documents]
    one = next(row for row in found if row is not None)
    outcomes = [_outcome(row, document) for row, document in zip(found, documents, strict=True)]
    judged = [outcome for outcome in outcomes if outcome not in (None, _UNSELECTED)]
    return {
        "id": name, "level": one["level"], "chapter": chapter(one), "title": one["title"], "outcomes": outcomes,
        "reasons": [row["reason"] if row else "" for row in found], "differs": len(set(judged)) > 1,
        "worst": min((str(outcome) for outcome in judged), key=_ORDER.index, default="passed"),
    }  # fmt: skip


def _outcome(row: Row | None, document: Document) -> str | None:
    if row is None:
        return None
    return kind(row, bool(document.get("strict"))) if selected(row) else _UNSELECTED


def _label(outcome: str | None) -> str:
    return {None: "–", _UNSELECTED: "Not selected"}.get(outcome) or LABELS[str(outcome)]


def _score(one: Mapping[str, Any]) -> str:
    counts = one["summary"]["MUST"]
    return f"{counts['passed']}/{sum(counts.values())}"


def _grid(rows: Sequence[Mapping[str, Any]], heads: Sequence[Mapping[str, Any]]) -> str:
    head = "| requirement | " + " | ".join(markdown.cell(one["name"], 60) for one in heads) + " |"
    lines = [
        f"| **{row['id']}** {markdown.cell(row['title'])} | " + " | ".join(map(_sign, row["outcomes"])) + " |"
        for row in rows
    ]
    return "\n".join(["### Where they differ\n", head, "|---|" + "---|" * len(heads), *lines])


def _sign(outcome: str | None) -> str:
    known = outcome in LABELS
    return f"{markdown.sign(str(outcome))} {_label(outcome).lower()}" if known else _label(outcome).lower()


def _head(one: Mapping[str, Any]) -> dict[str, Any]:
    suite = one["suite"]
    said = f"{when(one['started_at'])}, {suite['name']} {suite['version']}, contract {suite['spec']}"
    return {
        "name": visible(one["name"], 120), "mark": MARKS[one["verdict"]], "verdict": VERDICTS[one["verdict"]],
        "score": _score(one), "reason": visible(one["verdict_reason"], 300), "said": visible(said, 200),
        "link": one["link"],
    }  # fmt: skip


def _cells(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    pairs = zip(row["outcomes"], row["reasons"], strict=True)
    return [
        {"kind": outcome if outcome in LABELS else "", "label": _label(outcome), "reason": visible(reason, 300)}
        for outcome, reason in pairs
    ]
