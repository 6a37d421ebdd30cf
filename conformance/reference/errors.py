"""Refusals: what went wrong, as the documentation words errors."""

from __future__ import annotations

from collections.abc import Mapping

_DOCS = "https://docs.handl-ng.com/errors#"
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class ApiError(Exception):
    """A refusal with its status; `param` names the one parameter at fault, if one is."""

    def __init__(
        self, status: int, code: str, message: str, param: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = dict(headers or {})

    @property
    def type(self) -> str:
        """The documented error type that fits the status."""
        return "api_error" if self.status >= 500 else _TYPES.get(self.status, "invalid_request_error")

    def documented(self) -> dict[str, object]:
        """The error body of the documentation."""
        error: dict[str, object] = {"type": self.type, "code": self.code, "message": self.message}
        if self.param is not None:
            error["param"] = self.param
        return {"error": {**error, "doc_url": _DOCS + self.code}}


def missing_key() -> ApiError:
    """No usable credentials were given."""
    return ApiError(401, "missing_api_key", "Give your API key as Authorization: Bearer KEY.", headers=_CHALLENGE)


def unknown_key() -> ApiError:
    """The credentials given belong to no account."""
    return ApiError(401, "invalid_api_key", "This API key belongs to no account.", headers=_CHALLENGE)


def read_only_key() -> ApiError:
    """A publishable key was used to write."""
    return ApiError(403, "read_only_key", "A publishable key reads; sending needs a secret key.")


def no_such_message() -> ApiError:
    """No message of the account has the id."""
    return ApiError(404, "message_not_found", "There is no message with this id.", "id")


def no_such_route() -> ApiError:
    """Nothing lives at the path."""
    return ApiError(404, "route_not_found", "There is nothing at this path.")


def method_not_allowed(allowed: str) -> ApiError:
    """The path exists, but not for the method."""
    return ApiError(405, "method_not_allowed", f"This path answers {allowed}.", headers={"Allow": allowed})


_CHALLENGE = {"WWW-Authenticate": "Bearer"}
