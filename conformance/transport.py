"""What goes over the wire and comes back, within limits of time and size; each fault has a kind and a sentence.

Kinds: `unreachable` (nobody took the request), `timeout` and `closed` (it was taken, and nothing came), `broken` (what
came is no whole HTTP response). The limits are kept where bytes arrive, below httpx, so that no drip escapes them.
"""

from __future__ import annotations

import logging
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies

import httpcore

from conformance.lean import httpx
from conformance.limits import Limits
from conformance.passage import BEGINNING, Backend, Now, Passage
from conformance.redact import Redactor
from conformance.target import Target, TargetError

USER_AGENT = "messages-conformance"
CODINGS = 3
STALE = ", on a connection used before"
"""Ends the trouble of a request that met a connection which the target had given up: it says nothing of either."""
_TROUBLES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError)
_UNREACHED = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError, httpcore.PoolTimeout)
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
"""Characters that go in the line of a request as they are."""
_WITH_BODY = ("POST", "PUT", "PATCH")
"""Methods whose requests say how long their body is though they have none (RFC 9110 §8.6)."""
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Fault(Exception):
    """An exchange without a response: the message is a kind and a sentence."""


@dataclass(frozen=True)
class Answer:
    """A response as it came, decompressed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Transport:
    """Sends requests to one target over one pool of connections, from any thread.

    httpx makes the pool, as proxies, certificates and the headers of every request ask for. Requests go to the pool
    itself, httpcore's: it follows no redirect, keeps no cookie, and costs less.
    """

    def __init__(self, target: Target, limits: Limits, meanwhile: Callable[[], bool] = lambda: False) -> None:
        """`meanwhile` is called while a request is out and its answer is not yet there, as long as it says that there is more."""
        self._limits = limits
        self._redactor = Redactor(target)
        self._now = Now(meanwhile)
        self._backend = Backend(self._now)
        for name in ("httpx", "httpcore"):  # their debug lines tell headers, and with them what a target repeats
            logging.getLogger(name).setLevel(logging.WARNING)
        self._http = httpx.Client(
            verify=tls(target),
            # Idle connections are dropped before common servers drop them (5 s), so that no send meets a closed one.
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=2.0),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"},
        )
        request = self._http.build_request("GET", target.base_url)
        self._place = (request.url.raw_scheme, request.url.raw_host, request.url.port)
        self._prefix = request.url.raw_path if urlsplit(target.base_url).path else b""
        self._headers = request.headers.raw
        self._pool: httpcore.ConnectionPool = self._http._transport_for_url(request.url)._pool  # type: ignore[attr-defined]
        self._pool._network_backend = self._backend
        patience = {"read": limits.timeout, "write": limits.timeout, "pool": limits.whole}
        self._extensions = {"timeout": {**patience, "connect": min(limits.connect_timeout, limits.timeout)}}

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def cut(self) -> None:
        """End every exchange that is under way."""
        self._backend.cut()

    def send(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes, until: float) -> Answer:
        """The answer to a request; `Fault` where there is none by `until`, or none that could be read."""
        passage = self._now.passage = Passage(
            min(until, time.monotonic() + self._limits.whole), self._limits.max_headers
        )
        scheme, host, port = self._place
        path = self._prefix + quote(target, safe=_VISIBLE).encode()
        request = httpcore.Request(
            method,
            httpcore.URL(scheme=scheme, host=host, port=port, target=path),
            headers=self._complete([_encoded(passage, *pair) for pair in headers], body, method),
            content=body,
            extensions=self._extensions,
        )
        try:
            response = self._pool.handle_request(request)
            try:
                return self._received(response, passage, method)
            finally:
                response.close()
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):
            raise  # no target's doing
        except _TROUBLES as error:
            raise Fault(self._told(error, passage)) from None

    def _complete(self, own: list[tuple[bytes, bytes]], body: bytes, method: str) -> list[tuple[bytes, bytes]]:
        """The headers of a request: those that each has, unless it has its own of that name, and how long the body is."""
        named = {name.lower() for name, _ in own}
        kept = [pair for pair in self._headers if pair[0].lower() not in named]
        told = not named.isdisjoint((b"content-length", b"transfer-encoding"))
        length = [] if told or not (body or method in _WITH_BODY) else [(b"Content-Length", b"%d" % len(body))]
        return [*kept, *own, *length]

    def _received(self, response: httpcore.Response, passage: Passage, method: str) -> Answer:
        most = self._limits.max_body
        passage.most = passage.received + 2 * most + passage.headers
        connection = _connection(response)
        parts, size = [], 0
        for part in response.iter_stream():
            parts.append(part)
            size += len(part)
            if size > most:
                raise _excess(passage, f"a body of more than {most} bytes (--max-body)")
            passage.left(None)
        _nothing_after(connection, passage, method)
        headers = httpx.Headers(response.headers)
        body = self._decoded(b"".join(parts), headers.get("Content-Encoding", ""), passage)
        return Answer(response.status, headers.multi_items(), body)

    def _decoded(self, body: bytes, coding: str, passage: Passage) -> bytes:
        names = [name for each in coding.lower().split(",") if (name := each.strip()) not in ("", "identity")]
        if not names or not body:
            return body
        most = self._limits.max_body
        if len(names) > CODINGS or not all(name in _WINDOWS for name in names):
            raise _excess(passage, f"a body in a content coding that was not asked for ({coding[:60]})")
        for name in reversed(names):
            try:
                body, whole = inflate(body, name, most)
            except zlib.error:
                raise _excess(passage, f"a body that is no {name}, though Content-Encoding says so") from None
            if len(body) > most:
                raise _excess(passage, f"a {name} body that inflates to more than {most} bytes (--max-body)")
            if not whole:
                raise _excess(passage, f"a {name} body that ends early")
        return body

    def _told(self, error: Exception, passage: Passage) -> str:
        """What went wrong, as a kind and a sentence."""
        if passage.excess:
            return f"broken: {self._redactor.text(passage.excess)[:200]}"
        if isinstance(error, _UNREACHED):
            return f"unreachable: {_cause(error)[:200]}"
        if isinstance(error, httpcore.TimeoutException):
            return self._late(passage)
        if not passage.received:
            return f"closed: {_cause(error)} before any answer" + ("" if passage.fresh else STALE)
        return f"broken: {self._redactor.text(_cause(error))[:200]} (it began {self._beginning(passage)})"

    def _late(self, passage: Passage) -> str:
        if passage.received:
            began = self._beginning(passage)
            return f"broken: the response did not end in time ({passage.received} bytes came; it began {began})"
        return f"timeout: no answer within {self._limits.timeout:g} s (--timeout)"

    def _beginning(self, passage: Passage) -> str:
        """The first bytes that came, cut only when no key stands in them any more."""
        return repr(self._redactor.body(passage.head)[:60])


def secured(target: Target, ca_bundle: str | None, client_cert: str | None, insecure: bool) -> Target:
    """The target as flags say that its certificate is checked; `TargetError` where it cannot be checked so."""
    target = replace(
        target,
        ca_bundle=ca_bundle or target.ca_bundle,
        client_cert=client_cert or target.client_cert,
        insecure=insecure or target.insecure,
    )
    tls(target)
    return target


def tls(target: Target) -> ssl.SSLContext:
    """How the target's certificate is checked; `TargetError` where a file for that cannot be used."""
    if urlsplit(target.base_url).scheme == "http" and not getproxies():
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used; reading the usual authorities takes 20 ms
    try:
        context = (
            ssl.create_default_context(cafile=target.ca_bundle) if target.ca_bundle else httpx.create_ssl_context()
        )
    except (OSError, ValueError) as error:
        raise TargetError(f"the CA bundle {target.ca_bundle} cannot be used: {error}") from None
    if target.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if target.client_cert:
        try:
            context.load_cert_chain(target.client_cert, password=lambda: "")
        except (OSError, ValueError) as error:
            raise TargetError(f"the client certificate {target.client_cert} cannot be used: {error}") from None
    return context


