"""Texts within right answers that are made to cost: long, deep, many, and chosen against what searches them."""

from __future__ import annotations

import json
from typing import Any

from tests.hostile.cases import SOUND, WRONG, case, texts
from tests.hostile.wires import Ask, Wire

SLOW = [
    "\\u0073" + "\\\\" * 200_000,
    "at " * 60_000,
    "a." * 60_000,
    "SELECT " * 20_000,
    "com." * 40_000,
    "\\n" * 80_000,
    "%25" * 60_000,
    "&#0" * 60_000,
]
"""Each makes a careless pattern try again from every character. They are written as within a JSON text."""


def _with(ask: Ask, name: str, value: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """The right answer with one field more, of every message and error."""

    def add(found: Any) -> Any:
        if isinstance(found, dict) and "data" in found:
            return {**found, "data": [{**each, name: value} for each in found["data"]]}
        return {**found, name: value} if isinstance(found, dict) else found

    status, headers, body = ask.sound()
    return status, headers, json.dumps(add(json.loads(body))).encode() if body[:1] == b"{" else body


@case(SOUND)
def nests_as_deeply_as_is_read(ask: Ask, wire: Wire) -> None:
    """Adds a field that is nested almost as deeply as may be."""
    deep: Any = "x"
    for level in range(290):
        deep = [deep] if level % 2 else {"a": deep}
    wire.answer(_with(ask, "deep", deep), ask)


@case(SOUND)
def tells_much(ask: Ask, wire: Wire) -> None:
    """Adds ten thousand characters to every message and error."""
    wire.answer(_with(ask, "much", "long " * 2000), ask)


@case(SOUND)
def has_a_long_error(ask: Ask, wire: Wire) -> None:
    """Explains every error in a million characters."""
    status, headers, body = ask.sound()
    if status >= 400 and body[:1] == b"{":
        found = json.loads(body)
        found["error"]["message"] = "because " * 125_000
        body = json.dumps(found).encode()
    wire.answer((status, headers, body), ask)


@case((0, 1))
def says_what_is_slow_to_search(ask: Ask, wire: Wire) -> None:
    """Explains its errors, and adds to its answers, with what makes patterns slow."""
    status, headers, body = ask.sound()
    if body[:1] == b"{":
        slow = f'"slow": "{SLOW[ask.number % len(SLOW)]}"'.encode()
        body = body[:-1] + (b", " if len(body) > 2 else b"") + slow + b"}"
    wire.answer((status, headers, body), ask)


@case((1, 3))
def has_ids_of_a_million_characters(ask: Ask, wire: Wire) -> None:
    """Makes every id so long that no request can carry it."""
    status, headers, body = ask.sound()
    wire.answer((status, headers, body.replace(b'"msg_', b'"msg_' + b"0" * 1_000_000)), ask)


@case(SOUND)
def has_ids_that_are_dots(ask: Ask, wire: Wire) -> None:
    """Begins every id with what a path resolves."""
    ask.path = ask.path.replace("..%2F..%2F%3F%23%25", "msg_")
    status, headers, body = ask.sound()
    wire.answer((status, headers, body.replace(b'"msg_', b'"../../?#%')), ask)


texts("has_a_million_names", b"{" + b",".join(b'"%d":1' % each for each in range(150_000)) + b"}", violates="LIST-01")
texts("has_commas_without_end", b'{"data": [' + b"[]," * 600_000 + b"[]]}", says="values")
texts("has_a_name_of_a_million_characters", b'{"' + b"n" * 1_500_000 + b'": 1}', violates="LIST-01")
texts("has_a_number_of_a_thousand_digits", b'{"object": "list", "data": ' + b"9" * 4200 + b', "has_more": 1e400}',
      violates="LIST-01")  # fmt: skip
texts("says_infinity", b'{"object": "list", "data": [], "has_more": false, "x": -Infinity}', says="Infinity")
texts("has_half_a_character", b'{"object": "list", "data": [], "has_more": false, "x": "\xed\xa0\x80"}', says="UTF-8")
texts("is_two_texts", b'{"object": "list", "data": [], "has_more": false}\n{"object": "list"}', says="Extra data")
texts("is_utf_32", '{"object": "list"}'.encode("utf-32"), says="")
texts("has_a_raw_control_character", b'{"object": "list", "data": [], "has_more": false, "x": "\x01"}', says="")
texts("uses_single_quotes", b"{'object': 'list', 'data': [], 'has_more': false}", says="")
texts("has_comments", b'{"object": "list", /* all */ "data": [], "has_more": false}', says="")
texts("ends_with_nul", b'{"object": "list", "data": [], "has_more": false}\x00', says="")


@case(WRONG)
def dates_its_messages_at_the_ends_of_time(ask: Ask, wire: Wire) -> None:
    """Gives instants that no calendar holds, or that overflow what adds to them."""
    ends = ["0000-00-00T00:00:00Z", "9999-12-31T23:59:60.999999999Z", "0001-01-01T00:00:00+23:59", "1" * 100_000]

    def change(found: Any) -> Any:
        for each in found.get("data", [found]):
            if "created_at" in each:
                each["created_at"] = ends[ask.number % len(ends)]
        return found

    wire.answer(ask.changed(change), ask)
