"""Nobody there, or nobody who answers."""

from __future__ import annotations

import time

from tests.hostile.cases import GONE, SOUND, case
from tests.hostile.wires import Ask, Wire


@case(GONE, says="no answer")
def silent(ask: Ask, wire: Wire) -> None:
    """Takes requests and never answers."""
    time.sleep(15)


@case(GONE, says="closed")
def hangs_up(ask: Ask, wire: Wire) -> None:
    """Closes every connection without a word."""
    wire.close()


@case(GONE, says="reset")
def resets(ask: Ask, wire: Wire) -> None:
    """Resets every connection."""
    wire.reset()


@case(GONE, says="is gone")
def dies_half_way(ask: Ask, wire: Wire) -> None:
    """Goes away for good after twenty requests."""
    if ask.number > 20:
        wire.state["server"].end()
    else:
        wire.reply(*ask.sound())


@case(GONE, says="is gone")
def dies_within_an_answer(ask: Ask, wire: Wire) -> None:
    """Goes away for good in the middle of its twentieth answer."""
    if ask.number >= 20:
        wire.send(wire.head(200, [("Content-Length", "1000")]), b'{"obj')
        wire.state["server"].end()
    else:
        wire.reply(*ask.sound())


@case(SOUND)
def comes_back(ask: Ask, wire: Wire) -> None:
    """Is away for most of a second, once."""
    if ask.number == 20:
        server = wire.state["server"]
        server.end()
        time.sleep(0.7)
        server.again()
    else:
        wire.reply(*ask.sound())


@case(GONE, says="hangs")
def hangs_after_a_while(ask: Ask, wire: Wire) -> None:
    """Falls silent for good after twenty requests."""
    if ask.number > 20:
        time.sleep(15)
    wire.reply(*ask.sound())
