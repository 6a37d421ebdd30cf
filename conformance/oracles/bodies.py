"""What the contract says of texts and values that a client may send: plain, demanding, or left open."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from conformance.wire import is_exact, json_equal

LIMIT = 4096
_PLAIN = re.compile(r"[A-Za-z0-9 .,:;!?#()\[\]_/+*=-]*")
_SIMPLE_KEY = re.compile(r"[A-Za-z0-9_.-]+")
_SPECIAL_KEYS = frozenset({"__proto__", "constructor", "prototype", "hasOwnProperty", "toString"})
_OPEN_CATEGORIES = frozenset({"Cc", "Cs", "Cn", "Co"})
_SURROGATES = re.compile("[\ud800-\udfff]")
_REPLACEMENTS = ("\ufffd", "?")
"""What decoders put where half of a surrogate pair stands that is no character: Go's and many others', Java's."""


def is_open_text(text: str) -> bool:
    """Whether a server may refuse this text: control characters but the newline, surrogates, code points of no use."""
    return not _PLAIN.fullmatch(text) and any(
        unicodedata.category(each) in _OPEN_CATEGORIES and each != "\n" for each in set(text)
    )


def is_same(sent: Any, got: object) -> bool:
    """Whether a value came back as it was sent, or with another character for each half of a surrogate pair: RFC 8259
    §8.2 leaves open what becomes of one."""
    if json_equal(sent, got):
        return True
    if not any(map(_SURROGATES.search, strings_in(sent))):
        return False
    return any(json_equal(_replaced(sent, each), got) for each in _REPLACEMENTS)


def _replaced(value: Any, character: str) -> Any:
    """A JSON value with this character in place of every half of a surrogate pair."""
    if isinstance(value, str):
        return _SURROGATES.sub(character, value)
    if isinstance(value, list):
        return [_replaced(item, character) for item in value]
    if isinstance(value, dict):
        return {_replaced(key, character): _replaced(item, character) for key, item in value.items()}
    return value


def is_astral(text: str) -> bool:
    """Whether a character of the text lies beyond the Basic Multilingual Plane."""
    return any(ord(each) > 0xFFFF for each in text)


def echo_row(body: str, came_back: object = None) -> str:
    """The requirement that a body which does not come back as sent breaks."""
    if body != body.strip() and isinstance(came_back, str) and came_back.strip() == body.strip():
        return "SEND-11-S"
    return "SEND-02" if _PLAIN.fullmatch(body) else "SEND-11"


def accept_row(payload: dict[str, Any]) -> str:
    """The requirement that a refusal of this valid payload breaks: the most telling thing about it."""
    body, metadata = payload["body"], payload.get("metadata")
    if payload.get("type") in ("image", "template"):
        return "SEND-03"
    if length := length_row(body):
        return length
    if isinstance(metadata, dict) and metadata and not is_tag_only(metadata):
        return metadata_row(metadata)
    if body != body.strip():
        return "SEND-11-S"
    if not _PLAIN.fullmatch(body):
        return "SEND-11"
    if "type" in payload:
        return "SEND-03"
    return "SEND-10" if metadata else "SEND-01"


def length_row(body: str) -> str | None:
    """The requirement that a refusal of this body breaks because it is long; None where it is not."""
    if len(body) > LIMIT // 2 and is_astral(body):
        return "SEND-05-S"
    return "SEND-05" if len(body) > 1000 else None


def is_tag_only(metadata: dict[str, Any]) -> bool:
    """Whether the metadata is nothing but the suite's own mark."""
    return set(metadata) == {"conformance"}


def metadata_row(metadata: dict[str, Any]) -> str:
    """SEND-10 for string values under simple keys, SEND-10-S for every other metadata."""
    plain = all(
        isinstance(value, str) and _SIMPLE_KEY.fullmatch(key) and key not in _SPECIAL_KEYS
        for key, value in metadata.items()
    )
    return "SEND-10" if plain else "SEND-10-S"


def strings_in(value: Any, depth: int = 0) -> list[str]:
    """Every string in a JSON value, names included; beyond 32 levels a lone surrogate stands for what is left open."""
    if depth > 32:
        return ["\ud800"]
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in strings_in(item, depth + 1)]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *strings_in(item, depth + 1))]
    return []


def numbers_in(value: Any, depth: int = 0) -> list[float]:
    """Every number in a JSON value of no more than 32 levels."""
    if isinstance(value, bool) or depth > 32:
        return []
    if isinstance(value, int | float):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [number for item in inner for number in numbers_in(item, depth + 1)]


def is_open_metadata(metadata: dict[str, Any]) -> bool:
    """Whether a server may refuse this metadata: odd characters, or more than anybody would attach."""
    texts = strings_in(metadata)
    if not all(map(is_exact, numbers_in(metadata))):
        return True
    return any(map(is_open_text, texts)) or "" in metadata or sum(map(len, texts)) > 4096 or len(metadata) > 50
