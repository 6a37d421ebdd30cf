"""Faults of errors: their shape, their status, and what they give away."""

from __future__ import annotations

import json
import traceback
from typing import Any

from ..api import Api
from ..errors import ApiError
from ..exchange import Reply, Request
from ..records import Caller, Message
from ..service import Service
from .registry import fault


class Reworded(Api):
    """Writes error bodies in another way."""

    def refusal(self, request: Request, error: ApiError) -> Reply:
        reply = super().refusal(request, error)
        body = self.reworded(json.loads(reply.payload), error)
        return Reply(reply.status, self.reply(error.status, body).payload, reply.headers)

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        raise NotImplementedError


@fault("error-bare", "ERR-02")
class ErrorBare(Reworded):
    """Errors come without their envelope."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return body["error"]


@fault("error-detail", "ERR-02")
class ErrorDetail(Reworded):
    """Invalid input is answered with a list of details, as a framework would."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        detail = [{"loc": ["body", error.param], "msg": error.message, "type": "value_error"}]
        return {"detail": detail} if error.status == 400 else body


@fault("error-text-for-404", "ERR-02")
class ErrorTextFor404(Api):
    """A 404 is a page of text."""

    def refusal(self, request: Request, error: ApiError) -> Reply:
        reply = super().refusal(request, error)
        return Reply(404, b"<h1>Not Found</h1>", {"content-type": "text/html"}) if error.status == 404 else reply


@fault("error-type-unknown", "ERR-02", "ERR-03")
class ErrorTypeUnknown(Reworded):
    """Errors of validation have a type of their own."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return {"error": {**body["error"], "type": "validation_error"}} if error.status == 400 else body


@fault("error-without-code", "ERR-02")
class ErrorWithoutCode(Reworded):
    """Errors have no code."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return {"error": {name: value for name, value in body["error"].items() if name != "code"}}


@fault("error-without-message", "ERR-02")
class ErrorWithoutMessage(Reworded):
    """The refusal of a key has no message."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        kept = {name: value for name, value in body["error"].items() if name != "message" or error.status != 401}
        return {"error": kept}


@fault("error-one-type", "ERR-03")
class ErrorOneType(Reworded):
    """Every error is an invalid_request_error."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return {"error": {**body["error"], "type": "invalid_request_error"}}


@fault("error-type-swapped", "ERR-03")
class ErrorTypeSwapped(Reworded):
    """A 404 has the type of a fault of the server's own."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return {"error": {**body["error"], "type": "api_error"}} if error.status == 404 else body


@fault("error-type-of-no-key", "ERR-03")
class ErrorTypeOfNoKey(Reworded):
    """A request without a key is refused as invalid input is."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        invalid = {**body["error"], "type": "invalid_request_error"}
        return {"error": invalid} if error.code == "missing_api_key" else body


@fault("error-type-of-publishable-key", "ERR-03")
class ErrorTypeOfPublishableKey(Reworded):
    """The send of a publishable key is refused as invalid input is."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        invalid = {**body["error"], "type": "invalid_request_error"}
        return {"error": invalid} if error.code == "read_only_key" else body


@fault("error-param-wrong", "ERR-03")
class ErrorParamWrong(Reworded):
    """Whichever parameter is at fault, body is named."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return {"error": {**body["error"], "param": "body"}} if error.param else body


@fault("error-param-missing", "ERR-03")
class ErrorParamMissing(Reworded):
    """No error names the parameter at fault."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        return {"error": {name: value for name, value in body["error"].items() if name != "param"}}


@fault("invalid-409", "ERR-03", "LIST-05-S")
class Invalid409(Service):
    """Well-formed but invalid input answers 409."""

    def refused(self, message: str, param: str | None = None, code: str = "parameter_invalid") -> ApiError:
        return ApiError(409, code, message, param)


@fault(
    "invalid-200",
    "SEND-04",
    "SEND-05",
    "SEND-06",
    "SEND-07",
    "SEND-08",
    "SEND-09",
    "SEND-13",
    "ERR-03",
    "SEND-02",
    "SEND-08-S",
)
class Invalid200(Service):
    """An invalid send is refused with 200 and an error in the body."""

    def send(self, caller: Caller, payload: Any) -> Message:
        try:
            return super().send(caller, payload)
        except ApiError as error:
            raise ApiError(
                200 if error.status == 400 else error.status, error.code, error.message, error.param
            ) from None


@fault("stack-trace", "ERR-04")
class StackTrace(Reworded):
    """The refusal of invalid input comes with the stack."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        trace = "".join(traceback.format_exception(error))
        return {"error": {**body["error"], "trace": trace}} if error.status == 400 else body


@fault("goroutine-text", "ERR-04")
class GoroutineText(Reworded):
    """The refusal of invalid input is what was recovered from a panic, of which a stack is left without its files."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        text = "runtime error: invalid memory address or nil pointer dereference\ngoroutine 12 [running]:"
        return {"error": {**body["error"], "message": text}} if error.status == 400 else body


@fault("query-text", "ERR-04")
class QueryText(Reworded):
    """The refusal of an unknown id quotes the query that found nothing."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        text = "no row: SELECT * FROM messages WHERE id = $1 AND account_id = $2 LIMIT 1"
        return {"error": {**body["error"], "message": text}} if error.status == 404 else body


@fault("file-path", "ERR-04")
class FilePath(Reworded):
    """The refusal of malformed JSON names the file that found it out."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        text = f'{error.message} File "/srv/app/api/messages.py", line 88, in create'
        return {"error": {**body["error"], "message": text}} if error.code == "invalid_json" else body


@fault("database-text", "ERR-04")
class DatabaseText(Reworded):
    """The refusal of invalid input says what the database said."""

    def reworded(self, body: dict[str, Any], error: ApiError) -> object:
        text = 'null value in column "body" of relation "messages" violates not-null constraint'
        return {"error": {**body["error"], "message": text}} if error.param == "body" else body
