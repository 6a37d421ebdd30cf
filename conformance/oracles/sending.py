"""Send: what must be accepted, what must be refused, what is left open (SEND-01, -03 to -09, -12, -13, -18).

The rules are a table over the payload, so that a request of any origin is judged by the same reading.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.history import Ledger
from conformance.model import Choice, Credential, Fact, Finding, Observation, Operation, Response, Terms, Violation
from conformance.oracles.base import Seen
from conformance.oracles.bodies import LIMIT, accept_row, is_open_metadata, is_open_text, is_tag_only, length_row

TYPES = ("text", "image", "template")
_KNOWN = frozenset({"conversation_id", "body", "type", "media_url", "metadata"})
_ABSENT = object()
Payload = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """A rule by which a payload must be refused, and the parameter that is then at fault."""

    requirement: str
    parameter: str | None
    expected: str
    applies: Callable[[Payload], bool]


def _not_text(name: str) -> Callable[[Payload], bool]:
    return lambda payload: not isinstance(payload.get(name), str)


def _wrong_optional(name: str, kind: type) -> Callable[[Payload], bool]:
    return lambda payload: payload.get(name) is not None and not isinstance(payload[name], kind)


_PLAIN_URL = re.compile(r"https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?([/?#]\S*)?")
"""What nobody doubts to be a URL. Of other texts with :// in them a target may take or refuse any."""


def _no_url(payload: Payload) -> bool:
    url = payload.get("media_url", _ABSENT)
    return payload.get("type") == "image" and (url is None or (isinstance(url, str) and "://" not in url))


REFUSALS = (
    Refusal("SEND-06", "conversation_id", "conversation_id is a required string", _not_text("conversation_id")),
    Refusal("SEND-07", "body", "body is a required string", _not_text("body")),
    Refusal(
        "SEND-05",
        "body",
        f"a body of more than {LIMIT} characters is refused",
        lambda payload: isinstance(payload.get("body"), str) and len(payload["body"]) > LIMIT,
    ),
    Refusal("SEND-09", "type", "a type that is no string is refused", _wrong_optional("type", str)),
    Refusal(
        "SEND-04",
        "type",
        "a type other than text, image and template is refused",
        lambda payload: isinstance(payload.get("type"), str) and payload["type"] not in TYPES,
    ),
    Refusal(
        "SEND-08",
        "media_url",
        "an image without media_url is refused",
        lambda payload: payload.get("type") == "image" and "media_url" not in payload,
    ),
    Refusal("SEND-09", "media_url", "a media_url that is no string is refused", _wrong_optional("media_url", str)),
    Refusal("SEND-09", "metadata", "metadata that is no object is refused", _wrong_optional("metadata", dict)),
    Refusal("SEND-08-S", "media_url", "an image whose media_url is empty or no URL is refused", _no_url),
)
_ROOMY = 65536
"""Bytes that hold any send of the documentation's, every character an escape: more may be refused unread, with 413."""
MALFORMED = Refusal("SEND-13", None, "a payload that is no JSON object is refused", lambda _: False)
UNKNOWN = Refusal("SEND-12", "conversation_id", "a conversation that the account does not have", lambda _: False)
MEDIA_TYPE = Refusal("SEND-18", None, "a Content-Type that is not JSON is refused with a 4xx", lambda _: False)


@dataclass(frozen=True)
class Reading:
    """How the contract reads a send: a rule that refuses it, a requirement that accepts it, or neither (left open)."""

    refusal: Refusal | None = None
    accepted_by: str | None = None


OPEN = Reading()


