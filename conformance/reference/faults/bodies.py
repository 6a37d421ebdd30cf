"""Faults of the body: its presence, and whether it comes back as it was sent."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import replace
from typing import Any

from ..records import Draft
from ..service import Service
from .registry import fault


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
