"""The only door to the network: every exchange of whichever driver is limited, redacted and recorded here.

A request that nobody answers is made once more, then another one tells whether the target is still there. One that went
away is waited for a little; then the run is over, and every later call raises `Unjudgeable`.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from conformance.history import COLLECTION
from conformance.limits import Limits
from conformance.model import Credential, Exchange, Fact, Request, Response
from conformance.passage import retry_after
from conformance.record import History
from conformance.redact import Redactor
from conformance.target import Target
from conformance.transport import STALE, Answer, Fault, Transport
from conformance.wire import NotJson, parse_json, weight

LONG = 2**16
PATIENCE = (0.2, 0.5, 1.0, 2.0)
"""Seconds between the looks after a target that went away."""
ASKED = 8
"""So many 429 in a row to one request are waited for."""
FAR = 0.01
"""Seconds that half of all answers take at least where requests that do not depend on one another are overlapped."""
PROMPT = 0.002
"""Seconds that half of all answers take at most where nothing but judging is done while one is waited for."""
DOUBTS = 3
"""So many requests that stay unanswered are made again, and so many that are asked to wait for ever are made at all."""


class Unjudgeable(Exception):
    """The run cannot go on to judge: the target is gone, or a budget is spent. The message is the reason."""


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
        self.redactor = Redactor(target)
        self.over = ""
        """Why the run is over, once it is."""
        self.end = min(time.monotonic() + self.limits.max_seconds, self.limits.until or float("inf"))
        self._recent: deque[float] = deque()
        self._hushed: dict[Credential, float] = {}
        """Until when requests with a credential wait, for a 429 asked for it."""
        self._lock = threading.Lock()
        self._halt = threading.Event()
        self._answered = False
        self._doubts = 0
        self._memory = 0
        self._taken: deque[float] = deque(maxlen=15)
        """Seconds that the newest answers took, at least."""
        self.meanwhile: Callable[[], bool] = lambda: False
        """What is done while an answer is waited for, a piece at a time; whether there was any. It must not raise."""
        self._busy = 0.0
        """Seconds that went by with it."""
        self._transport = Transport(target, self.limits, self._do_meanwhile)

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    @property
    def is_far(self) -> bool:
        """Whether answers take so long that waiting for one after another is most of a run, and nothing limits the rate."""
        limited = self._hushed or self.limits.rate_per_minute is not None
        return not limited and self._takes_longer_than(FAR)

    @property
    def is_prompt(self) -> bool:
        """Whether answers come so soon that what is begun while one is waited for holds up the next request."""
        return not self._takes_longer_than(PROMPT)

    def _takes_longer_than(self, seconds: float) -> bool:
        return len(self._taken) == self._taken.maxlen and statistics.median(self._taken) > seconds

    @property
    def is_full(self) -> bool:
        """Whether what was answered so far takes up most of the memory that a run may take."""
        return self._memory > self.limits.max_memory << 19

    def _do_meanwhile(self) -> bool:
        began = time.monotonic()
        try:
            return self.meanwhile()
        finally:
            self._busy += time.monotonic() - began

    def stop(self, reason: str) -> None:
        """Let no further exchange begin, and end those under way."""
        self.over = self.over or reason
        self._halt.set()
        self._transport.cut()

    def exchange(self, call: Call) -> Exchange:
        """Make a call, waiting as a 429 asks; the exchange has no response where the wire broke.

        Raises `Unjudgeable` when the budget is spent or the target is gone.
        """
        exchange = self._settled(call)
        if exchange.trouble is None:
            return exchange
        if _kind(exchange) != "unreachable" and self._doubts < DOUBTS:
            exchange = self._settled(call)
            self._doubts += exchange.trouble is not None
        if _kind(exchange) in ("", "broken") or (_kind(exchange) != "unreachable" and self._is_there(call)):
            return exchange
        return self._until_back(call, exchange)

    def _is_there(self, call: Call) -> bool:
        """Whether another kind of request is answered."""
        listed = call.target.partition("?")[0] == COLLECTION and call.method == "GET"
        facts = frozenset({Fact.ODD_ID}) if listed else frozenset()
        other = Call("GET", f"{COLLECTION}/msg_of_nobody" if listed else f"{COLLECTION}?limit=1", facts=facts)
        return _kind(self._settled(other)) in ("", "broken")

    def _until_back(self, call: Call, exchange: Exchange) -> Exchange:
        """Wait for a target that was there and went away, then make the call again."""
        for pause in PATIENCE if self._answered and _kind(exchange) != "timeout" else ():
            self._wait(pause, "the target is gone, and it is waited for")
            if self._is_there(call):
                return self._settled(call)
        reason = (exchange.trouble or "").partition(": ")[2]
        self.over = (
            self.over or f"{self.target.base_url} {'is gone' if self._answered else 'is not reachable'}: {reason}"
        )
        raise Unjudgeable(self.over)

    def _settled(self, call: Call) -> Exchange:
        """Make a call until it is answered with something else than 429, or found to be without an answer."""
        for attempt in range(ASKED):
            exchange = self._attempt(call)
            while (exchange.trouble or "").endswith(STALE):
                exchange = self._attempt(call)
            if exchange.response is None or exchange.response.status != 429:
                return exchange
            self._hush(call.credential, exchange.response, attempt)
        self._doubts += 1
        reason = f"the target answered 429 {ASKED} times in a row"
        if self._doubts >= DOUBTS:
            self.over = self.over or reason
        raise Unjudgeable(reason)

    def _hush(self, credential: Credential, response: Response, attempt: int) -> None:
        """Let every request with this credential wait as a 429 asks, those of other threads and drivers, too."""
        seconds = retry_after(response.header("Retry-After"), attempt, response.header("Date"))
        self._hushed[credential] = max(self._hushed.get(credential, 0.0), time.monotonic() + seconds)

    def _attempt(self, call: Call) -> Exchange:
        self._admit(call.credential)
        number, at, began, busy = self.history.number(), time.time(), time.monotonic(), self._busy
        response, trouble, echoed = None, None, False
        try:
            answer = self._transport.send(call.method, call.target, self._headers(call), call.body, self.end)
            response, echoed = self._record(answer, self._held(call))
        except Fault as fault:
            trouble = self.redactor.text(str(fault))
        ended = time.monotonic()
        if trouble is not None:
            self._hold_to_time(ended)
        exchange = Exchange(number, began, ended, at, self._shown(call), response, trouble, echoed)
        self.history.append(exchange)
        self._answered = self._answered or response is not None
        if response is not None:
            self._taken.append(ended - began - (self._busy - busy))
        return exchange

    def _hold_to_time(self, now: float) -> None:
        """Raise where the run is over: what broke off then says nothing of the target."""
        if now >= self.end:
            self.over = self.over or f"the budget of {self.limits.max_seconds:g} seconds is spent"
        if self.over:
            raise Unjudgeable(self.over)

    def _admit(self, credential: Credential) -> None:
        """Wait until the rate, or a 429 before, lets one more request through; raise where the budget does not."""
        while True:
            with self._lock:
                now = time.monotonic()
                self._hold_to_time(now)
                if self.limits.rate_per_minute == 0:
                    raise Unjudgeable("the rate leaves no request to this worker")
                if self.limits.max_requests is not None and self.spent >= self.limits.max_requests:
                    raise Unjudgeable(f"the budget of {self.limits.max_requests} requests{self.limits.share} is spent")
                if self._memory > self.limits.max_memory << 20:
                    raise Unjudgeable(f"the target's answers take more than {self.limits.max_memory} MB (--max-memory)")
                asked, pause = self._hushed.get(credential, now) - now, self._pause(now)
                if max(asked, pause) <= 0:
                    self.spent += 1
                    self._recent.append(now)
                    return
            if asked > 0:
                self._wait(asked, f"the target asks to wait {ceil(asked)} s")
            else:
                self._wait(pause, f"the rate of {self.limits.rate_per_minute} a minute asks to wait {ceil(pause)} s")

    def _pause(self, now: float) -> float:
        rate = self.limits.rate_per_minute
        while self._recent and now - self._recent[0] >= 60.0:
            self._recent.popleft()
        return 60.0 - (now - self._recent[0]) if rate is not None and len(self._recent) >= rate else 0.0

    def _wait(self, seconds: float, why: str) -> None:
        if seconds > self.end - time.monotonic():
            raise Unjudgeable(f"{why}, more than is left of the time budget")
        self._halt.wait(seconds)

    def _headers(self, call: Call) -> list[tuple[str, str]]:
        authorization = self._authorization(call)
        return [*call.headers, *([("Authorization", authorization)] if authorization is not None else [])]

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

    def _held(self, call: Call) -> str | None:
        """The key that a call holds: an invalid one may be the right one with something before or after it."""
        key = self.target.api_key
        if call.credential is Credential.INVALID:
            return key if key and key in (call.authorization or "") else None
        return self._key(call)

    def _shown(self, call: Call) -> Request:
        """The request for the record. Its body is ours, and judged: it stays as it was sent."""
        headers = [(name, self.redactor.text(value)) for name, value in call.headers]
        authorization = call.shown_authorization or self._authorization(call)
        if authorization is not None:
            headers.append(("Authorization", self.redactor.text(authorization)))
        return Request(call.method, call.target, tuple(headers), call.body, call.credential, call.tag, call.facts)

    def _record(self, answer: Answer, key: str | None) -> tuple[Response, bool]:
        value: Any = None
        error: str | None = None
        try:
            value = parse_json(answer.body, self.limits.reading)
        except NotJson as problem:
            error = str(problem)
        if len(answer.body) > LONG:
            self._memory += weight(answer.body)
        shown = tuple((self.redactor.text(name), self.redactor.text(text)) for name, text in answer.headers)
        body = self.redactor.body(answer.body)
        echoed = (body != answer.body or shown != tuple(answer.headers)) and self.redactor.found(
            answer.headers, answer.body, key
        )
        return Response(answer.status, shown, body, value, error), echoed


def _kind(exchange: Exchange) -> str:
    """What kind of trouble an exchange met: unreachable, timeout, closed or broken; empty where there was none."""
    return (exchange.trouble or "").partition(":")[0]
