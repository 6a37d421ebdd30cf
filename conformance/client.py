"""The only door to the network: every exchange of whichever driver is limited, redacted and recorded here."""

from __future__ import annotations

import http.client
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from conformance.history import History
from conformance.model import Credential, Exchange, Fact, Request, Response
from conformance.redact import Redactor
from conformance.target import Target
from conformance.wire import NotJson, parse_json

USER_AGENT = "messages-conformance"
BODY_LIMIT = 16 * 2**20
"""Bytes of a decompressed body beyond which a response is cut off: a page of 100 messages is under 2 MB."""


class Unjudgeable(Exception):
    """The run cannot go on to judge: the target is gone, or a budget is spent. The message is the reason."""


@dataclass(frozen=True)
class Limits:
    """What a run may cost: requests, seconds in all, requests a minute, seconds for one exchange."""

    max_requests: int | None = None
    max_seconds: float = 900.0
    rate_per_minute: int | None = None
    timeout: float = 10.0


@dataclass(frozen=True)
class Call:
    """A request to make. `shown_authorization` stands in the record for an Authorization that is no key of ours."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    credential: Credential = Credential.KEY
    authorization: str | None = None
    shown_authorization: str | None = None
    tag: str | None = None
    facts: frozenset[Fact] = frozenset()


class Client:
    """Sends calls to one target over one connection pool, from any thread."""

    def __init__(self, target: Target, history: History, limits: Limits | None = None) -> None:
        self.target = target
        self.history = history
        self.limits = limits or Limits()
        self.spent = 0
        self._started = time.monotonic()
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._failures = 0
        self._redactor = Redactor(target)
        self._base = urlsplit(target.base_url)
        self._http = httpx.Client(
            timeout=httpx.Timeout(self.limits.timeout, connect=5.0),
            # Idle connections are dropped before any common server drops them (5 s), so that no send meets a closed one.
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=2.0),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def exchange(self, call: Call) -> Exchange:
        """Make a call, waiting as a 429 asks; the exchange has no response where the wire broke.

        Raises `Unjudgeable` when the budget is spent or the target is gone.
        """
        for attempt in range(8):
            exchange = self._attempt(call, retried=attempt > 0)
            trouble = exchange.trouble or ""
            if exchange.response is not None and exchange.response.status == 429:
                self._wait(_retry_after(exchange.response, attempt))
            elif not (trouble.startswith("closed") and attempt == 0):
                return exchange
        raise Unjudgeable("the target answered 429 eight times in a row")

    def _attempt(self, call: Call, retried: bool) -> Exchange:
        self._admit()
        number, at, began = self.history.number(), time.time(), time.monotonic()
        response, trouble = None, None
        try:
            status, headers, body = self._transmit(call)
            response = self._record(status, headers, body)
        except httpx.HTTPError as error:
            trouble = _trouble(error, retried)
        except (http.client.HTTPException, OSError) as error:
            trouble = _plain_trouble(error)
        ended = time.monotonic()
        echoed = response is not None and self._redactor.found(headers, body, self._key(call))
        exchange = Exchange(number, began, ended, at, self._shown(call), response, trouble, echoed)
        self.history.append(exchange)
        self._note(trouble)
        return exchange

    def _admit(self) -> None:
        """Wait until the rate lets one more request through; raise where the budget does not."""
        while True:
            with self._lock:
                now = time.monotonic()
                if self._failures >= 3:
                    raise Unjudgeable(f"{self.target.base_url} does not answer any more")
                if self.limits.max_requests is not None and self.spent >= self.limits.max_requests:
                    raise Unjudgeable(f"the budget of {self.limits.max_requests} requests is spent")
                if now - self._started > self.limits.max_seconds:
                    raise Unjudgeable(f"the budget of {self.limits.max_seconds:g} seconds is spent")
                pause = self._pause(now)
                if pause <= 0:
                    self.spent += 1
                    self._recent.append(now)
                    return
            self._wait(pause)

    def _pause(self, now: float) -> float:
        rate = self.limits.rate_per_minute
        while self._recent and now - self._recent[0] >= 60.0:
            self._recent.popleft()
        return 60.0 - (now - self._recent[0]) if rate is not None and len(self._recent) >= rate else 0.0

    def _wait(self, seconds: float) -> None:
        left = self.limits.max_seconds - (time.monotonic() - self._started)
        if seconds > left:
            raise Unjudgeable(f"the target asks to wait {seconds:.0f} s, more than is left of the time budget")
        time.sleep(seconds)

    def _note(self, trouble: str | None) -> None:
        gone = trouble is not None and trouble.startswith(("unreachable", "timeout"))
        with self._lock:
            self._failures = self._failures + 1 if gone else 0
        if trouble is not None and trouble.startswith("unreachable"):
            raise Unjudgeable(f"{self.target.base_url} is not reachable ({trouble.partition(': ')[2]})")

    def _transmit(self, call: Call) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = [*call.headers]
        authorization = self._authorization(call)
        if authorization is not None:
            headers.append(("Authorization", authorization))
        if any(value != value.strip() for _, value in headers):
            return self._transmit_unchecked(call, headers)
        raw_path = f"{self._base.path}{call.target}".encode()
        url = httpx.URL(self.target.base_url).copy_with(raw_path=raw_path)
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        request = self._http.build_request(call.method, url, headers=encoded, content=call.body or None)
        response = self._http.send(request, stream=True)
        try:
            body = _bounded(response, time.monotonic() + 3 * self.limits.timeout)
        finally:
            response.close()
        return response.status_code, list(response.headers.multi_items()), body

    def _transmit_unchecked(self, call: Call, headers: list[tuple[str, str]]) -> tuple[int, list[tuple[str, str]], bytes]:
        """The same by http.client, which sends the header values that httpx refuses (one that ends in a space)."""
        kind = http.client.HTTPSConnection if self._base.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._base.hostname or "", self._base.port, timeout=self.limits.timeout)
        try:
            connection.request(call.method, f"{self._base.path}{call.target}", call.body or None, dict(headers))
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read(BODY_LIMIT)
        finally:
            connection.close()

    def _authorization(self, call: Call) -> str | None:
        if call.authorization is not None or call.credential in (Credential.NONE, Credential.INVALID):
            return call.authorization
        key = self._key(call)
        return f"Bearer {key}" if key else None

    def _key(self, call: Call) -> str | None:
        keys: Mapping[Credential, str | None] = {
            Credential.KEY: self.target.api_key,
            Credential.PUBLISHABLE: self.target.publishable_key,
            Credential.OTHER_ACCOUNT: self.target.other_account_key,
        }
        return keys.get(call.credential)

    def _shown(self, call: Call) -> Request:
        headers = [(name, self._redactor.text(value)) for name, value in call.headers]
        authorization = call.shown_authorization or self._authorization(call)
        if authorization is not None:
            headers.append(("Authorization", self._redactor.text(authorization)))
        body = self._redactor.body(call.body)
        target = self._redactor.text(call.target)
        return Request(call.method, target, tuple(headers), body, call.credential, call.tag, call.facts)

    def _record(self, status: int, headers: list[tuple[str, str]], body: bytes) -> Response:
        value: Any = None
        error: str | None = None
        # Redacted before it is read: what a judge quotes from the value must not hold a key either.
        body = self._redactor.body(body)
        try:
            value = parse_json(body)
        except NotJson as problem:
            error = str(problem)
        shown = tuple((name, self._redactor.text(text)) for name, text in headers)
        return Response(status, shown, body, value, error)


def _bounded(response: httpx.Response, deadline: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes(65536):
        size += len(part)
        parts.append(part)
        if size > BODY_LIMIT:
            raise httpx.ReadError(f"a body of more than {BODY_LIMIT} bytes")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the body does not end")
    return b"".join(parts)


_KINDS: tuple[tuple[type[httpx.HTTPError], Callable[[httpx.HTTPError, bool], str]], ...] = (
    (httpx.ConnectError, lambda error, _: f"unreachable: {error or 'no connection'}"),
    (httpx.ConnectTimeout, lambda error, _: "unreachable: no connection within 5 s"),
    (httpx.TimeoutException, lambda error, _: "timeout: no whole response in time"),
)


def _trouble(error: httpx.HTTPError, retried: bool) -> str:
    """What went wrong on the wire, as a kind and a sentence. A connection found closed may just have been idle."""
    for kind, told in _KINDS:
        if isinstance(error, kind):
            return told(error, retried)
    idle = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError)
    closed = idle and ("without sending" in str(error) or not str(error) or "reset" in str(error).lower())
    return f"{'closed' if closed and not retried else 'broken'}: {error or type(error).__name__}"


def _plain_trouble(error: Exception) -> str:
    """The same of what http.client raises."""
    if isinstance(error, TimeoutError):
        return "timeout: no whole response in time"
    return f"{'unreachable' if isinstance(error, ConnectionRefusedError) else 'broken'}: {type(error).__name__}"


def _retry_after(response: Response, attempt: int) -> float:
    """The seconds that a 429 asks to wait: a number, or an HTTP date; growing ones where it says neither."""
    text = (response.header("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 300.0)
    try:
        return min(max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0), 300.0)
    except (ValueError, OverflowError):
        return float(min(0.5 * 2**attempt, 8.0))
