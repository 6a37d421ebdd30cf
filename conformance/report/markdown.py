"""The report as Markdown for a comment or a job summary: nothing that a target said can mark up, mention or command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from conformance.report.document import Document, Row, kind, summarise, verdict_of
from conformance.report.text import plain
from conformance.report.view import LABELS, VERDICTS, duration, notices, when

_SIGNS = {"passed": "✅", "failed": "❌", "warning": "⚠️", "inconclusive": "❔", "not_exercised": "➖"}
_VERDICT_SIGNS = {"conformant": "✅", "non-conformant": "❌", "inconclusive": "❔"}
_COMMAND = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))", re.IGNORECASE)
# Words with the plainest punctuation: no sign among them that Markdown, a forge or a runner gives a meaning to.
_PROSE = re.compile(r"""[^\W_](?:[^\W_]|(?<=\w)_(?=[^\W_])|[ ,;()'"’…=?–-]|:(?= )|\.(?= |\Z)|(?<=[0-9])\.(?=[0-9]))*""")
_MOST = 20


def render(document: Document) -> str:
    """The summary: verdict, counts, what failed, what is a warning, what could not be judged."""
    verdict, reason = verdict_of(document)
    parts = [
        f"## {_VERDICT_SIGNS[verdict]} {VERDICTS[verdict]}: Messages API",
        f"Target {code(document['target']['base_url'], 200)}",
        prose(reason, 400) if reason else "",
        _table(summarise(document["requirements"])),
        *(f"> {prose(notice, 300)}" for notice in notices(document)),
        *_lists(document),
        _foot(document),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def code(text: object, limit: int = 300) -> str:
    """Any text as a code span on one line, in which nothing is markup, a mention, a link or a workflow command."""
    shown = _COMMAND.sub("⟨#⟩", plain(text, limit))
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if shown.strip() else "` `"


def prose(text: object, limit: int = 300) -> str:
    """Text as it is where it is plain prose, else as a code span."""
    string = str(text)
    return string if len(string) <= limit and _PROSE.fullmatch(string) else code(text, limit)


def cell(text: object, limit: int = 120) -> str:
    """Any text for a table's cell, where a pipe would break even a code span: every sign of it is a reference."""
    shown = plain(text, limit)
    if _PROSE.fullmatch(shown):
        return shown
    return "<code>" + "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in shown) + "</code>"


def sign(outcome: str) -> str:
    """The sign of an outcome."""
    return _SIGNS[outcome]


def _table(summary: Mapping[str, Mapping[str, int]]) -> str:
    head = "| | passed | failed | inconclusive | not exercised |\n|---|---:|---:|---:|---:|"
    keys = ("passed", "failed", "inconclusive", "not_exercised")
    lines = [
        f"| **{level}** | " + " | ".join(str(counts[key]) for key in keys) + " |" for level, counts in summary.items()
    ]
    return "\n".join([head, *lines])


def _lists(document: Document) -> Iterable[str]:
    strict = bool(document.get("strict"))
    for outcome in ("failed", "warning", "inconclusive"):
        rows = [row for row in document["requirements"] if kind(row, strict) == outcome]
        if rows:
            yield _list(f"{_SIGNS[outcome]} {LABELS[outcome]}", rows, closed=outcome != "failed")


def _list(title: str, rows: list[Row], closed: bool) -> str:
    items = "\n".join(_item(row) for row in rows[:_MOST])
    rest = f"\n- and {len(rows) - _MOST} more" if len(rows) > _MOST else ""
    if closed:
        return f"<details><summary>{title}: {len(rows)}</summary>\n\n{items}{rest}\n\n</details>"
    return f"### {title}: {len(rows)}\n\n{items}{rest}"


def _item(row: Row) -> str:
    known = " (known)" if row.get("known") else ""
    reason = f"  \n  {prose(row['reason'])}" if row["reason"] else ""
    return f"- **{row['id']}**{known} {prose(row['title'], 160)}{reason}"


def _foot(document: Document) -> str:
    suite = document["suite"]
    pairs = (
        f"{prose(suite['name'], 40)} {prose(suite['version'], 40)}",
        f"contract {prose(suite['spec'], 40)}",
        f"profile {prose(document['profile'], 40)}",
        f"seed {prose(document['seed'], 40)}",
        f"{document['requests']:,} requests",
        duration(document["duration_s"]),
        when(document["started_at"]),
    )
    return " · ".join(pairs)
