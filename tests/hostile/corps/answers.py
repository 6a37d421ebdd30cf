"""Rates, errors, redirects; what goes wrong with one kind of input alone; lists without end."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from tests.hostile.cases import GONE, JSON, SOUND, WRONG, case
from tests.hostile.wires import Ask, Wire


@case(GONE, says="429")
def asks_to_wait_for_ever(ask: Ask, wire: Wire) -> None:
    """Answers 429 with Retry-After: 0 to everything."""
    wire.reply(429, [("Retry-After", "0")], b"")


@case(GONE, says="wait")
def asks_to_wait_a_century(ask: Ask, wire: Wire) -> None:
    """Answers 429 and asks to come back in a hundred years."""
    wire.reply(429, [("Retry-After", "3153600000")], b"")


@case(SOUND)
def asks_to_wait_now_and_then(ask: Ask, wire: Wire) -> None:
    """Answers every fifteenth request with 429, and a date that has come."""
    if ask.number % 15 == 0:
        wire.reply(429, [("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT")], b"")
    else:
        wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01", "500")
def fails_half_of_the_time(ask: Ask, wire: Wire) -> None:
    """Answers every other request with 500."""
    wire.reply(*((500, [], b"oops") if ask.number % 2 == 0 else ask.sound()))


@case((1, 3), says="302")
def redirects_to_itself(ask: Ask, wire: Wire) -> None:
    """Redirects every request to where it came from."""
    wire.reply(302, [("Location", ask.path)], b"")


@case((1, 3), says="307")
def redirects_elsewhere_with_the_key(ask: Ask, wire: Wire) -> None:
    """Redirects every request to another origin, the key in the address."""
    key = ask.headers.get("authorization", "")
    wire.reply(307, [("Location", f"http://127.0.0.1:1/{quote(key)}?key={key}"), ("Link", f"<{key}>")], key.encode())


@case((1, 3))
def redirects_to_nowhere(ask: Ask, wire: Wire) -> None:
    """Redirects every request to what is no address."""
    wire.reply(302, [("Location", "http://[::1:99999/\\\\//::%00")], b"")


def _is_long(ask: Ask) -> bool:
    return ask.sends and len(ask.body) > 4000


@case(WRONG, "ERR-01", "twice")
def hangs_up_on_long_bodies(ask: Ask, wire: Wire) -> None:
    """Closes the connection on a long message, and is fine otherwise."""
    if _is_long(ask):
        wire.close()
    else:
        wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01", "twice")
def resets_on_long_bodies(ask: Ask, wire: Wire) -> None:
    """Resets the connection on a long message, and is fine otherwise."""
    if _is_long(ask):
        wire.reset()
    else:
        wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01", "twice")
def hangs_on_long_bodies(ask: Ask, wire: Wire) -> None:
    """Never answers a long message, and is fine otherwise."""
    if _is_long(ask):
        time.sleep(2)
        wire.close()
    else:
        wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01", "cut off")
def breaks_off_at_sends(ask: Ask, wire: Wire) -> None:
    """Cuts every answer to a send short."""
    if ask.sends:
        wire.send(wire.head(201, [*JSON, ("Content-Length", "500")]), b'{"id": "msg_')
        wire.close()
    else:
        wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01")
def answers_everything_but_lists(ask: Ask, wire: Wire) -> None:
    """Hangs up on lists, and on nothing else."""
    if ask.lists:
        wire.close()
    else:
        wire.answer(ask.sound(), ask)


@case((1, 3))
def always_has_more(ask: Ask, wire: Wire) -> None:
    """Says has_more on every page."""
    wire.reply(*(ask.changed(lambda page: {**page, "has_more": True}) if ask.lists else ask.sound()))


@case(WRONG, "LIST-04")
def minds_no_limit(ask: Ask, wire: Wire) -> None:
    """Answers every list with three thousand messages, new ones each time."""

    def grow(page: Any) -> Any:
        item = {
            "object": "message",
            "body": "x",
            "direction": "inbound",
            "status": "read",
            "created_at": "2024-01-01T00:00:00Z",
        }
        many = [{**item, "id": f"msg_{ask.number}_{number}"} for number in range(3000)]
        return {**page, "data": [*page["data"], *many], "has_more": True}

    wire.reply(*(ask.changed(grow) if ask.lists else ask.sound()))


@case(WRONG)
def tells_the_same_page_for_ever(ask: Ask, wire: Wire) -> None:
    """Answers every list with its first page."""
    if ask.lists:
        ask.path = "/v1/messages?limit=5"
    wire.reply(*(ask.changed(lambda page: {**page, "has_more": True}) if ask.lists else ask.sound()))


# -- answers that fit another question ------------------------------------------------------------------------------


def lists_with(name: str, status: int, headers: list[tuple[str, str]], body: bytes, exits: tuple[int, ...]) -> None:
    """Put a server into the corps that answers every list that is allowed with this."""

    def behave(ask: Ask, wire: Wire) -> None:
        lists = ask.lists and ask.sound()[0] == 200
        wire.answer((status, headers, body) if lists else ask.sound(), ask)

    behave.__name__ = name
    case(exits)(behave)


lists_with("has_not_changed", 304, [("ETag", '"a"')], b"", WRONG)
lists_with("gives_a_part", 206, [*JSON, ("Content-Range", "bytes 0-1/9")], b"{}", WRONG)
lists_with("has_no_content", 204, [], b"", WRONG)
lists_with("asks_for_money", 402, JSON, b"{}", WRONG)
lists_with("is_a_teapot", 418, [], b"", WRONG)
lists_with("leads_to_a_file", 302, [("Location", "file:///etc/passwd")], b"", WRONG)
lists_with("leads_to_a_script", 302, [("Location", "javascript:alert(1)")], b"", WRONG)


@case(WRONG, "PAGE-02")
def has_more_of_nothing(ask: Ask, wire: Wire) -> None:
    """Says of every list that it is empty, and that there is more."""
    wire.answer(ask.changed(lambda page: {**page, "data": [], "has_more": True}) if ask.lists else ask.sound(), ask)


@case(WRONG)
def lists_one_message_a_hundred_times(ask: Ask, wire: Wire) -> None:
    """Fills each page with its first message."""
    wire.answer(ask.changed(lambda page: {**page, "data": page["data"][:1] * 100}) if ask.lists else ask.sound(), ask)


@case(WRONG)
def lists_other_messages_each_time(ask: Ask, wire: Wire) -> None:
    """Gives every message in a list an id that it never had before."""

    def change(page: Any) -> Any:
        return {**page, "data": [{**each, "id": f"msg_{ask.number}x{at}"} for at, each in enumerate(page["data"])]}

    wire.answer(ask.changed(change) if ask.lists else ask.sound(), ask)


@case(GONE)
def knows_no_key(ask: Ask, wire: Wire) -> None:
    """Answers 401 to everybody."""
    ask.headers["authorization"] = "Bearer sk_test_nobody"
    wire.answer(ask.sound(), ask)


WAITS = ["-1", "1e9", "0.0", "NaN", "", "soon", "9" * 500, "\u00b2", "Thu, 32 Foo 99999 25:61:61 XYZ", "1, 2", "0x1"]


@case((0, 3), seconds=40)
def asks_to_wait_in_odd_words(ask: Ask, wire: Wire) -> None:
    """Answers a few requests with 429 and a Retry-After that is none."""
    if ask.number % 13 == 0:
        wire.reply(429, [("Retry-After", WAITS[ask.number // 13 % len(WAITS)].encode("utf-8").decode("latin-1"))], b"")
    else:
        wire.answer(ask.sound(), ask)
