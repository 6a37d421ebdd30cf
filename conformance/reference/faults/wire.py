"""Faults of JSON, of headers and of methods."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property

from starlette.types import Send

from .. import errors
from ..api import Api
from ..errors import ApiError
from ..exchange import Reply, Request
from ..records import Caller, Message
from .registry import OWNER, fault


class Garbling(Api):
    """Writes its JSON in another way."""

    def reply(self, status: int, content: object) -> Reply:
        reply = super().reply(status, content)
        reply.payload = self.garbled(reply.payload) if status < 300 else reply.payload
        return reply

    def garbled(self, payload: bytes) -> bytes:
        raise NotImplementedError


@fault("json-duplicate-names", "HTTP-01")
class JsonDuplicateNames(Garbling):
    """An object names its object field twice."""

    def garbled(self, payload: bytes) -> bytes:
        return payload.replace(b'"object":"message"', b'"object":"message","object":"message"')


@fault("json-nan", "HTTP-01")
class JsonNan(Garbling):
    """A list says that its cost is NaN."""

    def garbled(self, payload: bytes) -> bytes:
        return payload.replace(b'"has_more"', b'"cost":NaN,"has_more"')


@fault("json-latin1", "HTTP-01", "SEND-11", "SEND-10", "SEND-02")
class JsonLatin1(Garbling):
    """Characters are written in Latin-1 where it has them."""

    def garbled(self, payload: bytes) -> bytes:
        return payload.decode().encode("latin-1", "replace")


@fault("json-byte-order-mark", "HTTP-01")
class JsonByteOrderMark(Garbling):
    """Lists begin with a byte order mark."""

    def garbled(self, payload: bytes) -> bytes:
        return b"\xef\xbb\xbf" + payload if b'"has_more"' in payload else payload


@fault("json-raw-controls", "HTTP-01", "SEND-11")
class JsonRawControls(Garbling):
    """Line ends stand unescaped in strings."""

    def garbled(self, payload: bytes) -> bytes:
        return payload.replace(b"\\n", b"\n")


@fault("json-quotes-unescaped", "HTTP-01", "SEND-11")
class JsonQuotesUnescaped(Garbling):
    """Quotes stand unescaped in strings."""

    def garbled(self, payload: bytes) -> bytes:
        return payload.replace(b'\\"', b'"')


@fault("json-python", "HTTP-01")
class JsonPython(Garbling):
    """Messages are written as Python writes them."""

    def garbled(self, payload: bytes) -> bytes:
        return str(json.loads(payload)).encode("utf-8", "replace")


@fault("json-guarded", "HTTP-01")
class JsonGuarded(Garbling):
    """Every list is preceded by a guard against scripts."""

    def garbled(self, payload: bytes) -> bytes:
        return b")]}',\n" + payload if b'"has_more"' in payload else payload


class Relabelling(Api):
    """Gives replies other headers."""

    async def answer(self, request: Request) -> Reply:
        reply = await super().answer(request)
        self.relabel(reply)
        return reply

    def relabel(self, reply: Reply) -> None:
        raise NotImplementedError


@fault("content-type-html", "HTTP-01-S")
class ContentTypeHtml(Relabelling):
    """JSON is called HTML."""

    def relabel(self, reply: Reply) -> None:
        reply.headers["content-type"] = "text/html; charset=utf-8"


@fault("content-type-missing", "HTTP-01-S")
class ContentTypeMissing(Relabelling):
    """An accepted send does not say of what type its answer is."""

    def relabel(self, reply: Reply) -> None:
        if reply.status == 201:
            reply.headers.pop("content-type", None)


@fault("405-without-allow", "HTTP-02")
class MethodWithoutAllow(Relabelling):
    """A 405 does not say which methods there are."""

    def relabel(self, reply: Reply) -> None:
        if reply.status == 405:
            reply.headers.pop("allow", None)


@fault("405-allows-what-it-refuses", "HTTP-02")
class AllowsWhatItRefuses(Relabelling):
    """A 405 names every method there is as allowed, the refused one too."""

    def relabel(self, reply: Reply) -> None:
        if reply.status == 405:
            reply.headers["allow"] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@fault("length-in-characters", "HTTP-01", "ERR-01")
class LengthInCharacters(Relabelling):
    """An answer is cut to as many bytes as it has characters, so one that is not ASCII loses its end."""

    def relabel(self, reply: Reply) -> None:
        reply.payload = reply.payload[: len(reply.payload.decode())]


@fault("long-list-cut", "HTTP-01", "ERR-01")
class LongListCut(Relabelling):
    """An answer is cut at sixteen kilobytes."""

    def relabel(self, reply: Reply) -> None:
        reply.payload = reply.payload[:16384]


@fault("bad-json-breaks-off", "ERR-01", "SEND-13")
class BadJsonBreaksOff(Api):
    """The answer to malformed JSON breaks off before its end."""

    async def transmit(self, request: Request, reply: Reply, send: Send) -> None:
        if reply.status == 400 and b"invalid_json" in reply.payload:
            reply.headers["content-length"] = str(len(reply.payload) + 1)
        await super().transmit(request, reply, send)


class Methodical(Api):
    """Answers methods that the documentation does not name."""

    methods: tuple[str, ...]

    async def route(self, request: Request) -> Reply:
        message_id = self.place(request.path)
        if request.method in self.methods and message_id is not None:
            caller = self.caller(self.token(request))
            return self.act(request, self.service.retrieve(caller, message_id).id)
        return await super().route(request)

    def act(self, request: Request, message_id: str) -> Reply:
        raise NotImplementedError

    def edit(self, request: Request, message_id: str) -> Reply:
        """Puts a new body into a message."""
        message = self.service.retrieve(OWNER, message_id)
        text = json.loads(request.payload or b"{}").get("body", "edited") if request.method != "DELETE" else ""
        edited = replace(message, body=str(text))
        self.service.store.replace(edited)
        return self.reply(200, self.service.shown(edited, "retrieve"))


@fault("delete-deletes", "HTTP-02-M", "HTTP-02")
class DeleteDeletes(Methodical):
    """DELETE deletes a message."""

    methods = ("DELETE",)

    def act(self, request: Request, message_id: str) -> Reply:
        self.service.store.delete(self.service.retrieve(OWNER, message_id))
        return Reply(204)


@fault("delete-refused-but-done", "HTTP-02-M")
class DeleteRefusedButDone(Methodical):
    """DELETE answers 405, but the message is gone."""

    methods = ("DELETE",)

    def act(self, request: Request, message_id: str) -> Reply:
        self.service.store.delete(self.service.retrieve(OWNER, message_id))
        raise errors.method_not_allowed("GET, HEAD, OPTIONS")


@fault("delete-hides-from-lists", "HTTP-02-M", "HTTP-02")
class DeleteHidesFromLists(Methodical):
    """DELETE takes a message out of the lists; it is still retrievable."""

    methods = ("DELETE",)

    def act(self, request: Request, message_id: str) -> Reply:
        self.service.store.delete(message := self.service.retrieve(OWNER, message_id))
        self.deleted[message_id] = message
        return Reply(204)

    @cached_property
    def deleted(self) -> dict[str, Message]:
        """What was deleted, by id."""
        return {}

    async def retrieve(self, request: Request, caller: Caller, message_id: str) -> Reply:
        if message_id in self.deleted:
            return self.reply(200, self.service.shown(self.deleted[message_id], "retrieve"))
        return await super().retrieve(request, caller, message_id)


@fault("patch-edits", "HTTP-02-M", "HTTP-02")
class PatchEdits(Methodical):
    """PATCH edits a message's body."""

    methods = ("PATCH",)

    def act(self, request: Request, message_id: str) -> Reply:
        return self.edit(request, message_id)


