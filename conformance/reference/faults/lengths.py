"""Faults of how long a body may be: what is counted, how much of it is too much, and where."""

from __future__ import annotations

import html
from typing import Any

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


@fault("limit-in-html", "SEND-05")
class LimitInHtml(Counting):
    """The limit counts a text with its angle brackets and quotes escaped, as it is kept."""

    def length(self, body: str) -> int:
        return len(html.escape(body))


@fault("limit-of-one-channel", "SEND-05")
class LimitOfOneChannel(Service):
    """The limit is WhatsApp's: what goes anywhere else may be of any length."""

    def read_body(self, payload: dict[str, Any]) -> str:
        known = self.conversations.get(str(payload.get("conversation_id")))
        other = known is not None and known.channel != "whatsapp"
        return self.required(payload, "body") if other else super().read_body(payload)
