"""Reads what clients send, field by field, and refuses what is not in order."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from . import jsontext
from .errors import ApiError
from .records import Draft, Query
from .settings import Settings

MAX_BODY = 4096
TYPES = ("text", "image", "template")
FIELDS = ("conversation_id", "body", "type", "media_url", "metadata")
OWNED = ("id", "object", "direction", "status", "channel", "created_at")


class Reader:
    """Turns payloads into drafts and query strings into queries; each field has a method of its own."""

    settings: Settings

    def refused(self, message: str, param: str | None = None, code: str = "parameter_invalid") -> ApiError:
        """The refusal of a well-formed but invalid input."""
        return ApiError(self.settings.invalid_status, code, message, param)

    def parse(self, payload: bytes) -> Any:
        """The JSON value of a payload."""
        try:
            value = jsontext.parse(payload)
        except jsontext.NotJsonError as error:
            raise ApiError(400, "invalid_json", f"The payload is not JSON: {error}.") from None
        return jsontext.without_lone_surrogates(value) if self.settings.lone_surrogates == "replaced" else value

    def draft(self, payload: Any) -> Draft:
        """The send that a payload asks for."""
        if not isinstance(payload, dict):
            raise ApiError(400, "invalid_json", "The payload must be a JSON object.")
        self.check_fields(payload)
        self.check_text(payload)
        return Draft(
            conversation_id=self.read_conversation_id(payload),
            body=self.read_body(payload),
            type=self.read_type(payload),
            media_url=self.read_media_url(payload),
            metadata=self.read_metadata(payload),
        )

    def check_fields(self, payload: dict[str, Any]) -> None:
        """Refuses fields that a client cannot set, and unknown ones, where the settings say so."""
        for name in payload:
            if name in FIELDS:
                continue
            stance = self.settings.owned_fields if name in OWNED else self.settings.unknown_fields
            if stance == "refused":
                raise self.refused(f"A send has no parameter {name!a}.", None, "parameter_unknown")

    def check_text(self, payload: dict[str, Any]) -> None:
        """Refuses lone surrogates, where the settings say so."""
        if self.settings.lone_surrogates == "refused" and jsontext.has_lone_surrogate(payload):
            param = next((name for name in FIELDS if jsontext.has_lone_surrogate(payload.get(name))), None)
            raise self.refused("A string holds half of a surrogate pair.", param)

    def read_conversation_id(self, payload: dict[str, Any]) -> str:
        """The conversation to send in: a string."""
        return self.required(payload, "conversation_id")

    def read_body(self, payload: dict[str, Any]) -> str:
        """The text: a string of at most 4096 characters, counted in code points."""
        body = self.required(payload, "body")
        if self.length(body) > MAX_BODY:
            raise self.refused(f"body has more than {MAX_BODY} characters.", "body", "body_too_long")
        if not body and self.settings.empty_body == "refused":
            raise self.refused("body is empty.", "body", "body_empty")
        if self.settings.control_characters == "refused" and any(map(_is_control, body)):
            raise self.refused("body holds a control character.", "body")
        return body

    def length(self, body: str) -> int:
        """How many characters a text has."""
        return len(body)

    def read_type(self, payload: dict[str, Any]) -> str:
        """The kind of message: one of three, text when none is given."""
        kind = self.optional(payload, "type", str)
        if kind is None:
            return "text"
        if kind not in self.types():
            raise self.refused(f"type must be one of {', '.join(TYPES)}.", "type")
        return str(kind)

    def types(self) -> tuple[str, ...]:
        """The types that a client may send."""
        return TYPES

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        """The attachment: a string, and for an image an http URL."""
        url: str | None = self.optional(payload, "media_url", str)
        if payload.get("type") != "image":
            return url
        if url is None:
            raise self.refused("An image needs a media_url.", "media_url", "parameter_missing")
        if not self.is_url(url):
            raise self.refused("media_url must be an http or https URL.", "media_url")
        return url

    def is_url(self, url: str) -> bool:
        """Whether a text is an absolute http or https URL."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The key-value pairs: an object."""
        found: dict[str, Any] | None = self.optional(payload, "metadata", dict)
        return found

    def required(self, payload: dict[str, Any], name: str) -> str:
        """A parameter that must be there and be a string."""
        if name not in payload:
            raise self.refused(f"{name} is required.", name, "parameter_missing")
        value = payload[name]
        if not isinstance(value, str):
            raise self.refused(f"{name} must be a string.", name)
        return value

    def optional(self, payload: dict[str, Any], name: str, kind: type) -> Any:
        """A parameter that may be left out, and be null where the settings say so."""
        if name not in payload or (payload[name] is None and self.settings.null_optionals == "accepted"):
            return None
        value = payload[name]
        if not isinstance(value, kind):
            raise self.refused(f"{name} must be {'an object' if kind is dict else 'a string'}.", name)
        return value

    def query(self, pairs: list[tuple[str, str]]) -> Query:
        """The list that a query string asks for; parameters that no list has are ignored."""
        return Query(
            conversation_id=self.single(pairs, "conversation_id"),
            direction=self.read_direction(self.single(pairs, "direction")),
            limit=self.read_limit(self.single(pairs, "limit")),
            starting_after=self.single(pairs, "starting_after"),
        )

    def single(self, pairs: list[tuple[str, str]], name: str) -> str | None:
        """A parameter that may be given once."""
        values = [value for key, value in pairs if key == name]
        if len(values) > 1:
            raise self.refused(f"{name} is given more than once.", name, "parameter_repeated")
        return values[0] if values else None

    def read_direction(self, text: str | None) -> str | None:
        """The direction to filter by."""
        if text not in (None, "inbound", "outbound"):
            raise self.refused("direction must be inbound or outbound.", "direction")
        return text

    def default_limit(self) -> int:
        """How many a page holds when nothing is asked for."""
        return 25

    def read_limit(self, text: str | None) -> int:
        """How many a page holds: 1 to 100; others are clamped where the settings say so."""
        if text is None:
            return self.default_limit()
        number = int(text) if re.fullmatch(r"-?[0-9]{1,15}", text, re.ASCII) else None
        if number is not None and 1 <= number <= 100:
            return number
        if not self.settings.clamp_limits:
            raise self.refused("limit must be an integer from 1 to 100.", "limit")
        return self.default_limit() if number is None else min(max(number, 1), 100)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\t\n\r"
