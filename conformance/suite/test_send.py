"""Send: what is accepted and comes back, what is refused and leaves nothing behind.

The valid twin of each refused payload is the message that opened the conversation: without one no driver begins.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from conformance.model import Fact
from conformance.suite.kit import JSON, Kit, near

requirement = pytest.mark.requirement
LIMIT = 4096
IMAGE = "https://example.com/picture.png"


@requirement("SEND-01", "SEND-02", "SEND-02-S1", "SEND-02-S2", "SEND-03")
def test_conversation_and_body_alone_are_accepted(kit: Kit) -> None:
    """A conversation and a body are all that a send needs; the answer is the message object, its type text."""
    kit.sent(kit.bare())
    if not kit.prefix:
        kit.send(
            {**kit.bare(), "body": "0", **kit.tagged}
        )  # a body as any other, though some languages hold it for none


@requirement("SEND-03")
def test_each_documented_type_is_accepted_and_echoed(kit: Kit) -> None:
    """text, image with a media_url, and template are accepted; the answer names the type that was sent."""
    metadata = {"order_id": "ord_abc123"}
    text, image = kit.payload(type="text"), kit.payload(type="image", media_url=f"{IMAGE}?w=640&h=480#top")
    sent = [kit.send(payload) for payload in (text, {**image, "metadata": metadata})]
    kit.caught_up()
    kit.retrieve_sent(sent[1])
    kit.retrieve(kit.having(type="template"))


@requirement("SEND-04")
def test_any_other_type_is_refused(kit: Kit) -> None:
    """A type that the documentation does not name is refused, however near it comes to one that it does."""
    kit.apart([partial(kit.send, kit.payload(type=kind)) for kind in ("TEXT", "text ", "", "constructor", "document")])


@requirement("SEND-05", "SEND-05-S", "GET-02")
def test_a_body_holds_4096_characters_and_no_more(kit: Kit) -> None:
    """The limit counts characters: not bytes, and (SHOULD) not UTF-16 units; what is sent whole is retrieved whole."""
    sent = []
    text, template, image = {"type": "text"}, {"type": "template"}, {"type": "image", "media_url": IMAGE}
    # A channel may have a limit of its own, or none. What JSON or HTML escape counts once all the same.
    first, second, *_, last = [each.id for each in kit.conversations] * 3
    for name, fields, characters, length in (
        (last, text, 'a\n<"', LIMIT),
        (second, {}, "🚚", LIMIT),
        (last, template, "a", LIMIT),
        (second, image, "b", LIMIT),
        (second, template, "é", LIMIT + 1),
        (last, image, "🚚", LIMIT + 1),
        (first, {}, " ", LIMIT + 1),
    ):
        start = kit.payload(name, **fields)
        sent.append(kit.send({**start, "body": filled(start["body"], characters, length)}))
    kit.caught_up()
    kit.retrieve_sent(sent[1])


def filled(body: str, characters: str, length: int) -> str:
    """A body of exactly so many characters that begins with another one, and goes on with these again and again."""
    return (body + " " + characters * length)[:length]


@requirement("SEND-06")
def test_a_send_without_a_conversation_is_refused(kit: Kit) -> None:
    """conversation_id is required and a string."""
    without = {name: value for name, value in kit.payload().items() if name != "conversation_id"}
    wrong = (None, 0, [kit.run.scene.main.id], {"id": kit.run.scene.main.id})
    payloads = [without, *({**kit.payload(), "conversation_id": each} for each in wrong)]
    kit.apart([partial(kit.send, each) for each in payloads])


@requirement("SEND-07")
def test_a_send_without_a_body_is_refused(kit: Kit) -> None:
    """body is required and a string."""
    payloads = [
        {**kit.payload(), "body": wrong, "metadata": {"conformance": kit.run.next_tag()}}
        for wrong in (None, True, 12345, ["text"], {"text": "hello"})
    ]
    for fields in ({"type": "template"}, {"type": "image", "media_url": IMAGE}):
        payload = kit.payload(**fields, metadata={"conformance": kit.run.next_tag()})
        payloads.append({name: value for name, value in payload.items() if name != "body"})
    kit.apart([partial(kit.send, each) for each in payloads])


@requirement("SEND-08", "SEND-08-S")
def test_an_image_needs_a_media_url(kit: Kit) -> None:
    """An image without a media_url is refused; one whose media_url is empty or no URL should be."""
    start = kit.bare(kit.conversations[-1].id)
    # What else may be taken for one, or for reason enough to do without.
    elsewhere = {"body": f"{start['body']} {IMAGE}", "metadata": {"media_url": IMAGE, "url": IMAGE}}
    kit.send({**start, **elsewhere, "type": "image"})
    for url in ("", None, "not a url"):
        kit.send(kit.payload(type="image", media_url=url))


@requirement("SEND-09")
def test_optional_fields_of_the_wrong_kind_are_refused(kit: Kit) -> None:
    """metadata is an object, media_url and type are strings; null for them is the target's choice."""
    wrong: dict[str, Sequence[Any]] = {
        "metadata": ([], '{"order_id": "ord_abc123"}', 7, False, True),
        "media_url": (0,),
        "type": (0, ["text"]),
    }
    payloads = [kit.payload(**{name: value}) for name, values in wrong.items() for value in values]
    payloads.append(kit.payload(type="image", media_url=[IMAGE]))
    kit.apart([partial(kit.send, each) for each in payloads])
    for name in ("metadata", "type", "media_url"):
        kit.send(kit.payload(**{name: None}))


