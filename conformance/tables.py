"""TOML files that people write: read, and held against a table of their keys. Errors name the file and the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn


class TableError(ValueError):
    """What somebody wrote says nothing usable; the message is one sentence for the one who wrote it."""


@dataclass(frozen=True)
class Key:
    """A key of a file: what its value must be, in words and as a test."""

    kind: str
    accepts: Callable[[Any], bool]


def is_text(value: Any) -> bool:
    """Whether a value is a text that says something."""
    return isinstance(value, str) and bool(value)


TEXT = Key("a non-empty string", is_text)


def read_toml(path: Path, called: str, error: type[TableError] = TableError) -> tuple[str, dict[str, Any]]:
    """The text of a file and the TOML document that it is; `called` names the kind of file in the error's sentence."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise error(f"cannot read the {called} {path}: {reason}") from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise error(f"{path} is no TOML: {problem}") from None
    except RecursionError:
        raise error(f"{path} is no TOML that can be read: it is nested too deeply") from None


@dataclass(frozen=True)
class Table:
    """A file of this form: keys at its top, and a list of tables under one heading, with keys of their own."""

    path: Path
    text: str
    heading: str
    inner: Mapping[str, Key]
    error: type[TableError] = TableError

    def check(self, table: Mapping[str, Any], keys: Mapping[str, Key], where: str = "", index: int = 0) -> None:
        """Hold a table against its keys: none is unknown, each has a value of its kind."""
        for name, value in table.items():
            if name not in keys:
                self.fail(name, f"{where}unknown key {name!r}{_nearest(name, keys)}", index)
            if not keys[name].accepts(value):
                self.fail(name, f"{where}{name} must be {keys[name].kind}", index)

    def fail(self, name: str, problem: str, index: int = 0) -> NoReturn:
        """Raise the error for a key, of the table of that index."""
        raise self.error(f"{self.path}, line {self.line(name, index)}: {problem}")

    def line(self, name: str, index: int) -> int:
        """The line where a key stands: the one at or after the table that it belongs to."""
        lines = self.text.splitlines()
        head = f"[[{self.heading}]]"
        bare = (line.partition("#")[0].replace(" ", "").strip() for line in lines)
        heads = [number for number, line in enumerate(bare, 1) if line == head]
        start = heads[index] if index < len(heads) and (index or name in (*self.inner, head)) else 0
        pattern = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=|\s*\[+\s*{re.escape(name)}")
        found = [number for number, line in enumerate(lines, 1) if pattern.match(line)]
        return next((number for number in found if number >= start), found[0] if found else max(start, 1))


def _nearest(name: str, keys: Mapping[str, Key]) -> str:
    import difflib

    close = difflib.get_close_matches(name, keys, 1)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(keys)})"
