"""Retrieving one and listing many."""

import json
import re

from intake import Refused

from .base import fault, live


# ---- retrieve

@fault("GET-03")
class unknown_id_empty_object:
    """An unknown id answers 200 with an empty object."""

    def look(self, documents, key, ident):
        try:
            return super().look(documents, key, ident)
        except Refused as refusal:
            refusal.status = 200
            raise

    def refuse(self, request, refusal):
        return self.json(200, {}) if refusal.status == 200 else super().refuse(request, refusal)


@fault("GET-03")
class id_with_a_tail:
    """An id is looked up without what follows a dot or a blank: "msg_....json" is found."""

    def look(self, documents, key, ident):
        return super().look(documents, key, ident if ident in documents.by_id else re.split(r"[. ]", ident)[0])


@fault("GET-03", "ERR-01")
class strange_id_crashes:
    """An id with a character beyond ASCII, or an escaped control character, ends in a 500."""

    def look(self, documents, key, ident):
        if not ident.isascii() or not ident.isprintable():
            raise UnicodeError
        return super().look(documents, key, ident)


@fault("GET-03")
class unknown_id_410:
    """An unknown id answers 410, as though it had been there."""

    def look(self, documents, key, ident):
        try:
            return super().look(documents, key, ident)
        except Refused as refusal:
            refusal.status = 410
            raise


@fault("GET-04")
class inbound_images_not_found:
    """Inbound images are listed, and not found."""

    def look(self, documents, key, ident):
        document = super().look(documents, key, ident)
        if document["direction"] == "inbound" and document["type"] == "image":
            raise Refused(404, "not_found_error", "message_unknown", "No such message.")
        return document


@fault("GET-04")
class inbound_retrieved_as_outbound:
    """Every message that is retrieved says outbound."""

    def retrieve(self, request, key, ident):
        return self.json(200, self.full({**self.look(self.reading(), key, ident), "direction": "outbound"}))


@fault("GET-01", "GET-04")
class first_retrieval_misses:
    """The first retrieval of a new message misses, for the replica is only then told of it."""

    def prepare(self):
        self.told_of = set()

    def look(self, documents, key, ident):
        document = super().look(documents, key, ident)
        if live(document) and ident not in self.told_of:
            self.told_of.add(ident)
            raise Refused(404, "not_found_error", "message_unknown", "No such message.")
        return document


@fault("GET-05", "STAT-05", "GET-04")
class retrieving_marks_read_in_lists:
    """Retrieving an inbound message sets its status to read in lists, but not for the next retrieval."""

    def prepare(self):
        self.opened = set()

    def retrieve(self, request, key, ident):
        answer = super().retrieve(request, key, ident)
        self.opened.add(ident)
        return answer

    def item(self, document, query):
        shown = super().item(document, query)
        if document["id"] in self.opened and document["direction"] == "inbound":
            shown["status"] = "read"
        return shown


@fault("GET-05", "GET-02", "STAT-07")
class retrieving_moves_created_at:
    """Each retrieval of a message adds a second to its created_at."""

    def prepare(self):
        self.touched = {}

    def retrieve(self, request, key, ident):
        document = self.look(self.reading(), key, ident)
        self.touched[ident] = times = self.touched.get(ident, -1) + 1
        return self.json(200, self.full({**document, "at": document["at"] + times * 1_000_000}))


@fault("GET-02", "GET-01", "SEND-10")
class metadata_as_text:
    """A retrieved message has its metadata as a string of JSON, as the column holds it."""

    def retrieve(self, request, key, ident):
        shown = self.full(self.look(self.reading(), key, ident))
        return self.json(200, {**shown, "metadata": json.dumps(shown.get("metadata", {}))})


# ---- the list and its items

@fault("LIST-01")
class list_without_object:
    """A list that is filtered has no "object"."""

    def as_list(self, page, more, query):
        shown = super().as_list(page, more, query)
        if "conversation_id" in query or "direction" in query:
            del shown["object"]
        return shown


@fault("LIST-01")
class has_more_as_number:
    """has_more is 0 or 1."""

    def as_list(self, page, more, query):
        return {**super().as_list(page, more, query), "has_more": int(more)}


@fault("LIST-01", "PAGE-04")
class nothing_is_no_content:
    """An empty list answers 204 without a body."""

    def list(self, request, key):
        answer = super().list(request, key)
        if b'"data":[]' in answer.payload or b'"data": []' in answer.payload:
            answer.status, answer.payload = 204, b""
        return answer


@fault("LIST-01")
class single_item_unwrapped:
    """When a page holds a single message, data is that message and not an array."""

    def as_list(self, page, more, query):
        shown = super().as_list(page, more, query)
        if len(page) == 1:
            shown["data"] = shown["data"][0]
        return shown


@fault("LIST-02")
class null_bodies_in_inbox:
    """In lists the body of an inbound image is null."""

    def item(self, document, query):
        shown = super().item(document, query)
        if document["direction"] == "inbound" and document["type"] == "image":
            shown["body"] = None
        return shown


@fault("LIST-02", "GET-04")
class zero_time_inbound:
    """created_at of inbound items is the zero time, 0001-01-01T00:00:00Z."""

    def item(self, document, query):
        shown = super().item(document, query)
        return {**shown, "created_at": "0001-01-01T00:00:00Z"} if document["direction"] == "inbound" else shown


@fault("LIST-02", "GET-04")
class tags_stripped_in_lists:
    """Lists show the body without its tags and with line breaks as blanks."""

    def item(self, document, query):
        shown = super().item(document, query)
        return {**shown, "body": re.sub("<[^>]*>", "", shown["body"]).replace("\n", " ")}


@fault("LIST-02", "GET-04", "SEND-17")
class channel_in_lists_lags:
    """Items carry a channel, and it is that of the item before."""

    def as_list(self, page, more, query):
        shown = super().as_list(page, more, query)
        for i, (item, document) in enumerate(zip(shown["data"], page)):
            item["channel"] = page[max(0, i - 1)]["channel"]
        return shown


@fault("LIST-02")
class status_left_out:
    """Failed items have no status in a list."""

    def item(self, document, query):
        shown = super().item(document, query)
        if document["status"] == "failed":
            del shown["status"]
        return shown


@fault("LIST-02", "GET-04")
class metadata_in_lists_empty:
    """Items carry metadata, and it is always empty."""

    def item(self, document, query):
        return {**super().item(document, query), "metadata": {}}
