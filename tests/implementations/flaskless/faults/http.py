"""Methods, errors, and the bytes on the wire."""

import json
import traceback

from intake import Refused
from wire import Answer

from .base import fault


class Done:
    """For faults in what is written after all is decided."""

    def answer(self, request):
        return self.written(request, super().answer(request))


# ---- methods

@fault("HTTP-02-M", "HTTP-02")
class delete_hides:
    """DELETE hides a message from lists, and answers 200; it can still be retrieved."""

    def prepare(self):
        self.hidden = set()

    def strange_method(self, request, allow, ident=None):
        if request.method == "DELETE" and ident in self.reading().by_id:
            self.hidden.add(ident)
            return self.json(200, {"id": ident, "deleted": True})
        return super().strange_method(request, allow, ident)

    def candidates(self, documents, account, conversation, cursor):
        return (row for row in super().candidates(documents, account, conversation, cursor) if row["id"] not in self.hidden)


@fault("HTTP-02-M", "HTTP-02")
class patch_writes_metadata:
    """PATCH merges a payload's metadata into the message."""

    def prepare(self):
        self.patches = {}

    def strange_method(self, request, allow, ident=None):
        if request.method in ("PATCH", "PUT") and ident in self.reading().by_id:
            try:
                self.patches[ident] = json.loads(request.payload).get("metadata") or {"patched": "yes"}
            except (ValueError, AttributeError):
                self.patches[ident] = {"patched": "yes"}
            return self.json(200, self.full(self.reading().by_id[ident]))
        return super().strange_method(request, allow, ident)

    def full(self, document):
        shown = super().full(document)
        if document["id"] in self.patches:
            shown["metadata"] = {**(shown.get("metadata") or {}), **self.patches[document["id"]]}
        return shown


@fault("HTTP-02-M", "HTTP-02")
class put_collection_sends:
    """PUT on the collection is taken for POST."""

    def collection(self, request, key):
        if request.method == "PUT":
            return self.send(request, key)
        return super().collection(request, key)


@fault("HTTP-02-M")
class post_item_sends_copy:
    """POST on a message answers 405, and sends a copy of it."""

    def strange_method(self, request, allow, ident=None):
        if request.method == "POST" and ident in self.reading().by_id:
            old = self.reading().by_id[ident]
            self.write(old["account"], self.room(old["account"], old["conversation_id"]), "outbound",
                       {name: old[name] for name in ("body", "type", "media_url", "metadata")})
        return super().strange_method(request, allow, ident)


@fault("HTTP-02", "ERR-01")
class methods_not_implemented:
    """A method that is not known answers 501, as the library's handler does."""

    def strange_method(self, request, allow, ident=None):
        raise Refused(501, "api_error", "unsupported_method", "Unsupported method.")


@fault("HTTP-02")
class methods_read:
    """DELETE, PUT and PATCH answer 200 with the message or list, as GET does."""

    def strange_method(self, request, allow, ident=None):
        return self.list(request, request.key) if ident is None else self.retrieve(request, request.key, ident)


@fault("HTTP-02")
class allow_missing:
    """A 405 has no Allow."""

    def strange_method(self, request, allow, ident=None):
        try:
            return super().strange_method(request, allow, ident)
        except Refused as refusal:
            refusal.headers = {}
            raise


# ---- bytes

@fault("ERR-01", "HTTP-01")
class length_in_characters(Done):
    """The length of a retrieved message is counted in characters, not octets: beyond ASCII its end is missing."""

    def written(self, request, answer):
        if request.method == "GET" and not request.path.endswith("/messages") and answer.payload:
            answer.length = len(answer.payload.decode("utf-8"))
        return answer


@fault("HTTP-01")
class utf16_lists(Done):
    """A list of a conversation is written in UTF-16."""

    def written(self, request, answer):
        if answer.status == 200 and "conversation_id=" in request.query and answer.payload:
            answer.payload = answer.payload.decode("utf-8").encode("utf-16")
        return answer


@fault("HTTP-01")
class python_literals(Done):
    """An empty list is written with repr(): {'object': 'list', ... False}."""

    def written(self, request, answer):
        if request.method == "GET" and (b'"data":[]' in answer.payload or b'"data": []' in answer.payload):
            answer.payload = repr(json.loads(answer.payload)).encode()
        return answer


@fault("HTTP-01")
class body_twice_in_items(Done):
    """Every item of a list has its "body" twice."""

    def written(self, request, answer):
        if answer.status == 200 and request.method == "GET" and b'"data"' in answer.payload:
            value = json.loads(answer.payload)
            for item in value["data"]:
                item["body\0"] = item["body"]
            answer.payload = json.dumps(value).replace('"body\\u0000"', '"body"').encode()
        return answer


@fault("HTTP-01")
class infinity_in_metadata:
    """Numbers in metadata beyond a million are written as Infinity."""

    def full(self, document):
        shown = super().full(document)
        if isinstance(shown.get("metadata"), dict):
            shown["metadata"] = {k: float("inf") if isinstance(v, (int, float)) and v > 1_000_000 else v
                                 for k, v in shown["metadata"].items()}
        return shown


