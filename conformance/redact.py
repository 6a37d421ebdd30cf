"""Keeps keys out of the record: every form in which a target may repeat one is replaced before anything is kept.

The values that are judged are those that came; what is told of them is redacted on its way out (`Redactor.clean`).
"""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import Any, AnyStr
from urllib.parse import quote

from conformance.target import Target

_NAMES = (
    ("api_key", "$MESSAGES_API_KEY"),
    ("publishable_key", "$PUBLISHABLE_KEY"),
    ("other_account_key", "$OTHER_ACCOUNT_KEY"),
)

SHORTEST = 6
SHORT = 200
"""Characters of a text that is remembered, once it was gone through."""
_ESCAPES = ("\\u00", "\\x", "%", "&#")
"""What every escaped sign of `hint` begins with: most texts have none of them, which is told faster than by a pattern."""
_RAW_ESCAPES = tuple(each.encode() for each in _ESCAPES)
_PUBLIC = re.compile(r"\A[sp]k_(?:test|live)_")
_SECRET = 12
"""Characters that the secret part of a key has at least, if parts of it are looked for, too."""


class _Block:
    """Some characters of a form of a key, by which a part of it is found: every part of `least` holds a block whole."""

    def __init__(self, form: str, start: int, end: int, name: str) -> None:
        self.start, self.end, self.least = start, end, 2 * (end - start) - 1
        self.name, self.raw_name = name, name.encode()
        self.form, self.raw_form = form, form.encode()
        self.sign, self.raw_sign = form[start:end], form.encode()[start:end]

    def out_of(self, text: AnyStr, sign: AnyStr, form: AnyStr, name: AnyStr) -> AnyStr:
        """The text without the parts of the form that hold this block."""
        at = 0
        while (at := text.find(sign, at)) >= 0:
            begin, end = at, at + len(sign)
            before, after = self.start, self.end
            while begin and before and text[begin - 1] == form[before - 1]:
                begin, before = begin - 1, before - 1
            while end < len(text) and after < len(form) and text[end] == form[after]:
                end, after = end + 1, after + 1
            if end - begin < self.least:
                at = end
            else:
                text, at = text[:begin] + name + text[end:], begin + len(name)
        return text