PLAIN_METADATA = (
    {"order_id": "ord_abc123"},
    {
        "empty": "",
        "zero": "0",
        "number": "00123.50",
        "truth": "true",
        "nothing": "null",
        "spaces": "  kept  ",
        "lines": "one\ntwo",
        "accents": "žluťoučký kůň — ¿señor? decomposed e\u0301",
        "emoji": "🚚👩‍👩‍👧",
        "markup": "<b>&amp; \"quoted\" 'single' \\ /</b> {{name}} ${x} %s",
        "CamelKey": "A",
        "camelkey": "b",
        "dash-key.dot": "c",
        "json": '{"a": [1, 2]}',
        "date": "2025-06-15T14:30:00Z",
        "local_date": "2025-06-15T16:30:00.50+02:00",
        "long": "of six hundred characters: " + "x" * 573,
        "a_key_longer_than_a_column_of_forty_characters": "e",
        "day": "2025-06-15",
        "percent": "100%25 a%20b+c",
        "exponent": "1e5",
        "nowhere": "undefined, NaN",
        "zip": "00501",
        "phone": "+2348012345678",
        # Names that a message has, too.
        **{
            name: f"the {name} of an order" for name in ("id", "body", "type", "status", "channel", "error", "metadata")
        },
    },
)
RICH_METADATA = (
    {"object": {"a": {"b": {"c": "deep"}}}, "list": [1, "two", [3, {"four": None}]], "empty": [{}, []], "none": []},
    {"integer": 42, "negative": -7, "fraction": 1.5, "large": 9007199254740991, "small": 1e-7, "zero": 0},
    {"yes": True, "no": False, "nothing": None},
    {"ключ": "x", "鍵": "y", "🔑": "z", "with space": "s", " padded ": "p", "$ref": "r", "": "empty key"},
    {"__proto__": "p", "constructor": "c", "prototype": "t", "toString": "s", "hasOwnProperty": "h"},
    {"10": "ten", "9": "nine", "1": "one", "a": "letter"},
)


