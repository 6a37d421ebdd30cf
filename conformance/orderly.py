"""How a run ends in order whatever happens: interrupted, out of time, or with nowhere to write."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from conformance.client import Client, Unjudgeable

GRACE = 2.0
"""Seconds after the end of a run's time in which what is under way may come to its end by itself."""
_stops: list[Callable[[str], None]] = []


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    for stop in _stops:
        stop("the run was interrupted")
    raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM, as CI sends it, and SIGHUP end a run as Ctrl-C does: with the reports of what was judged."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name) and _is_main()]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    ours = [number for number, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


@contextmanager
def unhurried() -> Iterator[None]:
    """While reports are written the first interruption is let wait for them; the second is not."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name) and _is_main()]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    ours = [number for number, handler in before.items() if handler in (_interrupt, signal.default_int_handler)]

    def wait(number: int, frame: FrameType | None) -> None:
        for each in ours:
            signal.signal(each, before[each])

    for number in ours:
        signal.signal(number, wait)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


@contextmanager
def guarded(client: Client) -> Iterator[None]:
    """A driver's time: an interruption, or the end of the run's time, ends the exchanges and waits under way."""
    if not _is_main():
        yield
        return
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    _stops.append(client.stop)
    if ours:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        with _alarmed(client):
            yield
    finally:
        _stops.remove(client.stop)
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _alarmed(client: Client) -> Iterator[None]:
    """An alarm for what no limit of the client reaches: a driver that sleeps, a judge that takes for ever."""
    if not hasattr(signal, "setitimer") or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        client.stop(f"the budget of {client.limits.max_seconds:g} seconds is spent")
        raise Unjudgeable(client.over)

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(0.1, client.end - time.monotonic() + GRACE))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def obstacle(folder: Path) -> str | None:
    """Why nothing can be written into a folder; None where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b" " * 4096)
    except OSError as error:
        return error.strerror or type(error).__name__
    return None
