"""The only door to the network: limits, trouble, redaction, and what is recorded, against a peer of a few lines."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import quote

import httpcore
import pytest

from conformance import client as module
from conformance import passage
from conformance.client import Call, Client, Unjudgeable
from conformance.limits import Limits
from conformance.model import Credential, Exchange, Fact
from conformance.passage import retry_after
from conformance.record import History
from conformance.target import Target

KEY = "sk_test_canary+/=0123456789"
LIST = Call("GET", "/v1/messages")
Answer = Callable[[BaseHTTPRequestHandler], None]


class Peer:
    """A server that answers as it is told, and remembers what it was asked."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> None:
        peer, self.asked, self.answers = self, [], []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                raw = self.raw_requestline.decode("latin-1").rstrip("\r\n")
                peer.asked.append((raw, self.headers, body))
                told = peer.answers.pop(0) if len(peer.answers) > 1 else peer.answers[0]
                told(self)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            address_family = family
            daemon_threads = True

        self.server = Server((host, 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(0.01), daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


def says(body: bytes = b"{}", status: int = 200, *headers: tuple[str, str]) -> Answer:
    """An answer with a length."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drops(handler: BaseHTTPRequestHandler) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    """Promises more than it gives."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    drops(handler)


def babbles(handler: BaseHTTPRequestHandler) -> None:
    """Answers what is no HTTP."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")
    drops(handler)


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server of this test's own."""
    peer = Peer()
    yield peer
    peer.end()


@pytest.fixture
def make(peer: Peer) -> Iterator[Callable[..., Client]]:
    """Makes clients of the peer, with limits and answers."""
    made: list[Client] = []

    def client(*answers: Answer, prefix: str = "", target: Target | None = None, **limits: object) -> Client:
        peer.answers = list(answers) or [says()]
        target = target or Target(f"http://127.0.0.1:{peer.port}{prefix}", KEY, "pk_test_reader", "sk_test_other")
        made.append(Client(target, History(), Limits(**limits)))
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients have waited: time passes at once."""
    pauses: list[float] = []
    real, passed = time.monotonic, [0.0]

    class Clock:
        time = staticmethod(time.time)

        @staticmethod
        def monotonic() -> float:
            return real() + passed[0]

    class Halt(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            passed[0] += timeout or 0.0
            return self.is_set()

    monkeypatch.setattr(module, "time", Clock)
    monkeypatch.setattr(module, "threading", SimpleNamespace(Event=Halt, Lock=threading.Lock))
    return pauses


# -- what goes out and what is recorded ------------------------------------------------------------------------------


def test_an_exchange_is_recorded_as_it_was(make, peer):
    client = make(says(b'{"a": [1]}', 201, ("X-One", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b")), prefix="/api")
    call = Call(
        "POST", "/v1/messages", [("Content-Type", "application/json")], b'{"b": 2}', tag="t", facts=frozenset(Fact)
    )

    exchange = client.exchange(call)

    raw, headers, body = peer.asked[0]
    assert raw == "POST /api/v1/messages HTTP/1.1"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["User-Agent"] == "messages-conformance"
    assert body == b'{"b": 2}'
    assert exchange.response.status == 201
    assert exchange.response.json == {"a": [1]}
    assert [value for name, value in exchange.response.headers if name.lower() == "set-cookie"] == ["a", "b"]
    assert exchange.request.target == "/v1/messages"
    assert exchange.request.tag == "t"
    assert exchange.request.facts == frozenset(Fact)
    assert exchange.trouble is None
    assert exchange.began < exchange.ended
    assert list(client.history) == [exchange]


@pytest.mark.parametrize(
    ("credential", "sent"),
    [
        (Credential.KEY, f"Bearer {KEY}"),
        (Credential.PUBLISHABLE, "Bearer pk_test_reader"),
        (Credential.OTHER_ACCOUNT, "Bearer sk_test_other"),
        (Credential.NONE, None),
    ],
)
def test_each_credential_has_its_key(credential, sent, make, peer):
    make().exchange(Call("GET", "/v1/messages", credential=credential))
    assert peer.asked[0][1].get("Authorization") == sent


@pytest.mark.parametrize("value", ["Bearer ", "Bearer", "", "Basic Zm9v", "Bearer  two"])
def test_an_odd_authorization_goes_out_as_it_is(value, make, peer):
    exchange = make().exchange(Call("GET", "/v1/messages", credential=Credential.INVALID, authorization=value))

    assert peer.asked[0][1]["Authorization"] == value
    assert exchange.response.status == 200
    assert ("Authorization", value) in exchange.request.headers


def test_a_trailing_space_is_on_the_wire(free_port):
    """A raw socket sees it; most HTTP libraries would take it away."""
    listener = socket.create_server(("127.0.0.1", free_port))
    got: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while b"\r\n\r\n" not in b"".join(got):
                got.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    client = Client(Target(f"http://127.0.0.1:{free_port}", KEY), History())
    exchange = client.exchange(Call("GET", "/v1/messages", credential=Credential.INVALID, authorization="Bearer "))
    thread.join(5)
    client.close()
    listener.close()

    assert b"Authorization: Bearer \r\n" in b"".join(got)
    assert exchange.response.status == 401


@pytest.mark.parametrize("path", ["/v1/messages/a%2Fb", "/v1/messages/%00", "/v1/messages?a=%FF&a=[1]"])
def test_a_path_goes_out_as_it_is_written(path, make, peer):
    make().exchange(Call("GET", path))
    assert peer.asked[0][0] == f"GET {path} HTTP/1.1"


CANARIES = [
    KEY,
    quote(KEY, safe=""),
    base64.b64encode(KEY.encode()).decode(),
    base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("="),
    KEY.encode().hex(),
]


@pytest.mark.parametrize("canary", CANARIES)
def test_a_key_that_is_repeated_stays_in_no_text_of_the_answer(canary, make):
    body = json.dumps({"id": canary, "nested": [{canary: canary}]}, ensure_ascii=False).encode()
    client = make(
        says(body, 200, ("X-Echo", f"Bearer {canary}"), ("Location", f"/?key={canary}"), (f"X-{canary[:9]}", "x"))
    )

    exchange = client.exchange(Call("GET", "/v1/messages", [("X-Sent", canary)]))

    assert exchange.echoed_key
    assert canary not in repr((exchange.request, exchange.response.headers, exchange.response.body))
    # What a judge read is judged as it came, and cleaned on its way into a report.
    assert canary not in repr(client.redactor.clean(exchange.response.json, names=True))


def test_a_key_that_is_not_repeated_is_not_said_to_be(make):
    exchange = make().exchange(LIST)
    assert not exchange.echoed_key
    assert KEY not in repr(exchange)
    assert ("Authorization", "Bearer $MESSAGES_API_KEY") in exchange.request.headers


def test_an_invalid_key_that_holds_the_right_one_is_not_to_be_repeated(make):
    wrong = f"Bearer {KEY}x"
    client = make(says(json.dumps(f"{wrong} is no good").encode(), 401))
    assert client.exchange(Call("GET", "/v1/messages", credential=Credential.INVALID, authorization=wrong)).echoed_key
    other = Call("GET", "/v1/messages", credential=Credential.INVALID, authorization="Bearer undefined")
    assert not client.exchange(other).echoed_key


def test_another_credentials_key_is_looked_for_as_well(make):
    client = make(says(b'"pk_test_reader"'))
    assert client.exchange(Call("GET", "/v1/messages", credential=Credential.PUBLISHABLE)).echoed_key


# -- what comes back -------------------------------------------------------------------------------------------------


def test_a_redirect_is_not_followed(make, peer):
    exchange = make(says(b"", 307, ("Location", "/elsewhere"))).exchange(LIST)
    assert exchange.response.status == 307
    assert len(peer.asked) == 1


def test_head_and_body_leave_together_and_what_a_closed_peer_has_said_is_read():
    """Two packets a send would wake the target twice; one that answers before it has read everything is heard."""

    class Wire:
        def __init__(self, breaks: bool = False) -> None:
            self.sent: list[bytes] = []
            self.breaks = breaks

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self.sent.append(buffer)
            if self.breaks:
                raise httpcore.WriteError

        def read(self, most: int, timeout: float | None = None) -> bytes:
            return b"HTTP/1.1 413 \r\n"

        def get_extra_info(self, _: str) -> None: ...

    done: list[int] = []
    for wire in (Wire(), Wire(breaks=True)):
        now = passage.Now(lambda wire=wire: done.append(len(wire.sent)))
        now.passage = passage.Passage(time.monotonic() + 9, 1000)
        stream = passage.Stream(wire, now)
        stream.write(b"POST / HTTP/1.1\r\n\r\n")
        stream.write(b"body")
        assert wire.sent == []
        assert stream.read(100) == stream.read(100) == b"HTTP/1.1 413 \r\n"
        assert wire.sent == [b"POST / HTTP/1.1\r\n\r\nbody"]
    assert done == [1, 1]  # once an exchange, when the request is out

    large = Wire()
    stream = passage.Stream(large, now)
    stream.write(b"x" * (passage.TOGETHER + 1))
    assert len(large.sent) == 1


def test_what_is_done_meanwhile_is_no_time_of_the_targets(make):
    client = make()
    client.meanwhile = lambda: time.sleep(0.02)
    for _ in range(15):
        client.exchange(LIST)
    assert not client.is_far


def test_gzip_is_unpacked(make):
    answer = says(gzip.compress(b'{"a": 1}'), 200, ("Content-Encoding", "gzip"))
    assert make(answer).exchange(LIST).response.json == {"a": 1}


def test_chunks_are_put_together(make):
    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n')

    assert make(chunked).exchange(LIST).response.json == {"a": 1}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_is_an_answer(status, make, peer):
    exchange = make(says(b"oops", status)).exchange(LIST)
    assert exchange.response.status == status
    assert exchange.response.json_error
    assert len(peer.asked) == 1


def test_what_is_no_json_is_kept_with_the_reason(make):
    response = make(says(b'{"a": 1, "a": 2}')).exchange(LIST).response
    assert response.json is None
    assert "stands twice" in response.json_error


@pytest.mark.parametrize(
    ("answer", "says_so"),
    [
        (breaks_off, "broken: "),
        (babbles, "broken: "),
        (says(b"not gzip", 200, ("Content-Encoding", "gzip")), "broken: a body that is no gzip"),
        (
            says(gzip.compress(b"x" * 500)[:-9], 200, ("Content-Encoding", "gzip")),
            "broken: a gzip body that ends early",
        ),
        (says(b"x", 200, ("Content-Encoding", "br")), "broken: a body in a content coding that was not asked for"),
        (says(b"x" * 2000), "broken: a body of more than 1000 bytes"),
        (
            says(gzip.compress(b"x" * 2000), 200, ("Content-Encoding", "gzip")),
            "broken: a gzip body that inflates to more",
        ),
    ],
)
def test_a_broken_response_is_trouble(answer, says_so, make):
    exchange = make(answer, max_body=1000).exchange(LIST)
    assert exchange.response is None
    assert exchange.trouble.startswith(says_so)
    assert "\n" not in exchange.trouble


def test_a_connection_that_was_found_closed_is_tried_once_more(make, peer):
    """A connection that idles may be closed at any time: that is nobody's fault."""
    client = make(says(), drops, says())
    client.exchange(LIST)
    exchange = client.exchange(LIST)

    assert exchange.response.status == 200
    assert [each.trouble is None for each in client.history] == [True, False, True]
    assert len(client.history) == client.spent == len(peer.asked) == 3


def test_a_target_that_closes_every_connection_is_gone(make, slept):
    with pytest.raises(Unjudgeable) as error:
        make(drops).exchange(LIST)
    assert "is not reachable: the connection was closed before any answer" in str(error.value)
    assert "\n" not in str(error.value)


def sleeps(handler: BaseHTTPRequestHandler) -> None:
    """Answers too late."""
    time.sleep(0.4)
    handler.close_connection = True


def test_an_answer_that_does_not_come_while_others_do_is_a_timeout(make, peer):
    client = make(says(), sleeps, sleeps, says(), timeout=0.1)
    client.exchange(LIST)
    assert client.exchange(LIST).trouble == "timeout: no answer within 0.1 s (--timeout)"
    assert client.exchange(LIST).response.status == 200


@pytest.mark.parametrize("authorization", [None, "Bearer "])
def test_a_target_that_never_answers_is_told_in_one_sentence(authorization, make):
    client = make(sleeps, timeout=0.1)
    credential = Credential.INVALID if authorization else Credential.KEY
    with pytest.raises(Unjudgeable, match=r"is not reachable: no answer within 0\.1 s"):
        client.exchange(Call("GET", "/v1/messages", credential=credential, authorization=authorization))
    with pytest.raises(Unjudgeable, match="is not reachable"):
        client.exchange(LIST)


@pytest.mark.parametrize("authorization", [None, "Bearer "])
def test_a_port_where_nobody_listens_is_told_in_one_sentence(authorization, free_port):
    client = Client(Target(f"http://127.0.0.1:{free_port}", KEY), History())
    credential = Credential.INVALID if authorization else Credential.KEY
    with pytest.raises(Unjudgeable) as error:
        client.exchange(Call("GET", "/v1/messages", credential=credential, authorization=authorization))
    client.close()

    assert str(error.value) == f"http://127.0.0.1:{free_port} is not reachable: the connection was refused"
    assert len(client.history) == 1


def test_ipv6_is_an_address_like_another():
    try:
        peer = Peer(socket.AF_INET6, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    peer.answers = [says()]
    client = Client(Target(f"http://[::1]:{peer.port}/api", KEY), History())
    statuses = [client.exchange(LIST).response.status]
    spaced = Call("GET", "/v1/messages", credential=Credential.INVALID, authorization="Bearer ")
    statuses.append(client.exchange(spaced).response.status)
    client.close()
    peer.end()

    assert statuses == [200, 200]
    assert {asked[0] for asked in peer.asked} == {"GET /api/v1/messages HTTP/1.1"}


def test_a_client_that_is_stopped_lets_nothing_further_begin(make, peer):
    client = make()
    client.exchange(LIST)
    client.stop("the run was interrupted")
    with pytest.raises(Unjudgeable, match="the run was interrupted"):
        client.exchange(LIST)
    assert len(peer.asked) == 1


# -- limits ----------------------------------------------------------------------------------------------------------


def test_a_429_is_waited_for(make, peer, slept):
    client = make(says(b"", 429, ("Retry-After", "7")), says())

    assert client.exchange(LIST).response.status == 200
    assert slept == [pytest.approx(7.0, abs=0.5)]
    assert [each.response.status for each in client.history] == [429, 200]
    assert client.spent == 2


def test_a_429_may_name_a_date(make, slept):
    client = make(says(b"", 429, ("Retry-After", formatdate(time.time() + 20, usegmt=True))), says())
    client.exchange(LIST)
    assert 15 < slept[0] <= 20


def test_a_date_is_held_against_the_targets_own_clock():
    """A target whose clock is hours off asks for nine seconds all the same."""
    assert retry_after(formatdate(10809, usegmt=True), 0, formatdate(10800, usegmt=True)) == 9.0
    assert 8.0 <= retry_after(formatdate(time.time() + 10, usegmt=True), 0, "no date") <= 10.0
    assert retry_after(formatdate(0, usegmt=True), 0) == 0.0


@pytest.mark.parametrize("told", ["", "soon", "-5", "²", "1.5", "Fri, 99 Foo"])
def test_a_429_that_says_nothing_of_use_is_waited_for_all_the_same(told, make, slept):
    client = make(says(b"", 429, ("Retry-After", told)), says())
    assert client.exchange(LIST).response.status == 200
    assert 0 < slept[0] <= 8


def test_what_follows_waits_as_well(make, peer, slept):
    """A wait that one request was asked for is kept by the next, of whichever thread; with another key it is not."""
    client = make(says(b"", 429, ("Retry-After", "100")), says(), max_seconds=60.0)
    for _ in range(2):
        with pytest.raises(Unjudgeable, match="the target asks to wait 100 s"):
            client.exchange(LIST)
    assert len(peer.asked) == 1

    assert client.exchange(Call("GET", "/v1/messages", credential=Credential.NONE)).response.status == 200
    assert slept == []


def test_a_429_without_end_is_told(make, slept):
    client = make(says(b"", 429))
    with pytest.raises(Unjudgeable, match="429 8 times in a row"):
        client.exchange(LIST)
    assert len(client.history) == 8
    assert [round(pause, 2) for pause in slept] == [0.5, 1, 2, 4, 8, 8, 8]


def test_a_429_that_asks_for_more_time_than_there_is_is_told(make, slept):
    client = make(says(b"", 429, ("Retry-After", "9" * 23)), max_seconds=60.0)
    with pytest.raises(Unjudgeable, match="more than is left of the time budget"):
        client.exchange(LIST)
    assert slept == []


def test_the_budget_of_requests_is_exact(make, peer):
    client = make(max_requests=3)
    for _ in range(3):
        client.exchange(LIST)
    with pytest.raises(Unjudgeable, match="the budget of 3 requests is spent"):
        client.exchange(LIST)
    assert len(peer.asked) == client.spent == 3


def test_the_budget_of_requests_is_exact_among_threads(make, peer):
    client = make(max_requests=10)

    def spend() -> int:
        try:
            client.exchange(LIST)
        except Unjudgeable:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(lambda _: spend(), range(30)))
    assert made == len(peer.asked) == len(client.history) == 10
    assert sorted(each.number for each in client.history) == list(range(1, 11))


def test_a_429_costs_of_the_budget(make, slept):
    client = make(says(b"", 429, ("Retry-After", "1")), max_requests=4)
    with pytest.raises(Unjudgeable, match="budget of 4 requests"):
        client.exchange(LIST)
    assert client.spent == 4


def test_no_minute_holds_more_requests_than_the_rate_allows(make, slept):
    client = make(rate_per_minute=5)
    began = [client.exchange(LIST).began for _ in range(12)]

    assert all(later - first >= 60.0 for first, later in zip(began, began[5:], strict=False))
    assert len([pause for pause in slept if pause > 1]) == 2


def test_a_rate_that_leaves_too_little_time_is_told(make, slept):
    client = make(rate_per_minute=1, max_seconds=30.0)
    client.exchange(LIST)
    with pytest.raises(Unjudgeable, match="the rate of 1 a minute asks to wait 60 s, more than is left"):
        client.exchange(LIST)


@pytest.mark.parametrize(("most", "workers"), [(25, 2), (25, 3), (7, 8), (1, 2), (0, 2)])
def test_workers_together_have_what_one_would_have(most, workers):
    """A budget and a rate are shared to the last request; a worker that takes another's place gets nothing."""
    whole = Limits(max_requests=most, rate_per_minute=most)
    parts = [whole.part(number, workers) for number in range(workers)]

    assert sum(each.max_requests or 0 for each in parts) == sum(each.rate_per_minute or 0 for each in parts) == most
    assert whole.part(workers, workers).max_requests == 0
    assert whole.part(0, 1) == whole
    assert Limits().part(1, 2).max_requests is None


def test_a_worker_without_a_share_asks_nothing(make, peer):
    for limits, reason in (
        ({"max_requests": 1}, "0 requests, this worker's share of 1,"),
        ({"rate_per_minute": 1}, "rate"),
    ):
        client = make(**Limits(**limits).part(1, 2).__dict__)
        with pytest.raises(Unjudgeable, match=reason):
            client.exchange(LIST)
    assert not peer.asked


def test_the_time_of_a_run_may_have_begun_before(make):
    client = make(until=time.monotonic() - 1)
    with pytest.raises(Unjudgeable, match="seconds is spent"):
        client.exchange(LIST)


def test_the_budget_of_time_is_told(make):
    client = make(max_seconds=-1.0)
    with pytest.raises(Unjudgeable, match="seconds is spent"):
        client.exchange(LIST)
    assert len(client.history) == 0


def test_every_exchange_has_a_number_of_its_own(make):
    client = make()
    exchanges: list[Exchange] = [client.exchange(LIST) for _ in range(3)]
    assert [each.number for each in exchanges] == [1, 2, 3]
