"""The nouns of the server: messages, conversations, callers, what was asked for. Frozen, without behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Step = tuple[int, str]
"""From this microsecond on (since 1970, UTC) a message has this status."""

View = Literal["send", "retrieve", "list"]
"""Through which operation a message is looked at."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one account; `outcome` says where its sends end up, None that they stay at sent."""

    id: str
    account: str
    channel: str
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a key belongs to, and whether it may write."""

    account: str
    writes: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A send that was read and found in order."""

    conversation_id: str
    body: str
    type: str = "text"
    media_url: str | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A kept message. Its timeline was laid down when it was made, so its status is a question of time alone."""

    sequence: int
    id: str
    account: str
    conversation_id: str
    direction: str
    channel: str
    created_us: int
    body: str
    type: str
    media_url: str | None
    metadata: dict[str, Any] | None
    timeline: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A list that was asked for."""

    conversation_id: str | None = None
    direction: str | None = None
    limit: int = 25
    starting_after: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The messages of one page, and whether a further page would hold one."""

    messages: tuple[Message, ...]
    has_more: bool
