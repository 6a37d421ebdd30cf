"""Fills a new store with the world, and keeps writing to it as other people do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from . import world
from .records import Conversation, Draft, Message
from .service import Service

_LONG_AGO = 36 * 3600 * 10**6


def seed(service: Service) -> None:
    """Puts the history and the customers' messages into an empty store; leaves any other alone."""
    if service.store.sequence == 0:
        now = service.clock.now()
        # Made one by one, as each is kept: a million of them are not to be held twice.
        service.store.add_all(chain(_history(service, now), _greeting(service, now), _inbound(service, now)))


def _history(service: Service, now: int) -> Iterator[Message]:
    conversation = service.conversations["conv_8xk2m"]
    for age, direction, body in world.history(service.settings.history):
        yield _past(service, conversation, now - age, direction, body)


def _inbound(service: Service, now: int) -> Iterator[Message]:
    for conversation, age, body in world.inbound():
        yield _past(service, conversation, now - age, "inbound", body)


def _greeting(service: Service, now: int) -> Iterator[Message]:
    """A message of ours from before the customers' own, so that directions alternate in time."""
    yield _past(service, service.conversations["conv_web1"], now - _LONG_AGO, "outbound", "Welcome! How can we help?")


def _past(service: Service, conversation: Conversation, at_us: int, direction: str, body: str) -> Message:
    composed = service.compose(conversation, Draft(conversation.id, body), conversation.account, direction, at_us)
    last = "read" if direction == "outbound" else "delivered"
    return replace(composed, timeline=((composed.created_us, last),))


async def keep_writing(service: Service, per_second: float) -> None:
    """Lets customers and colleagues write in account a's conversations, in turn, until cancelled."""
    ours = [conversation for conversation in service.conversations.values() if conversation.account == "a"]
    number = 0
    while True:
        await asyncio.sleep(1 / per_second)
        number += 1
        conversation, direction = ours[number % len(ours)], "inbound" if number % 3 else "outbound"
        draft = Draft(conversation.id, f"Somebody else's message {number}")
        service.store.add(service.compose(conversation, draft, conversation.account, direction))
