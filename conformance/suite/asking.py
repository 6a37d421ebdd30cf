"""What a driver asks with: sends, lists, single messages, and methods that the documentation does not name."""

from __future__ import annotations

import builtins
import json
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from string import digits as numerals
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from conformance.client import Call, Client
from conformance.history import COLLECTION, SAFE, Message, understand
from conformance.model import Conversation, Credential, Exchange, Fact
from conformance.oracles import Judge
from conformance.oracles.retrieval import NO_ID
from conformance.paging import Page, page_of
from conformance.run import Run
from conformance.suite.payloads import Payloads
from conformance.suite.reasons import Blocked, Withheld

T = TypeVar("T")
JSON = (("Content-Type", "application/json"),)
_UNSET: Any = object()
_DRAWN = 5
"""What ends in fewer letters and digits than these may be counted rather than drawn."""
_CASELESS = re.compile(r"[0-9a-fA-F]+|[0-9A-HJKMNP-TV-Z]{26}")
_PREFIXES = re.compile(r"(?:[A-Za-z]{1,8}_)*")
_REDRAWN = 12
"""So many letters and digits at an id's end are drawn anew: what stands before may be a time, a version or a kind."""
_TRIED = 40
"""So many ids are tried at most, of which one may be in the form that the target knows ids by."""
_ENOUGH = 8
"""What was drawn of fewer letters and digits than these may be somebody's."""


def near(identifier: str, behind: str = "x") -> builtins.list[str]:
    """Ids that are nobody's, however near they come to one: none near a number, where a neighbour may be somebody's.

    No digit is put behind one either, nor is an id left that ends with one: beside conv_mail1 there may be conv_mail10.
    What is short may be a number to any base. The other case is left out where the id may be a UUID, a ULID or a number
    in hexadecimal, whose case says nothing.
    """
    digits = identifier.rpartition("_")[2].replace("-", "")
    if digits.isdigit() or sum(map(str.isalnum, digits)) < _DRAWN:
        return []
    caseless = _CASELESS.fullmatch(digits)
    other = [] if caseless or identifier.swapcase() == identifier else [identifier.swapcase()]
    shorter = identifier.rstrip(numerals)[:-1].rstrip(numerals)
    return [each for each in (shorter, identifier + behind, *other) if each]


def drawn_like(identifier: str, dice: random.Random) -> str:
    """An id that nobody has, in the form of another: what a server that looks at the form first goes on to look for.

    Digits stay digits and letters letters, of the same case and, where the id may be a number in hexadecimal, within
    it; none is drawn that an alphabet for ids leaves out. A number keeps its first digit from being zero.
    """
    start = identifier.rfind("_") + 1
    if sum(map(str.isalnum, identifier[start:])) < _ENOUGH:
        start = _PREFIXES.match(identifier).end()  # type: ignore[union-attr]  # it matches the empty string
    head, tail = identifier[:start], identifier[start:]
    drawable = [place for place, each in enumerate(tail) if each.isascii() and each.isalnum()][-_REDRAWN:]
    if tail.isdigit() and len(tail) < _ENOUGH:
        return head + "1" + "".join(dice.choices(numerals, k=_ENOUGH))
    letters = "abcdef" if re.fullmatch(r"[0-9a-fA-F-]+", tail) else "abcdefghjkmnpqrstvwxyz"

    def like(each: str) -> str:
        drawn = dice.choice("234567" if each.isdigit() else letters)
        return drawn.upper() if each.isupper() else drawn

    drawn = list(tail)
    for place in drawable:
        drawn[place] = like(tail[place])
    short = len(drawable) < _ENOUGH
    return head + "".join(drawn) + ("".join(dice.choices(letters, k=_ENOUGH)) if short else "")


