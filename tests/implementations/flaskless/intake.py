"""What a request says: its key, its payload, its query. Every question is a method, so that each can be answered otherwise."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
HALF = re.compile("[\ud800-\udfff]")
FIELDS = ("conversation_id", "body", "type", "media_url", "metadata")


class Refused(Exception):
    def __init__(self, status, kind, code, message, param=None, headers=None):
        super().__init__(message)
        self.status, self.kind, self.code = status, kind, code
        self.message, self.param, self.headers = message, param, headers or {}


class Intake:
    def wrong(self, param, message, code="invalid"):
        return Refused(self.choices["refused"], "invalid_request_error", "%s_%s" % (param, code), message, param)

    # ---- keys

    def credential(self, request):
        return request.header("authorization")

    def token(self, credential):
        scheme, _, token = (credential or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def key_of(self, token):
        return self.scenery.keys.get(token) if token else None

    def identify(self, request):
        key = self.key_of(self.token(self.credential(request)))
        if key is None:
            raise self.nobody(request)
        return key

    def nobody(self, request):
        return Refused(self.choices["no_key"], "authentication_error", "no_valid_key", "A valid key is needed.",
                       headers=self.challenge())

    def challenge(self):
        return {"WWW-Authenticate": "Bearer"}

    def may_write(self, key):
        if not key.writes:
            raise Refused(403, "permission_error", "read_only_key", "A publishable key cannot write.")

    # ---- payload

    def payload(self, request):
        if request.oversize:
            raise Refused(413, "invalid_request_error", "payload_too_large", "That is too much.")
        self.media_type(request.header("content-type", ""))
        value = self.decode(request.payload)
        if not isinstance(value, dict):
            raise Refused(400, "invalid_request_error", "payload_invalid", "The payload must be an object.")
        return value

    def media_type(self, text):
        if text.partition(";")[0].strip().lower() != "application/json":
            raise Refused(self.choices["other_media_type"], "invalid_request_error", "media_type", "Only application/json is read.")

    def decode(self, octets):
        def refuse(_):
            raise ValueError("not a number of JSON")

        def real(text):
            number = float(text)
            if number in (float("inf"), float("-inf")):
                raise ValueError("too large")
            return number

        try:
            return json.loads(octets.decode("utf-8"), parse_constant=refuse, parse_float=real)
        except (ValueError, RecursionError):
            raise Refused(400, "invalid_request_error", "payload_malformed", "The payload is not JSON.") from None

    def order(self, account, payload):
        """The message that a payload orders."""
        if self.choices["stranger_field"] == "refuse":
            for name in payload:
                if name not in FIELDS:
                    raise Refused(self.choices["refused"], "invalid_request_error", "field_unknown", "Unknown field.", "payload")
        if self.choices["null_option"] == "refuse":
            for name in ("type", "media_url", "metadata"):
                if name in payload and payload[name] is None:
                    raise self.wrong(name, "%s must not be null." % name)
        body = self.body_of(payload)
        kind = self.type_of(payload)
        fields = {"body": body, "type": kind, "media_url": self.media_of(payload, kind), "metadata": self.metadata_of(payload)}
        return self.conversation_of(account, payload), fields

    def conversation_of(self, account, payload):
        ident = payload.get("conversation_id")
        if not isinstance(ident, str):
            raise self.wrong("conversation_id", "conversation_id must be a string.", "invalid" if "conversation_id" in payload else "missing")
        room = self.room(account, ident)
        if room is None:
            status = self.choices["strange_conversation"]
            kind = {404: "not_found_error", 403: "permission_error"}.get(status, "invalid_request_error")
            raise Refused(status, kind, "conversation_unknown", "No such conversation.", "conversation_id")
        return room

    def room(self, account, ident):
        return self.scenery.conversations[account].get(ident)

    def body_of(self, payload):
        body = payload.get("body")
        if not isinstance(body, str):
            raise self.wrong("body", "body must be a string.", "invalid" if "body" in payload else "missing")
        if not body and self.choices["blank_body"] == "refuse":
            raise self.wrong("body", "body must say something.")
        if self.length(body) > 4096:
            raise self.wrong("body", "body is longer than 4096 characters.", "too_long")
        self.legible("body", body)
        return body

    def length(self, body):
        return len(body)

    def legible(self, param, text):
        if self.choices["control_text"] == "refuse" and CONTROL.search(text):
            raise self.wrong(param, "%s holds control characters." % param)
        if self.choices["half_pair"] == "refuse" and HALF.search(text):
            raise self.wrong(param, "%s holds an unpaired surrogate." % param)

    def type_of(self, payload):
        kind = payload.get("type")
        if kind is None:
            return "text"
        if not isinstance(kind, str) or kind not in self.types():
            raise self.wrong("type", "type is text, image or template.")
        return kind

    def types(self):
        return ("text", "image", "template")

    def media_of(self, payload, kind):
        url = payload.get("media_url")
        if url is None:
            if kind == "image":
                raise self.wrong("media_url", "An image needs a media_url.", "missing")
            return None
        if not isinstance(url, str):
            raise self.wrong("media_url", "media_url must be a string.")
        if kind == "image" and not self.is_url(url):
            raise self.wrong("media_url", "media_url must be a URL.")
        self.legible("media_url", url)
        return url

    def is_url(self, text):
        try:
            parts = urlsplit(text)
            return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
        except ValueError:
            return False

    def metadata_of(self, payload):
        metadata = payload.get("metadata")
        if metadata is None:
            return None
        if not isinstance(metadata, dict):
            raise self.wrong("metadata", "metadata must be an object.")
        self.examine(metadata, 100)
        return metadata

    def examine(self, value, depth):
        if depth == 0:
            raise self.wrong("metadata", "metadata is nested too deeply.")
        if isinstance(value, str):
            self.legible("metadata", value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                self.legible("metadata", name)
                self.examine(inner, depth - 1)
        elif isinstance(value, list):
            for inner in value:
                self.examine(inner, depth - 1)

    # ---- query

    def query(self, request):
        pairs = parse_qsl(request.query, keep_blank_values=True, errors="replace")
        return dict(pairs if self.choices["twice"] == "last" else reversed(pairs))

    def limit_of(self, query):
        text = query.get("limit")
        if text is None:
            return 25
        if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= 100:
            return int(text)
        if self.choices["bad_limit"] == "refuse":
            raise self.wrong("limit", "limit is an integer from 1 to 100.")
        if self.choices["bad_limit"] == "default" or not re.fullmatch("[+-]?[0-9]{1,15}", text):
            return 25
        return min(100, max(1, int(text)))

    def direction_of(self, query):
        direction = query.get("direction")
        if direction in (None, "inbound", "outbound"):
            return direction
        if self.choices["strange_direction"] == "refuse":
            raise self.wrong("direction", "direction is inbound or outbound.")
        return None

    def conversation_filter(self, account, query):
        ident = query.get("conversation_id")
        if ident is not None and self.choices["strange_filter"] == "missing" and self.room(account, ident) is None:
            raise Refused(404, "not_found_error", "conversation_unknown", "No such conversation.", "conversation_id")
        return ident

    def cursor_of(self, account, query, documents):
        ident = query.get("starting_after")
        if ident is None:
            return None
        document = documents.by_id.get(ident)
        if document is not None and document["account"] == account:
            return document
        return self.strange_cursor(ident)

    def strange_cursor(self, ident):
        status = self.choices["strange_cursor"]
        if status == "empty":
            return {"place": None}
        kind = "not_found_error" if status == 404 else "invalid_request_error"
        raise Refused(status, kind, "starting_after_unknown", "starting_after is the id of no message.", "starting_after")
