"""What comes in and what goes out, and how the latter is dressed for the wire."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request as StarletteRequest
from starlette.types import Receive, Scope, Send

from .settings import Settings

_BLOCK = 700


@dataclass(frozen=True, slots=True)
class Request:
    """A request, read to its end. `path` is as it was sent, percent-encoded."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    payload: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header, by its lower-case name."""
        return [value for key, value in self.headers if key == name]

    def parameters(self) -> list[tuple[str, str]]:
        """The query's names and values; bytes that are no UTF-8 become U+FFFD."""
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(slots=True)
class Reply:
    """An answer: a status, bytes and headers."""

    status: int
    payload: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


async def receive_request(scope: Scope, receive: Receive) -> Request:
    """The whole request."""
    incoming = StarletteRequest(scope, receive)
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    return Request(
        method=incoming.method,
        path=raw.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple(incoming.headers.items()),
        payload=await incoming.body(),
    )


def decoded(segment: str) -> str:
    """A path segment without its percent-encoding."""
    return unquote(segment, errors="replace")


def dress(reply: Reply, request: Request, settings: Settings) -> Reply:
    """The reply with the headers and the coding that the settings ask for."""
    headers, payload = dict(reply.headers), reply.payload
    if settings.gzip and payload and any("gzip" in value for value in request.all("accept-encoding")):
        headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        payload = gzip.compress(payload, 1)
    if settings.extra_headers:
        headers |= {"x-request-id": "req_0123456789abcdef", "cache-control": "no-store", "x-frame-options": "DENY"}
    if not settings.keep_alive:
        headers["connection"] = "close"
    if not settings.chunked and reply.status != 204:
        headers.setdefault("content-length", str(len(payload)))
    return Reply(reply.status, b"" if request.method == "HEAD" else payload, headers)


async def transmit(reply: Reply, send: Send, settings: Settings) -> None:
    """Puts a dressed reply on the wire, in blocks where the settings ask for chunks."""
    case = str.title if settings.title_case_headers else str.lower
    headers = [(case(name).encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    step = _BLOCK if settings.chunked else max(len(reply.payload), 1)
    for place in range(0, len(reply.payload), step):
        more = place + step < len(reply.payload)
        await send({"type": "http.response.body", "body": reply.payload[place : place + step], "more_body": more})
    if not reply.payload:
        await send({"type": "http.response.body", "body": b""})
