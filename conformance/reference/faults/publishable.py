"""Faults of publishable keys: they read, and never send."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from .. import errors
from ..api import Api
from ..errors import ApiError
from ..exchange import Reply, Request
from ..records import Caller
from .registry import OWNER, fault


@fault("publishable-sends", "AUTH-04")
class PublishableSends(Api):
    """A publishable key may send."""

    def authenticate(self, request: Request, method: str) -> Caller:
        return super().authenticate(request, "GET")


@fault("publishable-sends-images", "AUTH-04")
class PublishableSendsImages(Api):
    """A publishable key may send an image, though nothing else."""

    def authenticate(self, request: Request, method: str) -> Caller:
        is_image = method == "POST" and b'"image"' in request.payload
        return super().authenticate(request, "GET" if is_image else method)


@fault("publishable-send-401", "AUTH-04")
class PublishableSend401(Api):
    """A publishable key that sends answers 401."""

    def authenticate(self, request: Request, method: str) -> Caller:
        try:
            return super().authenticate(request, method)
        except ApiError as error:
            raise (errors.unknown_key() if error.status == 403 else error) from None


@fault("publishable-send-kept", "AUTH-04", "SEND-14")
class PublishableSendKept(Api):
    """A publishable key that sends answers 403, but its message is kept."""

    def authenticate(self, request: Request, method: str) -> Caller:
        try:
            return super().authenticate(request, method)
        except ApiError as error:
            if error.status == 403:
                self.service.send(OWNER, self.payload(request))
            raise


@fault("publishable-cannot-list", "AUTH-04")
class PublishableCannotList(Api):
    """A publishable key may not list."""

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        if not caller.writes:
            raise errors.read_only_key()
        return await super().list_messages(request, caller)


@fault("publishable-cannot-filter", "AUTH-04")
class PublishableCannotFilter(Api):
    """A publishable key may list messages but not those of one conversation."""

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        if not caller.writes and "conversation_id=" in request.query:
            raise errors.read_only_key()
        return await super().list_messages(request, caller)


@fault("publishable-ignores-filters", "LIST-06", "AUTH-04")
class PublishableIgnoresFilters(Api):
    """A list of one conversation that a publishable key asks for is not filtered."""

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        query = request.query if caller.writes else re.sub("conversation_id=[^&]*", "", request.query)
        return await super().list_messages(replace(request, query=query), caller)


@fault("publishable-cannot-retrieve", "AUTH-04")
class PublishableCannotRetrieve(Api):
    """A publishable key may list messages but not retrieve one."""

    async def retrieve(self, request: Request, caller: Caller, message_id: str) -> Reply:
        if not caller.writes:
            raise errors.read_only_key()
        return await super().retrieve(request, caller, message_id)


class Abridged(Api):
    """Leaves out of a publishable key's lists what it is not to see."""

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        reply = await super().list_messages(request, caller)
        if caller.writes:
            return reply
        page = json.loads(reply.payload)
        return self.reply(200, {**page, "data": self.abridged(page["data"])})

    def abridged(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        raise NotImplementedError


@fault("publishable-lists-sent-only", "AUTH-04")
class PublishableListsSentOnly(Abridged):
    """A publishable key's lists leave out what customers wrote."""

    def abridged(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each for each in items if each["direction"] == "outbound"]


@fault("publishable-lists-ten", "AUTH-04")
class PublishableListsTen(Abridged):
    """A publishable key's page holds ten at most."""

    def abridged(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return items[:10]
