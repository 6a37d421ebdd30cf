"""What the drivers work with: sends, lists, walks and waits. It brings situations about and knows no verdicts."""

from __future__ import annotations

import builtins
import json
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from conformance.client import Call, Client
from conformance.history import COLLECTION, SAFE, Message, understand
from conformance.model import Conversation, Credential, Exchange, Fact
from conformance.oracles import Judge
from conformance.oracles.statuses import ARRIVED, GRACE
from conformance.paging import Page, page_of
from conformance.run import Run
from conformance.suite.payloads import Payloads
from conformance.suite.reasons import Blocked as Blocked
from conformance.suite.reasons import Left as Left
from conformance.suite.reasons import NotOffered as NotOffered
from conformance.suite.reasons import Withheld as Withheld
from conformance.suite.simulated import Simulated

T = TypeVar("T")
JSON = (("Content-Type", "application/json"),)
BEYOND = 3
"""Pages of 100 in which the end of a list is looked for, behind what this run sent."""
_UNSET: Any = object()


class Kit(Payloads, Simulated):
    """One driver's hands: everything it does goes through one client and is judged as it comes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.client: Client = run.client
        self.judge: Judge = run.judge
        self.terms = run.client.target.terms
        self.random = random.Random(run.plan.seed)

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(
        self,
        payload: Any = _UNSET,
        *,
        raw: bytes | None = None,
        credential: Credential = Credential.KEY,
        headers: Iterable[tuple[str, str]] = JSON,
        facts: Iterable[Fact] = (),
        authorization: Mapping[str, str | None] | None = None,
    ) -> Exchange:
        """POST a payload as JSON, or raw bytes. Raises Withheld in a run that only reads."""
        if self.run.plan.read_only:
            raise Withheld
        if raw is None:
            raw = json.dumps(self.branded(self.payload() if payload is _UNSET else payload)).encode()
        call = Call(
            "POST", COLLECTION, tuple(headers), raw, credential, tag=self.run.tag_in(raw), facts=frozenset(facts)
        )
        return self.call(call, **(authorization or {}))

    def sent(self, payload: Any = _UNSET, *, to: str | None = None) -> str:
        """The id of a message that was sent and accepted; Blocked where it was not.

        Without a payload any message of the conversation will do: a run that only reads takes one that is there.
        """
        if payload is _UNSET and self.reads_only:
            anchors = self.run.scene.anchors
            return anchors[to] if to in anchors else anchors[self.run.scene.main.id]
        return self.accepted(self.send(self.payload(to) if payload is _UNSET else payload))

    def accepted(self, exchange: Exchange) -> str:
        """The id in the answer to a send; Blocked where the send was refused or the answer has none."""
        body = exchange.response.json if exchange.response is not None and exchange.response.ok else None
        identifier = body.get("id") if isinstance(body, dict) else None
        if not isinstance(identifier, str) or not identifier:
            status = exchange.response.status if exchange.response else exchange.trouble
            raise Blocked(f"a valid send was not accepted with an id ({status}): see SEND-01 and SEND-02")
        return identifier

    def at_once(self, calls: Sequence[Callable[[], T]], threads: int = 8) -> builtins.list[T]:
        """Run calls at the same time, each on a connection of its own, and judge what came of them together."""
        with ThreadPoolExecutor(threads) as pool, self.run.undrained():
            return [future.result() for future in [pool.submit(each) for each in calls]]

    # -- reading -----------------------------------------------------------------------------------------------------

    def call(self, call: Call, **authorization: str | None) -> Exchange:
        """Make a call and judge what came."""
        if authorization:
            call = Call(**{**call.__dict__, **authorization})
        exchange = self.client.exchange(call)
        self.learn(exchange)
        self.run.drain()
        return exchange

    def list(
        self,
        query: str | None = None,
        *,
        credential: Credential = Credential.KEY,
        facts: Iterable[Fact] = (),
        authorization: Mapping[str, str | None] | None = None,
        **parameters: Any,
    ) -> Exchange:
        """GET the list, by parameters or by a query string written out."""
        text = (
            urlencode({name: value for name, value in parameters.items() if value is not None}, errors="surrogatepass")
            if query is None
            else query
        )
        target = f"{COLLECTION}?{text}" if text else COLLECTION
        return self.call(Call("GET", target, credential=credential, facts=frozenset(facts)), **(authorization or {}))

    def page(self, **parameters: Any) -> Page:
        """A page of the list; Blocked where the answer is none."""
        exchange = self.list(**parameters)
        page = page_of(exchange, understand(exchange.request))
        if page is None:
            response = exchange.response
            status = response.status if response else exchange.trouble
            row = "HTTP-01" if response is not None and response.ok and response.json_error else "LIST-01"
            raise Blocked(f"a valid list request was not answered with a list ({status}): see {row}")
        return page

    def retrieve(
        self,
        identifier: str,
        *,
        raw: bool = False,
        credential: Credential = Credential.KEY,
        facts: Iterable[Fact] = (),
        authorization: Mapping[str, str | None] | None = None,
    ) -> Exchange:
        """GET a message by its id, percent-encoded unless it is given raw."""
        path = f"{COLLECTION}/{identifier if raw else self.quoted(identifier)}"
        return self.call(Call("GET", path, credential=credential, facts=frozenset(facts)), **(authorization or {}))

    def quoted(self, identifier: str) -> str:
        """An id as a segment of a path."""
        return quote(identifier, safe="", errors="surrogatepass")

    def retrieve_sent(self, exchange: Exchange) -> None:
        """GET the message that a send was answered with, if it was accepted."""
        body = exchange.response.json if exchange.response is not None and exchange.response.ok else None
        if isinstance(body, dict) and isinstance(body.get("id"), str) and body["id"]:
            self.retrieve(body["id"])

    def other(self, method: str, path: str = "", payload: Any = None) -> Exchange:
        """Try a method that the documentation does not name. Raises Withheld in a run that only reads."""
        if self.run.plan.read_only and method not in SAFE:
            raise Withheld
        raw = b"" if payload is None else json.dumps(self.branded(payload)).encode()
        return self.call(Call(method, f"{COLLECTION}{path}", JSON if raw else (), raw, tag=self.run.tag_in(raw)))

    # -- waiting -----------------------------------------------------------------------------------------------------

    def caught_up(self) -> None:
        """Wait until what was sent must be listed by what the target declares."""
        window = self.terms.consistency_seconds
        ended = [sent.exchange.ended for sent in self.judge.ledger.sends if sent.accepted is not False]
        if window and ended:
            time.sleep(max(0.0, max(ended) + window + 0.01 - time.monotonic()))

    def message(self, identifier: str) -> Message:
        """What is known of a message."""
        return self.judge.ledger.messages[identifier]

    def settle(self, identifiers: Iterable[str], most: int = 20) -> None:
        """Wait until messages must have arrived where they are declared to arrive, looking so many times at most."""
        watched = [each for each in identifiers if each in self.judge.ledger.messages]
        sent = [self.message(each).sent for each in watched]
        due = max((each.exchange.ended for each in sent if each), default=0.0) + self.terms.settle_seconds + GRACE
        pause, looks = (0.1 if most > 2 else min(1.0, self.terms.settle_seconds / 2)), 0
        while (left := due - time.monotonic()) > 0 and (
            moving := [each for each in watched if not self._arrived(each)]
        ):
            looks += 1
            time.sleep(left + 0.01 if looks >= most else min(left + 0.01, pause))
            pause *= 1.5
            for each in moving:
                self.retrieve(each)

    def _arrived(self, identifier: str) -> bool:
        """Whether a message was seen where its conversation is declared to let it arrive."""
        message = self.message(identifier)
        conversation = self.terms.conversation(message.conversation)
        return not conversation or message.views[-1].status in ARRIVED.get(conversation.outcome or "", ())

    def watch(self, look: Callable[[], Any], most: int) -> None:
        """Look again and again while statuses still move: at growing intervals, up to so many times."""
        pause = min(0.05, self.terms.settle_seconds / (most + 1))
        due = time.monotonic() + self.terms.settle_seconds
        for _ in range(most):
            look()
            if time.monotonic() > due or all(_rests(message, self) for message in self._watched()):
                return
            time.sleep(pause)
            pause *= 1.3

    def _watched(self) -> Iterable[Message]:
        """The messages whose status may move: this run's, or where it only reads, all that go out."""
        messages = self.judge.ledger.messages.values()
        theirs = (each for each in messages if each.value("direction") == "outbound")
        return theirs if self.reads_only else self.judge.ledger.own()

    # -- walking -----------------------------------------------------------------------------------------------------

    def walk(
        self,
        sizes: Sequence[int],
        start: str | None = None,
        until: Iterable[str] = (),
        most: int | None = None,
        between: Callable[[], Any] | None = None,
        **filters: Any,
    ) -> builtins.list[Page]:
        """Follow a list with pages of the given sizes in turn, to its end, until ids were seen, or for `most` pages."""
        allowed = self.client.limits.max_pages
        pages: builtins.list[Page] = []
        missing, cursor, seen = set(until), start, set[str]()
        for size in cycle(sizes):
            page = self.page(limit=size, starting_after=cursor, **filters)
            pages.append(page)
            came_again = bool(seen & set(page.ids))
            seen |= set(page.ids)
            missing -= seen
            if not page.has_more or not page.ids or came_again or (until and not missing):
                return pages
            if len(pages) >= (most or allowed):
                self.run.unfinished |= most is None
                return pages
            cursor = page.ids[-1]
            if between is not None:
                between()
        return pages

    def some(self, count: int) -> None:
        """See to it that the main conversation holds so many messages of ours, sending what is missing at one time."""
        main = self.run.scene.main.id
        missing = (
            0 if self.run.plan.read_only else count - sum(each.conversation == main for each in self.judge.ledger.own())
        )
        self.at_once([lambda: self.send(self.payload(main)) for _ in range(max(0, missing))], threads=max(1, missing))
        self.caught_up()

    def window(self, **filters: Any) -> builtins.list[str]:
        """The ids of the stretch of a list that holds all that this run sent, in the list's order, by pages of 100."""
        self.caught_up()
        own = [each.id for each in self.judge.ledger.own() if self._matches(each, filters)]
        first = self.page(limit=100, **filters)
        if first.has_more and own and not set(own) & set(first.ids):
            return [each for page in self.walk([100], start=own[0], **filters) for each in page.ids]
        pages, missing = [first], set(own) - set(first.ids)
        if first.has_more and first.ids and missing:
            pages += self.walk([100], start=first.ids[-1], until=missing, **filters)
        if pages[-1].has_more and pages[-1].ids and tuple(filters.items()) not in self.run.endless:
            pages += self.walk([100], start=pages[-1].ids[-1], most=BEYOND, **filters)
            if pages[-1].has_more:
                self.run.endless.add(tuple(filters.items()))
        return [each for page in pages for each in page.ids]

    def _matches(self, message: Message, filters: dict[str, Any]) -> bool:
        wanted = {name: value for name, value in filters.items() if value is not None}
        known = {"conversation_id": message.conversation, "direction": message.value("direction")}
        return message.id not in self.judge.ledger.tampered and all(
            known.get(name) == each for name, each in wanted.items()
        )

    def is_whole(self, **filters: Any) -> bool:
        """Whether the newest long walks went through the list from its beginning to its end."""
        wanted = tuple((name, value) for name, value in filters.items())
        chains = self.judge.walks.chains.get((Credential.KEY, wanted), [])
        return any(chain.start is None and chain.ended for chain in chains[-8:])

    def sweep(self) -> None:
        """Look through all that this run may have left, and at what stands there unexplained."""
        main = self.run.scene.main.id
        shown = [*self.window(conversation_id=main), *self.window()]
        ledger = self.judge.ledger
        strangers = [
            each
            for each in dict.fromkeys(shown)
            if ledger.messages[each].sent is None
            and ledger.messages[each].value("direction") == "outbound"
            and not self.run.tag_in(str(ledger.messages[each].value("body")).encode("utf-8", "replace"))
            and each not in self.run.scene.before
        ]
        for each in strangers[:5]:
            self.retrieve(each)

    def unknown_id(self, like: str) -> str:
        """An id of the form of another that nobody has: its letters and digits at the end drawn anew."""
        keep = like.rfind("_") + 1
        alphabet = "0123456789" if like[keep:].isdigit() else "0123456789abcdefghjkmnpqrstvwxyz"
        drawn = "".join(self.random.choice(alphabet) if each.isalnum() else each for each in like[keep:])
        return like[:keep] + (drawn if len(drawn) >= 8 else drawn + "".join(self.random.choices(alphabet, k=8)))

    @property
    def conversations(self) -> Sequence[Conversation]:
        """The declared conversations that the target knows."""
        return self.run.scene.conversations


def _rests(message: Message, kit: Kit) -> bool:
    """Whether a message has reached the end of its way, as far as its conversation declares one."""
    conversation = kit.terms.conversation(message.conversation)
    status = message.views[-1].status if message.views else None
    return status in ("read", "failed") or bool(conversation and status == conversation.outcome)
