"""What exists before the first request: accounts, keys, conversations and a few messages that customers wrote."""

from __future__ import annotations

from collections.abc import Iterator

from .records import Caller, Conversation

KEYS = {
    "sk_test_a": Caller("a", writes=True),
    "pk_test_a": Caller("a", writes=False),
    "sk_test_b": Caller("b", writes=True),
    "pk_test_b": Caller("b", writes=False),
}
CONVERSATIONS = (
    Conversation("conv_8xk2m", "a", "whatsapp", "read"),
    Conversation("conv_web1", "a", "webchat", "delivered"),
    Conversation("conv_mail1", "a", "email", "failed"),
    Conversation("conv_quiet", "a", "whatsapp"),
    Conversation("conv_b1", "b", "whatsapp", "read"),
)
_DAY = 86_400_000_000
# Seconds before the server starts. Two customers wrote in the very same instant, as customers do.
_INBOUND = (
    ("conv_8xk2m", 7200, "Hello! When will my order arrive?"),
    ("conv_b1", 7100, "Is this shop b? 🙂"),
    ("conv_web1", 5400, "Do you ship to Lagos?"),
    ("conv_8xk2m", 3600, "It is order #1042."),
    ("conv_web1", 3600, "And how long does it take?"),
    ("conv_8xk2m", 3600, "Thank you 🙏"),
    ("conv_b1", 1800, "Please call me back."),
    ("conv_8xk2m", 900, "Still waiting…"),
)


def inbound() -> Iterator[tuple[Conversation, int, str]]:
    """The seeded messages: conversation, age in microseconds, text; oldest first."""
    by_id = {conversation.id: conversation for conversation in CONVERSATIONS}
    return ((by_id[conversation_id], age * 1_000_000, text) for conversation_id, age, text in _INBOUND)


def history(count: int) -> Iterator[tuple[int, str, str]]:
    """So many older messages of conv_8xk2m: age, direction, text; oldest first, often several in one instant."""
    for number in range(count, 0, -1):
        age = _DAY + (number // 3) * 700_000
        yield age, "inbound" if number % 2 else "outbound", f"Earlier message {number}"
