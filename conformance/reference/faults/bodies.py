"""Faults of the body: its limit, its presence, and whether it comes back as it was sent."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import replace
from typing import Any

from ..records import Draft
from ..service import Service
from .registry import fault


class Counting(Service):
    """Counts the characters of a body in a way of its own."""

    def length(self, body: str) -> int:
        raise NotImplementedError


@fault("limit-4095", "SEND-05", "SEND-05-S")
class Limit4095(Counting):
    """A body of exactly 4096 characters is refused."""

    def length(self, body: str) -> int:
        return len(body) + 1


@fault("limit-4097", "SEND-05")
class Limit4097(Counting):
    """A body of 4097 characters is accepted."""

    def length(self, body: str) -> int:
        return len(body) - 1


@fault("limit-none", "SEND-05")
class LimitNone(Counting):
    """A body may be of any length."""

    def length(self, body: str) -> int:
        return 0


@fault("limit-in-bytes", "SEND-05", "SEND-05-S")
class LimitInBytes(Counting):
    """The limit counts bytes of UTF-8."""

    def length(self, body: str) -> int:
        return len(body.encode("utf-8", "surrogatepass"))


@fault("limit-in-utf16", "SEND-05-S")
class LimitInUtf16(Counting):
    """The limit counts units of UTF-16."""

    def length(self, body: str) -> int:
        return len(body.encode("utf-16-le", "surrogatepass")) // 2


@fault("limit-in-escapes", "SEND-05", "SEND-05-S")
class LimitInEscapes(Counting):
    """The limit counts the body as ASCII JSON writes it."""

    def length(self, body: str) -> int:
        return len(body.encode("ascii", "backslashreplace"))


@fault("limit-spares-astral", "SEND-05")
class LimitSparesAstral(Counting):
    """Characters beyond the BMP do not count towards the limit."""

    def length(self, body: str) -> int:
        return sum(character <= "\uffff" for character in body)


@fault("limit-spares-accents", "SEND-05")
class LimitSparesAccents(Counting):
    """The limit counts only ASCII characters."""

    def length(self, body: str) -> int:
        return len(body.encode("ascii", "ignore"))


@fault("too-long-cut", "SEND-05", "SEND-02", "SEND-11", "SEND-11-S")
class TooLongCut(Service):
    """A body that is too long is cut and accepted."""

    def read_body(self, payload: dict[str, Any]) -> str:
        body = payload.get("body")
        return super().read_body({**payload, "body": body[:4096]} if isinstance(body, str) else payload)


@fault("too-long-500", "ERR-01", "SEND-05", "ERR-03")
class TooLong500(Service):
    """A body that is too long breaks the server."""

    def length(self, body: str) -> int:
        if len(body) > 4096:
            raise OverflowError("value too long for type character varying(4096)")
        return len(body)


@fault("body-missing-accepted", "SEND-07")
class BodyMissingAccepted(Service):
    """A send without a body is accepted, with an empty one."""

    def read_body(self, payload: dict[str, Any]) -> str:
        return super().read_body(payload) if "body" in payload else ""


@fault("body-null-accepted", "SEND-07")
class BodyNullAccepted(Service):
    """A send whose body is null is accepted, with an empty one."""

    def read_body(self, payload: dict[str, Any]) -> str:
        return "" if payload.get("body", "") is None else super().read_body(payload)


@fault("body-number-accepted", "SEND-07")
class BodyNumberAccepted(Service):
    """A number or a boolean for a body is written out as text."""

    def read_body(self, payload: dict[str, Any]) -> str:
        body = payload.get("body")
        return str(body) if isinstance(body, int | float) else super().read_body(payload)


@fault("body-structure-accepted", "SEND-07")
class BodyStructureAccepted(Service):
    """An array or an object for a body is written out as text."""

    def read_body(self, payload: dict[str, Any]) -> str:
        body = payload.get("body")
        return str(body) if isinstance(body, list | dict) else super().read_body(payload)


class Rewriting(Service):
    """Keeps a body that differs from the one that was sent."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        return replace(draft, body=self.rewritten(draft.body))

    def rewritten(self, body: str) -> str:
        raise NotImplementedError


@fault("body-trimmed", "SEND-11-S")
class BodyTrimmed(Rewriting):
    """White space around a body is removed."""

    def rewritten(self, body: str) -> str:
        return body.strip()


