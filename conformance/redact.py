"""Keeps keys out of the record: every form in which a target may repeat one is replaced before anything is kept."""

from __future__ import annotations

import base64
from urllib.parse import quote

from conformance.target import Target

_NAMES = (("api_key", "$MESSAGES_API_KEY"), ("publishable_key", "$PUBLISHABLE_KEY"), ("other_account_key", "$OTHER_ACCOUNT_KEY"))


SHORTEST = 6


class Redactor:
    """Replaces the target's keys: as they are, percent-encoded, in base64 with or without padding, in hex."""

    def __init__(self, target: Target) -> None:
        named = [(key, name) for field, name in _NAMES if (key := getattr(target, field))]
        self._forms = [(form, name) for key, name in sorted(named, key=lambda pair: -len(pair[0])) for form in forms(key)]

    def text(self, text: str) -> str:
        """The text without keys."""
        for form, name in self._forms:
            text = text.replace(form, name)
        return text

    def body(self, body: bytes) -> bytes:
        """The bytes without keys."""
        for form, name in self._forms:
            body = body.replace(form.encode(), name.encode())
        return body

    def found(self, headers: list[tuple[str, str]], body: bytes, key: str | None) -> bool:
        """Whether headers or body repeat the key in any form."""
        if not key:
            return False
        text = "\n".join(value for _, value in headers)
        return any(form in text or form.encode() in body for form in forms(key))


def forms(key: str) -> list[str]:
    """The forms of a key that are looked for, the key itself first; a key so short that it stands anywhere has none."""
    if len(key) < SHORTEST:
        return []
    encoded = [base64.b64encode(key.encode()).decode(), base64.urlsafe_b64encode(key.encode()).decode()]
    bare = [each.rstrip("=") for each in encoded]
    return list(dict.fromkeys([key, quote(key, safe=""), *encoded, *bare, key.encode().hex()]))
