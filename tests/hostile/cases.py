"""A case of the corps: a behaviour with its sentence, the exits that are true of it, and what it violates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.hostile.wires import KEY, Ask, Behaviour, Wire

SOUND, WRONG, GONE = (0,), (1,), (3,)
JSON = [("Content-Type", "application/json")]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True)
class Case:
    """A behaviour, the exits that are true of it, a requirement that it violates, words of the reason."""

    behave: Behaviour
    exits: tuple[int, ...]
    violates: str = ""
    says: str = ""
    seconds: float = 20.0
    raw: bool = False
    """Whether the behaviour is given connections as they come, rather than requests."""
    words: tuple[str, ...] = ()
    """Further words of the command line."""


CASES: dict[str, Case] = {}


def case(
    exits: tuple[int, ...],
    violates: str = "",
    says: str = "",
    seconds: float = 20.0,
    raw: bool = False,
    words: tuple[str, ...] = (),
) -> Callable[[Behaviour], Behaviour]:
    """Put a behaviour into the corps, under its name."""

    def put(behave: Behaviour) -> Behaviour:
        CASES[behave.__name__] = Case(behave, exits, violates, says, seconds, raw, words)
        return behave

    return put


def always(
    name: str, raw: bytes, exits: tuple[int, ...], violates: str = "", says: str = "", ends: bool = True
) -> None:
    """Put a server into the corps that says the same bytes to every request, and hangs up."""

    def behave(ask: Ask, wire: Wire) -> None:
        wire.send(raw)
        if ends:
            wire.close()

    behave.__name__ = name
    case(exits, violates, says)(behave)


def texts(name: str, body: bytes, exits: tuple[int, ...] = WRONG, violates: str = "HTTP-01", says: str = "") -> None:
    """Put a server into the corps whose lists are this body."""

    def behave(ask: Ask, wire: Wire) -> None:
        lists = ask.lists and KEY in ask.headers.get("authorization", "")
        wire.answer((200, JSON, body) if lists else ask.sound(), ask)

    behave.__name__ = name
    case(exits, violates, says)(behave)
