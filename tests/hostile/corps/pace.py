"""Answers at the wrong pace, in the wrong order, over connections that come and go."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from tests.hostile.cases import GONE, HEAD, SOUND, WRONG, case
from tests.hostile.wires import Ask, Wire

ONE = threading.Lock()
EMPTY = b'{"object": "list", "data": [], "has_more": false}'


@case(GONE, says="no answer", raw=True)
def takes_and_never_reads(ask: Ask, wire: Wire) -> None:
    """Accepts connections and reads nothing of what comes."""
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    time.sleep(15)


@case(WRONG, "ERR-01", "did not end in time")
def drips_within_the_time_of_a_byte(ask: Ask, wire: Wire) -> None:
    """Sends each byte of a header in time, and the whole never."""
    wire.send(HEAD)
    wire.drip(b"X-Slow: a\r\n", 0.3)


@case(GONE, says="seconds is spent", seconds=30, words=("--timeout", "10", "--max-time", "6"))
def is_slow_and_right(ask: Ask, wire: Wire) -> None:
    """Takes so long for each answer that the run's own time ends first."""
    time.sleep(0.4)
    wire.answer(ask.sound(), ask)


@case(WRONG, "ERR-01", raw=True)
def answers_before_it_is_asked(ask: Ask, wire: Wire) -> None:
    """Says its answer, and a second one, at once to whoever connects."""
    answer = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(EMPTY), EMPTY)
    wire.send(answer * 2)
    while wire.hear() is not None:
        wire.send(answer)


@case(WRONG, raw=True)
def answers_what_was_asked_before(ask: Ask, wire: Wire) -> None:
    """Is one answer behind on every connection."""
    before = (200, [("Content-Type", "application/json")], EMPTY)
    while (asked := wire.hear()) is not None:
        wire.answer(before, asked)
        before = asked.sound()


@case(WRONG)
def mixes_up_its_connections(ask: Ask, wire: Wire) -> None:
    """Gives everybody the answer of whoever asked before."""
    sound = ask.sound()
    with wire.state["lock"]:
        before, wire.state["before"] = wire.state.get("before", sound), sound
    wire.answer(before, ask)


@case(SOUND, raw=True)
def resets_each_connection_at_its_second_request(ask: Ask, wire: Wire) -> None:
    """Lets connections stand, and resets them when they are used again."""
    asked = wire.hear()
    if asked is not None:
        wire.answer(asked.sound(), asked)
        if wire.hear(False) is not None:
            wire.reset()


@case(SOUND, raw=True)
def resets_each_connection_after_its_answer(ask: Ask, wire: Wire) -> None:
    """Lets connections stand for a moment, and resets them unused."""
    asked = wire.hear()
    if asked is not None:
        wire.answer(asked.sound(), asked)
        time.sleep(0.002)
        wire.reset()


@case(SOUND)
def serves_one_after_another(ask: Ask, wire: Wire) -> None:
    """Makes everybody wait until it has answered, and closes the connection then."""
    with ONE:
        status, headers, body = ask.sound()
        wire.answer((status, [*headers, ("Connection", "close")], body), ask)
    wire.close()


@case(SOUND, raw=True)
def refuses_before_it_has_read(ask: Ask, wire: Wire) -> None:
    """Answers 401 as soon as it has seen the headers, and reads the body afterwards."""
    while (asked := wire.hear(False)) is not None:
        length = int(asked.headers.get("content-length", 0))
        asked.body = b""
        if asked.sends and not asked.headers.get("authorization", "").startswith("Bearer "):
            wire.answer(asked.sound(), asked)
            wire.rest(length)
        else:
            asked.body = wire.rest(length)
            wire.answer(asked.sound(), asked)


@case(SOUND)
def sends_in_pieces(ask: Ask, wire: Wire) -> None:
    """Cuts every answer into pieces, wherever a piece ends."""
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    status, headers, body = ask.sound()
    head = wire.head(status, [*headers, ("Content-Length", str(len(body)))])
    whole = head if ask.method == "HEAD" else head + body
    for at in range(0, len(whole), 97):
        wire.send(whole[at : at + 97])


@case(SOUND)
def half_closes(ask: Ask, wire: Wire) -> None:
    """Ends its side of the connection after the answer, and leaves the other open."""
    wire.answer(ask.sound(), ask)
    with contextlib.suppress(OSError):
        wire.socket.shutdown(socket.SHUT_WR)


@case((0, 3), seconds=30)
def is_late_now_and_then(ask: Ask, wire: Wire) -> None:
    """Does everything that it is asked, and answers every ninth request when nobody waits for it any more."""
    sound = ask.sound()
    if ask.number % 9 == 0:
        time.sleep(0.9)
    wire.answer(sound, ask)


@case((0, 1, 3), seconds=30)  # 1 where it is the same send twice, by chance
def loses_answers_to_sends(ask: Ask, wire: Wire) -> None:
    """Does everything that it is asked, and closes the connection instead of answering every fifth send."""
    sound = ask.sound()
    if ask.sends:
        with wire.state["lock"]:
            wire.state["sends"] = wire.state.get("sends", 0) + 1
        if wire.state["sends"] % 5 == 0:
            wire.close()
            return
    wire.answer(sound, ask)
