"""Faults of reading payloads: JSON that is none, other media types, and input that breaks the server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .. import jsontext
from ..api import Api
from ..errors import ApiError
from ..exchange import Request
from ..records import Draft
from ..service import Service
from .registry import fault


@fault("metadata-json-parsed", "SEND-09")
class MetadataJsonParsed(Service):
    """Metadata may be an object written as a string, as a form would have it."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        given = payload.get("metadata")
        if isinstance(given, str) and given.startswith("{"):
            return super().read_metadata({"metadata": json.loads(given)})
        return super().read_metadata(payload)


@fault("metadata-of-pairs", "SEND-09")
class MetadataOfPairs(Service):
    """Metadata may be an array of objects with a key and a value each."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        given = payload.get("metadata")
        if isinstance(given, list) and given and all(isinstance(each, dict) and "key" in each for each in given):
            return {str(each["key"]): each.get("value") for each in given}
        return super().read_metadata(payload)


@fault("json-array-unwrapped", "SEND-13")
class JsonArrayUnwrapped(Service):
    """An array with one send in it is taken for the send."""

    def parse(self, payload: bytes) -> Any:
        value = super().parse(payload)
        return value[0] if isinstance(value, list) and len(value) == 1 else value


@fault("json-string-unwrapped", "SEND-13")
class JsonStringUnwrapped(Service):
    """A JSON string with a send in it is read once more."""

    def parse(self, payload: bytes) -> Any:
        value = super().parse(payload)
        return super().parse(value.encode()) if isinstance(value, str) else value


@fault("json-tail-ignored", "SEND-13", "ERR-01")
class JsonTailIgnored(Service):
    """What follows the first JSON value is not looked at."""

    def parse(self, payload: bytes) -> Any:
        try:
            return json.JSONDecoder().raw_decode(payload.decode("utf-8").lstrip())[0]
        except (ValueError, RecursionError):
            return super().parse(payload)


@fault("json-trailing-comma", "SEND-13")
class JsonTrailingComma(Service):
    """A comma before a closing brace is forgiven."""

    def parse(self, payload: bytes) -> Any:
        return super().parse(payload.replace(b",}", b"}").replace(b", }", b"}"))


@fault("json-unclosed-forgiven", "SEND-13", "SEND-10-S")
class JsonUnclosedForgiven(Service):
    """A payload that was cut off before its last brace is completed."""

    def parse(self, payload: bytes) -> Any:
        cut = payload.startswith(b"{") and payload.count(b"{") > payload.count(b"}")
        return super().parse(payload + b"}" if cut else payload)


@fault("nan-accepted", "SEND-13", "HTTP-01")
class NanAccepted(Api):
    """NaN and Infinity are read and written."""

    def payload(self, request: Request) -> Any:
        try:
            return json.loads(request.payload)
        except (ValueError, RecursionError):
            return super().payload(request)

    def reply(self, status: int, content: object) -> Any:
        reply = super().reply(status, None)
        reply.payload = json.dumps(content).encode()
        return reply


@fault("malformed-json-500", "ERR-01", "SEND-13")
class MalformedJson500(Service):
    """Malformed JSON breaks the server."""

    def parse(self, payload: bytes) -> Any:
        return json.loads(payload) if payload else super().parse(payload)


@fault("empty-payload-500", "ERR-01", "SEND-13")
class EmptyPayload500(Service):
    """An empty payload breaks the server."""

    def parse(self, payload: bytes) -> Any:
        return super().parse(payload) if payload[0] else None


@fault("json-array-500", "ERR-01", "SEND-13")
class JsonArray500(Service):
    """JSON that is not an object breaks the server."""

    def draft(self, payload: Any) -> Draft:
        payload.keys()
        return super().draft(payload)


@fault("malformed-json-422", "SEND-13-S")
class MalformedJson422(Service):
    """Malformed JSON answers 422."""

    def parse(self, payload: bytes) -> Any:
        try:
            return super().parse(payload)
        except ApiError as error:
            raise ApiError(422, error.code, error.message) from None


@fault("deep-json-500", "ERR-01")
class DeepJson500(Service):
    """JSON that is nested too deeply breaks the server."""

    def parse(self, payload: bytes) -> Any:
        try:
            json.loads(payload)
        except ValueError:
            return super().parse(payload)
        return super().parse(payload)


@fault("surrogate-500", "ERR-01")
class Surrogate500(Service):
    """A lone surrogate breaks the server."""

    def check_text(self, payload: dict[str, Any]) -> None:
        json.dumps(payload, ensure_ascii=False).encode("utf-8")


@fault("nul-500", "ERR-01")
class Nul500(Service):
    """A NUL in a body breaks the server."""

    def read_body(self, payload: dict[str, Any]) -> str:
        body = super().read_body(payload)
        if "\0" in body:
            raise RuntimeError("a string literal cannot contain NUL characters")
        return body


@fault("huge-number-500", "ERR-01")
class HugeNumber500(Service):
    """A number that no integer of eight bytes holds breaks the server."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        metadata = super().read_metadata(payload)
        for value in (metadata or {}).values():
            if isinstance(value, int):
                value.to_bytes(8, "big", signed=True)
        return metadata


