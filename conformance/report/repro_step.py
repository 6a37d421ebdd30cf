"""A step of a script, and what its texts are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

COLLECTION = "/v1/messages"
KEYS = ("MESSAGES_API_KEY", "PUBLISHABLE_KEY", "OTHER_ACCOUNT_KEY")
Parts = list[str | tuple[str, str]]
Seen = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One request, and what it gives; or, without a method, a plain send, or a list that an id is looked up in."""

    number: str
    method: str = ""
    target: Parts = field(default_factory=list)
    headers: tuple[tuple[str, str], ...] = ()
    body: Parts = field(default_factory=list)
    gives: tuple[tuple[str, ...], ...] = ()
    wait: float = 0.0
    group: int = 0
    until: str = ""


def is_list(each: Seen) -> bool:
    """Whether a recorded request asks for a list."""
    return each["method"] == "GET" and urlsplit(each["target"]).path == COLLECTION


def escaped(text: str) -> str:
    """A text as a pattern that matches just it, for Python and for grep -E; JSON's own escapes beyond ASCII."""
    ascii_only = "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text)
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", ascii_only)


def copied(step: Step, copy: int, group: int) -> Step:
    """The same send once more, with a mark of its own."""
    marked = [isinstance(each, tuple) and each[0] == "mark" for each in step.body]
    body: Parts = [
        ("mark", f"{each[1]}{copy:03}") if is_mark else each for each, is_mark in zip(step.body, marked, strict=True)
    ]
    return replace(step, number=f"{step.number}c{copy}", body=body, group=group, wait=0.0)


def loaded(text: str) -> Any:
    """A body that was recorded byte by byte, as JSON; None where it is none."""
    try:
        return json.loads(text.encode("latin-1"))
    except (ValueError, RecursionError):
        return None
