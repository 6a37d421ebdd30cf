"""What a person reads at the end of a run. Whatever the target said is shown as text: no character of it acts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance import catalogue
from conformance.report.text import plain

_COLORS = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
_VERDICTS = {"conformant": "green", "non-conformant": "red", "inconclusive": "yellow"}
_WORDS = {"conformant": "CONFORMANT", "non-conformant": "NOT CONFORMANT", "inconclusive": "INCONCLUSIVE"}
_COMMAND = re.compile(r"(?m)#(?=#\w*\[)|^[^\S\n]*:(?=:)")

PASTED = 1200
"""Characters that a line to paste may have."""


def safe(text: str) -> str:
    """A text of which no character acts: what has no shape is shown as a sign, no line is a command to a CI server."""
    text = _COMMAND.sub(r"\g<0> ", text)
    return text if text.isascii() and text.isprintable() else plain(text, len(text), keep="\n")


def one_line(text: str) -> str:
    """The same on one line."""
    return safe(text.replace("\n", "⏎"))


def failing(violation: dict[str, Any]) -> str:
    """A violation as a failing test tells it: requirement, expected, got, exchanges, curl line."""
    known = catalogue.load()[violation["requirement"]]
    lines = [
        f"[{known.id}] {known.level.value}: {known.title}",
        f"  expected {violation['expected']}",
        f"  got      {violation['got']}",
    ]
    lines += [f"  {step}" for step in violation["steps"]]
    lines += [f"  flaky: it failed {violation['flaky']} times when it was tried again"] if violation["flaky"] else []
    for each in violation["evidence"][-2:]:
        response = each["response"]
        answer = f"{response['status']} {response['body'][:300]}" if response else each["trouble"]
        lines += [f"  {each['curl'][:600]}", f"    → {answer}"]
    return "\n".join(map(one_line, lines))


def lines(document: dict[str, Any], color: bool = False) -> Iterator[str]:
    """The report of a run, line by line."""

    def paint(style: str, text: str) -> str:
        return f"\033[{_COLORS[style]}m{text}\033[0m" if color else text

    yield from _findings(document, paint)
    yield from _unjudged(document, paint)
    yield from _choices(document, paint)
    yield from _verdict(document, paint)


def _rows(document: dict[str, Any], level: str, outcome: str) -> list[dict[str, Any]]:
    return [row for row in document["requirements"] if row["level"] == level and row["outcome"] == outcome]


def _findings(document: dict[str, Any], paint: Any) -> Iterator[str]:
    for level, style, heading in (("MUST", "red", "Failed"), ("SHOULD", "yellow", "Warnings")):
        rows = _rows(document, level, "failed")
        if rows:
            yield paint("bold", f"{heading} ({len(rows)})")
        for row in rows:
            yield from _finding(row, lambda text, style=style: paint(style, text), brief=level == "SHOULD")
        if rows:
            yield ""


def _finding(row: dict[str, Any], paint: Any, brief: bool) -> Iterator[str]:
    yield f"  {paint(row['id'])}  {row['title']}" + ("  (known)" if row.get("known") else "")
    yield f"      expected  {_cut(row['expected'])}"
    yield f"      got       {_cut(row['got'])}"
    if brief:
        return
    for step in row.get("x-steps", ()):
        yield f"      step      {_cut(step)}"
    if row.get("x-flaky"):
        yield f"      flaky     it failed {row['x-flaky']} times when it was tried again"
    for each in row["evidence"][-1:]:
        yield f"      try       {_whole(each['curl'], row)}"
    yield f"      source    {row['source']}"
    for name in row.get("repro", ()):
        yield f"      repro     {name}"


def _unjudged(document: dict[str, Any], paint: Any) -> Iterator[str]:
    for outcome, heading in (("inconclusive", "Inconclusive"), ("not_exercised", "Not exercised")):
        reasons: dict[str, list[str]] = {}
        for row in document["requirements"]:
            if row["outcome"] == outcome:
                reasons.setdefault(row["reason"], []).append(row["id"])
        if not reasons:
            continue
        yield paint("bold", f"{heading} ({sum(map(len, reasons.values()))})")
        for reason, names in reasons.items():
            shown = " ".join(names[:12]) + (f" … and {len(names) - 12} more" if len(names) > 12 else "")
            yield f"  {_cut(reason)}"
            yield f"      {paint('dim', shown)}"
        yield ""


def _choices(document: dict[str, Any], paint: Any) -> Iterator[str]:
    if not document["choices"]:
        return
    yield paint("bold", "What the target chose where the documentation is silent")
    for choice in document["choices"]:
        yield f"  {choice['id']:<8} {choice['question']}: {_cut(choice['observed'], 80)}"
    yield ""


def _verdict(document: dict[str, Any], paint: Any) -> Iterator[str]:
    said = document["verdict"]
    mark = paint(_VERDICTS[said], paint("bold", _WORDS[said]))
    selected = document.get("partial") and not document.get("interrupted")  # which the reason says
    partial = " (partial: not everything was selected)" if selected else ""
    yield f"{mark}  {_cut(document['target']['base_url'])}{partial}"
    yield f"  {_cut(document.get('verdict_reason', ''), 300)}"
    outdated = document.get("x-baseline", {}).get("problems", ())
    if outdated:
        yield f"  {paint('red', 'The baseline is out of date, and the gate fails for it:')}"
    for sentence in outdated:
        yield f"  {paint('red', 'baseline')}  {_cut(sentence, 300)}"
    for sentence in document.get("x-warnings", ()):
        yield f"  {paint('yellow', 'warning')}  {_cut(sentence, 300)}"
    for level in ("MUST", "SHOULD"):
        counts = document["summary"][level]
        named = [f"{counts[name]} {name.replace('_', ' ')}" for name in counts if counts[name] or name == "passed"]
        yield f"  {level:<7} {', '.join(named)}"
    requests = "1 request" if document["requests"] == 1 else f"{document['requests']} requests"
    yield (f"  {requests} in {document['duration_s']:.1f} s · profile {document['profile']} · seed {document['seed']}")


def _whole(curl: str, row: dict[str, Any]) -> str:
    """A line to paste: one that is too long for a screen is not cut where a script has it whole."""
    scripts = [name for name in row.get("repro", ()) if name.endswith(".sh")]
    long = len(one_line(curl)) > PASTED
    return f"sh {scripts[0]}  (its curl line has {len(curl)} characters)" if long and scripts else _cut(curl, PASTED)


def _cut(text: str, limit: int = 220) -> str:
    text = one_line(text[: 4 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"