@requirement("SEND-10", "SEND-10-S", "GET-02")
def test_metadata_comes_back_equal(kit: Kit) -> None:
    """Metadata of strings comes back as it was sent, at once and on retrieve; so should every other JSON."""
    objects, numbers, truths, foreign, inherited, digits = RICH_METADATA
    told = [objects | numbers, truths | foreign | digits, inherited]
    exchanges = [kit.send(kit.payload(metadata=each)) for each in told]
    kit.send(kit.payload(metadata={}))
    plain = kit.having(metadata=PLAIN_METADATA[1])
    kit.caught_up()
    kit.apart([*(partial(kit.retrieve_sent, each) for each in exchanges), partial(kit.retrieve, plain)])


BODIES = (
    "emoji 🚚 👩‍👩‍👧‍👦 🇨🇿 é à ü — „quotes“ 'single' \"double\" \\ back",
    "two\nlines\n\nand a blank one, two  spaces and   three, 100%25 a%20b+c",
    "<script>alert(1)</script> <b>bold</b> &amp; &lt; &#39; {{name}} {% if %} ${x} %s %(y)s <%= z %> $& $1 $$ \\n \\0",
    "مرحبا بالعالم שלום עולם \u200fright to left\u200e",
    "decomposed e\u0301 n\u0303 o\u0308, composed é ñ ö, Å and Å, ﬁ, 한글 and 한",
    "日本語 𝒳 𠜎 𓀀 mixed \u200d\ufe0f \u00a0 \u2028 end",
    "https://example.com/?a=1&b=2#c mail@example.com *bold* _it_ ~~no~~ `code` wait... (c) -- :-) :) :smile: :truck: 👍🏽",
    "Привет, Γειά σου, สวัสดี, नमस्ते, გამარჯობა\n.\n.. From here\n> quoted\n-- \nsignature " + "a long line " * 12,
)
SPACED = "\n  white space at both ends, **strong** 100%25 a%20b+c \\u0041  \n"
CONTROLS = ("bell \u0007 escape \u001b[31m tab \t", "nul \u0000 here", "carriage\r\nreturn", "lone \ud83d surrogate")
LINES = {"lines": "one\r\ntwo\nthree\tfour"}
"""Metadata that may be refused for its control characters, and goes with a body that may be, too."""


@requirement("SEND-11", "SEND-11-S")
def test_the_body_comes_back_unchanged(kit: Kit) -> None:
    """No character of a body is changed, escaped, trimmed or normalised; control characters may be refused."""
    sent = []
    for text in ("".join(BODIES), *CONTROLS):
        start = kit.payload()
        told = {"metadata": LINES} if text in CONTROLS else {}
        sent.append(kit.send({**start, **told, "body": f"{start['body']} {text}"}))
    # What goes out by other ways may be written otherwise; an image's caption, too.
    others = {each.channel: each.id for each in kit.conversations[1:] if each.channel != kit.run.scene.main.channel}
    for name, fields in zip([*others.values()][:2], ({"type": "image", "media_url": IMAGE}, {}), strict=False):
        start = kit.payload(name, **fields)
        kit.send({**start, "body": f"{start['body']} {''.join(BODIES)}"})
    sent.append(kit.send({**kit.payload(), "body": SPACED, "metadata": {"conformance": kit.run.next_tag()}}))
    kit.caught_up()
    kit.apart(partial(kit.retrieve_sent, each) for each in (sent[0], sent[3], sent[-1]))


@requirement("SEND-12")
def test_a_conversation_that_the_account_does_not_have_is_refused(kit: Kit) -> None:
    """Sending into a conversation that nobody has, or that another account has, sends nothing."""
    main, declared = kit.run.scene.main.id, {each.id for each in kit.terms.conversations}
    strange = [*near(main, "%"), f"{main} ", "", main.removeprefix("conv_")]
    payloads = [{**kit.payload(), "conversation_id": each} for each in strange if each not in declared and each != main]
    kit.apart([partial(kit.send, each, facts=[Fact.UNKNOWN_CONVERSATION]) for each in payloads])


