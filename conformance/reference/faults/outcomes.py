"""Faults of what comes with a status: the error of a failure, and fields that move although they must not."""

from __future__ import annotations

from typing import Any

from ..records import Message, View
from ..service import Service
from .registry import fault


class Erring(Service):
    """Gives messages another error."""

    def error(self, message: Message, status: str) -> dict[str, Any]:
        return self.erring(super().error(message, status), message, status)

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        raise NotImplementedError


@fault("failed-without-error", "STAT-04")
class FailedWithoutError(Erring):
    """A message that failed does not say why."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {}


@fault("failed-error-null", "STAT-04")
class FailedErrorNull(Erring):
    """The error of a message that failed is null."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"error": None} if error else {}


@fault("failed-error-empty", "STAT-04")
class FailedErrorEmpty(Erring):
    """The error of a message that failed is an empty string."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"error": ""} if error else {}


@fault("failed-error-hollow", "STAT-04")
class FailedErrorHollow(Erring):
    """The error of a message that failed is an empty object."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"error": {}} if error else {}


@fault("failed-error-of-nulls", "STAT-04")
class FailedErrorOfNulls(Erring):
    """The error of a message that failed is an object in which nothing is filled in."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"error": {"code": None, "message": ""}} if error else {}


@fault("failed-error-elsewhere", "STAT-04")
class FailedErrorElsewhere(Erring):
    """The error of a message that failed has another name."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"failure_reason": error["error"]} if error else {}


@fault("failed-error-of-code", "STAT-04")
class FailedErrorOfCode(Erring):
    """The error of a message that failed is a number."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"error": 30008} if error else {}


@fault("failed-error-late", "STAT-04")
class FailedErrorLate(Erring):
    """The error comes 0.4 seconds after the failure."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return error if self.clock.now() - message.timeline[-1][0] > 400_000 else {}


@fault("failed-error-in-list-only", "STAT-04")
class FailedErrorInListOnly(Service):
    """A message that failed says why in lists, but not when it is retrieved."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {name: value for name, value in fields.items() if name != "error" or view == "list"}


@fault("error-on-all", "STAT-04-S")
class ErrorOnAll(Erring):
    """A message that did not fail has an error that says so."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return error or {"error": {"code": "none", "message": "No error."}}


@fault("error-on-read", "STAT-04-S")
class ErrorOnRead(Erring):
    """A message that was read still has the error of an earlier attempt."""

    def erring(self, error: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"error": "First attempt timed out."} if status == "read" else error


class Moving(Service):
    """Changes a field as the status moves on."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return {**fields, **self.moved(fields, message, fields["status"])}

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        raise NotImplementedError


@fault("time-follows-status", "STAT-07", "GET-02")
class TimeFollowsStatus(Moving):
    """created_at is rewritten, by ten seconds a step, as the status moves."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        steps = [step for _, step in message.timeline]
        return {"created_at": self.instant(message.created_us + 10_000_000 * steps.index(status))}


@fault("body-ticked", "STAT-07", "GET-02")
class BodyTicked(Moving):
    """A body that was read ends in two ticks."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"body": message.body + " ✓✓"} if status == "read" else {}


@fault("body-withheld-when-failed", "STAT-07", "GET-02")
class BodyWithheldWhenFailed(Moving):
    """A message that failed has an empty body."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"body": ""} if status == "failed" else {}


@fault("metadata-cleared-when-delivered", "STAT-07", "GET-02", "SEND-10", "SEND-10-S")
class MetadataClearedWhenDelivered(Moving):
    """A message's metadata are gone once it is delivered."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"metadata": {}} if status in ("delivered", "read") else {}


@fault("metadata-gain-status", "STAT-07", "GET-02", "SEND-10", "SEND-10-S")
class MetadataGainStatus(Moving):
    """A message's metadata gain a key as it is sent."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        sent = message.direction == "outbound" and status != "queued"
        return {"metadata": {**(message.metadata or {}), "provider_id": "wamid.1"}} if sent else {}


@fault("type-becomes-text", "STAT-07", "GET-02")
class TypeBecomesText(Moving):
    """A template is a text once it is delivered."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"type": "text"} if status in ("delivered", "read") else {}


@fault("direction-turns", "STAT-07", "GET-02", "LIST-07")
class DirectionTurns(Moving):
    """A message that failed comes back as inbound."""

    def moved(self, fields: dict[str, Any], message: Message, status: str) -> dict[str, Any]:
        return {"direction": "inbound"} if status == "failed" else {}