def read_send(seen: Seen, terms: Terms) -> Reading:
    """The contract's reading of a send made with a key that may send."""
    ask, request = seen.ask, seen.exchange.request
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), None)
    if kind is not None and "json" not in kind.lower():
        return Reading(MEDIA_TYPE)
    if ask.payload_error is not None:
        return Reading(MALFORMED) if is_broken(request.body) else OPEN
    if not isinstance(ask.payload, dict):
        return Reading(MALFORMED)
    refusal = next((rule for rule in REFUSALS if rule.applies(ask.payload)), None)
    if refusal is None and is_foreign(seen, terms):
        refusal = UNKNOWN
    if refusal is not None:
        return Reading(refusal)
    if kind is None or is_left_open(ask.payload) or not terms.conversation(ask.payload["conversation_id"]):
        return OPEN
    return Reading(accepted_by=accept_row(ask.payload))


def must_refuse(payload: Any) -> bool:
    """Whether no target may accept a payload that says it is JSON, whichever conversations there are."""
    return not isinstance(payload, dict) or any(rule.applies(payload) for rule in REFUSALS)


def parameters_at_fault(payload: Payload) -> tuple[str, ...]:
    """Every parameter that a rule finds at fault: where there are several, an error may name any of them."""
    return tuple(rule.parameter for rule in REFUSALS if rule.parameter and rule.applies(payload))


def open_parameters(payload: Payload) -> tuple[str, ...]:
    """Every parameter that a target may refuse by its own choice: of a payload with several faults it may name these."""
    body = payload.get("body")
    unknown = (name for name in payload if name not in _KNOWN)
    null = (name for name in ("type", "media_url", "metadata") if name in payload and payload[name] is None)
    media = ("media_url",) if "media_url" in payload and payload.get("type") != "image" else ()
    return (*unknown, *null, *media, *(("body",) if isinstance(body, str) and not body.strip() else ()))


def is_broken(body: bytes) -> bool:
    """Whether no lenient parser would take the payload either: RFC 8259 §9 lets a parser accept extensions."""
    text = body.decode(json.detect_encoding(body), "replace").lstrip("\ufeff").strip()
    if not text or text.count("{") != text.count("}") or text.count("[") != text.count("]"):
        return True
    if re.search(r",\s*[}\]]$", text):  # no parser of a standard library takes a comma before the end
        return True
    return text[0] not in "{[\"'/#-.0123456789" and text not in ("NaN", "Infinity", "undefined")


def is_foreign(seen: Seen, terms: Terms) -> bool:
    """Whether the payload names a conversation that the account of the key does not have."""
    if Fact.UNKNOWN_CONVERSATION in seen.exchange.request.facts:
        return True
    conversation = terms.conversation(seen.ask.payload["conversation_id"])
    return seen.credential is Credential.OTHER_ACCOUNT and conversation is not None


def is_left_open(payload: Payload) -> bool:
    """Whether the documentation leaves open if this payload is accepted: nulls, empty bodies, unknown fields, …"""
    metadata = payload.get("metadata")
    return (
        bool(open_parameters(payload))
        or is_open_text(payload["body"])
        or (payload.get("type") == "image" and not _PLAIN_URL.fullmatch(payload["media_url"]))
        or (isinstance(metadata, dict) and is_open_metadata(metadata))
    )


