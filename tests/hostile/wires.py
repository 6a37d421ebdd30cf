"""A server over raw sockets that stands in front of a correct one and misbehaves as it is told."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

KEY = "sk_test_Canary/0123+canary=9"
Headers = list[tuple[str, str]]
Sound = tuple[int, Headers, bytes]


@dataclass
class Ask:
    """A request as it came, its number, and the way to a correct answer."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    upstream: str

    @property
    def lists(self) -> bool:
        """Whether it asks for the list."""
        return self.method == "GET" and self.path.partition("?")[0] == "/v1/messages"

    @property
    def sends(self) -> bool:
        """Whether it sends a message."""
        return self.method == "POST"

    def sound(self) -> Sound:
        """What the correct server answers."""
        parts = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        skipped = ("host", "connection", "accept-encoding", "content-length")
        headers = {name: value for name, value in self.headers.items() if name not in skipped}
        if headers.get("authorization") == f"Bearer {KEY}":
            headers["authorization"] = "Bearer sk_test_a"
        try:
            connection.request(self.method, self.path, self.body or None, headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        kept = [
            pair for pair in response.getheaders() if pair[0].lower() in ("content-type", "allow", "www-authenticate")
        ]
        return response.status, kept, body

    def changed(self, change: Callable[[Any], Any]) -> Sound:
        """A correct answer with its JSON changed, where it is a success."""
        status, headers, body = self.sound()
        return status, headers, json.dumps(change(json.loads(body))).encode() if status < 300 and body else body


@dataclass
class Wire:
    """The connection, to say anything over."""

    socket: socket.socket
    state: dict[str, Any] = field(default_factory=dict)
    hear: Callable[..., Ask | None] = lambda wait=True: None
    """The next request; with `False` without its body, which stays to be read."""
    rest: Callable[[int], bytes] = lambda count: b""
    """So many bytes of the body."""

    def send(self, *parts: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(b"".join(parts))

    def head(self, status: int, headers: Headers, reason: str = "Said") -> bytes:
        """The head of a response."""
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def reply(self, status: int, headers: Headers, body: bytes, head_only: bool = False) -> None:
        """Answer as one should."""
        self.send(self.head(status, [*headers, ("Content-Length", str(len(body)))]), b"" if head_only else body)

    def answer(self, sound: Sound, ask: Ask) -> None:
        """Answer as one should, HEAD without a body."""
        self.reply(*sound, head_only=ask.method == "HEAD")

    def drip(self, data: bytes, pause: float = 0.05) -> None:
        """Send byte by byte, again and again."""
        while True:
            for each in data:
                self.send(bytes([each]))
                time.sleep(pause)

    def flood(self, data: bytes) -> None:
        """Send the same for ever."""
        while True:
            self.send(data)

    def reset(self) -> None:
        """End the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.state["server"].drop(self.socket)

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


Behaviour = Callable[[Ask, Wire], None]


class Hostile:
    """The server: a thread for each connection, one behaviour for all."""

    def __init__(
        self, behave: Behaviour, upstream: str, tls: Any = None, host: str = "127.0.0.1", raw: bool = False
    ) -> None:
        self._behave, self._upstream, self._tls, self._raw = behave, upstream, tls, raw
        self.state: dict[str, Any] = {"lock": threading.Lock(), "server": self}
        self.asked = 0
        self._open: set[socket.socket] = set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=64)
        self._host, self.port = (f"[{host}]" if ":" in host else host), self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    def end(self) -> None:
        """Listen no more, and end every connection."""
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def drop(self, connection: socket.socket) -> None:
        """Close a connection at once, whoever still holds it."""
        os.close(connection.detach())

    def again(self) -> None:
        """Listen again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(20)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            with connection, connection.makefile("rb") as file:
                wire = Wire(connection, self.state, lambda wait=True: self._read(file, wait), file.read)
                if self._raw:
                    self._behave(Ask(0, "", "", {}, b"", self._upstream), wire)
                    return
                while (ask := wire.hear()) is not None:
                    self._behave(ask, wire)
        self._open.discard(connection)

    def _read(self, file: Any, wait: bool = True) -> Ask | None:
        words = file.readline(65536).decode("latin-1").split()
        if len(words) < 3:
            return None
        headers: dict[str, str] = {}
        while line := file.readline(65536).decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.removeprefix(" ")
        body = file.read(int(headers.get("content-length", 0))) if wait else b""
        with self.state["lock"]:
            self.asked += 1
            return Ask(self.asked, words[0], words[1], headers, body, self._upstream)
