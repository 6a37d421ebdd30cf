"""The edge: from a request to an operation and back to a reply. An ASGI application by itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from . import errors, exchange, jsontext, world
from .errors import ApiError
from .exchange import Reply, Request
from .records import Caller
from .service import Service
from .settings import Settings

_MAX_PAYLOAD = 8 * 2**20


class Api:
    """Answers requests. Every step is a method of its own."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one reply."""
        with contextlib.suppress(ClientDisconnect):
            request = await exchange.receive_request(scope, receive)
            reply = await self.answer(request)
            await self.transmit(request, reply, send)

    async def answer(self, request: Request) -> Reply:
        """The reply to a request, whatever goes wrong."""
        try:
            self.check_rate()
            return await self.route(request)
        except ApiError as error:
            return self.refusal(request, error)
        except Exception as error:  # the last resort of a server: an answer
            return self.refusal(request, self.crash(error))

    async def transmit(self, request: Request, reply: Reply, send: Send) -> None:
        """Puts the reply on the wire."""
        await exchange.transmit(exchange.dress(reply, request, self.settings), send, self.settings)

    def check_rate(self) -> None:
        """Refuses every so many requests, where the settings say so."""
        self.requests += 1
        every = self.settings.rate_limit_every
        if every and self.requests % every == 0:
            raise ApiError(429, "rate_limited", "Too many requests.", headers=self.when_to_retry())

    def when_to_retry(self) -> dict[str, str]:
        """The header that says when the next request is welcome."""
        return {"Retry-After": str(self.settings.retry_after)}

    async def route(self, request: Request) -> Reply:
        """Finds the operation, then the caller, then the answer."""
        message_id = self.place(request.path)
        method = self.method(request, message_id)
        if method == "OPTIONS":
            return Reply(204, headers={"allow": self.allowed(message_id)})
        caller = self.authenticate(request, method)
        if method == "POST":
            return await self.send(request, caller)
        return await (
            self.list_messages(request, caller) if message_id is None else self.retrieve(request, caller, message_id)
        )

    def place(self, path: str) -> str | None:
        """The message id that a path names, or None for the collection."""
        collection = f"{self.settings.prefix}/v1/messages"
        if path == collection:
            return None
        identifier = path.removeprefix(collection + "/")
        if identifier == path or not identifier or "/" in identifier:
            raise errors.no_such_route()
        return exchange.decoded(identifier)

    def allowed(self, message_id: str | None) -> str:
        """The methods that the collection, or a message, answers."""
        reads = ["GET"] + (["HEAD"] if self.settings.head == "accepted" else [])
        writes = ["POST"] if message_id is None else []
        return ", ".join(reads + writes + (["OPTIONS"] if self.settings.options == "accepted" else []))

    def method(self, request: Request, message_id: str | None) -> str:
        """The method, if the place answers it; HEAD is a GET whose payload is not sent."""
        allowed = self.allowed(message_id)
        if request.method not in allowed.split(", "):
            raise errors.method_not_allowed(allowed)
        return "GET" if request.method == "HEAD" else request.method

    def authenticate(self, request: Request, method: str) -> Caller:
        """Who calls, and whether the key may do it."""
        caller = self.caller(self.token(request))
        if method == "POST" and not caller.writes:
            raise errors.read_only_key()
        return caller

    def token(self, request: Request) -> str:
        """The Bearer token of the one Authorization header."""
        given = request.all("authorization")
        scheme, _, token = given[0].strip().partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token.strip():
            raise self.no_credentials()
        return token.strip()

    def no_credentials(self) -> ApiError:
        """The refusal of a request without a usable token."""
        error = errors.missing_key()
        if self.settings.missing_key_status == 403:
            return ApiError(403, error.code, error.message)
        return error

    def caller(self, token: str) -> Caller:
        """Whose key the token is."""
        found = world.KEYS.get(token)
        if found is None:
            raise errors.unknown_key()
        return found

    async def send(self, request: Request, caller: Caller) -> Reply:
        """POST /v1/messages."""
        self.check_media_type(request)
        if self.settings.accepting_takes:
            await asyncio.sleep(self.settings.accepting_takes)
        message = self.service.send(caller, self.payload(request))
        return self.reply(self.settings.sent_status, self.service.shown(message, "send"))

    def check_media_type(self, request: Request) -> None:
        """Refuses a payload that says that it is something else than JSON."""
        kinds = [value.partition(";")[0].strip().lower() for value in request.all("content-type")]
        if not all(kind == "application/json" or kind.endswith("+json") for kind in kinds):
            raise ApiError(415, "unsupported_media_type", "Send application/json.")

    def payload(self, request: Request) -> Any:
        """The JSON value that was sent."""
        if len(request.payload) > _MAX_PAYLOAD:
            raise ApiError(413, "payload_too_large", "The payload is too large.")
        return self.service.parse(request.payload)

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        """GET /v1/messages."""
        query = self.service.query(request.parameters())
        return self.reply(200, self.service.shown_page(self.service.page(caller, query)))

    async def retrieve(self, request: Request, caller: Caller, message_id: str) -> Reply:
        """GET /v1/messages/:id."""
        return self.reply(200, self.service.shown(self.service.retrieve(caller, message_id), "retrieve"))

    def reply(self, status: int, content: object) -> Reply:
        """A JSON reply."""
        indent = 2 if self.settings.indented_json else None
        payload = jsontext.dump(content, ascii_only=self.settings.ascii_json, indent=indent)
        return Reply(status, payload, {"content-type": self.settings.content_type})

    def refusal(self, request: Request, error: ApiError) -> Reply:
        """An error reply in the chosen form."""
        form = self.settings.error_body
        if form == "documented":
            reply = self.reply(error.status, error.documented())
        elif form == "other":
            reply = self.reply(error.status, {"message": error.message, "status": error.status})
        else:
            text = error.message if form == "plain" else ""
            reply = Reply(error.status, text.encode("utf-8", "replace"), {"content-type": "text/plain; charset=utf-8"})
        reply.headers.update({name.lower(): value for name, value in error.headers.items()})
        return reply

    def crash(self, error: Exception) -> ApiError:
        """What a client learns of a fault of the server's own: nothing but that it is one."""
        return ApiError(500, "internal_error", "Something went wrong on our side.")
