"""`python -m tests.peers.serving`: the reference, which counts its requests, until its input ends.

It says first, as a line of JSON, where it is and what its owner knows of it; and last how many requests came, and when
on the machine's monotonic clock the first of them came in and the last answer was given.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
import time
from typing import Any

import httpx

from conformance import reference
from conformance.reference import application, server, world

KEY = "sk_test_a"


class Counting:
    """An ASGI application around another one, which counts what comes in, and may take its time."""

    def __init__(self, app: Any, latency: float = 0.0) -> None:
        self.app = app
        self.latency = latency
        """Seconds that each answer takes longer: half on the way there, half on the way back. No processor time."""
        self.begin()

    def begin(self) -> None:
        """Count from here on."""
        self.requests = 0
        self.first: float | None = None
        self.last: float | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; count the requests."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.requests += 1
        self.first = self.first or time.monotonic()
        if self.latency:
            await asyncio.sleep(self.latency / 2)
        await self.app(scope, receive, self._slowly(send) if self.latency else send)
        self.last = time.monotonic()

    def _slowly(self, send: Any) -> Any:
        async def slow(message: Any) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(self.latency / 2)
            await send(message)

        return slow


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.serving", description=__doc__)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--variant", action="append", default=[])
    parser.add_argument("--history", type=int, default=0, help="messages that a conversation holds already")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds that each answer takes longer")
    args = parser.parse_args()
    settings = dataclasses.replace(reference.Settings(), history=args.history)
    for name in args.variant:
        settings = reference.VARIANTS[name].settings(settings)
    counting = Counting(application.create_app(settings, args.fault))
    server.create_app = lambda *_: counting  # the server has no door for an application made elsewhere
    with reference.run_in_thread(settings, args.fault) as running:
        print(json.dumps(_known(running) | {"target": running.target_toml()}), flush=True)
        counting.begin()
        counting.latency = args.latency / 1000
        sys.stdin.read()
        told = {"requests": counting.requests, "first": counting.first, "last": counting.last}
        print(json.dumps(told), flush=True)


def _known(running: reference.Running) -> dict[str, Any]:
    settings = running.settings
    conversations = [each.id for each in world.CONVERSATIONS if each.account == "a"]
    return {
        "url": running.base_url,
        "conversations": conversations,
        "messages": _messages(running.base_url, conversations[0]),
        "sent_status": settings.sent_status,
        "invalid_status": settings.invalid_status,
        "unknown_conversation_status": settings.unknown_conversation_status,
        "empty_body": settings.empty_body == "accepted",
        "null_optionals": settings.null_optionals == "accepted",
        "rate_limited": settings.rate_limit_every > 0,
        "visible_at_once": settings.visible_after == 0,
    }


def _messages(base_url: str, conversation: str) -> list[str]:
    """Ids that exist; none where a fault keeps them from being seen."""
    try:
        answer = httpx.get(
            f"{base_url}/v1/messages",
            params={"limit": 50, "conversation_id": conversation},
            headers={"authorization": f"Bearer {KEY}"},
        )
        return [each["id"] for each in answer.json()["data"] if isinstance(each["id"], str)]
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return []


if __name__ == "__main__":
    main()
