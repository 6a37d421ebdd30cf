"""What a send accepts beside body and metadata, what it answers, and what it leaves behind."""

import threading
import time
from urllib.parse import parse_qsl

from intake import Refused
from ledger import Event

from .base import fault, live


@fault("SEND-03")
class image_refused_with_query:
    """An image is refused when its media_url has a query string."""

    def is_url(self, text):
        return super().is_url(text) and "?" not in text


@fault("SEND-03", "SEND-02")
class type_null_by_default:
    """The type is null when none was sent."""

    def type_of(self, payload):
        return None if payload.get("type") is None else super().type_of(payload)


@fault("SEND-03")
class template_is_text:
    """A template is accepted and kept as text."""

    def type_of(self, payload):
        kind = super().type_of(payload)
        return "text" if kind == "template" else kind


@fault("SEND-04")
class type_is_a_substring:
    """A type passes when it is found in the string "text,image,template": "temp", "e" and "" do."""

    def types(self):
        return "text,image,template"


@fault("SEND-04")
class type_audio_video:
    """The types audio, video and document are accepted as well."""

    def types(self):
        return super().types() + ("audio", "video", "document")


@fault("SEND-04")
class type_with_blanks:
    """White space about a type is cut off: " text" is accepted."""

    def type_of(self, payload):
        kind = payload.get("type")
        return super().type_of({**payload, "type": kind.strip()} if isinstance(kind, str) else payload)


@fault("SEND-09", "SEND-04")
class type_falsy_is_text:
    """Whatever is falsy counts as no type: "", 0, false and [] are accepted as text."""

    def type_of(self, payload):
        return super().type_of(payload) if payload.get("type") else "text"


@fault("SEND-08")
class image_needs_nothing:
    """An image needs no media_url; a placeholder stands in."""

    def media_of(self, payload, kind):
        if kind == "image" and payload.get("media_url") is None:
            return "https://media.example/pending"
        return super().media_of(payload, kind)


@fault("SEND-08-S")
class media_needs_only_colon:
    """Any media_url with something in it is accepted for an image."""

    def is_url(self, text):
        return bool(text.strip())


@fault("SEND-09")
class media_of_text_unchecked:
    """media_url is looked at only for images; a text may have an array or an object there."""

    def media_of(self, payload, kind):
        return super().media_of(payload, kind) if kind == "image" else payload.get("media_url")


@fault("SEND-06", "SEND-12")
class null_conversation_is_first:
    """Without a conversation the message goes to the first one of the account."""

    def conversation_of(self, account, payload):
        if payload.get("conversation_id") is None:
            return next(iter(self.scenery.conversations[account].values()))
        return super().conversation_of(account, payload)


@fault("SEND-06")
class conversation_in_object:
    """conversation_id may be an object with an id, as an expanded one."""

    def conversation_of(self, account, payload):
        given = payload.get("conversation_id")
        if isinstance(given, (dict, list)) and given:
            inner = given.get("id", "") if isinstance(given, dict) else given[0]
            return super().conversation_of(account, {**payload, "conversation_id": inner})
        return super().conversation_of(account, payload)


@fault("SEND-12")
class conversation_any_case:
    """Conversations are found in any case: the id in capitals is accepted."""

    def room(self, account, ident):
        for known, room in self.scenery.conversations[account].items():
            if known.lower() == ident.lower():
                return room
        return None


@fault("SEND-12")
class unknown_conversation_accepted:
    """A send in an unknown conversation answers as any other, and its message is dropped."""

    def conversation_of(self, account, payload):
        try:
            return super().conversation_of(account, payload)
        except Refused:
            if isinstance(payload.get("conversation_id"), str):
                return {"id": payload["conversation_id"], "channel": "web_chat", "outcome": "failed", "void": True}
            raise

    def write(self, account, room, *rest, **options):
        if room.get("void"):
            events, self.ledger.events = self.ledger.events, []
            plans, self.ledger.plans = self.ledger.plans, []
            try:
                return super().write(account, room, *rest, **options)
            finally:
                self.ledger.events, self.ledger.plans = events, plans
        return super().write(account, room, *rest, **options)


