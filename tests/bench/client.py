"""`python -m tests.bench.client httpx|raw FILE URL`: send the requests of a file one after another on one connection.

What it says is one line of JSON: how many were answered with the status that was recorded, and how many connections it
took (a server closes one after some errors). It is timed from outside, and by the server.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Request = dict[str, Any]


def with_httpx(requests: Sequence[Request], url: str) -> tuple[list[int], int]:
    """The statuses that an httpx client gets, and how many connections it was let open (not told: 0)."""
    from conformance.lean import httpx

    base = httpx.URL(url)
    prepared = [
        (
            each["method"],
            base.copy_with(raw_path=each["target"].encode()),
            each["headers"],
            base64.b64decode(each["body"]),
        )
        for each in requests
    ]
    statuses = []
    with httpx.Client(timeout=30, trust_env=False, limits=httpx.Limits(max_connections=1)) as client:
        for method, place, headers, body in prepared:
            statuses.append(client.request(method, place, headers=headers, content=body or None).status_code)
    return statuses, 0


class Raw:
    """A socket, and just as much HTTP as it takes to know where an answer ends."""

    def __init__(self, host: str, port: int) -> None:
        self.place = host, port
        self.socket: socket.socket | None = None
        self.left = b""
        self.connections = 0

    def exchange(self, wire: bytes, head: bool) -> int:
        """The status of the answer; made again on a new connection where the old one was closed meanwhile."""
        used = self.socket is not None
        try:
            return self._exchange(wire, head)
        except ConnectionError:
            self.close()
            if not used:
                raise
            return self._exchange(wire, head)

    def close(self) -> None:
        """Close the connection."""
        if self.socket is not None:
            self.socket.close()
        self.socket, self.left = None, b""

    def _exchange(self, wire: bytes, head: bool) -> int:
        if self.socket is None:
            self.socket = socket.create_connection(self.place, 30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
        self.socket.sendall(wire)
        while b"\r\n\r\n" not in self.left:
            self._receive()
        top, _, self.left = self.left.partition(b"\r\n\r\n")
        line, *rest = top.split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (each.partition(b":") for each in rest)}
        status = int(line.split()[1])
        self._drain(0 if head or status in (204, 304) else int(headers.get(b"content-length", -1)))
        if headers.get(b"connection", b"").lower() == b"close":
            self.close()
        return status

    def _drain(self, length: int) -> None:
        """Read a body to its end, which is the connection's where no length was told."""
        if length < 0:
            with contextlib.suppress(ConnectionError):
                while True:
                    self._receive()
            self.close()
            return
        while len(self.left) < length:
            self._receive()
        self.left = self.left[length:]

    def _receive(self) -> None:
        assert self.socket is not None
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionResetError("closed")
        self.left += piece


def with_socket(requests: Sequence[Request], url: str) -> tuple[list[int], int]:
    """The statuses that a bare socket gets, and the connections that it took."""
    parts = urlsplit(url)
    raw = Raw(parts.hostname or "127.0.0.1", parts.port or 80)
    pairs = zip(wires(requests, parts.netloc), requests, strict=True)
    statuses = [raw.exchange(wire, request["method"] == "HEAD") for wire, request in pairs]
    raw.close()
    return statuses, raw.connections


def wires(requests: Sequence[dict[str, Any]], host: str) -> list[bytes]:
    """Each request as the bytes of HTTP/1.1."""
    return [_wire(each, host) for each in requests]


def _wire(request: dict[str, Any], host: str) -> bytes:
    body = base64.b64decode(request["body"])
    lines = [f"{request['method']} {request['target']} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in request["headers"]]
    lines += [f"Content-Length: {len(body)}"] if body or request["method"] in ("POST", "PUT", "PATCH") else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


CLIENTS: dict[str, Callable[[Sequence[Request], str], tuple[list[int], int]]] = {
    "httpx": with_httpx,
    "raw": with_socket,
}


def main() -> None:
    """Replay, and say what came of it."""
    name, file, url = sys.argv[1:]
    requests = json.loads(Path(file).read_text(encoding="utf-8"))
    statuses, connections = CLIENTS[name](requests, url)
    same = sum(status == request["status"] for status, request in zip(statuses, requests, strict=True))
    print(json.dumps({"requests": len(statuses), "as_recorded": same, "connections": connections}))


if __name__ == "__main__":
    main()