def inflate(data: bytes, coding: str, most: int) -> tuple[bytes, bool]:
    """The first bytes of what a body holds, one more than `most` at the most, and whether it came to its end."""
    window = _WINDOWS[coding]
    if window == 15 and not (data[0] & 0x0F == 8 and len(data) > 1 and (data[0] * 256 + data[1]) % 31 == 0):
        window = -15  # many send the bare stream and call it deflate
    found, whole = b"", False
    while data and len(found) <= most:
        machine = zlib.decompressobj(window)
        found += machine.decompress(data, most + 1 - len(found))
        whole = machine.eof
        data = machine.unused_data if whole and window == 31 and machine.unused_data[:2] == b"\x1f\x8b" else b""
    return found, whole


def _encoded(passage: Passage, name: str, value: str) -> tuple[bytes, bytes]:
    """A header; a value that h11 refuses to write (one that ends in a space) goes by a name and is put in below it."""
    raw = value.encode("latin-1")
    if raw == raw.strip(b" \t"):
        return name.encode(), raw
    stand_in = b"as-is-%d-%d" % (id(passage), len(passage.as_is))
    passage.as_is[stand_in] = raw
    return name.encode(), stand_in


def _excess(passage: Passage, sentence: str) -> httpcore.ReadError:
    passage.excess = sentence
    return httpcore.ReadError(sentence)


def _connection(response: httpcore.Response) -> Any:
    """httpcore's connection under a response, where it is to be found: no public way leads there."""
    stream: Any = response.stream
    while stream is not None and not hasattr(stream, "_connection"):
        stream = getattr(stream, "_stream", None)
    return getattr(stream, "_connection", None)


def _nothing_after(connection: Any, passage: Passage, method: str) -> None:
    """See that no bytes came behind the end of a response: the next exchange would take them for its own."""
    state = getattr(connection, "_h11_state", None)
    surplus = bytes(state.trailing_data[0]) if state is not None else b""
    if surplus and method == "HEAD":  # a body to HEAD is common, and what HEAD does is the target's choice
        connection.close()
    elif surplus:
        connection.close()
        raise _excess(passage, f"{len(surplus)} bytes follow the end of the response: {surplus[:BEGINNING]!r}")


_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "the TLS certificate is not trusted: {0.verify_message} (--ca-bundle, --insecure)"),
    (ssl.SSLError, "TLS failed: {0.reason}"),
    (ConnectionRefusedError, "the connection was refused"),
    (ConnectionResetError, "the connection was reset"),
    (BrokenPipeError, "the connection was closed"),
    (socket.gaierror, "the host name is not known"),
    (TimeoutError, "no connection in time"),
)


def _cause(error: BaseException) -> str:
    """The sentence for what lies at the bottom of an error of httpcore."""
    found: BaseException | None = error
    while found is not None:
        for kind, sentence in _CAUSES:
            if isinstance(found, kind):
                return sentence.format(found)
        found = found.__cause__ or found.__context__
    text = str(error)
    if "incomplete" in text or "without sending complete" in text:
        return f"the response was cut off: {text}"
    if "without sending" in text or not text:
        return "the connection was closed"
    return f"malformed HTTP: {text}" if isinstance(error, httpcore.RemoteProtocolError) else text