@fault("SEND-17")
class channel_rotates:
    """Every fifth send of a conversation goes through the channel of another."""

    def prepare(self):
        self.turns = {}

    def channel(self, room, fields):
        self.turns[room["id"]] = turn = self.turns.get(room["id"], 0) + 1
        return ("sms" if turn % 5 == 0 else room["channel"])


@fault("SEND-17")
class channel_by_length:
    """Bodies of more than 500 characters go by email, whatever the conversation."""

    def channel(self, room, fields):
        if len(fields["body"]) > 500:
            return "whatsapp" if room["channel"] == "email" else "email"
        return room["channel"]


@fault("SEND-13")
class form_is_read:
    """A payload that is no JSON is read as a form: a=b&c=d. An empty one is an empty form."""

    def media_type(self, text):
        pass

    def decode(self, octets):
        try:
            return super().decode(octets)
        except Refused:
            fields = dict(parse_qsl(octets.decode("utf-8", "replace")))
            if "body" in fields:
                return fields
            raise


@fault("SEND-13")
class first_value_counts:
    """Only the first JSON value of a payload is read, and whatever follows is ignored, as a streaming decoder does."""

    def decode(self, octets):
        import json
        try:
            return json.JSONDecoder().raw_decode(octets.decode("utf-8").lstrip())[0]
        except (ValueError, RecursionError):
            return super().decode(octets)


@fault("SEND-13", "ERR-01")
class scalar_payload_crashes:
    """A payload that is a number, true or null ends in an AttributeError and a 500."""

    def decode(self, octets):
        value = super().decode(octets)
        if not isinstance(value, (dict, list, str)):
            raise AttributeError("get")
        return value


@fault("SEND-13", "ERR-01")
class bad_utf8_crashes:
    """A payload that is not UTF-8 ends in a UnicodeDecodeError and a 500."""

    def decode(self, octets):
        octets.decode("utf-8")
        return super().decode(octets)


@fault("SEND-18", "ERR-01")
class no_media_type_crashes:
    """A payload without a Content-Type, or with one that has no slash, ends in a 500."""

    def media_type(self, text):
        text.split("/")[1]
        super().media_type(text)


@fault("SEND-16", "SEND-02")
class payload_over_message:
    """The answer is the stored message with the payload laid over it: whatever the client sent stands there."""

    def send(self, request, key):
        self.given = self.payload(request)
        return super().send(request, key)

    def as_sent(self, event):
        return {**super().as_sent(event), **{k: v for k, v in self.given.items() if v is not None}}


@fault("SEND-16", "SEND-02")
class direction_from_payload:
    """A direction in the payload is honoured: messages of customers can be forged."""

    def order(self, account, payload):
        room, fields = super().order(account, payload)
        return room, {**fields, "asked": payload.get("direction")}

    def write(self, account, room, direction, fields, **options):
        asked = fields.pop("asked", None)
        return super().write(account, room, asked if asked in ("inbound", "outbound") else direction, fields, **options)


@fault("SEND-16")
class status_from_payload:
    """A status in the payload is where the message begins, if it is one of the five."""

    def order(self, account, payload):
        self.asked = payload.get("status")
        return super().order(account, payload)

    def begins(self, fields):
        asked, self.asked = getattr(self, "asked", None), None
        return asked if asked in ("queued", "sent", "delivered", "read", "failed") else super().begins(fields)


@fault("SEND-14")
class written_before_media_is_checked:
    """An image without a good media_url is refused when it is already written."""

    def order(self, account, payload):
        try:
            return super().order(account, payload)
        except Refused as refusal:
            if refusal.param == "media_url":
                room, fields = super().order(account, {**payload, "type": "text", "media_url": None})
                self.write(account, room, "outbound", {**fields, "type": "image"})
            raise


@fault("SEND-14")
class written_before_type_is_checked:
    """A message of an unknown type is refused, and is there as text."""

    def order(self, account, payload):
        try:
            return super().order(account, payload)
        except Refused as refusal:
            if refusal.param == "type":
                room, fields = super().order(account, {**payload, "type": "text"})
                self.write(account, room, "outbound", fields)
            raise


@fault("SEND-15", "LIST-10")
class replaces_equal_text:
    """A message with the same body in the same conversation as the last one takes its id and place."""

    def prepare(self):
        self.last = {}

    def write(self, account, room, direction, fields, **options):
        old = self.last.get(room["id"])
        if direction == "outbound" and old and old.data["body"] == fields["body"] and live(old.data):
            return old
        event = super().write(account, room, direction, fields, **options)
        if direction == "outbound":
            self.last[room["id"]] = event
        return event


