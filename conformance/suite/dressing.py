"""What is rare stands in turn in every so many drawn messages, so that each run has some of it, whatever its seed."""

from __future__ import annotations

from typing import Any

_OPEN = ("nul \x00 here", "lone \ud83d surrogate", "carriage\r\nreturn", "tab\tand\x1b[31m", "\x7f\x85", "low \udc00")
"""What a server may refuse, or take and give back; what it may not do is break."""
_CHANGED = ("e\u0301 n\u0303 \u212b", "👩\u200d👩\u200d👧 a\u200db", "C:\\new\\table \\u0041 \\\\")
"""What servers are known to compose, to leave out, or to read as an escape."""
_SIZES = (161, 4096, 256, 4097, 1025, 4095)
_EXTREMES: tuple[Any, ...] = (10**30, 2**63, 1e308, -(2**80), 5e-324, "deep")
_DEEP = 290
"""Deeper than servers do it themselves; and not so deep that a list of such messages is more than is read of an answer."""


def dressed(number: int, seed: int, start: str, drawn: tuple[str, dict[str, Any], str]) -> dict[str, Any]:
    """The body and the metadata of one of many messages; every so many of them have something rare."""
    text, metadata, filler = drawn
    turn = number + seed
    body = f"{start} {text}"
    if number % 4 == 1:
        body += f" {_OPEN[turn // 4 % len(_OPEN)]}"
    elif number % 4 == 0:
        body += f" {_CHANGED[turn // 4 % len(_CHANGED)]}"
    elif number % 4 == 3:
        size = _SIZES[turn // 4 % len(_SIZES)]
        body = body[: size - 1] + filler * max(0, size - 1 - len(body)) + "."
    if number % 8 == 6:
        extreme = _EXTREMES[turn // 8 % len(_EXTREMES)]
        metadata = {**metadata, "extreme": extreme if extreme != "deep" else _nested(_DEEP)}
    return {"body": body, "metadata": metadata}


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value