@fault("put-edits", "HTTP-02-M", "HTTP-02")
class PutEdits(Methodical):
    """PUT and POST on a message edit its body."""

    methods = ("PUT", "POST")

    def act(self, request: Request, message_id: str) -> Reply:
        return self.edit(request, message_id)


@fault("put-is-get", "HTTP-02")
class PutIsGet(Methodical):
    """Every method on a message retrieves it."""

    methods = ("PUT", "PATCH", "POST", "DELETE")

    def act(self, request: Request, message_id: str) -> Reply:
        return self.reply(200, self.service.shown(self.service.retrieve(OWNER, message_id), "retrieve"))


@fault("unknown-method-400", "HTTP-02")
class UnknownMethod400(Api):
    """Methods that the documentation does not name answer 400."""

    def method(self, request: Request, message_id: str | None) -> str:
        try:
            return super().method(request, message_id)
        except ApiError as error:
            raise ApiError(400, error.code, error.message) from None


@fault("unknown-method-500", "ERR-01", "HTTP-02")
class UnknownMethod500(Api):
    """Methods that the documentation does not name break the server."""

    def method(self, request: Request, message_id: str | None) -> str:
        posts = {} if message_id else {"POST": "POST"}
        return {"GET": "GET", "HEAD": "GET", "OPTIONS": "OPTIONS", **posts}[request.method]


@fault("429-without-retry-after", "HTTP-03")
class LimitedWithoutRetryAfter(Api):
    """Every fifteenth request answers 429 without saying when to come again."""

    def check_rate(self) -> None:
        self.requests += 1
        if self.requests % 15 == 0:
            raise ApiError(429, "rate_limited", "Too many requests.")