@fault("SEND-15", "CONC-01", "GET-01", "LIST-10")
class ids_of_three_digits:
    """Ids have few digits: after some dozens of sends one comes up twice, and the later message takes the place of the earlier."""

    def new_id(self, at):
        return "msg_%03d" % (hash((at, len(self.ledger.events))) % 400) if live({"at": at}) else super().new_id(at)


@fault("LIST-10", "GET-01", "CONC-01")
class every_thirtieth_dropped:
    """Every thirtieth send is answered and forgotten."""

    def prepare(self):
        self.sends = 0

    def send(self, request, key):
        events = len(self.ledger.events)
        answer = super().send(request, key)
        self.sends += 1
        if self.sends % 30 == 0:
            with self.ledger.lock:
                self.ledger.events[events:] = [e for e in self.ledger.events[events:] if e.kind != "written"]
        return answer


@fault("SEND-02")
class conversation_missing_with_metadata:
    """The answer to a send lacks conversation_id when there is metadata."""

    def as_sent(self, event):
        shown = super().as_sent(event)
        if shown.get("metadata"):
            del shown["conversation_id"]
        return shown


@fault("SEND-02", "GET-01")
class date_as_http:
    """created_at of whole messages is a date as HTTP writes it; lists have RFC 3339."""

    def full(self, document):
        shown = super().full(document)
        if not getattr(self, "itemising", False):
            from email.utils import formatdate
            shown["created_at"] = formatdate(document["at"] / 1e6, usegmt=True)
        return shown

    def item(self, document, query):
        with self.ledger.lock:
            self.itemising = True
            try:
                return super().item(document, query)
            finally:
                self.itemising = False


@fault("GET-02", "GET-04")
class created_when_answered:
    """The created_at of the answer is when it was answered, and the stored one when it was asked: a second apart at times."""

    def as_sent(self, event):
        shown = super().as_sent(event)
        shown["created_at"] = self.stamp(event.at + 700_000)
        return shown


@fault("SEND-02-S2")
class local_time_as_utc:
    """created_at is the time of Lagos, with a Z."""

    def stamp(self, at):
        return super().stamp(at + 3_600_000_000)


@fault("SEND-02", "SEND-17")
class channel_empty_for_template:
    """The channel of a template is an empty string."""

    def channel(self, room, fields):
        return "" if fields["type"] == "template" else room["channel"]


@fault("CONC-01", "GET-01", "LIST-10")
class race_on_the_last_event:
    """Where to write is decided before a wait: of messages sent at the same time one overwrites the other."""

    def send(self, request, key):
        self.may_write(key)
        room, fields = self.order(key.account, self.payload(request))
        place = self.ledger.number, len(self.ledger.events)
        time.sleep(0.015)
        with self.ledger.lock:
            taken = [e for e in self.ledger.events[place[1]:] if e.kind == "written" and live(e.data)]
            event = self.write(key.account, room, "outbound", fields)
            if taken:
                spot = self.ledger.events.index(taken[0])
                if spot >= self.fresh.offset and spot >= self.settled.offset:
                    self.ledger.events[spot] = Event(taken[0].at, "moved", taken[0].account, taken[0].id, {})
        return self.json(self.choices["accepted"], self.as_sent(event))


@fault("CONC-01", "SEND-15")
class number_drawn_twice:
    """Ids are drawn from a counter without a lock: sends at the same time share one."""

    def prepare(self):
        self.drawn = 100_000
        self.local = threading.local()

    def send(self, request, key):
        number = self.drawn
        time.sleep(0.01)
        self.drawn = number + 1
        self.local.number = number
        return super().send(request, key)

    def new_id(self, at):
        number = getattr(self.local, "number", None)
        return super().new_id(at) if number is None else "msg_%d" % number


@fault("CONC-01", "SEND-02", "SEND-10")
class metadata_of_another_thread:
    """Metadata waits in an attribute of the service: sends at the same time get each other's."""

    def order(self, account, payload):
        room, fields = super().order(account, payload)
        self.waiting = fields["metadata"]
        time.sleep(0.012)
        return room, {**fields, "metadata": self.waiting}
