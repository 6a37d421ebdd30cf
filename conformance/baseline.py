"""An implementer's known failures, by requirement: a TOML file that lets them pass and tells when it is out of date.

It ratchets both ways. A failure that it lists does not gate; a listed requirement that passes, an id that does not
exist and an entry that has expired do: each is told in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conformance.tables import TEXT, Key, Table, TableError, read_toml
from conformance.verdict import Row
from conformance.whole import write_text

HINT = "write [[known]] tables, each with requirement and reason, and expires where it is to end"


class BaselineError(TableError):
    """A file that is no baseline, or cannot be read or written; the message is one sentence."""


@dataclass(frozen=True)
class Known:
    """A requirement that is known to fail: why, and the last day on which that is accepted."""

    requirement: str
    reason: str
    expires: date | None = None


@dataclass(frozen=True)
class Baseline:
    """What a baseline file says."""

    entries: tuple[Known, ...] = ()
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def accepts(self, requirement: str, today: date) -> bool:
        """Whether a failure of this requirement does not gate on that day."""
        return any(each.requirement == requirement and not _expired(each, today) for each in self.entries)

    def mark(self, rows: Iterable[dict[str, Any]], today: date) -> None:
        """Say of each failed row that is accepted that it is known."""
        for row in rows:
            if row["outcome"] == "failed" and self.accepts(row["id"], today):
                row["known"] = True

    @property
    def listed(self) -> dict[str, str]:
        """Where the file names which requirement."""
        return {each.requirement: f"{self.file}, line {self.lines.get(each.requirement, 1)}" for each in self.entries}

    def problems(self, catalogue: Collection[str], today: date) -> list[str]:
        """What is wrong with the file whatever a run finds, a sentence each."""
        found = []
        for each, where in zip(self.entries, self.listed.values(), strict=True):
            if each.requirement not in catalogue:
                sentence = "there is no such requirement, see `messages-conformance requirements`"
                found.append(f"{where}: {each.requirement}: {sentence}.")
            elif _expired(each, today):
                sentence = f"was accepted until {each.expires}: mend it, or set a later day"
                found.append(f"{where}: {each.requirement} {sentence}.")
        return found


def passing(listed: Mapping[str, str], rows: Iterable[Row]) -> list[str]:
    """The listed requirements that pass after all, a sentence each."""
    passed = [row["id"] for row in rows if row["outcome"] == "passed"]
    return [f"{listed[name]}: {name} passes: take it out of the baseline." for name in passed if name in listed]


def _expired(entry: Known, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


_TOP = {"known": Key("a list of tables, each headed [[known]]", lambda value: isinstance(value, list))}
_ENTRY = {"requirement": TEXT, "reason": TEXT, "expires": Key("a day such as 2026-12-31", _is_day)}


def load(file: str | None) -> Baseline:
    """The baseline of a file, an empty one without a file; `BaselineError` says where it is none."""
    if not file:
        return Baseline()
    text, document = read_toml(Path(file), "baseline", BaselineError)
    table = Table(Path(file), text, "known", _ENTRY, BaselineError)
    entries: list[Known] = []
    for index, each in enumerate(_tables(table, document)):
        entries.append(_entry(table, each, index))
        if entries[-1].requirement in [other.requirement for other in entries[:-1]]:
            table.fail("requirement", f"{entries[-1].requirement} stands there twice", index)
    lines = {each.requirement: table.line("requirement", index) for index, each in enumerate(entries)}
    return Baseline(tuple(entries), file, lines)


def _tables(table: Table, document: Mapping[str, Any]) -> list[Any]:
    table.check(document, _TOP)
    return list(document.get("known", []))


def _entry(table: Table, entry: Any, index: int) -> Known:
    if not isinstance(entry, dict):
        table.fail("known", f"{_TOP['known'].kind} is missing: {HINT}", index)
    table.check(entry, _ENTRY, f"entry {index + 1}: ", index)
    for name in ("requirement", "reason"):
        if name not in entry:
            table.fail("[[known]]", f"entry {index + 1} has no {name}: {HINT}", index)
    return Known(entry["requirement"], entry["reason"], entry.get("expires"))


def write(file: str, rows: Iterable[Row], before: Baseline, today: date) -> int:
    """Write a baseline of what failed now, with the reasons and days of the one before; how many entries it has."""
    kept = {each.requirement: each for each in before.entries}
    failed = [row for row in rows if row["outcome"] == "failed"]
    tables = [_told(row, kept.get(row["id"]), today) for row in failed]
    head = "# Requirements that are known to fail: `messages-conformance check --baseline` lets them pass.\n"
    try:
        write_text(Path(file), "\n".join([head, *tables]))
    except OSError as error:
        raise BaselineError(f"the baseline cannot be written to {file}: {error.strerror}") from None
    return len(failed)


def _told(row: Row, before: Known | None, today: date) -> str:
    reason = before.reason if before else f"failed on {today}: {' '.join(str(row.get('reason', '')).split())[:200]}"
    lines = ["[[known]]", f"requirement = {_quoted(row['id'])}", f"reason = {_quoted(reason)}"]
    lines += [f"expires = {before.expires}"] if before and before.expires and not _expired(before, today) else []
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as a TOML string: JSON's escapes are TOML's, save for surrogates and DEL, which a reason can spare."""
    clean = "".join(each if each.isprintable() else " " for each in text)
    return json.dumps(clean, ensure_ascii=False)
