"""The report in the Common Test Report Format, for those who collect that: a test a requirement."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from conformance.report.document import Document, Row, chapter, kind

SPEC = "0.0.0"
_STATUSES = {
    "passed": "passed",
    "failed": "failed",
    "warning": "other",
    "inconclusive": "other",
    "not_exercised": "skipped",
}


def render(document: Document) -> str:
    """The CTRF document. A warning and what could not be judged are `other`: neither passed nor failed."""
    strict = bool(document.get("strict"))
    tests = [_test(row, strict) for row in document["requirements"]]
    results = {
        "tool": {"name": document["suite"]["name"], "version": document["suite"]["version"]},
        "summary": _summary(document, tests),
        "tests": tests,
        "environment": {"extra": _extra(document)},
    }
    whole = {"reportFormat": "CTRF", "specVersion": SPEC, "generatedBy": document["suite"]["name"], "results": results}
    return json.dumps(whole, indent=1) + "\n"


def _extra(document: Document) -> dict[str, Any]:
    known = {"baseUrl": document["target"]["base_url"], "seed": document["seed"]}
    return {**known, "warnings": document["x-warnings"]} if document.get("x-warnings") else known


def _summary(document: Document, tests: list[dict[str, Any]]) -> dict[str, int]:
    counts = Counter(test["status"] for test in tests)
    start = round(datetime.fromisoformat(document["started_at"]).timestamp() * 1000)
    found = {status: counts[status] for status in ("passed", "failed", "pending", "skipped", "other")}
    stop = start + round(document["duration_s"] * 1000)
    return {"tests": len(tests), **found, "start": start, "stop": stop}


def _test(row: Row, strict: bool) -> dict[str, Any]:
    shown = kind(row, strict)
    test = {
        "name": f"{row['id']} {row['title']}",
        "status": _STATUSES[shown],
        "duration": round(1000 * (row.get("seconds") or 0)),
        "rawStatus": str(row["outcome"]),
        "suite": [chapter(row)],
        "tags": [row["level"], row["id"], *(["known"] if row.get("known") else [])],
    }
    return {**test, "message": row["reason"]} if row["reason"] else test