@requirement("SEND-13", "SEND-13-S")
def test_a_payload_that_is_no_json_object_is_refused(kit: Kit) -> None:
    """Malformed JSON, an empty payload, and JSON that is not an object are refused."""
    whole = json.dumps(kit.payload())
    as_form = urlencode({name: value for name, value in kit.payload().items() if isinstance(value, str)})
    as_array, as_text = json.dumps([kit.payload()]), json.dumps(json.dumps(kit.payload()))
    wrong = ("", whole[:-1] + ",}", "{" + whole, whole + "}", "null", "true", as_array, as_text, as_form)
    kit.apart([partial(kit.send, raw=each.encode()) for each in wrong])


@requirement("SEND-15")
def test_identical_payloads_are_messages_of_their_own(kit: Kit) -> None:
    """Two sends of the very same payload, one after the other, are two messages with two ids."""
    same = kit.payload()
    kit.sent(same)
    kit.sent(same)


def claims(kit: Kit) -> dict[str, Any]:
    """Values for what the server owns that it could not come to by itself."""
    main = kit.run.scene.main
    wrong_end = {"delivered": "failed", "read": "failed", "failed": "read"}.get(main.outcome or "", "archived")
    return {
        "id": f"msg_claimed{kit.run.name}",
        "direction": "inbound",
        "status": wrong_end,
        "channel": "pigeon",
        "created_at": "2001-02-03T04:05:06Z",
        "object": "claim",
    }


@requirement("SEND-16")
def test_the_client_cannot_set_what_the_server_owns(kit: Kit) -> None:
    """id, direction, status, channel, created_at and object in a payload are refused or ignored."""
    claimed, anchor = claims(kit), kit.run.scene.anchors[kit.run.scene.main.id]
    together = kit.send(kit.payload(**claimed))
    refused = together.response is not None and not together.response.ok
    cases: list[dict[str, Any]] = [{name: value} for name, value in claimed.items()] if refused else []
    exchanges = [kit.send(kit.payload(**case)) for case in (*cases, {"id": anchor})]
    failing = [each.id for each in kit.conversations if each.outcome == "failed"]
    exchanges += [kit.send(kit.payload(name, status=each)) for name in failing[:1] for each in ("read", "delivered")]
    kit.caught_up()
    kit.apart(partial(kit.retrieve_sent, each) for each in (together, *exchanges))


@requirement("SEND-17")
def test_the_channel_follows_the_conversation(kit: Kit) -> None:
    """Messages of one conversation report one channel, the declared one where one is declared."""
    for conversation in kit.conversations[1:4] or kit.conversations:
        kit.sent(kit.payload(conversation.id, type="image", media_url=IMAGE))


@requirement("SEND-18")
def test_a_payload_that_does_not_say_json_is_refused(kit: Kit) -> None:
    """A Content-Type other than JSON is refused; an unknown field is refused or ignored."""
    form = urlencode({name: value for name, value in kit.bare().items() if isinstance(value, str)}).encode()
    texts = [(json.dumps(kit.payload()).encode(), kind) for kind in ("text/plain", "application/xml")]
    others = [*texts, (form, "application/x-www-form-urlencoded")]
    kit.apart([partial(kit.send, raw=raw, headers=[("Content-Type", kind)]) for raw, kind in others])
    kit.send(kit.payload(unknown_field="x"))
    kit.send({**kit.payload(), "body": "", "metadata": {"conformance": kit.run.next_tag()}})
    kit.send(kit.payload(), headers=[(name, f"{value}; charset=utf-8") for name, value in JSON])


@requirement("SEND-14", "SEND-12")
def test_a_refused_send_leaves_nothing_behind(kit: Kit) -> None:
    """Nothing of the sends that were refused is listed anywhere."""
    start = kit.payload()
    kit.send({**start, "body": filled(start["body"], "r", LIMIT + 1)})
    kit.send(
        {**kit.payload(), "conversation_id": kit.unknown_id(kit.run.scene.main.id)}, facts=[Fact.UNKNOWN_CONVERSATION]
    )
    kit.sweep()
