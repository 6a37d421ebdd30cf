"""What is under test: flags, environment and target file made into one `Target`. Errors name the file and the line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.model import Conversation, Terms

OUTCOMES = ("delivered", "read", "failed")


class TargetError(ValueError):
    """The target is not described well enough to begin; the message is one sentence for the one who described it."""


@dataclass(frozen=True)
class Target:
    """A URL that claims to be the Messages API, and what is declared of it."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    publishable_key: str | None = field(default=None, repr=False)
    other_account_key: str | None = field(default=None, repr=False)
    terms: Terms = field(default_factory=Terms)
    rate_per_minute: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether the key is one with which real messages are sent."""
        return (self.api_key or "").startswith("sk_live_")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every key, longest first."""
        keys = {self.api_key, self.publishable_key, self.other_account_key} - {None, ""}
        return tuple(sorted((key for key in keys if key), key=len, reverse=True))


def load(
    file: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    conversations: tuple[str, ...] = (),
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """The target that flags, environment and file describe; a flag wins over the environment, that over the file.

    Raises `TargetError` with one sentence where they do not describe one.
    """
    path = file or environment.get("CONFORMANCE_TARGET")
    target = read(Path(path), environment) if path else Target(base_url="")
    url = base_url or environment.get("CONFORMANCE_BASE_URL") or target.base_url
    key = api_key or environment.get("MESSAGES_API_KEY") or target.api_key
    if not url:
        raise TargetError("no base URL: give --base-url, CONFORMANCE_BASE_URL, or base_url in the target file")
    if key is not None and not key.isascii():
        raise TargetError("the API key has characters that no HTTP header can carry")
    named = [Conversation(each) for each in conversations if not target.terms.conversation(each)]
    terms = replace(target.terms, conversations=(*target.terms.conversations, *named))
    return replace(target, base_url=normal_url(url), api_key=(key or "").strip() or None, terms=terms)


def normal_url(url: str) -> str:
    """The origin and path prefix of a base URL: without a slash or /v1 at its end."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise TargetError(f"the base URL {url!r} is none: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(f"the base URL {url!r} is none: it begins with http:// or https:// and names a host")
    if parts.query or parts.fragment or parts.username:
        raise TargetError("the base URL is an origin and a path prefix, without query, fragment or user")
    return re.sub(r"(/v1)?/*$", "", url.rstrip("/"))


def read(path: Path, environment: Mapping[str, str] = os.environ) -> Target:
    """The target that a TOML file describes."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise TargetError(f"cannot read the target file {path}: {reason}") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TargetError(f"{path} is no TOML: {error}") from None
    return _Reader(path, text, environment).target(document)


@dataclass(frozen=True)
class _Key:
    """A key of the file: what its value must be, in words and as a test."""

    kind: str
    accepts: Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


_TEXT, _SECONDS = _Key("a non-empty string", _text), _Key("a number of seconds from 0 to 3600", _seconds)
_RATE = re.compile(r"([1-9][0-9]{0,5})/(s|min|h)")
_TOP = {
    **dict.fromkeys(("base_url", "api_key", "api_key_env", "publishable_key", "other_account_key"), _TEXT),
    **dict.fromkeys(("settle_seconds", "consistency_seconds"), _SECONDS),
    "rate": _Key('a rate such as "60/min"', lambda value: isinstance(value, str) and bool(_RATE.fullmatch(value))),
    "conversations": _Key("a list of tables, each headed [[conversations]]", lambda value: isinstance(value, list)),
}
_CONVERSATION = {
    "id": _TEXT,
    "channel": _TEXT,
    "outcome": _Key(f"one of {', '.join(OUTCOMES)}", lambda value: value in OUTCOMES),
}


def parse_rate(text: str) -> int:
    """Requests a minute of a rate such as 60/min, 5/s or 1000/h (at least one)."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise TargetError(f"{text!r} is no rate: write it as 60/min, 5/s or 1000/h")
    per_minute = {"s": 60.0, "min": 1.0, "h": 1 / 60}[match[2]] * int(match[1])
    return max(1, int(per_minute))


@dataclass(frozen=True)
class _Reader:
    path: Path
    text: str
    environment: Mapping[str, str]

    def target(self, document: dict[str, Any]) -> Target:
        self._check(document, _TOP, "")
        conversations = tuple(self._conversation(each, index) for index, each in enumerate(document.get("conversations", ())))
        seen: set[str] = set()
        for each in conversations:
            if each.id in seen:
                self._fail("id", f"conversation {each.id!r} stands there twice", len(seen))
            seen.add(each.id)
        return Target(
            base_url=document.get("base_url", ""),
            api_key=self._api_key(document),
            publishable_key=document.get("publishable_key"),
            other_account_key=document.get("other_account_key"),
            terms=Terms(
                conversations, float(document.get("settle_seconds", 5.0)), float(document.get("consistency_seconds", 0.0))
            ),
            rate_per_minute=parse_rate(document["rate"]) if "rate" in document else None,
        )

    def _api_key(self, document: dict[str, Any]) -> str | None:
        name = document.get("api_key_env")
        if name is None:
            key: str | None = document.get("api_key")
            return key
        if "api_key" in document:
            self._fail("api_key_env", "give api_key or api_key_env, not both")
        if name not in self.environment and "MESSAGES_API_KEY" not in self.environment:
            self._fail("api_key_env", f"the environment variable {name} is not set")
        return self.environment.get(name)

    def _conversation(self, table: Any, index: int) -> Conversation:
        if not isinstance(table, dict):
            self._fail("conversations", _TOP["conversations"].kind)
        self._check(table, _CONVERSATION, f"conversation {index + 1}: ", index)
        if "id" not in table:
            self._fail("[[conversations]]", f"conversation {index + 1} has no id", index)
        return Conversation(table["id"], table.get("channel"), table.get("outcome"))

    def _check(self, table: dict[str, Any], keys: Mapping[str, _Key], where: str, index: int = 0) -> None:
        for name, value in table.items():
            if name not in keys:
                self._fail(name, f"{where}unknown key {name!r}{_nearest(name, keys)}", index)
            if not keys[name].accepts(value):
                self._fail(name, f"{where}{name} must be {keys[name].kind}", index)

    def _fail(self, name: str, problem: str, index: int = 0) -> None:
        raise TargetError(f"{self.path}, line {self._line(name, index)}: {problem}")

    def _line(self, name: str, index: int) -> int:
        """The line where a key stands: the one at or after the table that it belongs to."""
        lines = self.text.splitlines()
        heads = [number for number, line in enumerate(lines, 1) if line.strip().replace(" ", "") == "[[conversations]]"]
        start = heads[index] if index < len(heads) and (index or name in (*_CONVERSATION, "[[conversations]]")) else 0
        pattern = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=|\s*\[+\s*{re.escape(name)}")
        found = [number for number, line in enumerate(lines, 1) if pattern.match(line)]
        return next((number for number in found if number >= start), found[0] if found else max(start, 1))


def _nearest(name: str, keys: Mapping[str, _Key]) -> str:
    import difflib

    close = difflib.get_close_matches(name, keys, 1)
    return f" (did you mean {close[0]!r}?)" if close else f" (known: {', '.join(keys)})"
