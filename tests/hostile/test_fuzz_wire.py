"""Whatever bytes come over a connection, an exchange ends with an answer or a fault, and nothing else."""

from __future__ import annotations

import gzip
import socket
import zlib
from typing import Any

import httpcore
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from conformance.client import Call, Client
from conformance.limits import Limits
from conformance.model import Credential
from conformance.passage import retry_after
from conformance.record import History
from conformance.target import Target
from conformance.transport import STALE
from tests.hostile.wires import KEY

SOON = settings(max_examples=400, deadline=None, database=None)
STATUS = [b"HTTP/1.1 200 OK", b"HTTP/1.0 404 ", b"HTTP/1.1 429 Wait", b"HTTP/1.1 302 Go", b"HTTP/1.1 204 None", b"HTTP/1.1 100 Go on",
          b"HTTP/1.1 101 Switch", b"HTTP/1.1 304 Same", b"HTTP/2 200", b"HTTP/1.1 999 X", b"HTTP/1.1 -1 X", b"ICY 200 OK"]  # fmt: skip
HEADERS = [b"Content-Length: 2", b"Content-Length: 0", b"Content-Length: 99", b"Content-Length: -1", b"Content-Length: 2, 2",
           b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Content-Encoding: gzip", b"Content-Encoding: deflate",
           b"Content-Encoding: ,,x-gzip,", b"Connection: close", b"Connection: upgrade", b"Upgrade: h2c", b"Retry-After: 0",
           b"Retry-After: \xb2", b"Location: http://[", b"Location: //\xff", b"Location: javascript:alert(1)", b"Location: ",
           b"Location: http://a:99999/", b"Location: http://\xc3\xa9.a/", b"Set-Cookie: a=b; domain=.", b"Content-Type: \x80",
           b" folded: a", b"No colon", b": empty", b"X: " + KEY.encode(), b"Authorization: Bearer " + KEY.encode()]  # fmt: skip
BODIES = [b"{}", b'{"a": 1}', b"2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\nX: a\r\n\r\n", b"ffffffffffffffffffff\r\n", b"zz\r\n", b"",
          gzip.compress(b"{}"), gzip.compress(b"{}")[:-3], zlib.compress(b"{}"), zlib.compress(b"{}")[2:-4], b"[" * 1000, KEY.encode(),
          b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]  # fmt: skip
ANSWERS = st.builds(
    lambda status, headers, end, body: status + end + b"".join(each + end for each in headers) + end + body,
    st.sampled_from(STATUS),
    st.lists(st.sampled_from(HEADERS) | st.binary(max_size=20), max_size=5),
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]),
    st.sampled_from(BODIES) | st.binary(max_size=60),
)


class Said(httpcore.NetworkStream):
    """A connection over which these bytes come, in pieces, whatever is asked."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._data, self._piece, self._socket = data, piece, socket.socket()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next piece."""
        found, self._data = self._data[: self._piece], self._data[self._piece :]
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Nobody reads it."""

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """Of a connection only its socket is known."""
        return self._socket if info == "socket" else None


class Says(httpcore.NetworkBackend):
    """Every connection says the same."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._data, self._piece = data, piece

    def connect_tcp(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """A connection."""
        return Said(self._data, self._piece)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@SOON
@given(ANSWERS | st.binary(max_size=200), st.integers(1, 40), st.sampled_from(["GET", "POST", "HEAD"]))
@example(b"HTTP/1.1 302 Go\r\nLocation: javascript:alert(1)\r\nContent-Length: 0\r\n\r\n", 40, "GET")
@example(b"HTTP/1.1 100 Go on\r\n\r\n" * 30, 7, "POST")
def test_any_bytes_are_an_answer_or_a_fault(data: bytes, piece: int, method: str) -> None:
    """And the record tells no key."""
    history = History()
    client = Client(Target("http://a", api_key=KEY), history, Limits(timeout=1, max_body=1000, max_headers=4000))
    client._transport._backend._inner = Says(data, piece)  # type: ignore[assignment]
    exchange = client._attempt(Call(method, "/v1/messages", credential=Credential.KEY))
    client.close()

    kind = (exchange.trouble or "answer").partition(":")[0]
    event(kind)
    assert kind in ("answer", "closed", "broken", "timeout", "unreachable")
    assert (exchange.response is None) == (exchange.trouble is not None)
    assert not (exchange.trouble or "").endswith(STALE)
    told = f"{exchange.trouble} {exchange.response and (exchange.response.headers, exchange.response.body)}"
    assert "Canary" not in told


@SOON
@given(
    st.none()
    | st.text(max_size=40)
    | st.from_regex(r"\A[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{1,9} (GMT|[+-][0-9]{1,9})\Z")
)
@example("9" * 5000)
@example("\u00b2")
@example("Thu, 01 Jan 0001 00:00:00 +2400")
def test_any_retry_after_is_a_time_to_wait(value: str | None) -> None:
    """No less than nothing."""
    assert 0 <= retry_after(value, 3) < float("inf")
