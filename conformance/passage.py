"""The limits of one exchange, kept where bytes arrive and leave, below httpx: no drip and no flood escapes them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux has it, and forgets it after a few packets."""
TOGETHER = 2**16
"""Bytes of a request that are gathered before any of them is sent."""
BEGINNING = 1000
"""Bytes of a response that are kept to be quoted from, more than a key is long."""


@dataclass
class Passage:
    """One exchange on its way: until when it may take, what it may bring, and what came of it so far."""

    until: float
    headers: int
    """Bytes that may come before a body."""
    most: int = 0
    received: int = 0
    head: bytes = b""
    fresh: bool = True
    excess: str = ""
    as_is: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.most = self.headers

    def left(self, timeout: float | None) -> float:
        """The seconds that the next step may take."""
        rest = self.until - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout("the time for the exchange is over")
        return rest if timeout is None else min(timeout, rest)

    def take(self, data: bytes) -> None:
        """Count what came; raise where it is more than may come."""
        self.received += len(data)
        if len(self.head) < BEGINNING:
            self.head += data[:BEGINNING]
        if self.received > self.most:
            self.excess = self.excess or f"more than {self.headers} bytes of headers (--max-headers)"
            raise httpcore.ReadError(self.excess)


class Now(threading.local):
    """The exchange that this thread is making, and what may be done while its answer is waited for."""

    passage = Passage(float("inf"), 0)

    def __init__(self, meanwhile: Callable[[], bool]) -> None:
        self.meanwhile = meanwhile


class Stream(httpcore.NetworkStream):
    """A connection that keeps to the limits of the exchange which uses it."""

    def __init__(self, inner: httpcore.NetworkStream, now: Now) -> None:
        self._inner, self._now = inner, now
        self._socket = inner.get_extra_info("socket")
        self._last: Passage | None = None
        self._unsent = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came, within the limits."""
        passage = self._now.passage
        with suppress(httpcore.WriteError):  # it may have answered before it closed the connection
            self._flush(passage, timeout)
        self._acknowledge_at_once()
        while not passage.received and not self._is_there() and self._now.meanwhile():
            pass
        data = self._inner.read(max_bytes, passage.left(timeout))
        passage.take(data)
        return data

    def _is_there(self) -> bool:
        return bool(self._inner.get_extra_info("is_readable"))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, with every value put in that goes as it is: a request's head and its body together, when both are there."""
        passage = self._now.passage
        if self._last is not passage:
            passage.fresh, self._last, self._unsent = self._last is None, passage, b""
        for name, value in passage.as_is.items():
            buffer = buffer.replace(name, value)
        self._unsent += buffer
        if len(self._unsent) > TOGETHER:
            self._flush(passage, timeout)

    def _flush(self, passage: Passage, timeout: float | None) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent:
            self._inner.write(unsent, passage.left(timeout))

    def _acknowledge_at_once(self) -> None:
        """Not after 40 ms: so long does a server wait that sends headers and body apart, as many simple ones do.

        Nagle's algorithm (RFC 9293 §3.7.4) holds the second part back until the first is acknowledged.
        """
        if _QUICKACK is not None and self._socket is not None:
            with suppress(OSError):  # it is closed already: the read will tell
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection under TLS."""
        return Stream(self._inner.start_tls(ssl_context, server_hostname, self._now.passage.left(timeout)), self._now)

    def get_extra_info(self, info: str) -> Any:
        """What the connection tells of itself."""
        return self._inner.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Opens connections that keep to the limits, and knows which are open."""

    def __init__(self, now: Now) -> None:
        self._inner, self._now = httpcore.SyncBackend(), now
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a port."""
        stream = self._inner.connect_tcp(host, port, self._now.passage.left(timeout), local_address, socket_options)
        self._sockets.add(stream.get_extra_info("socket"))
        return Stream(stream, self._now)

    def cut(self) -> None:
        """End every connection, so that whoever waits for one goes on."""
        for each in list(self._sockets):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is closed already


def retry_after(value: str | None, attempt: int, date: str | None = None) -> float:
    """The seconds that a Retry-After asks for, as a number or as a date; growing ones where it says nothing usable.

    A date is held against the answer's own: the target's clock need not be ours.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:20])
    until = _instant(text)
    return min(0.5 * 2**attempt, 8.0) if until is None else max(0.0, until - (_instant(date or "") or time.time()))


def _instant(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None
