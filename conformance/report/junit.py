"""A report as JUnit XML, a test case for each requirement: for what was judged without pytest."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from conformance.report.document import Document, Row, chapter, gates
from conformance.report.terminal import safe


def render(document: Document) -> str:
    """The XML text."""
    rows, strict = document["requirements"], bool(document.get("strict"))
    failed = sum(gates(row, strict) for row in rows)
    skipped = sum(row["outcome"] != "passed" and not gates(row, strict) for row in rows)
    counts = {"tests": str(len(rows)), "failures": str(failed), "skipped": str(skipped), "errors": "0"}
    suite = Element("testsuite", {"name": "messages-conformance", "time": str(document["duration_s"]), **counts})
    for row in rows:
        _case(suite, row, strict)
    root = Element("testsuites")
    root.append(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, row: Row, strict: bool) -> None:
    name = safe(f"{row['id']} {row['title']}")
    case = SubElement(
        suite, "testcase", {"classname": safe(chapter(row)), "name": name, "time": str(row.get("seconds", 0))}
    )
    reason = safe(str(row.get("reason", "")))
    if gates(row, strict):
        told = SubElement(case, "failure", {"message": reason})
        told.text = "\n".join(safe(str(each["curl"])) for each in row["evidence"])
    elif row["outcome"] != "passed":
        SubElement(case, "skipped", {"message": f"{row['outcome'].replace('_', ' ')}: {reason}"})