@fault("HTTP-01")
class surrogates_in_octets(Done):
    """Characters beyond the BMP are written as two halves of three octets each (CESU-8)."""

    def written(self, request, answer):
        try:
            text = answer.payload.decode("utf-8")
        except UnicodeDecodeError:
            return answer
        answer.payload = b"".join(
            c.encode("utf-8") if ord(c) < 0x10000 else
            (chr(0xD800 + (ord(c) - 0x10000 >> 10)) + chr(0xDC00 + (ord(c) - 0x10000 & 0x3FF))).encode("utf-8", "surrogatepass")
            for c in text)
        return answer


@fault("HTTP-01", "ERR-01")
class list_buffer_overflows(Done):
    """A list is written through a buffer of 6000 octets, and what does not fit is lost."""

    def written(self, request, answer):
        if request.path.endswith("/messages") and request.method == "GET":
            answer.payload = answer.payload[:6000]
        return answer


@fault("HTTP-01-S")
class text_plain(Done):
    """A retrieved message is text/plain."""

    def written(self, request, answer):
        if request.method == "GET" and request.path.rpartition("/")[2] != "messages":
            answer.media_type = "text/plain"
        return answer


@fault("ERR-01")
class refusal_too_long_by_one(Done):
    """After a 401 the connection is kept, but the answer says that it is one octet longer than it is."""

    def written(self, request, answer):
        if answer.status == 401 and answer.payload:
            answer.length = len(answer.payload) + 1
        return answer


# ---- errors

@fault("ERR-02", "ERR-03")
class errors_in_array:
    """Errors are {"errors": [{"detail": ...}]}."""

    def refuse(self, request, refusal):
        answer = self.json(refusal.status, {"errors": [{"title": refusal.code, "detail": refusal.message}]})
        answer.headers.update(refusal.headers)
        return answer


@fault("ERR-02")
class not_found_is_plain:
    """A 404 is the text "404 page not found"."""

    def refuse(self, request, refusal):
        if refusal.status == 404:
            return Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
        return super().refuse(request, refusal)


@fault("ERR-02")
class error_message_is_list:
    """The message of an error is an array, and its code a number."""

    def refuse(self, request, refusal):
        answer = super().refuse(request, refusal)
        if answer.payload:
            value = json.loads(answer.payload)
            if isinstance(value.get("error"), dict):
                value["error"].update(message=[refusal.message], code=refusal.status)
                answer.payload = json.dumps(value).encode()
        return answer


@fault("ERR-03")
class unauthorized_is_invalid:
    """A 401 has the type invalid_request_error."""

    def nobody(self, request):
        refusal = super().nobody(request)
        refusal.kind = "invalid_request_error"
        return refusal


@fault("ERR-03")
class refused_is_conflict:
    """A body that is too long answers 409."""

    def body_of(self, payload):
        try:
            return super().body_of(payload)
        except Refused as refusal:
            if refusal.code.endswith("too_long"):
                refusal.status = 409
            raise


@fault("ERR-03")
class param_is_limit:
    """The param of a refused query parameter is "limit", whichever it was."""

    def refuse(self, request, refusal):
        if request.method == "GET" and refusal.param:
            refusal.param = "limit"
        return super().refuse(request, refusal)


@fault("ERR-04")
class traceback_in_message:
    """The message of a refused parameter is a traceback."""

    def refuse(self, request, refusal):
        if refusal.param:
            refusal.message = "".join(traceback.format_exception(refusal))
        return super().refuse(request, refusal)


@fault("ERR-04")
class sql_in_message:
    """An unknown cursor is refused with the statement that did not find it."""

    def strange_cursor(self, ident):
        raise Refused(400, "invalid_request_error", "starting_after_unknown",
                      "SELECT at FROM messages WHERE id = '%s' LIMIT 1: no rows" % ident, "starting_after")


@fault("HTTP-03")
class throttled_without_a_word:
    """Every seventieth request answers 429 without Retry-After."""

    def dispatch(self, request):
        if self.requests % 70 == 69:
            self.requests += 1
            raise Refused(429, "rate_limit_error", "slow_down", "Too many requests.")
        return super().dispatch(request)


@fault("ERR-01")
class deadlock_now_and_then:
    """Every fortieth send ends in a 500, and is not kept."""

    def prepare(self):
        self.attempts = 0

    def send(self, request, key):
        self.attempts += 1
        if self.attempts % 40 == 0:
            raise RuntimeError("deadlock detected")
        return super().send(request, key)


@fault("ERR-01", "SEND-14")
class broken_after_the_write:
    """A send of a body with four or more lines is kept, and ends in a 500 when it is logged."""

    def as_sent(self, event):
        if event.data["body"].count("\n") >= 3:
            raise ValueError("too many lines")
        return super().as_sent(event)