class Redactor:
    """Replaces the target's keys: as they are, in base64 and hex, and with any of their characters escaped.

    So is a part of one, as it is or in base64: a text may be cut within it, or bring a half in a header, a half in a body.
    """

    def __init__(self, target: Target) -> None:
        named = [(key, name) for field, name in _NAMES if (key := getattr(target, field)) and len(key) >= SHORTEST]
        named.sort(key=lambda pair: -len(pair[0]))
        self._forms = [(form, form.encode(), name) for key, name in named for form in forms(key)]
        self._blocks = [block for key, name in named for block in _blocks(key, name)]
        self._spelt = [(spelt(key), re.compile(spelt(key).pattern.encode()), name) for key, name in named]
        self._hint = hint("".join(key for key, _ in named))
        self._short = lru_cache(4096)(self._without)
        """Most texts of a run are headers and paths, the same ones again and again."""
        self._hint_bytes = re.compile(self._hint.pattern.encode())

    def text(self, text: str) -> str:
        """The text without keys."""
        return self._short(text) if len(text) <= SHORT else self._without(text)

    def _without(self, text: str) -> str:
        for form, _, name in self._forms:
            text = text.replace(form, name)
        if self._spelt and any(sign in text for sign in _ESCAPES) and self._hint.search(text):
            for pattern, _, name in self._spelt:
                text = pattern.sub(name, text)
        for block in self._blocks:
            if block.sign in text:
                text = block.out_of(text, block.sign, block.form, block.name)
        return text

    def body(self, body: bytes) -> bytes:
        """The bytes without keys."""
        for _, form, name in self._forms:
            body = body.replace(form, name.encode())
        if self._spelt and any(sign in body for sign in _RAW_ESCAPES) and self._hint_bytes.search(body):
            for _, pattern, name in self._spelt:
                body = pattern.sub(name.encode(), body)
        for block in self._blocks:
            if block.raw_sign in body:
                body = block.out_of(body, block.raw_sign, block.raw_form, block.raw_name)
        return body

    def found(self, headers: list[tuple[str, str]], body: bytes, key: str | None) -> bool:
        """Whether headers or body repeat the key in any form."""
        if not key or len(key) < SHORTEST:
            return False
        text = "\n".join(f"{name}: {value}" for name, value in headers)
        if any(form in text or form.encode() in body for form in forms(key)):
            return True
        if not hint(key).search(text) and not re.search(hint(key).pattern.encode(), body):
            return False
        return bool(spelt(key).search(text) or re.search(spelt(key).pattern.encode(), body))

    def clean(self, value: Any, names: bool = False) -> Any:
        """A value of JSON without keys in its texts; those of its names that a target chose, too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.clean(each, names) for each in value]
        if isinstance(value, dict):
            inner = ((self.text(str(name)) if names else name, each) for name, each in value.items())
            return {name: self.clean(each, names or name == "json") for name, each in inner}
        return value


@lru_cache(16)
def forms(key: str) -> tuple[str, ...]:
    """The forms of a key that are looked for, the key itself first; a key so short that it stands anywhere has none."""
    if len(key) < SHORTEST:
        return ()
    raw = key.encode()
    told = [key, json.dumps(key)[1:-1], json.dumps(key)[1:-1].replace("/", "\\/"), quote(key, safe="")]
    coded = [_within(raw, shift, coder) for shift in range(3) for coder in (base64.b64encode, base64.urlsafe_b64encode)]
    return tuple(dict.fromkeys([*told, *coded, raw.hex(), raw.hex().upper()]))


def _blocks(key: str, name: str) -> list[_Block]:
    public = len(key) - len(_PUBLIC.sub("", key))
    if len(key) - public < _SECRET:
        return []
    found = []
    for form in (key, *(_within(key.encode(), shift, base64.b64encode) for shift in range(3))):
        first = -(-len(form) * public // len(key))  # by what every key begins with, none is recognised
        size = max(5, -(-(len(form) - first) // 8))
        starts = range(first, len(form) - size + 1, size)
        found += [_Block(form, start, start + size, f"{name}...") for start in starts]
    return found


def _within(raw: bytes, shift: int, coder: Any) -> str:
    """What base64 makes of bytes, `shift` bytes (of three) into what they stand in: the characters all their own."""
    return str(coder(b"\0" * shift + raw).decode())[(8 * shift + 5) // 6 : 8 * (shift + len(raw)) // 6]


@lru_cache(16)
def spelt(key: str) -> re.Pattern[str]:
    """A key any of whose characters may be escaped as JSON, C, URLs or HTML do."""
    return re.compile("".join(map(_escapes, key)))


@lru_cache(16)
def hint(signs: str) -> re.Pattern[str]:
    """An escaped sign of these: where none stands, no key of theirs is spelt so, and the slow search is spared."""
    codes = "|".join(sorted({_code(each) for each in signs}))
    decimals = "|".join(sorted({str(ord(each)) for each in signs}))
    return re.compile(rf"\\u00(?:{codes})|\\x(?:{codes})|%(?:25)*(?:{codes})|&#(?:[xX]0*(?:{codes})|0*(?:{decimals}))")


def _code(char: str) -> str:
    return "".join(f"[{each}{each.upper()}]" if each.isalpha() else each for each in f"{ord(char):02x}")


def _escapes(char: str) -> str:
    # Counts are limited: a run of backslashes, however long, is not gone through again from each of them.
    code = _code(char)
    spelt_out = rf"\\{{0,8}}{re.escape(char)}|\\{{1,8}}u00{code}|\\{{1,8}}x{code}|%(?:25)*{code}"
    return rf"(?:{spelt_out}|&#(?:[xX]0*{code}|0*{ord(char)});?)"