class Sending:
    """Judges whether sends are accepted and refused as they should be."""

    def __init__(self) -> None:
        self._not_found: list[Violation] = []
        """Valid sends that were answered 404: whether the conversation is missing, or what answers sends."""
        self._taken: set[object] = set()
        """The types that were accepted: of a longer body it is the length that is minded."""
        self._takes_plain = False
        """Whether a send with nothing remarkable about it was accepted: then its payload is not what is minded."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        response = seen.response
        if seen.operation is not Operation.SEND or response is None:
            return
        if seen.credential not in (Credential.KEY, Credential.OTHER_ACCOUNT):
            return
        reading = read_send(seen, ledger.terms)
        if reading.refusal is not None:
            yield from self._refusal(seen, response, reading.refusal)
            if reading.refusal.requirement in ("SEND-06", "SEND-13"):
                yield from self._found(response)
        elif reading.accepted_by is not None and seen.credential is Credential.KEY:
            yield from self._acceptance(seen, response, reading.accepted_by, ledger)
        else:
            yield from self._open(seen, response)

    def _refusal(self, seen: Seen, response: Response, rule: Refusal) -> Iterator[Finding]:
        if 400 <= response.status < 500:
            yield Observation(rule.requirement)
            if rule is MALFORMED:
                yield from _should_be_400(seen, response)
        elif response.status < 500:
            yield seen.violates(rule.requirement, rule.expected, f"{response.status}")

    def _acceptance(self, seen: Seen, response: Response, row: str, ledger: Ledger) -> Iterator[Finding]:
        if response.status in (200, 201, 202):
            yield Observation(row)
            yield Choice("SEND-01", "status of an accepted send", f"{response.status}")
            self._taken.add(seen.ask.payload.get("type"))
            self._takes_plain = self._takes_plain or _is_plain(seen.ask.payload)
            return
        if seen.ask.payload.get("type") in self._taken:
            row = length_row(seen.ask.payload["body"]) or row
        if self._takes_plain and _is_plain(seen.ask.payload):
            if ledger.concurrent(ledger.sends[-1]):
                row = "CONC-01"
            elif response.status >= 500:
                return  # that is ERR-01's
            else:
                row = "SEND-01"  # it is not the mark in its metadata that is minded
        violation = seen.violates(row, "a valid send is accepted with 200, 201 or 202", f"{response.status}")
        if not ledger.is_doubtful(seen.exchange, seen.ask.payload["conversation_id"]):
            yield violation
        elif response.status == 404:
            self._not_found.append(violation)

    def _found(self, response: Response) -> Iterator[Finding]:
        """A payload that names no conversation is no matter of one: 404 there too means that nothing takes sends."""
        if response.status == 404:
            yield from self._not_found
        self._not_found = []

    def _open(self, seen: Seen, response: Response) -> Iterator[Finding]:
        payload = seen.ask.payload
        if not isinstance(payload, dict) or response.status >= 500:
            return
        answer = "accepted" if response.ok else f"refused with {response.status}"
        if set(payload) & _OWNED and not response.ok:
            yield Observation("SEND-16")
        for question in open_questions(payload):
            yield Choice(*question, answer)
        if isinstance(payload.get("body"), str) and is_open_text(payload["body"]) and not response.ok:
            yield Observation("SEND-11")


def _is_plain(payload: Payload) -> bool:
    """Whether a valid payload has nothing about it that a requirement of its own is about."""
    metadata = payload.get("metadata")
    row = accept_row(payload)
    return row == "SEND-01" or (row == "SEND-10" and isinstance(metadata, dict) and is_tag_only(metadata))


def _should_be_400(seen: Seen, response: Response) -> Iterator[Finding]:
    if response.status == 400:
        yield Observation("SEND-13-S")
    elif response.status != 413 or len(seen.exchange.request.body) <= _ROOMY:
        yield seen.violates("SEND-13-S", "400 for a payload that is no JSON object", f"{response.status}")


_OWNED = frozenset({"id", "object", "direction", "status", "channel", "created_at"})


def open_questions(payload: Payload) -> Iterator[tuple[str, str]]:
    """What the documentation leaves open that this payload asks (requirement and question), if it asks one thing."""
    body = payload.get("body")
    if body == "":
        yield "SEND-05", "an empty body"
    elif isinstance(body, str) and any("\ud800" <= each <= "\udfff" for each in body):
        yield "SEND-11", "a lone surrogate in the body"
    elif isinstance(body, str) and is_open_text(body):
        yield "SEND-11", "control characters in the body"
    for name in ("type", "media_url", "metadata"):
        if name in payload and payload[name] is None:
            yield "SEND-09", f"null for {name}"
    extra = set(payload) - _KNOWN
    if extra & _OWNED:
        yield "SEND-16", "fields that the server owns"
    elif extra:
        yield "SEND-18", "unknown fields"