@fault("not-utf8-500", "ERR-01", "SEND-13")
class NotUtf8500(Service):
    """A payload that is not UTF-8 breaks the server."""

    def parse(self, payload: bytes) -> Any:
        payload.decode("utf-8")
        return super().parse(payload)


@fault("unknown-field-500", "ERR-01")
class UnknownField500(Service):
    """A field that is not known breaks the server."""

    def check_fields(self, payload: dict[str, Any]) -> None:
        known = ("conversation_id", "body", "type", "media_url", "metadata")
        owned = ("id", "object", "direction", "status", "channel", "created_at")
        _ = [(*known, *owned).index(name) for name in payload]


@fault("wrong-type-500", "ERR-01", "SEND-09")
class WrongType500(Service):
    """Metadata that are no object break the server."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        found = payload.get("metadata")
        return None if found is None else {key: found[key] for key in found.keys()}  # noqa: SIM118 the fault's point


@fault("body-type-500", "ERR-01", "SEND-07")
class BodyType500(Service):
    """A body that is no string breaks the server."""

    def read_body(self, payload: dict[str, Any]) -> str:
        return super().read_body({**payload, "body": payload["body"] + ""} if "body" in payload else payload)


@fault("media-url-500", "ERR-01")
class MediaUrl500(Service):
    """A media_url that cannot be taken apart breaks the server."""

    def is_url(self, url: str) -> bool:
        return bool(urlsplit(url)) and super().is_url(url)


@fault("any-media-type", "SEND-18")
class AnyMediaType(Api):
    """The Content-Type of a send is not looked at."""

    def check_media_type(self, request: Request) -> None:
        return None


@fault("any-application-type", "SEND-18")
class AnyApplicationType(Api):
    """Whatever says that it is an application's is read as JSON."""

    def check_media_type(self, request: Request) -> None:
        if not all(kind.startswith("application/") for kind in request.all("content-type")):
            super().check_media_type(request)


@fault("form-accepted", "SEND-18", "SEND-13")
class FormAccepted(Api):
    """A form is as good as JSON."""

    def check_media_type(self, request: Request) -> None:
        if "application/x-www-form-urlencoded" not in request.all("content-type"):
            super().check_media_type(request)

    def payload(self, request: Request) -> Any:
        form = "application/x-www-form-urlencoded" in request.all("content-type")
        return dict(parse_qsl(request.payload.decode())) if form else super().payload(request)


@fault("media-type-500", "ERR-01", "SEND-18")
class MediaType500(Api):
    """A Content-Type that is not JSON's breaks the server."""

    def check_media_type(self, request: Request) -> None:
        {"application/json": jsontext.parse}[next(iter(request.all("content-type")), "").partition(";")[0].lower()]
