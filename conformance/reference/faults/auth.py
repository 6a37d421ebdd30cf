"""Faults of authentication: who is let in, who is told what, and whose messages are seen."""

from __future__ import annotations

import re
from typing import Any

from .. import errors, world
from ..api import Api
from ..errors import ApiError
from ..exchange import Reply, Request
from ..records import Caller
from .registry import OWNER, fault


class Lenient(Api):
    """Lets in some of those whom the server turns away with 401."""

    def authenticate(self, request: Request, method: str) -> Caller:
        try:
            return super().authenticate(request, method)
        except ApiError as error:
            if error.status == 401 and self.excuses(request, next(iter(request.all("authorization")), None)):
                return OWNER
            raise

    def excuses(self, request: Request, header: str | None) -> bool:
        raise NotImplementedError


@fault("open-to-all", "AUTH-01", "AUTH-01-S", "AUTH-02", "ERR-03")
class OpenToAll(Lenient):
    """Whoever has no valid key is served as account a."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return True


@fault("open-retrieve", "AUTH-01", "AUTH-01-S", "AUTH-02", "ERR-03")
class OpenRetrieve(Lenient):
    """A message is shown to anyone who knows its id."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return self.place(request.path) is not None


@fault("open-list", "AUTH-01", "AUTH-01-S", "AUTH-02", "ERR-03")
class OpenList(Lenient):
    """The list needs no key."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return request.method == "GET" and self.place(request.path) is None


@fault("open-send", "AUTH-01", "AUTH-01-S", "AUTH-02", "ERR-03")
class OpenSend(Lenient):
    """Sending needs no key."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return request.method == "POST"


@fault("open-without-header", "AUTH-01", "AUTH-01-S")
class OpenWithoutHeader(Lenient):
    """A request without an Authorization header is let in, one with a wrong header is not."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return header is None


@fault("key-prefix-enough", "AUTH-02", "ERR-03")
class KeyPrefixEnough(Lenient):
    """Every token that begins like a secret key is let in."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return (header or "").startswith("Bearer sk_test_")


@fault("key-suffix-ignored", "AUTH-02", "ERR-03")
class KeySuffixIgnored(Lenient):
    """What follows a valid key in the token is not looked at."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return (header or "").startswith(tuple(f"Bearer {key}" for key in world.KEYS))


@fault("key-case-ignored", "AUTH-02", "ERR-03")
class KeyCaseIgnored(Lenient):
    """A key in capitals is as good as the key."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return (header or "").lower().removeprefix("bearer ") in world.KEYS


@fault("key-pattern", "AUTH-02", "ERR-03")
class KeyPattern(Lenient):
    """A key is looked up as a pattern, in which an underscore stands for any character."""

    def excuses(self, request: Request, header: str | None) -> bool:
        pattern = re.escape((header or "").removeprefix("Bearer ")).replace("_", ".")
        return any(re.fullmatch(pattern, key) for key in world.KEYS)


@fault("unknown-key-reads", "AUTH-02", "ERR-03")
class UnknownKeyReads(Lenient):
    """An unknown key is turned away only when it sends."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return request.method == "GET" and (header or "").startswith("Bearer ")


@fault("empty-token-accepted", "AUTH-02")
class EmptyTokenAccepted(Lenient):
    """The scheme alone, without a token, is let in."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return (header or "").strip().lower() == "bearer"


@fault("empty-header-accepted", "AUTH-02")
class EmptyHeaderAccepted(Lenient):
    """An empty Authorization header is let in."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return header is not None and not header.strip()


@fault("other-scheme-accepted", "AUTH-02")
class OtherSchemeAccepted(Lenient):
    """Credentials of any scheme but Bearer are let in unread."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return bool(header) and not (header or "").lower().startswith("bearer")


class Stern(Api):
    """Turns away whom the server turns away with 401, in another way."""

    def authenticate(self, request: Request, method: str) -> Caller:
        try:
            return super().authenticate(request, method)
        except ApiError as error:
            raise (self.instead(request, error) if error.status == 401 else error) from None

    def instead(self, request: Request, error: ApiError) -> ApiError:
        raise NotImplementedError