@fault("body-escaped", "SEND-11", "SEND-02")
class BodyEscaped(Rewriting):
    """A body comes back with HTML entities."""

    def rewritten(self, body: str) -> str:
        return html.escape(body)


@fault("body-unescaped", "SEND-11", "SEND-02")
class BodyUnescaped(Rewriting):
    """HTML entities in a body are resolved."""

    def rewritten(self, body: str) -> str:
        return html.unescape(body)


@fault("body-tags-stripped", "SEND-11", "SEND-02")
class BodyTagsStripped(Rewriting):
    """HTML tags are taken out of a body."""

    def rewritten(self, body: str) -> str:
        return re.sub(r"</?[a-zA-Z][^>]*>", "", body)


@fault("body-crlf-normalised", "SEND-11", "SEND-02")
class BodyCrlfNormalised(Rewriting):
    """CRLF and CR become LF."""

    def rewritten(self, body: str) -> str:
        return body.replace("\r\n", "\n").replace("\r", "\n")


@fault("body-one-line", "SEND-11", "SEND-11-S", "SEND-02")
class BodyOneLine(Rewriting):
    """Line ends become spaces."""

    def rewritten(self, body: str) -> str:
        return re.sub(r"\s*[\r\n]+\s*", " ", body)


@fault("body-composed", "SEND-11", "SEND-02")
class BodyComposed(Rewriting):
    """Combining characters are composed (NFC)."""

    def rewritten(self, body: str) -> str:
        return unicodedata.normalize("NFC", body)


@fault("body-astral-lost", "SEND-11", "SEND-02")
class BodyAstralLost(Rewriting):
    """Characters beyond the BMP become question marks."""

    def rewritten(self, body: str) -> str:
        return re.sub(r"[^\u0000-\uffff]", "?", body)


@fault("body-joiners-lost", "SEND-11", "SEND-02")
class BodyJoinersLost(Rewriting):
    """Invisible formatting characters are taken out: joiners and directional marks."""

    def rewritten(self, body: str) -> str:
        return "".join(character for character in body if unicodedata.category(character) != "Cf")


@fault("body-templates-filled", "SEND-11", "SEND-02")
class BodyTemplatesFilled(Rewriting):
    """Placeholders in double braces are filled with nothing."""

    def rewritten(self, body: str) -> str:
        return re.sub(r"\{\{.*?\}\}", "", body)


@fault("body-quotes-curled", "SEND-11", "SEND-02")
class BodyQuotesCurled(Rewriting):
    """Straight quotes become curly ones."""

    def rewritten(self, body: str) -> str:
        return re.sub(r'"([^"]*)"', "“\\1”", body).replace("'", "’")


@fault("body-backslashes-read", "SEND-11", "SEND-02")
class BodyBackslashesRead(Rewriting):
    """A backslash and an n become a line end, two backslashes one."""

    def rewritten(self, body: str) -> str:
        return body.replace("\\n", "\n").replace("\\\\", "\\")


@fault("body-ends-at-nul", "SEND-11")
class BodyEndsAtNul(Rewriting):
    """A body is cut at its first NUL, though it is accepted."""

    def rewritten(self, body: str) -> str:
        return body.split("\0")[0]


@fault("body-links-marked", "SEND-11", "SEND-02")
class BodyLinksMarked(Rewriting):
    """An address in a body becomes a link."""

    def rewritten(self, body: str) -> str:
        return re.sub(r"https://\S+", r'<a href="\g<0>">\g<0></a>', body)


@fault("body-markdown-read", "SEND-11", "SEND-02")
class BodyMarkdownRead(Rewriting):
    """Stars that mark words are taken off."""

    def rewritten(self, body: str) -> str:
        return re.sub(r"\*(\w+)\*", r"\1", body)


@fault("body-skin-tones-lost", "SEND-11", "SEND-02")
class BodySkinTonesLost(Rewriting):
    """An emoji loses the colour of its skin."""

    def rewritten(self, body: str) -> str:
        return re.sub("[\U0001f3fb-\U0001f3ff]", "", body)


@fault("body-shortened-to-160", "SEND-11", "SEND-05", "SEND-02")
class BodyShortenedTo160(Rewriting):
    """A body is cut to 160 characters, as a text message would be."""

    def rewritten(self, body: str) -> str:
        return body[:160]
