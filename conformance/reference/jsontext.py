"""JSON texts by RFC 8259, strictly read and always writable again."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, NoReturn

MAX_DEPTH = 200


class NotJsonError(ValueError):
    """The bytes are no JSON text, or one nested too deeply to answer with."""


def parse(payload: bytes) -> Any:
    """The value of a JSON text in UTF-8; `NotJsonError` says why there is none."""
    try:
        value = json.loads(
            payload.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer
        )
    except RecursionError:
        raise NotJsonError("it is nested too deeply") from None
    except ValueError as error:
        raise NotJsonError(str(error)) from None
    if depth(value) > MAX_DEPTH:
        raise NotJsonError("it is nested too deeply")
    return value


def dump(value: object, *, ascii_only: bool = False, indent: int | None = None) -> bytes:
    """A value as JSON text; lone surrogates, which have no UTF-8, are written as escapes."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, separators=separators, indent=indent)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return dump(value, ascii_only=True, indent=indent)


def has_lone_surrogate(value: object) -> bool:
    """Whether a string anywhere in the value has no UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def without_lone_surrogates(value: object) -> Any:
    """The value with U+FFFD for each of them, as decoders of many languages have it."""
    return json.loads(re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(value, ensure_ascii=False)))


def depth(value: object) -> int:
    """How deeply arrays and objects are nested, told without recursion."""
    level, rank = [value], 0
    while level := [inner for item in level for inner in _inner(item)]:
        rank += 1
    return rank


def _inner(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values()) or [None]
    if isinstance(value, list):
        return value or [None]
    return []


def _refuse_constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    # JSON knows no infinity to answer with; a number beyond the doubles comes back as the outermost of them.
    return min(max(float(text), -sys.float_info.max), sys.float_info.max)


def _integer(text: str) -> int | float:
    # int() refuses thousands of digits.
    return int(text) if len(text) < 400 else _finite(text)
