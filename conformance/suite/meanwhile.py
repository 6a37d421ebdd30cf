"""A walk while others send, so that a page and a send really are under way at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from conformance.model import Exchange
from conformance.suite.kit import Kit


def walked_meanwhile(
    kit: Kit,
    senders: Sequence[Sequence[Mapping[str, Any]]],
    sizes: Sequence[int],
    start: str | None,
    until: Sequence[str],
    *,
    most: int = 8,
    patience: float = 0,
    leave: bool = False,
) -> bool:
    """Walk the main conversation while others send their payloads; whether a page and a send met.

    All begin at the same moment. A target may take longer over one send than over a whole walk: the walk waits for a
    send after each page, for `patience` seconds at most. Senders `leave` off when the walk is over, if they are to.
    """
    together, done, before = threading.Barrier(len(senders) + 1), threading.Event(), len(kit.run.history)
    arrived = threading.Event()
    main = kit.run.scene.main.id

    def walk() -> None:
        together.wait(10)
        try:
            kit.walk(sizes, start, until, most, partial(arrived.wait, patience), conversation_id=main)
        finally:
            done.set()

    def send(payloads: Sequence[Mapping[str, Any]]) -> None:
        together.wait(10)
        try:
            for payload in payloads:
                kit.send(payload)
                arrived.set()
                if leave and done.is_set():
                    return
        finally:
            arrived.set()

    calls: list[Callable[[], None]] = [walk, *(partial(send, each) for each in senders)]
    kit.at_once(calls, threads=len(calls))
    kit.caught_up()
    return _met(kit.run.history.since(before))


def _met(made: Sequence[Exchange]) -> bool:
    """Whether a send was under way together with a page, and over before the last one was answered."""
    pages = [each for each in made if each.request.method == "GET"]
    sends = [each for each in made if each.request.method == "POST"]
    return any(
        page.began < send.ended < pages[-1].ended and send.began < page.ended and send.began < later.began
        for later in pages[1:]
        for page in pages
        for send in sends
        if page.began <= later.began
    )
