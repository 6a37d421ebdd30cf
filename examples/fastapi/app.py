"""The Messages API in FastAPI, in memory: small enough to read in five minutes, and honest about what it accepts."""

from __future__ import annotations

import json
import re
import secrets
import threading
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationInfo, field_validator
from starlette.exceptions import HTTPException as HTTPError

CONVERSATIONS = {"conv_chat": "web_chat", "conv_mail": "email"}
KEYS = {"sk_test_example": "secret", "pk_test_example": "publishable"}
TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error"}


class Send(BaseModel):
    """What a send may say. Values of the wrong type are refused, never converted."""

    model_config = ConfigDict(strict=True)

    conversation_id: StrictStr
    body: StrictStr = Field(min_length=1, max_length=4096)
    type: Literal["text", "image", "template"] = "text"
    media_url: StrictStr | None = Field(default=None, validate_default=True)
    metadata: dict[str, Any] | None = None

    @field_validator("metadata")
    @classmethod
    def can_be_repeated(cls, value: Any) -> Any:
        """What no JSON text can hold (NaN, half of a surrogate pair) could not be given back."""
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        return value

    @field_validator("media_url")
    @classmethod
    def image_has_media(cls, value: str | None, info: ValidationInfo) -> str | None:
        """An image needs the URL of one."""
        if info.data.get("type") == "image" and not re.match(r"https?://[^\s/]+", value or ""):
            raise ValueError("an image needs the URL of one")
        return value


class Inbox:
    """The messages of the account, oldest first."""

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def add(self, conversation: str, body: str, direction: str, **fields: Any) -> dict[str, Any]:
        """Keep a message."""
        message = {
            "id": f"msg_{secrets.token_hex(8)}",
            "object": "message",
            "conversation_id": conversation,
            "body": body,
            "type": "text",
            "direction": direction,
            "channel": CONVERSATIONS[conversation],
            "status": "queued" if direction == "outbound" else "delivered",
            "metadata": {},
            **fields,
        }
        with self._lock:
            message["created_at"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._messages.append(message)
        return dict(message)

    def newest_first(self) -> list[dict[str, Any]]:
        """The messages as they are now."""
        with self._lock:
            return [dict(message) for message in reversed(self._messages)]

    def move(self, identifier: str, status: str) -> None:
        """What a channel's webhook would do: a message has come further, or has failed."""
        with self._lock:
            message = next(message for message in self._messages if message["id"] == identifier)
            message["status"] = status
            if status == "failed":
                message["error"] = {"code": "undeliverable", "message": "The recipient cannot be reached."}


def key(authorization: Annotated[str, Header()] = "") -> str:
    """The kind of the key that a request carries."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or token not in KEYS:
        raise HTTPException(401, "No valid API key was given.", {"WWW-Authenticate": "Bearer"})
    return KEYS[token]


def secret(kind: Annotated[str, Depends(key)]) -> None:
    """Only a secret key may write."""
    if kind != "secret":
        raise HTTPException(403, "A publishable key only reads.")


def digits(text: Any) -> Any:
    """Python would read 1_0 as ten."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("must be an integer from 1 to 100")
    return text


app = FastAPI(openapi_url=None)
inbox = app.state.inbox = Inbox()


@app.post("/v1/messages", status_code=201, dependencies=[Depends(secret)])
def send(message: Send) -> dict[str, Any]:
    """Send a message to a conversation of the account."""
    if message.conversation_id not in CONVERSATIONS:
        raise HTTPException(404, {"message": "There is no such conversation.", "param": "conversation_id"})
    more = {"media_url": message.media_url} if message.media_url else {}
    fields = {"type": message.type, "metadata": message.metadata or {}, **more}
    return inbox.add(message.conversation_id, message.body, "outbound", **fields)


@app.get("/v1/messages", dependencies=[Depends(key)])
def listing(
    conversation_id: str | None = None,
    direction: Literal["inbound", "outbound"] | None = None,
    limit: Annotated[int, BeforeValidator(digits), Query(ge=1, le=100)] = 25,
    starting_after: str | None = None,
) -> dict[str, Any]:
    """List messages, newest first, from behind the cursor."""
    found = inbox.newest_first()
    if starting_after is not None:
        place = next((n for n, message in enumerate(found) if message["id"] == starting_after), None)
        if place is None:
            raise HTTPException(400, {"message": "starting_after is the id of no message.", "param": "starting_after"})
        found = found[place + 1 :]
    wanted = {"conversation_id": conversation_id, "direction": direction}
    found = [each for each in found if all(value in (None, each[name]) for name, value in wanted.items())]
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit}


@app.get("/v1/messages/{identifier}", dependencies=[Depends(key)])
def retrieve(identifier: str) -> dict[str, Any]:
    """One message."""
    found = next((message for message in inbox.newest_first() if message["id"] == identifier), None)
    if found is None:
        raise HTTPException(404, "There is no such message.")
    return found


@app.exception_handler(HTTPError)
def refused(request: Request, error: HTTPError) -> JSONResponse:
    """Every refusal in the documented form."""
    kind = TYPES.get(error.status_code, "invalid_request_error")
    detail: Any = error.detail if isinstance(error.detail, dict) else {"message": error.detail}
    return JSONResponse(problem(kind, kind, **detail), error.status_code, error.headers)


@app.exception_handler(RequestValidationError)
def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """Invalid input names the parameter at fault."""
    first = error.errors()[0]
    names = [str(each) for each in first["loc"][1:2] if first["type"] != "json_invalid"]
    param = {"param": names[0]} if names else {}
    return JSONResponse(problem("invalid_request_error", "parameter_invalid", first["msg"], **param), 400)


def problem(kind: str, code: str, message: str, **more: str) -> dict[str, Any]:
    """An error as the documentation shows it."""
    url = f"https://docs.example.com/errors#{code}"
    return {"error": {"type": kind, "code": code, "message": message, **more, "doc_url": url}}
