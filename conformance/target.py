"""What is under test: flags, environment and target file made into one `Target`. Errors name the file and the line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from conformance.model import Conversation, Terms
from conformance.tables import TEXT, Key, Table, TableError, read_toml

OUTCOMES = ("delivered", "read", "failed")


class TargetError(TableError):
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
    ca_bundle: str | None = None
    client_cert: str | None = None
    insecure: bool = False
    timeout_seconds: float | None = None
    body_prefix: str = ""
    """What the body of every message that is sent begins with."""

    @property
    def is_live(self) -> bool:
        """Whether a key is one with which real messages are sent."""
        return any(each.startswith(("sk_live_", "pk_live_")) for each in self.secrets)

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
    given = base_url or environment.get("CONFORMANCE_BASE_URL")
    target = read(Path(path), environment) if path else Target(base_url="")
    url = given or target.base_url
    key = api_key or environment.get("MESSAGES_API_KEY") or target.api_key
    if not url:
        raise TargetError("no base URL: give --base-url, CONFORMANCE_BASE_URL, or base_url in the target file")
    for each in (key, target.publishable_key, target.other_account_key):
        if each is not None and not (each.isascii() and each.strip().isprintable()):
            raise TargetError("the API key has characters that no HTTP header can carry")
    named = [Conversation(each) for each in conversations if not target.terms.conversation(each)]
    terms = replace(target.terms, conversations=(*target.terms.conversations, *named))
    try:
        url = normal_url(url)
    except TargetError as error:
        raise error if given or not path else TargetError(f"{_where(Path(path), 'base_url')}: {error}") from None
    return replace(target, base_url=url, api_key=(key or "").strip() or None, terms=terms)


def nothing_empty(base_url: str | None, file: str | None, environment: Mapping[str, str] = os.environ) -> None:
    """An empty name is a script's variable that is not set: whoever gives one does not mean the embedded reference."""
    named = {"--base-url": base_url, "--target": file}
    if not any(named.values()):
        named |= {name: environment.get(name) for name in ("CONFORMANCE_BASE_URL", "CONFORMANCE_TARGET")}
    for name in ("--base-url", "--target") if any(named.values()) else named:
        if named[name] == "":
            raise TargetError(f"{name} is empty: is what it is taken from set?")


def _where(path: Path, name: str) -> str:
    """The file and line where a key of the target file stands."""
    text = path.read_text(encoding="utf-8")
    return f"{path}, line {Table(path, text, 'conversations', _CONVERSATION).line(name, 0)}"


