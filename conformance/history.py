"""What requests ask, and what a record of exchanges tells of messages and sends. No verdicts, no network, no clock."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.model import Credential, Exchange, Operation, Request, Terms
from conformance.wire import NotJson, parse_json

COLLECTION = "/v1/messages"
SAFE = ("GET", "HEAD", "OPTIONS")
OURS = (Credential.KEY, Credential.PUBLISHABLE)


@dataclass(frozen=True)
class Ask:
    """A request, understood: its operation, and what it asks of it."""

    operation: Operation
    message_id: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    payload: Any = None
    payload_error: str | None = None

    def parameter(self, name: str) -> str | None:
        """The value of a query parameter that stands there once."""
        values = [value for key, value in self.query if key == name]
        return values[0] if len(values) == 1 else None


@lru_cache(16)
def understand(request: Request) -> Ask:
    """What a request asks, by its method, target and payload."""
    parts = urlsplit(request.target)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    if parts.path == COLLECTION and request.method == "GET":
        return Ask(Operation.LIST, query=query)
    if parts.path == COLLECTION and request.method == "POST":
        try:
            return Ask(Operation.SEND, query=query, payload=parse_json(request.body))
        except NotJson as error:
            return Ask(Operation.SEND, query=query, payload_error=str(error))
    head, _, last = parts.path.rpartition("/")
    identifier = unquote(last) if head == COLLECTION and last else None
    if identifier is not None and request.method == "GET":
        return Ask(Operation.RETRIEVE, message_id=identifier, query=query)
    return Ask(Operation.OTHER, message_id=identifier, query=query)


@dataclass(slots=True, eq=False)
class View:
    """One sight of a message: where and when an answer showed it, and with which fields."""

    exchange: int
    operation: Operation
    began: float
    ended: float
    fields: Mapping[str, Any]

    status: Any = field(init=False)
    """The status in this sight, or None."""
    place: tuple[object, ...] | None = None
    """What it shows and all that it is held against; the same for sights of which the same must be said. None where an
    earlier sight does not bind this one, for it ended after this one was asked for."""

    def __post_init__(self) -> None:
        self.status = self.fields.get("status")


@dataclass
class Sent:
    """A send of this run and what became of it: accepted True, refused False, or None where nobody can know."""

    exchange: Exchange
    payload: Any
    accepted: bool | None
    message_id: str | None = None
    answered_in: Any = None  # the conversation that the answer names


@dataclass
class Message:
    """All that the record knows of one message."""

    id: str
    views: list[View] = field(default_factory=list)
    sent: Sent | None = None
    in_list: bool = False
    is_confused: bool = False
    """Whether it shares its id with another send, or is, or may be, another account's: nothing may be expected of it."""
    lists: set[tuple[tuple[str, str], ...]] = field(default_factory=set)
    """The filters of the lists that showed the message."""
    landmarks: dict[tuple[Operation, Any], View] = field(default_factory=dict)
    """The earliest sight by operation and status: what any later sight is held against."""
    redated: bool = False
    """Whether sights write its created_at in more ways than one, which may tell different instants."""
    _by: dict[Operation, list[View]] = field(default_factory=dict)
    _first: dict[str, Any] = field(default_factory=dict)
    _shown: dict[bytes, Mapping[str, Any]] = field(default_factory=dict)

    def seen_before(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The very object of an earlier sight that showed the same, value for value and type for type; else these fields.

        So what was judged of one sight need not be judged of all that are like it.
        """
        try:
            return self._shown.setdefault(marshal.dumps(dict(fields), 2), fields)
        except ValueError:  # nested too deeply for this; it stands for itself
            return fields

    def add(self, view: View) -> None:
        """Take note of a sight, in the order in which the answers ended."""
        self.views.append(view)
        self.in_list = self.in_list or view.operation is Operation.LIST
        status = view.status if isinstance(view.status, str) else None
        self.landmarks.setdefault((view.operation, status), view)
        self._by.setdefault(view.operation, []).append(view)
        given = view.fields.get("created_at")
        self.redated = self.redated or given != self._first.get("created_at", given)
        if not view.fields.keys() <= self._first.keys():
            self._first = {**view.fields, **self._first}

    def place_of(self, fields: Mapping[str, Any], operation: Operation, began: float) -> tuple[object, ...] | None:
        """The `place` of a sight that is about to be added, of fields that `seen_before` gave."""
        if not self.views or self.views[-1].ended > began:
            return None
        newest = [(each, id(own[-1].fields)) for each, own in self._by.items()]
        return (id(fields), operation, len(self.landmarks), *newest)

    def before(self, view: View) -> list[View]:
        """The sights that a later one is held against: each operation's first in each status, and its newest."""
        found = [each for each in self.landmarks.values() if each.ended <= view.began]
        for own in self._by.values():
            newest = next((each for each in reversed(own) if each.ended <= view.began), None)
            if newest is not None and newest not in found:
                found.append(newest)
        return [each for each in found if each.exchange != view.exchange]

    @property
    def since(self) -> float:
        """From when on the message is known to exist."""
        return self.sent.exchange.ended if self.sent else min(view.ended for view in self.views)

    def value(self, name: str) -> Any:
        """The first value that any sight gives of a field."""
        return self._first.get(name)

    @property
    def conversation(self) -> Any:
        """The conversation, from our own send or from any sight; None where the send's answer names another one."""
        if self.sent is not None and isinstance(self.sent.payload, dict):
            asked = self.sent.payload.get("conversation_id")
            return asked if self.sent.answered_in in (None, asked) else None
        return self.value("conversation_id")


class Ledger:
    """What is known of messages and sends after a number of exchanges."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.messages: dict[str, Message] = {}
        self.sends: list[Sent] = []
        self.by_tag: dict[str, list[Sent]] = {}
        self.exchanges: dict[int, Exchange] = {}
        self._overlapping: set[int] = set()
        self.let_in = False  # whether the key was ever let in: until then a 401 or 403 may be the key's fault
        self.known_conversations: set[str] = set()  # that the target knows: others may be the target file's error
        self.foreign: dict[str, Mapping[str, Any]] = {}  # what the other account's key was shown first
        self.tampered: dict[str, int] = {}  # messages on which an undocumented method was tried, and in which exchange

    def add(self, exchange: Exchange, ask: Ask) -> list[Mapping[str, Any]]:
        """Take note of an exchange; the messages that it shows, each as the object that earlier sights gave, if alike."""
        shown = list(shown_messages(exchange, ask))
        self.exchanges[exchange.number] = exchange
        if ask.operation is Operation.SEND:
            self._add_send(exchange, ask)
        if ask.operation is Operation.OTHER and exchange.request.method not in SAFE:
            self._add_other(exchange, ask)
        if exchange.request.credential in OURS:
            return self._add_views(exchange, ask, shown)
        if exchange.request.credential is Credential.OTHER_ACCOUNT:
            for each in shown:
                if (known := self.messages.get(each["id"])) is None:
                    self.foreign[each["id"]] = each
                elif known.sent is None:
                    known.is_confused = True
        return shown

    def _add_views(self, exchange: Exchange, ask: Ask, shown: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        if exchange.response is not None and exchange.response.ok and exchange.request.credential is Credential.KEY:
            self.let_in = self.let_in or ask.operation is not Operation.OTHER
        known_as = []
        filters = filters_of(ask) if ask.operation is Operation.LIST else None
        lag = 0.0 if filters is None else self.terms.consistency_seconds
        for fields in shown:
            if isinstance(fields.get("conversation_id"), str):
                self.known_conversations.add(fields["conversation_id"])
            message = self.messages.setdefault(fields["id"], Message(fields["id"]))
            known = message.seen_before(fields)
            known_as.append(known)
            place = message.place_of(known, ask.operation, exchange.began - lag)
            message.add(View(exchange.number, ask.operation, exchange.began, exchange.ended, known, place))
            message.is_confused |= self.is_foreign(fields) or (fields["id"] in self.foreign and not fields.get("body"))
            if filters is not None:
                message.lists.add(filters)
        return known_as

    def _add_send(self, exchange: Exchange, ask: Ask) -> None:
        response = exchange.response
        known = response is not None and response.status < 500
        accepted = response.ok if response is not None and known else None
        sent = Sent(exchange, ask.payload, accepted)
        self.sends.append(sent)
        for other in self.sends[-33:-1]:  # a run makes at most as many sends at the same time
            if other.exchange.began < exchange.ended and exchange.began < other.exchange.ended:
                self._overlapping |= {exchange.number, other.exchange.number}
        if exchange.request.tag:
            self.by_tag.setdefault(exchange.request.tag, []).append(sent)
        body = response.json if response is not None and accepted else None
        if isinstance(body, dict) and isinstance(body.get("id"), str) and body["id"]:
            sent.message_id, sent.answered_in = body["id"], body.get("conversation_id")
            if isinstance(ask.payload, dict) and isinstance(ask.payload.get("conversation_id"), str):
                self.known_conversations.add(ask.payload["conversation_id"])
            if exchange.request.credential is Credential.KEY:
                message = self.messages.setdefault(body["id"], Message(body["id"]))
                message.is_confused = message.is_confused or message.sent is not None
                message.sent = message.sent or sent

    def is_doubtful(self, exchange: Exchange, conversation: object) -> bool:
        """Whether a refusal may be owed to a wrong key or to a conversation that the target never had."""
        response = exchange.response
        if response is None or exchange.request.credential is not Credential.KEY:
            return False
        if response.status in (401, 403) and not self.let_in:
            return True
        unknown = isinstance(conversation, str) and conversation not in self.known_conversations
        named = response.status in (400, 403, 422) and b"onversation" in response.body
        return unknown and (named or response.status == 404)

    def is_open(self, number: int) -> bool:
        """Whether an exchange that began before the one of this number has not ended yet."""
        return sum(each < number for each in self.exchanges) < number - min(self.exchanges)

    def _add_other(self, exchange: Exchange, ask: Ask) -> None:
        if ask.message_id is not None:
            self.tampered[ask.message_id] = exchange.number
        if exchange.request.tag:
            self.by_tag.setdefault(exchange.request.tag, []).append(Sent(exchange, None, accepted=False))

    def is_listed(self, identifier: str, filters: tuple[tuple[str, str], ...]) -> bool:
        """Whether a message is known to stand in the list with these filters: it was shown there, or it matches."""
        message = self.messages.get(identifier)
        if message is None:
            return False
        known = {"conversation_id": message.conversation, "direction": message.value("direction")}
        return filters in message.lists or all(known[name] == value for name, value in filters)

    def is_foreign(self, fields: Mapping[str, Any]) -> bool:
        """Whether this very message was shown to the other account first: ids may be unique within an account only."""
        other = self.foreign.get(fields["id"])
        return other is not None and all(fields.get(name) == other.get(name) for name in ("body", "created_at"))

    def own(self) -> Iterator[Message]:
        """The messages that this run sent and that the target accepted."""
        return (message for message in self.messages.values() if message.sent is not None)

    def concurrent(self, sent: Sent | None) -> bool:
        """Whether another send of this run was under way at the same time."""
        return sent is not None and sent.exchange.number in self._overlapping


def shown_messages(exchange: Exchange, ask: Ask) -> Iterator[Mapping[str, Any]]:
    """The message objects with an id in a successful answer."""
    if exchange.response is None or not exchange.response.ok:
        return
    body = exchange.response.json
    if not isinstance(body, dict):
        return
    if ask.operation is Operation.LIST:
        data = body.get("data")
        items = data if isinstance(data, list) else []
    else:
        items = [body] if ask.operation in (Operation.SEND, Operation.RETRIEVE) else []
    yield from (item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"])


FILTERS = ("conversation_id", "direction")


def filters_of(ask: Ask) -> tuple[tuple[str, str], ...]:
    """The filters of a list request, in one order."""
    return tuple((name, value) for name in FILTERS if (value := ask.parameter(name)) is not None)
