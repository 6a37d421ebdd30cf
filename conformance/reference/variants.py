"""Named correct ways of answering where the contract leaves the answer open. All of them keep every MUST."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .settings import Settings


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of its own. `warns` names the SHOULD requirements that it departs from, if it does."""

    name: str
    sentence: str
    change: Mapping[str, Any]
    warns: tuple[str, ...] = field(default=())

    def settings(self, base: Settings | None = None) -> Settings:
        """The settings with this variant's change."""
        return replace(base or Settings(), **self.change)


def _variant(name: str, sentence: str, *warns: str, **change: Any) -> Variant:
    return Variant(name, sentence, change, warns)


_ALL = (
    # Lists.
    _variant("oldest-first", "Lists begin with the oldest message.", newest_first=False),
    _variant("sparse-lists", "List items hold just the five fields of the page's example.", sparse_lists=True),
    _variant(
        "clamped-limits",
        "A limit out of range is clamped, one that is no number ignored.",
        "LIST-05-S",
        clamp_limits=True,
    ),
    _variant("unknown-list-404", "Listing an unknown conversation answers 404.", unknown_conversation_list="missing"),
    _variant("long-history", "The account already holds ten thousand messages.", history=10_000),
    _variant("short-history", "The account already holds sixty messages.", history=60),
    # Statuses of answers.
    _variant("answers-200", "An accepted send answers 200.", sent_status=200),
    _variant("answers-202", "An accepted send answers 202.", sent_status=202),
    _variant("invalid-422", "Well-formed but invalid input answers 422.", invalid_status=422),
    _variant(
        "unknown-conversation-400", "A send into an unknown conversation answers 400.", unknown_conversation_status=400
    ),
    _variant(
        "unknown-conversation-403", "A send into an unknown conversation answers 403.", unknown_conversation_status=403
    ),
    _variant(
        "unknown-conversation-422", "A send into an unknown conversation answers 422.", unknown_conversation_status=422
    ),
    _variant("missing-key-403", "A request without a key answers 403.", "AUTH-01-S", missing_key_status=403),
    _variant("head-405", "HEAD answers 405.", head="refused"),
    _variant("options-405", "OPTIONS answers 405.", options="refused"),
    _variant(
        "rate-limited",
        "Every tenth request answers 429, to be tried again at once.",
        rate_limit_every=10,
        retry_after=0,
    ),
    _variant(
        "rate-limited-slowly", "Every sixtieth request answers 429 and asks for a second's pause.", rate_limit_every=60
    ),
    # Errors.
    _variant("other-errors", "Errors are JSON of another shape.", "ERR-02", "ERR-03", error_body="other"),
    _variant("plain-errors", "Errors are plain text.", "ERR-02", "ERR-03", error_body="plain"),
    _variant("bare-errors", "Errors have no body.", "ERR-02", "ERR-03", error_body="none"),
    # Messages.
    _variant("uuid-ids", "Ids are UUIDs; what is none is refused with 400.", "SEND-02-S1", id_form="uuid"),
    _variant(
        "integer-ids",
        "Ids are decimal numbers, as strings; what is none is refused with 400.",
        "SEND-02-S1",
        id_form="integer",
    ),
    _variant("nanoid-ids", "Ids hold - and _, and what is not as long is refused with 400.", id_form="nanoid"),
    _variant(
        "checked-ids",
        "Ids end with a check digit; what has a wrong one is refused with 400.",
        "SEND-02-S1",
        id_form="checked",
    ),
    _variant("long-ids", "Ids are three hundred characters long.", id_form="long"),
    _variant("punctuated-ids", "Ids hold every unreserved punctuation mark.", id_form="ulid"),
    _variant("base64-ids", "Ids hold slashes, plus and equals signs.", "SEND-02-S1", id_form="base64"),
    _variant("unicode-ids", "Ids hold spaces, colons and characters beyond ASCII.", id_form="unicode"),
    _variant("milliseconds", "Timestamps have milliseconds.", precision="milliseconds"),
    _variant("microseconds", "Timestamps have microseconds.", precision="microseconds"),
    _variant("nanoseconds", "Timestamps have nine digits after the second.", precision="nanoseconds"),
    _variant("numeric-utc", "Timestamps write UTC as +00:00.", zone="+00:00"),
    _variant("eastern-offset", "Timestamps have the offset +05:30.", "SEND-02-S2", zone="+05:30"),
    _variant("western-offset", "Timestamps have the offset -03:00.", "SEND-02-S2", zone="-03:00"),
    _variant(
        "clocks-apart",
        "Of several servers, each with a clock of its own, one is a minute behind; lists go by when messages were kept.",
        "PAGE-09",
        clocks_apart=60.0,
    ),
    _variant("null-metadata", "A message sent without metadata has null.", no_metadata="null"),
    _variant("absent-metadata", "A message sent without metadata has no such field.", no_metadata="absent"),
    _variant("string-error", "The error of a failed message is a string.", error_form="string"),
    _variant("extra-fields", "Messages and lists have fields that the page does not name.", extra_fields=True),
    # What a send may hold.
    _variant("strict-fields", "A send with an unknown field is refused.", unknown_fields="refused"),
    _variant("strict-owned-fields", "A send with a field that the server owns is refused.", owned_fields="refused"),
    _variant("empty-bodies", "An empty body is accepted.", empty_body="accepted"),
    _variant("strict-nulls", "null for an optional parameter is refused.", null_optionals="refused"),
    _variant("no-control-characters", "A body with control characters is refused.", control_characters="refused"),
    _variant("lone-surrogates", "Lone surrogates are kept and echoed as escapes.", lone_surrogates="echoed"),
    _variant("replaced-surrogates", "Lone surrogates become U+FFFD as they are read.", lone_surrogates="replaced"),
    # Delivery.
    _variant(
        "instant",
        "Every message has its last status at once.",
        sent_after=0.0,
        delivered_after=0.0,
        read_after=0.0,
        failed_after=0.0,
    ),
    _variant("slow", "Delivery takes seconds.", sent_after=0.4, delivered_after=1.0, read_after=1.8, failed_after=1.2),
    _variant("never-delivered", "No status moves on from queued, and no outcome is declared.", delivers=False),
    _variant("sent-at-once", "A send answers with status sent.", initial_status="sent"),
    _variant("delivered-at-once", "A send answers with status delivered.", initial_status="delivered"),
    _variant("read-at-once", "A send answers with status read.", initial_status="read"),
    _variant("fails-from-queued", "What fails does so without ever having been sent.", fail_from="queued"),
    _variant("slow-sends", "A send takes 0.15 seconds to be accepted.", accepting_takes=0.15),
    _variant("eventually-visible", "A send is retrievable and listed after 0.4 seconds.", visible_after=0.4),
    _variant("lagging-lists", "Lists show the statuses of 0.4 seconds ago.", list_lag=0.4),
    _variant("busy", "Others write twenty messages a second into the same account.", writers_per_second=20.0),
    # HTTP.
    _variant("path-prefix", "The API lives below a path.", prefix="/sandbox/messaging"),
    _variant("no-keep-alive", "Every connection is closed after its answer.", keep_alive=False),
    _variant("gzip", "Answers are compressed for those who accept it.", gzip=True),
    _variant("chunked", "Answers come in chunks, without a length.", chunked=True),
    _variant("title-case", "Header names are in title case.", title_case_headers=True),
    _variant("charset", "The content type names a charset.", content_type="application/json; charset=utf-8"),
    _variant(
        "loud-content-type",
        "The content type is in capitals, its charset too.",
        content_type="Application/JSON;charset=UTF-8",
    ),
    _variant("extra-headers", "Answers have headers that nobody asked for.", extra_headers=True),
    _variant("ascii-json", "Every character beyond ASCII is an escape.", ascii_json=True),
    _variant("indented-json", "JSON is indented.", indented_json=True),
)

VARIANTS: Mapping[str, Variant] = {variant.name: variant for variant in _ALL}


def combine(seed: int) -> Settings:
    """Some ten variants that do not touch the same knob, the same ones for the same seed."""
    settings, touched = Settings(), {"history", "rate_limit_every"}
    for variant in random.Random(seed).sample(_ALL, 20):
        if touched.isdisjoint(variant.change):
            settings = variant.settings(settings)
            touched.update(variant.change)
    return settings
