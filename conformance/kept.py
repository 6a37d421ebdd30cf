"""Programs that failed on a target, kept to be tried first in the next run: a folder that CI can cache."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from conformance.whole import write_text

Programs = dict[str, list[list[dict[str, Any]]]]
_MOST = 20
_STEPS = {
    "send": set[str](),
    "list": set[str](),
    "walk": {"sizes"},
    "tail": {"size"},
    "look": {"message"},
    "round": {"ms"},
    "settle": set[str](),
    "pause": {"ms"},
}
"""What a step may do, and what it cannot do without."""
_NUMBERS = ("to", "count", "where", "limit", "after", "size", "message", "ms")


def place(folder: str, base_url: str) -> Path:
    """The file of a target's programs."""
    return Path(folder) / (re.sub(r"[^A-Za-z0-9._-]+", "-", base_url.partition("://")[2])[:100] + ".json")


def read(file: Path) -> Programs:
    """The programs kept of a target, by kind; none where there is no such file, or where it is no file of ours."""
    try:
        programs = json.loads(file.read_text(encoding="utf-8"))["programs"]
        return {kind: [program for program in found if _is_program(program)] for kind, found in programs.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        print(f"{file} holds no programs of this suite and is left aside", file=sys.stderr)
        return {}


def _is_program(program: Any) -> bool:
    return isinstance(program, list) and bool(program) and all(map(_is_step, program))


def _is_step(step: Any) -> bool:
    if not isinstance(step, dict) or step.get("do") not in _STEPS or not _STEPS[step["do"]] <= set(step):
        return False
    numbers = [step[name] for name in _NUMBERS if step.get(name) is not None]
    sizes = step.get("sizes", [1])
    of_sizes = isinstance(sizes, list) and bool(sizes) and all(map(_is_number, sizes))
    return of_sizes and all(map(_is_number, numbers)) and isinstance(step.get("metadata", {}), dict)


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 10_000


def write(file: Path, before: Programs, violations: list[dict[str, Any]]) -> None:
    """Keep the programs of violations, the newest first, in front of those kept before."""
    programs = {kind: list(found) for kind, found in before.items()}
    for each in violations:
        known = programs.setdefault(each["kind"], []) if each.get("program") else None
        if known is not None and each["program"] not in known:
            known.insert(0, each["program"])
            del known[_MOST:]
    if programs == before or not any(programs.values()):
        return
    try:
        write_text(file, json.dumps({"programs": programs}, indent=1) + "\n")
    except OSError as error:
        print(f"failing programs cannot be kept in {file}: {error.strerror}", file=sys.stderr)