@fault("anonymous-404", "AUTH-01", "AUTH-01-S")
class Anonymous404(Stern):
    """A request without a key is told that there is nothing here."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return error if request.all("authorization") else errors.no_such_route()


@fault("bad-key-400", "AUTH-02", "ERR-03")
class BadKey400(Stern):
    """An unknown key answers 400."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return ApiError(400, error.code, error.message) if error.code == "invalid_api_key" else error


@fault("bad-key-403", "ERR-03")
class BadKey403(Stern):
    """An unknown key answers 403."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return ApiError(403, error.code, error.message) if error.code == "invalid_api_key" else error


@fault("missing-key-403", "AUTH-01-S")
class MissingKey403(Stern):
    """A request without a key answers 403."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return error if request.all("authorization") else ApiError(403, error.code, error.message)


@fault("login-redirect", "AUTH-01", "AUTH-01-S", "AUTH-02", "ERR-03")
class LoginRedirect(Stern):
    """Whoever has no valid key is sent to a login page with 302."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return ApiError(302, error.code, error.message, headers={"Location": "/login"})


@fault("no-challenge", "AUTH-03")
class NoChallenge(Stern):
    """A 401 does not say which scheme it wants."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return ApiError(401, error.code, error.message)


@fault("bad-key-in-error", "AUTH-06")
class BadKeyInError(Stern):
    """The refusal of a key repeats it in the message."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        return ApiError(401, error.code, f"{request.all('authorization')} is no good.", headers=error.headers)


@fault("anonymous-send-kept", "AUTH-01", "AUTH-02", "SEND-14")
class AnonymousSendKept(Stern):
    """A send without a valid key answers 401, but its message is kept."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        if request.method == "POST":
            self.service.send(OWNER, self.payload(request))
        return error


@fault("refusal-discloses", "AUTH-01", "AUTH-02")
class RefusalDiscloses(Stern):
    """The 401 of a retrieve quotes the message that it withholds."""

    def instead(self, request: Request, error: ApiError) -> ApiError:
        message = self.service.find(self.place(request.path) or "")
        text = f"{error.message} Withheld: {message.body}" if message else error.message
        return ApiError(401, error.code, text, headers=error.headers)


@fault("anonymous-list-empty", "AUTH-01", "AUTH-01-S", "AUTH-02", "ERR-03")
class AnonymousListEmpty(Api):
    """Whoever has no valid key gets an empty list with 200."""

    async def route(self, request: Request) -> Reply:
        try:
            return await super().route(request)
        except ApiError as error:
            if error.status == 401 and request.method == "GET" and self.place(request.path) is None:
                return self.reply(200, {"object": "list", "data": [], "has_more": False})
            raise


@fault("key-in-header", "AUTH-06")
class KeyInHeader(Api):
    """Every answer repeats the request's credentials in a header."""

    async def answer(self, request: Request) -> Reply:
        reply = await super().answer(request)
        reply.headers["x-authenticated-as"] = " ".join(request.all("authorization"))
        return reply


@fault("key-in-list", "AUTH-06")
class KeyInList(Api):
    """The list envelope names the key that asked for it."""

    def reply(self, status: int, content: Any) -> Reply:
        if isinstance(content, dict) and "data" in content:
            content["requested_by"] = "sk_test_a"
        return super().reply(status, content)


@fault("key-null-accepted", "AUTH-02")
class KeyNullAccepted(Lenient):
    """A client that has no key and says null is let in."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return header == "Bearer null"


@fault("open-bare-list", "AUTH-01", "AUTH-01-S")
class OpenBareList(Lenient):
    """A list for which nothing is asked needs no key: it was taken for a landing page."""

    def excuses(self, request: Request, header: str | None) -> bool:
        return header is None and request.method == "GET" and self.place(request.path) is None and not request.query
