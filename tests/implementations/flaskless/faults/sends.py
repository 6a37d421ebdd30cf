"""The payload as a whole, what a send answers, and what it leaves behind."""

import json
import threading
import time
from email.utils import formatdate
from urllib.parse import parse_qsl

from intake import Refused
from ledger import Event

from .base import fault, live


@fault("SEND-13", "SEND-18")
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

    def prepare(self):
        self.local = threading.local()

    def send(self, request, key):
        self.local.given = self.payload(request)
        return super().send(request, key)

    def as_sent(self, event):
        return {**super().as_sent(event), **{k: v for k, v in self.local.given.items() if v is not None}}


@fault("SEND-16", "SEND-02")
class direction_from_payload:
    """A direction in the payload is honoured: messages of customers can be forged."""

    def order(self, account, payload):
        room, fields = super().order(account, payload)
        return room, {**fields, "asked": payload.get("direction")}

    def write(self, account, room, direction, fields, **options):
        asked = fields.pop("asked", None)
        return super().write(account, room, asked if asked in ("inbound", "outbound") else direction, fields, **options)


@fault("SEND-16", "STAT-02", "STAT-03")
class status_from_payload:
    """A status in the payload is where the message begins, if it is one of the five."""

    def prepare(self):
        self.local = threading.local()

    def order(self, account, payload):
        self.local.asked = payload.get("status")
        return super().order(account, payload)

    def begins(self, fields):
        asked, self.local.asked = getattr(self.local, "asked", None), None
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
        with self.ledger.lock:
            self.ledger.advance()
            events = len(self.ledger.events)
            answer = super().send(request, key)
            self.sends += 1
            if self.sends % 30 == 0:
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


@fault("SEND-02", "GET-01", "GET-04")
class date_as_http:
    """created_at of whole messages is a date as HTTP writes it; lists have RFC 3339."""

    def as_sent(self, event):
        return {**super().as_sent(event), "created_at": formatdate(event.at / 1e6, usegmt=True)}

    def retrieve(self, request, key, ident):
        document = self.look(self.reading(), key, ident)
        return self.json(200, {**self.full(document), "created_at": formatdate(document["at"] / 1e6, usegmt=True)})


@fault("GET-02")
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
