"""Bodies: their limit, what may stand for one, and what becomes of it."""

import html
import json
import re
import unicodedata

from .base import fault


class Body:
    """A change to every body that is accepted."""

    def order(self, account, payload):
        room, fields = super().order(account, payload)
        return room, {**fields, "body": self.changed(fields["body"])}


@fault("SEND-05")
class limit_in_utf8_octets:
    """The body may have 4096 octets."""

    def length(self, body):
        return len(body.encode("utf-8", "surrogatepass"))


@fault("SEND-05-S")
class limit_in_utf16_units:
    """The body may have 4096 UTF-16 units, as a Java String counts."""

    def length(self, body):
        return len(body.encode("utf-16-le", "surrogatepass")) // 2


@fault("SEND-05")
class limit_below:
    """A body must be shorter than 4096 characters."""

    def length(self, body):
        return len(body) + 1


@fault("SEND-05")
class limit_of_escaped_text:
    """The limit is taken of the JSON that the body makes: line breaks, quotes and all beyond ASCII count several times."""

    def length(self, body):
        return len(json.dumps(body)) - 2


@fault("SEND-05")
class limit_not_for_templates:
    """Templates may be of any length."""

    def body_of(self, payload):
        if payload.get("type") == "template" and isinstance(payload.get("body"), str):
            return payload["body"]
        return super().body_of(payload)


@fault("SEND-05")
class too_long_is_shortened:
    """A body that is too long is shortened, with an ellipsis."""

    def body_of(self, payload):
        body = payload.get("body")
        if isinstance(body, str) and len(body) > 4096:
            payload = {**payload, "body": body[:4095] + "…"}
        return super().body_of(payload)


@fault("SEND-05")
class limit_without_marks:
    """Characters that are no letters, digits, blanks or punctuation do not count: any number of emoji is accepted."""

    def length(self, body):
        return sum(not unicodedata.category(c).startswith(("S", "M", "C")) for c in body)


@fault("SEND-01", "SEND-11")
class zero_is_empty:
    """A body of "0" counts as empty and is refused."""

    def body_of(self, payload):
        return super().body_of({**payload, "body": ""} if payload.get("body") == "0" else payload)


@fault("SEND-07")
class body_any_scalar:
    """A body that is a number, true or false is written out as a string."""

    def body_of(self, payload):
        body = payload.get("body")
        if isinstance(body, (int, float)):
            payload = {**payload, "body": json.dumps(body)}
        return super().body_of(payload)


@fault("SEND-07")
class body_object_is_json:
    """A body that is an object or an array is sent as its JSON."""

    def body_of(self, payload):
        body = payload.get("body")
        if isinstance(body, (dict, list)):
            payload = {**payload, "body": json.dumps(body)}
        return super().body_of(payload)


@fault("SEND-07")
class fields_in_any_case:
    """Names of fields are matched in any case, as Go does: {"Body": ...} is a body, while there is none."""

    def order(self, account, payload):
        lowered = {name.lower(): value for name, value in payload.items()}
        return super().order(account, {**lowered, **payload})


@fault("SEND-07")
class null_body_is_empty:
    """A body of null is the empty string, which is accepted."""

    def body_of(self, payload):
        if "body" in payload and payload["body"] is None:
            return ""
        return super().body_of(payload)


@fault("SEND-11-S")
class trailing_space_lost:
    """White space at the end of a body is cut off."""

    def order(self, account, payload):
        room, fields = super().order(account, payload)
        return room, {**fields, "body": fields["body"].rstrip() or fields["body"]}


@fault("SEND-11")
class compatibility_forms(Body):
    """The body is normalised to NFKC: ligatures, full-width forms and combining characters change."""

    def changed(self, body):
        return unicodedata.normalize("NFKC", body)


@fault("SEND-11")
class slashes_added(Body):
    """A backslash is put before every single or double quote."""

    def changed(self, body):
        return re.sub("(['\"])", r"\\\1", body)


@fault("SEND-11")
class entities_decoded(Body):
    """HTML entities in the body are decoded: "&amp;lt;" becomes "&lt;"."""

    def changed(self, body):
        return html.unescape(body)


@fault("SEND-11")
class percent_decoded(Body):
    """The body is decoded as though it came from a form: "%41" becomes "A" and "+" a blank, where there is a percent sign."""

    def changed(self, body):
        from urllib.parse import unquote_plus
        return unquote_plus(body) if "%" in body else body


@fault("SEND-11")
class returns_dropped(Body):
    """Carriage returns are dropped from the body."""

    def changed(self, body):
        return body.replace("\r", "") or body


@fault("SEND-11", "SEND-02")
class modifiers_dropped(Body):
    """Of emoji the modifiers and joiners are dropped: a family falls apart, a hand loses its colour."""

    def changed(self, body):
        return re.sub("[\U0001f3fb-\U0001f3ff\u200d\ufe0f]", "", body)


@fault("SEND-11", "SEND-02")
class not_in_code_page(Body):
    """What Windows-1252 lacks becomes a question mark."""

    def changed(self, body):
        return body.encode("cp1252", "replace").decode("cp1252")


@fault("GET-02", "GET-04", "SEND-11")
class stored_in_240:
    """Bodies are stored in 240 characters; the answer to the send still has them whole."""

    def retrieve(self, request, key, ident):
        document = self.look(self.reading(), key, ident)
        return self.json(200, self.full({**document, "body": document["body"][:240]}))


@fault("SEND-11", "ERR-01")
class nul_crashes(Body):
    """A NUL in the body ends in a 500 of the driver."""

    def changed(self, body):
        if "\0" in body:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return body


@fault("SEND-11", "ERR-01")
class half_pair_crashes:
    """A lone surrogate is accepted and cannot be encoded: 500."""

    def legible(self, param, text):
        text.encode("utf-8")
        super().legible(param, text)
