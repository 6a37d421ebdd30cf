"""A report as Allure results, a case for each requirement: for what was judged without pytest."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any

from conformance.report.allure_results import EPIC, MOST, title, told, write_folder
from conformance.report.document import Document, Row, chapter, gates
from conformance.report.links import cited
from conformance.report.terminal import safe


def write(folder: Path, document: Document) -> None:
    """Write the results into a folder, in which nothing of an earlier run is left."""
    shutil.rmtree(folder, ignore_errors=True)
    write_folder(folder, document)
    began = round(datetime.fromisoformat(document["started_at"]).timestamp() * 1000)
    for row in document["requirements"]:
        case = {**_case(row, bool(document.get("strict"))), "start": began, "stop": began}
        case["attachments"] = list(_attached(folder, row))
        (folder / f"{case['uuid']}-result.json").write_text(json.dumps(case), encoding="ascii")


def _case(row: Row, strict: bool) -> dict[str, Any]:
    status, message = _status(row, strict)
    name = f"conformance.{row['id']}"
    labels = {
        "epic": EPIC,
        "feature": chapter(row),
        "story": safe(f"{row['id']} {row['title']}"),
        "severity": "critical" if row["level"] == "MUST" else "minor",
        "source": safe(row.get("source", "")),
    }
    return {
        "uuid": str(uuid.uuid4()),
        "historyId": md5(name.encode(), usedforsecurity=False).hexdigest(),
        "testCaseId": md5(name.encode(), usedforsecurity=False).hexdigest(),
        "fullName": name,
        "name": safe(f"{row['id']} {row['title']}"),
        "description": safe(row.get("text", "")),
        "stage": "finished",
        "status": status,
        "statusDetails": {"message": safe(message)} if message else {},
        "labels": [{"name": key, "value": value} for key, value in labels.items() if value],
        "links": [{"type": "link", "name": key, "url": url} for key, url in cited(row.get("source", ""))],
    }


def _status(row: Row, strict: bool) -> tuple[str, str]:
    """How Allure calls an outcome, and the message by which its categories tell them apart."""
    reason = str(row.get("reason", ""))
    if gates(row, strict):
        return "failed", reason
    if row["outcome"] == "failed":
        return "skipped", f"XFAIL does not gate: {reason}"
    if row["outcome"] == "passed":
        return "passed", ""
    return "skipped", f"{row['outcome'].replace('_', ' ')}: {reason}"


def _attached(folder: Path, row: Row) -> Iterator[Mapping[str, str]]:
    for each in row["evidence"][:MOST]:
        source = f"{uuid.uuid4()}-attachment.txt"
        (folder / source).write_text(told(each), encoding="utf-8", errors="replace")
        yield {"name": title(each), "source": source, "type": "text/plain"}
