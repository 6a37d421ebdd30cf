"""What travels: JSON texts by RFC 8259, instants by RFC 3339. Pure functions."""

from __future__ import annotations

import json
import re
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Any, NoReturn

from conformance.limits import READING, Reading

_INSTANT = re.compile(
    r"(?P<y>[0-9]{4})-(?P<mo>[0-9]{2})-(?P<d>[0-9]{2})[Tt]"
    r"(?P<h>[0-9]{2}):(?P<mi>[0-9]{2}):(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]+))?"
    r"(?:(?P<z>[Zz])|(?P<sign>[+-])(?P<oh>[0-9]{2}):(?P<om>[0-9]{2}))"
)
_EXACT = 2**53
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1)}


class NotJson(ValueError):
    """The bytes are no JSON text by RFC 8259."""


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is no JSON value")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotJson(f"the name {twice!r} stands twice in one object")
    return result


@lru_cache(8)
def _decoder(number: int) -> json.JSONDecoder:
    def real(text: str) -> float:
        if len(text) > number:
            raise NotJson(f"a number of {len(text)} characters, more than the {number} that are read (--max-number)")
        return float(text)

    def integer(text: str) -> int | float:
        # int() refuses thousands of digits; such a number is beyond what any peer is held to.
        return int(text) if len(text) < 400 and len(text) <= number else real(text)

    return json.JSONDecoder(
        parse_int=integer, parse_float=real, parse_constant=_refuse_constant, object_pairs_hook=_unique
    )


def _hold_to(reading: Reading, body: bytes) -> None:
    """Refuse what would cost memory or the stack out of proportion, before anything is made of it."""
    if body.count(b",") >= reading.values and _STRING.sub(b"", body).count(b",") >= reading.values:
        raise NotJson(f"the text holds more than the {reading.values} values that are read (--max-values)")
    if body.count(b"[") + body.count(b"{") <= reading.depth:
        return
    if not _is_shallow(body.translate(None, delete=_NO_BRACKETS), reading.depth):
        bare = _STRING.sub(b"", body).translate(None, delete=_NO_BRACKETS)
        if len(bare) > reading.depth and not _is_shallow(bare, reading.depth):
            raise NotJson(f"the text is nested more than the {reading.depth} levels deep that are read (--max-depth)")


def weight(body: bytes) -> int:
    """About how many bytes a JSON text takes in memory, with what is made of it."""
    return 2 * len(body) + 100 * (body.count(b",") + body.count(b"{"))


def _is_shallow(brackets: bytes, deepest: int) -> bool:
    """Whether no bracket stands deeper than is read."""
    return next(filter(deepest.__lt__, accumulate(map(_STEPS.__getitem__, brackets))), None) is None


def parse_json(body: bytes, reading: Reading = READING) -> Any:
    """The value of a JSON text; `NotJson` says why there is none (encoding, BOM, NaN, duplicate names, syntax)."""
    _hold_to(reading, body)
    if body.startswith(b"\xef\xbb\xbf"):
        raise NotJson("the text begins with a byte order mark")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is not UTF-8") from None
    try:
        return _decoder(reading.number).decode(text)
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("the text is nested too deeply to read") from None
    except ValueError as error:
        raise NotJson(str(error)) from None


def parse_instant(text: object) -> Fraction | int | None:
    """Seconds since 1970-01-01T00:00:00Z of an RFC 3339 date-time with offset, exactly; None where it is none."""
    if not isinstance(text, str):
        return None
    return _instant(text) if len(text) <= 40 else _read_instant(text)


@lru_cache(4096)
def _instant(text: str) -> Fraction | int | None:
    return _read_instant(text)


def _read_instant(text: str) -> Fraction | int | None:
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    digits = (match["f"] or "")[:400]
    part = {name: int(value) for name, value in match.groupdict().items() if value and name not in ("f", "z", "sign")}
    try:
        days = date(part["y"], part["mo"], part["d"]).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    if part["h"] > 23 or part["mi"] > 59 or part["s"] > 60 or part.get("oh", 0) > 23 or part.get("om", 0) > 59:
        return None
    offset = (part.get("oh", 0) * 3600 + part.get("om", 0) * 60) * (-1 if match["sign"] == "-" else 1)
    fraction = Fraction(int(digits), 10 ** len(digits)) if digits else 0
    return days * 86400 + part["h"] * 3600 + part["mi"] * 60 + part["s"] - offset + fraction


def is_utc(text: str) -> bool:
    """Whether a date-time is given in UTC (Z, +00:00 or -00:00)."""
    return text[-1:] in ("Z", "z") or text[-6:] in ("+00:00", "-00:00")


def json_equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, true is no number, order of names does not count.

    Numbers that a double cannot hold exactly are equal to whatever number comes back (RFC 8259 §6).
    """
    if type(left) is str and type(right) is str:
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and not is_exact(left):
        return True  # whatever became of it
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or (not is_exact(right) and float(left) == float(right))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(value, right[key]) for key, value in left.items())
    return type(left) is type(right) and bool(left == right)


def is_exact(number: float) -> bool:
    """Whether every peer can hold the number: a double, or an integer of no more than 53 bits (RFC 8259 §6)."""
    return abs(number) <= _EXACT if isinstance(number, int) else abs(number) != float("inf")


def shown(value: object, limit: int = 120) -> str:
    """A JSON value as one line for people, cut in the middle when long."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 4 :]} ({len(text)} characters)"
