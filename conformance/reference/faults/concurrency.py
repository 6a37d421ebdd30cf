"""Faults that show only when several requests are under way at once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Message
from .registry import fault


class Crowded(Api):
    """Takes a few milliseconds over a send, and goes wrong when another is under way meanwhile."""

    under_way = 0

    async def send(self, request: Request, caller: Caller) -> Reply:
        self.under_way += 1
        try:
            await asyncio.sleep(0.005)
            crowd = self.under_way > 1
            reply = await super().send(request, caller)
        finally:
            self.under_way -= 1
        return self.crowded(reply, json.loads(reply.payload)) if crowd else reply

    def crowded(self, reply: Reply, shown: dict[str, Any]) -> Reply:
        raise NotImplementedError

    def kept(self, shown: dict[str, Any]) -> Message:
        """The message that was just kept."""
        found = self.service.find(shown["id"])
        assert found is not None
        return found


@fault("crowd-loses", "CONC-01", "GET-01", "LIST-10")
class CrowdLoses(Crowded):
    """Of two sends at the same time one is answered but not kept."""

    def crowded(self, reply: Reply, shown: dict[str, Any]) -> Reply:
        self.service.store.delete(self.kept(shown))
        return reply


@fault("crowd-doubles", "CONC-01", "LIST-10")
class CrowdDoubles(Crowded):
    """Of two sends at the same time one is kept twice, under two ids."""

    def crowded(self, reply: Reply, shown: dict[str, Any]) -> Reply:
        message = self.kept(shown)
        sequence, created_us = self.service.store.next_place(0)
        twin = replace(message, sequence=sequence, created_us=created_us, id=self.service.new_id(sequence))
        self.service.store.add(twin)
        return reply


@fault(
    "crowd-shares-id",
    "CONC-01",
    "SEND-15",
    "GET-02",
    "GET-04",
    "LIST-02",
    "LIST-06",
    "LIST-08",
    "LIST-10",
    "SEND-10",
    "SEND-17",
    "STAT-06",
)
class CrowdSharesId(Crowded):
    """Of two sends at the same time both are answered with one id."""

    def crowded(self, reply: Reply, shown: dict[str, Any]) -> Reply:
        message = self.kept(shown)
        earlier = self.service.store.select([("sequence < ?", (message.sequence,))], limit=1)
        return self.reply(reply.status, {**shown, "id": earlier[0].id})


@fault("crowd-500", "CONC-01", "ERR-01", "SEND-10")
class Crowd500(Crowded):
    """Of two sends at the same time one breaks the server."""

    def crowded(self, reply: Reply, shown: dict[str, Any]) -> Reply:
        self.service.store.delete(self.kept(shown))
        raise RuntimeError("database is locked")


@fault("crowd-mixes-bodies", "CONC-01", "SEND-02", "SEND-10")
class CrowdMixesBodies(Api):
    """The payload waits in a place that all requests share, so one send takes another's."""

    waiting: Request

    async def send(self, request: Request, caller: Caller) -> Reply:
        self.waiting = request
        await asyncio.sleep(0.005)
        return await super().send(self.waiting, caller)


@fault("crowd-mixes-metadata", "SEND-10", "SEND-02")
class CrowdMixesMetadata(Api):
    """The metadata waits in a place that all requests share, so one send takes another's."""

    waiting: Any = None

    async def send(self, request: Request, caller: Caller) -> Reply:
        payload = self.payload(request)
        if not isinstance(payload, dict) or "metadata" not in payload:
            return await super().send(request, caller)
        self.waiting = payload["metadata"]
        await asyncio.sleep(0.005)
        mixed = json.dumps({**payload, "metadata": self.waiting}).encode()
        return await super().send(replace(request, payload=mixed), caller)


class Busy(Api):
    """Takes a few milliseconds over a send, and pages wrongly meanwhile."""

    under_way = 0

    async def send(self, request: Request, caller: Caller) -> Reply:
        self.under_way += 1
        try:
            await asyncio.sleep(0.005)
            return await super().send(request, caller)
        finally:
            self.under_way -= 1

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        reply = await super().list_messages(request, caller)
        walking = "starting_after=" in request.query
        return self.reply(200, self.disturbed(json.loads(reply.payload))) if self.under_way and walking else reply

    def disturbed(self, shown: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@fault("busy-skips", "CONC-02", "PAGE-06", "LIST-04")
class BusySkips(Busy):
    """While others send, later pages begin one message too late."""

    def disturbed(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "data": shown["data"][1:]}


@fault("busy-ends", "CONC-02", "PAGE-02")
class BusyEnds(Busy):
    """While others send, later pages say that they are the last."""

    def disturbed(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "has_more": False}


@fault("busy-repeats", "CONC-02", "PAGE-06")
class BusyRepeats(Busy):
    """While others send, later pages hold their first message twice."""

    def disturbed(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "data": [*shown["data"][:1], *shown["data"][:-1]]}


@fault("crowd-shares-caller", "AUTH-05", "CONC-01", "CONC-02", "GET-01", "GET-04")
class CrowdSharesCaller(Api):
    """Who asks is kept where every request finds it, so of two lists at the same time one shows another account's."""

    latest: Caller

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        self.latest = caller
        await asyncio.sleep(0.003)
        return await super().list_messages(request, self.latest)


@fault("crowd-shares-message", "GET-01", "GET-04")
class CrowdSharesMessage(Api):
    """What is asked for is kept where every request finds it, so of two retrieves one is answered with the other's message."""

    latest: str

    async def retrieve(self, request: Request, caller: Caller, message_id: str) -> Reply:
        self.latest = message_id
        await asyncio.sleep(0.003)
        return await super().retrieve(request, caller, self.latest)