def normal_url(url: str) -> str:
    """The origin and path prefix of a base URL: without a slash, /v1 or /v1/messages at its end."""
    if re.search(r"[\s\x00-\x20\x7f\\^`{|}<>\"]", url):
        raise TargetError(f"the base URL {url!r} is none: it holds a character that no URL holds")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise TargetError(f"the base URL {url!r} is none: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(f"the base URL {url!r} is none: it begins with http:// or https:// and names a host")
    if parts.query or parts.fragment or parts.username:
        raise TargetError("the base URL is an origin and a path prefix, without query, fragment or user")
    return re.sub(r"(/v1(/messages)?)?/*$", "", url.rstrip("/"))


def read(path: Path, environment: Mapping[str, str] = os.environ) -> Target:
    """The target that a TOML file describes."""
    text, document = read_toml(path, "target file", TargetError)
    return _Reader(path, text, "conversations", _CONVERSATION, TargetError, environment).target(document)


def described(document: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Target:
    """The target that a mapping with the keys of a target file describes, as a fixture may give it."""
    reader = _Given(Path("the fixture target"), "", "conversations", _CONVERSATION, TargetError, environment)
    return reader.target(dict(document))


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


_SECONDS = Key("a number of seconds from 0 to 3600", _seconds)
_RATE = re.compile(r"([1-9][0-9]{0,5})/(s|min|h)")
_PREFIX = re.compile(r"(?! )[A-Za-z0-9 .,:;!?#()\[\]_/+*=-]{1,100}")
PREFIX = Key(
    "1 to 100 letters, digits, spaces and .,:;!?#()[]_/+*=- of ASCII, not beginning with a space",
    lambda value: isinstance(value, str) and bool(_PREFIX.fullmatch(value)),
)
"""Texts that no service need change or refuse, so that what is judged of a body is not judged of its prefix."""
_TOP = {
    "body_prefix": PREFIX,
    **dict.fromkeys(("base_url", "api_key", "api_key_env", "publishable_key", "other_account_key"), TEXT),
    **dict.fromkeys(("settle_seconds", "consistency_seconds"), _SECONDS),
    **dict.fromkeys(("ca_bundle", "client_cert"), TEXT),
    "insecure": Key("true or false", lambda value: isinstance(value, bool)),
    "timeout_seconds": Key("a number of seconds from 0.1 to 3600", lambda value: _seconds(value) and value >= 0.1),
    "rate": Key('a rate such as "60/min"', lambda value: isinstance(value, str) and bool(_RATE.fullmatch(value))),
    "conversations": Key("a list of tables, each headed [[conversations]]", lambda value: isinstance(value, list)),
}
_CONVERSATION = {
    "id": TEXT,
    "channel": TEXT,
    "outcome": Key(f"one of {', '.join(OUTCOMES)}", lambda value: value in OUTCOMES),
}


def prefix(text: str) -> str:
    """What bodies begin with: the text itself, and a space where it does not end with one."""
    if text and not PREFIX.accepts(text):
        raise TargetError(f"the body prefix {text!r} is none: it must be {PREFIX.kind}")
    return text if not text or text.endswith(" ") else f"{text} "


def prefixed(target: Target, text: str | None) -> Target:
    """The target with this body prefix, where one is given."""
    return target if text is None else replace(target, body_prefix=prefix(text))


def parse_rate(text: str) -> int:
    """Requests a minute of a rate such as 60/min, 5/s or 1000/h (at least one)."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise TargetError(f"{text!r} is no rate: write it as 60/min, 5/s or 1000/h")
    per_minute = {"s": 60.0, "min": 1.0, "h": 1 / 60}[match[2]] * int(match[1])
    return max(1, int(per_minute))


def seconds(text: str) -> float:
    """A positive number of seconds."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


@dataclass(frozen=True)
class _Reader(Table):
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def target(self, document: dict[str, Any]) -> Target:
        self.check(document, _TOP, "")
        conversations = tuple(
            self._conversation(each, index) for index, each in enumerate(document.get("conversations", ()))
        )
        seen: set[str] = set()
        for each in conversations:
            if each.id in seen:
                self.fail("id", f"conversation {each.id!r} stands there twice", len(seen))
            seen.add(each.id)
        return Target(
            base_url=document.get("base_url", ""),
            api_key=self._api_key(document),
            publishable_key=document.get("publishable_key"),
            other_account_key=document.get("other_account_key"),
            terms=Terms(
                conversations,
                float(document.get("settle_seconds", 5.0)),
                float(document.get("consistency_seconds", 0.0)),
            ),
            rate_per_minute=parse_rate(document["rate"]) if "rate" in document else None,
            ca_bundle=self._file(document.get("ca_bundle")),
            client_cert=self._file(document.get("client_cert")),
            insecure=document.get("insecure", False),
            timeout_seconds=document.get("timeout_seconds"),
            body_prefix=prefix(document.get("body_prefix", "")),
        )

    def _file(self, name: str | None) -> str | None:
        """A file that is named from where the target file stands."""
        return str(self.path.parent / name) if name else None

    def _api_key(self, document: dict[str, Any]) -> str | None:
        name = document.get("api_key_env")
        if name is None:
            key: str | None = document.get("api_key")
            return key
        if "api_key" in document:
            self.fail("api_key_env", "give api_key or api_key_env, not both")
        if name not in self.environment and "MESSAGES_API_KEY" not in self.environment:
            self.fail("api_key_env", f"the environment variable {name} is not set")
        return self.environment.get(name)

    def _conversation(self, table: Any, index: int) -> Conversation:
        if not isinstance(table, dict):
            self.fail("conversations", f"conversations must be {_TOP['conversations'].kind}")
        self.check(table, _CONVERSATION, f"conversation {index + 1}: ", index)
        if "id" not in table:
            self.fail("[[conversations]]", f"conversation {index + 1} has no id", index)
        return Conversation(table["id"], table.get("channel"), table.get("outcome"))


class _Given(_Reader):
    def fail(self, name: str, problem: str, index: int = 0) -> NoReturn:
        raise self.error(f"{self.path}: {problem}")
