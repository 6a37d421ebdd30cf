"""Histories, written in few lines: a tape records what a correct target would answer, save where it is told otherwise.

`breaks("PAGE-02")` makes a test of a function that writes a history: just these requirements are violated by it.
`holds("PAGE-02")`: none is violated, and these are decisively observed. `unjudged("PAGE-02")`: none is violated, and
nothing was proved of these.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from conformance.model import (
    Choice,
    Conversation,
    Credential,
    Exchange,
    Fact,
    Finding,
    Observation,
    Request,
    Response,
    Terms,
    Violation,
)
from conformance.oracles import judge
from conformance.oracles.traces import TAG
from conformance.wire import NotJson, parse_json

Json = dict[str, Any]
JSON = ("Content-Type", "application/json")
NOON = 1750000000.0
"""The wall time at which every tape begins."""
A, B = Conversation("conv_a", "whatsapp"), Conversation("conv_b", "email")
TERMS = Terms((A, B), settle_seconds=5.0)
TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
GONE: Any = object()
"""As the value of a field: the field is not there."""


class Tape:
    """A history that is being written, and the messages that the target has by then."""

    def __init__(self, terms: Terms = TERMS, oldest_first: bool = False, sparse: bool = False) -> None:
        self.terms, self.oldest_first, self.sparse = terms, oldest_first, sparse
        self.world: dict[int, Json] = {}
        self.clock = 0.0
        self.exchanges: list[Exchange] = []

    # -- what is asked and answered ----------------------------------------------------------------------------------

    def send(
        self,
        number: int,
        conversation: str = "conv_a",
        body: Any = None,
        *,
        code: int = 201,
        answer: Json | None = None,
        at: tuple[float, float] | None = None,
        credential: Credential = Credential.KEY,
        facts: Iterable[Fact] = (),
        kind: str | None = "application/json",
        tag: bool = True,
        created: str | None = None,
        param: str | None = None,
        **fields: Any,
    ) -> int:
        """A send that is accepted as message `number` or, by its `code`, refused. `answer` differs on purpose."""
        mark = f"mc-tape-{number}"
        payload = {"conversation_id": conversation, "body": f"{mark} hello" if body is None else body, **fields}
        payload = {name: value for name, value in payload.items() if value is not GONE}
        began = at[0] if at else self.clock
        shown: Any = refusal(code, param)
        if code < 300:
            shown = self.add(number, payload, created or instant(began)) | (answer or {})
            shown = {name: value for name, value in shown.items() if value is not GONE}
        headers = [("Content-Type", kind)] if kind else []
        marked = TAG.search(json.dumps(payload)) if tag else None
        return self.call(
            "POST", "/v1/messages", code, shown, at=at, payload=json.dumps(payload).encode(), sent_headers=headers,
            credential=credential, facts=facts, tag=marked and marked[0],
        )  # fmt: skip

    def add(self, number: int, payload: Json, created: str) -> Json:
        """A message that the target has from now on, from whomever."""
        known = self.terms.conversation(payload.get("conversation_id"))
        self.world[number] = {
            "id": f"msg_{number}",
            "object": "message",
            "conversation_id": payload.get("conversation_id"),
            "body": payload.get("body"),
            "type": payload.get("type") or "text",
            "direction": "outbound",
            "channel": (known and known.channel) or "webchat",
            "status": "queued",
            "created_at": created,
            "metadata": payload.get("metadata"),
        }
        return self.world[number]

    def foreign(self, number: int, conversation: str = "conv_a", direction: str = "inbound", **fields: Any) -> None:
        """A message arrives that this run knows nothing of."""
        self.add(number, {"conversation_id": conversation, "body": "from elsewhere"}, instant(self.clock))
        self.world[number] |= {"direction": direction, "status": "delivered"} | fields

    def change(self, number: int, **fields: Any) -> None:
        """A message changes."""
        self.world[number] |= fields

    def retrieve(
        self,
        number: int,
        code: int = 200,
        *,
        at: tuple[float, float] | None = None,
        credential: Credential = Credential.KEY,
        facts: Iterable[Fact] = (),
        path: str | None = None,
        **differs: Any,
    ) -> int:
        """A retrieve. Fields named here differ from what the message is."""
        shown: Any = self.world.get(number, {}) | differs if code < 300 else refusal(code)
        if code < 300:
            shown = {name: value for name, value in shown.items() if value is not GONE}
        path = f"/v1/messages/msg_{number}" if path is None else path
        return self.call("GET", path, code, shown, at=at, credential=credential, facts=facts)

    def list(
        self,
        show: Iterable[int] | None = None,
        more: Any = None,
        *,
        limit: Any = None,
        after: int | str | None = None,
        conversation: str | None = None,
        direction: str | None = None,
        code: int = 200,
        differs: dict[int, Json] | None = None,
        at: tuple[float, float] | None = None,
        credential: Credential = Credential.KEY,
        facts: Iterable[Fact] = (),
        envelope: Json | None = None,
        param: str | None = None,
    ) -> int:
        """A page: what a correct target shows, or the messages named, with `has_more` right or as it is told."""
        asked = {
            "conversation_id": conversation,
            "direction": direction,
            "limit": limit,
            "starting_after": f"msg_{after}" if isinstance(after, int) else after,
        }
        right, right_more = self._page(conversation, direction, limit if isinstance(limit, int) else 25, after)
        ids = right if show is None else [*show]
        items = [self._item(each) | (differs or {}).get(each, {}) for each in ids]
        items = [{name: value for name, value in item.items() if value is not GONE} for item in items]
        shown: Any = {"object": "list", "data": items, "has_more": right_more if more is None else more}
        shown = shown | (envelope or {}) if code < 300 else refusal(code, param)
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        target = f"/v1/messages?{query}" if query else "/v1/messages"
        return self.call("GET", target, code, shown, at=at, credential=credential, facts=facts)

    def walk(self, *sizes: int, **options: Any) -> None:
        """A correct walk to the end of the list, with pages of these sizes in turn."""
        after = options.pop("after", None)
        for turn in range(100):
            limit = sizes[turn % len(sizes)]
            ids, more = self._page(options.get("conversation"), options.get("direction"), limit, after)
            self.list(limit=limit, after=after, **options)
            if not more:
                return
            after = ids[-1]

    def order(self, conversation: str | None = None, direction: str | None = None) -> list[int]:
        """The messages as a correct list shows them."""
        matching = [
            number
            for number, each in self.world.items()
            if conversation in (None, each["conversation_id"]) and direction in (None, each["direction"])
        ]
        found = sorted(matching, key=lambda number: (self.world[number]["created_at"], number))
        return found if self.oldest_first else found[::-1]

    def _page(
        self, conversation: str | None, direction: str | None, limit: int, after: int | str | None
    ) -> tuple[list[int], bool]:
        order = self.order(conversation, direction)
        start = order.index(after) + 1 if after in order else 0
        return order[start : start + limit], len(order) > start + limit

    def _item(self, number: int) -> Json:
        whole = self.world[number]
        names = ("id", "body", "direction", "status", "created_at") if self.sparse else tuple(whole)
        return {name: whole[name] for name in names}

    def call(
        self,
        method: str,
        target: str,
        code: int | None,
        shown: Any = None,
        *,
        at: tuple[float, float] | None = None,
        payload: bytes = b"",
        sent_headers: Iterable[tuple[str, str]] = (),
        headers: Iterable[tuple[str, str]] | None = None,
        raw: bytes | None = None,
        credential: Credential = Credential.KEY,
        facts: Iterable[Fact] = (),
        tag: str | None = None,
        trouble: str | None = None,
        echoed: bool = False,
    ) -> int:
        """Any exchange; without a code there is no response. Gives its number."""
        began, ended = at or (self.clock, self.clock + 0.01)
        self.clock = max(self.clock, ended) + 0.09
        body = json.dumps(shown).encode() if raw is None else raw
        defaults = [JSON] + ([("WWW-Authenticate", "Bearer")] if code == 401 else [])
        told = tuple(defaults if headers is None else headers)
        number = len(self.exchanges) + 1
        request = Request(method, target, tuple(sent_headers), payload, credential, tag, frozenset(facts))
        response = None if code is None else _response(code, told, body)
        self.exchanges.append(Exchange(number, began, ended, NOON + began, request, response, trouble, echoed))
        return number

    # -- what is found -----------------------------------------------------------------------------------------------

    def findings(self) -> list[Finding]:
        """What the oracles find, the exchanges seen in the order in which they ended."""
        return judge(sorted(self.exchanges, key=lambda each: each.ended), self.terms)

    def violations(self) -> list[Violation]:
        """The violations."""
        return [each for each in self.findings() if isinstance(each, Violation)]

    def violated(self) -> set[str]:
        """The requirements that are found broken."""
        return {each.requirement for each in self.violations()}

    def observed(self) -> Counter[str]:
        """How often each requirement was put to the test and held."""
        return Counter(each.requirement for each in self.findings() if isinstance(each, Observation))

    def choices(self) -> set[tuple[str, str, str]]:
        """What the target was seen to choose."""
        return {(each.id, each.question, each.observed) for each in self.findings() if isinstance(each, Choice)}


def _response(code: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
    try:
        return Response(code, headers, body, parse_json(body))
    except NotJson as error:
        return Response(code, headers, body, None, str(error))


def instant(seconds: float) -> str:
    """An RFC 3339 date-time, so many seconds after noon."""
    return datetime.fromtimestamp(NOON + seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def refusal(code: int, param: str | None = None) -> Json:
    """The documented error object of a status."""
    kind = TYPES.get(code, "invalid_request_error" if code < 500 else "api_error")
    error = {"type": kind, "code": "refused", "message": "It is refused.", "doc_url": "https://docs.example/errors"}
    return {"error": error | ({"param": param} if param else {})}


def percent(text: str) -> str:
    """A text as a path segment."""
    return quote(text, safe="")


# -- tests made of histories -----------------------------------------------------------------------------------------

History = Callable[[], Tape]
BROKEN: dict[str, list[str]] = {}
HELD: dict[str, list[str]] = {}
"""The requirements that some history violates, and that some history decisively holds, with the tests that say so."""


def breaks(*requirements: str, also: Iterable[str] = ()) -> Callable[[History], Callable[[], None]]:
    """The history violates just these requirements, and perhaps `also` those that the same fault touches."""

    def make(write: History) -> Callable[[], None]:
        for each in requirements:
            BROKEN.setdefault(each, []).append(write.__name__)

        @functools.wraps(write)
        def test() -> None:
            tape = write()
            assert tape.violated() - set(also) == set(requirements), _told(tape)

        return test

    return make


def holds(*requirements: str) -> Callable[[History], Callable[[], None]]:
    """The history violates nothing, and puts these requirements to the test."""

    def make(write: History) -> Callable[[], None]:
        for each in requirements:
            HELD.setdefault(each, []).append(write.__name__)

        @functools.wraps(write)
        def test() -> None:
            tape = write()
            assert tape.violated() == set(), _told(tape)
            assert set(requirements) - set(tape.observed()) == set(), f"observed: {sorted(tape.observed())}"

        return test

    return make


def unjudged(*requirements: str) -> Callable[[History], Callable[[], None]]:
    """The history violates nothing, and proves nothing of these requirements."""

    def make(write: History) -> Callable[[], None]:
        @functools.wraps(write)
        def test() -> None:
            tape = write()
            assert tape.violated() == set(), _told(tape)
            assert set(requirements) & set(tape.observed()) == set()

        return test

    return make


def _told(tape: Tape) -> str:
    return "".join(
        f"\n  {each.requirement}: expected {each.expected}, got {each.got} {each.exchanges}"
        for each in tape.violations()
    )