def alike(identifier: str, known: Sequence[str], dice: random.Random) -> builtins.list[str]:
    """Ids that may be nobody's, in a form as narrow as that of the known ones: what these have in common stays.

    What differs is drawn of what stands there in one or another. The last character may be a check digit: each is tried.
    """
    columns = [
        sorted(set(each)) for each in zip(*(each for each in known if len(each) == len(identifier)), strict=True)
    ]
    places = [place for place, each in enumerate(columns) if len(each) > 1 and any(map(str.isalnum, each))]
    drawn = list(identifier)
    for place in places[-_REDRAWN:]:
        drawn[place] = dice.choice(columns[place])
    if not places:
        return []
    last = places[-1]
    checks = {*columns[last], *(numerals if drawn[last].isdigit() else "")}
    made = ["".join([*drawn[:last], each, *drawn[last + 1 :]]) for each in (drawn[last], *sorted(checks))]
    return [each for each in dict.fromkeys(made) if each not in set(known)][:_TRIED]


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response is not None else None


class Asking(Payloads):
    """The part of a kit that makes requests: each goes through one client, and is judged."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.client: Client = run.client
        self.terms = run.client.target.terms

    @property
    def judge(self) -> Judge:
        """The judge, who has seen all that was asked so far."""
        return self.run.judge

    def dice(self) -> random.Random:
        """A generator that begins anew: what a driver draws with it depends on no other driver."""
        return random.Random(self.run.plan.seed)

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
        with self.run.undrained(), ThreadPoolExecutor(threads) as pool:
            return [future.result() for future in [pool.submit(each) for each in calls]]

    def apart(self, calls: Iterable[Callable[[], Any]]) -> builtins.list[Any]:
        """Make calls of which none depends on another: one after the other, or overlapped where answers take long.

        Not for sends that are to be accepted: what becomes of those made at the same time is CONC-01's.
        """
        made = builtins.list(calls)
        return self.at_once(made) if self.client.is_far and len(made) > 1 else [each() for each in made]

    # -- reading -----------------------------------------------------------------------------------------------------

    def call(self, call: Call, **authorization: str | None) -> Exchange:
        """Make a call. What came is judged as soon as somebody asks what it was, or while the next answer is waited for."""
        if authorization:
            call = Call(**{**call.__dict__, **authorization})
        exchange = self.client.exchange(call)
        self.learn(exchange)
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
        """A page of the list; Blocked where the answer is none.

        Asked once more where the cursor is so new that, by what the target declares, not every list knows it yet.
        """
        exchange = self.list(**parameters)
        window = self.terms.consistency_seconds if parameters.get("starting_after") is not None else 0
        if window and _status(exchange) in (400, 404, 422):
            self.run.sleep_until(exchange.ended + window + 0.01)
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

    # -- what there is -----------------------------------------------------------------------------------------------

    def message(self, identifier: str) -> Message:
        """What is known of a message."""
        return self.judge.ledger.messages[identifier]

    def own(self, **fields: Any) -> builtins.list[str]:
        """The messages of this run that were sent with these fields, in the order in which they were sent."""
        found = []
        for each in self.judge.ledger.own():
            payload = each.sent.payload if each.sent else None
            if isinstance(payload, dict) and fields.items() <= payload.items():
                found.append(each.id)
        return found

    def having(self, **fields: Any) -> str:
        """A message that was sent with these fields: one of this run where there is one, or else a new one."""
        found = self.own(**fields)
        return found[-1] if found else self.sent(self.payload(**fields))

    def unknown_id(self, like: str) -> str:
        """An id in the form of another that nobody has; the same at each call."""
        return drawn_like(like, self.dice())

    def retrieve_unknown(self, like: str) -> None:
        """GET an id that nobody has, in the form of another: it is not found.

        Where it is refused as if it were none, its form may be a narrower one: others are asked for until one is not found.
        """
        unknown = [Fact.UNKNOWN_MESSAGE]
        first = self.unknown_id(like)
        if _status(self.retrieve(first, facts=[*unknown, Fact.ODD_ID])) not in NO_ID:
            return
        others = alike(like, tuple(self.judge.ledger.messages), self.dice())
        found = (each for each in others if _status(self.retrieve(each)) == 404)
        self.retrieve(next(found, first), facts=unknown)

    @property
    def conversations(self) -> Sequence[Conversation]:
        """The declared conversations that the target knows."""
        return self.run.scene.conversations
