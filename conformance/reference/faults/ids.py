"""Faults of ids: what is found under an id that nobody has, and what an odd one breaks."""

from __future__ import annotations

from ..api import Api
from ..errors import ApiError
from ..exchange import Reply, Request
from ..records import Caller, Message
from ..service import Service
from .registry import fault


@fault("unknown-id-null", "GET-03", "AUTH-05", "GET-01")
class UnknownIdNull(Api):
    """Retrieving an unknown id answers 200 with null."""

    async def retrieve(self, request: Request, caller: Caller, message_id: str) -> Reply:
        try:
            return await super().retrieve(request, caller, message_id)
        except ApiError:
            return self.reply(200, None)


class Misfinding(Service):
    """Looks messages up in another way."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        found = self.store.select([self.condition(message_id)], limit=1)
        return super().retrieve(caller, found[0].id if found else message_id)

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        raise NotImplementedError


@fault("id-prefix-enough", "GET-03")
class IdPrefixEnough(Misfinding):
    """An id that was cut short finds the message."""

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        return "substr(id, 1, ?) = ? AND ? > 8", (len(message_id), message_id, len(message_id))


@fault("id-without-prefix", "GET-03")
class IdWithoutPrefix(Misfinding):
    """An id without the msg_ that it begins with finds the message."""

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        return "id = 'msg_' || ?", (message_id,)


@fault("id-case-ignored", "GET-03")
class IdCaseIgnored(Misfinding):
    """An id in other letter case finds the message."""

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        return "lower(id) = lower(?)", (message_id,)


@fault("id-trimmed", "GET-03")
class IdTrimmed(Misfinding):
    """An id with white space around it finds the message."""

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        return "id = ?", (message_id.strip(),)


@fault("id-tail-ignored", "GET-03")
class IdTailIgnored(Misfinding):
    """What follows a dot or a slash in an id is not looked at."""

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        return "id = ?", (message_id.partition(".")[0].partition("/")[0],)


@fault("id-ends-at-nul", "GET-03")
class IdEndsAtNul(Misfinding):
    """An id ends at its first NUL, as strings of C do."""

    def condition(self, message_id: str) -> tuple[str, tuple[object, ...]]:
        return "id = ?", (message_id.partition("\0")[0],)


class Choosy(Service):
    """Answers some ids that find nothing with another status."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        try:
            return super().retrieve(caller, message_id)
        except ApiError as error:
            if status := self.status_for(message_id):
                raise ApiError(status, "invalid_id", "This is no id.", "id") from None
            raise error from None

    def status_for(self, message_id: str) -> int | None:
        raise NotImplementedError


@fault("unknown-id-400", "GET-03", "ERR-03", "AUTH-05")
class UnknownId400(Choosy):
    """Retrieving an unknown id answers 400."""

    def status_for(self, message_id: str) -> int | None:
        return 400


@fault("unknown-id-403", "GET-03", "ERR-03")
class UnknownId403(Choosy):
    """Retrieving an unknown id answers 403."""

    def status_for(self, message_id: str) -> int | None:
        return 403


@fault("long-id-500", "GET-03", "ERR-01")
class LongId500(Choosy):
    """A very long id breaks the server."""

    def status_for(self, message_id: str) -> int | None:
        return 500 if len(message_id) > 255 else None


@fault("slash-id-500", "GET-03", "ERR-01")
class SlashId500(Choosy):
    """An id with a percent-encoded slash breaks the server."""

    def status_for(self, message_id: str) -> int | None:
        return 500 if "/" in message_id else None


@fault("control-id-500", "GET-03", "ERR-01")
class ControlId500(Choosy):
    """An id with a control character breaks the server."""

    def status_for(self, message_id: str) -> int | None:
        return 500 if any(character < " " for character in message_id) else None


@fault("quoted-id-500", "GET-03", "ERR-01")
class QuotedId500(Choosy):
    """An id with a quotation mark breaks the server: the query is put together from strings."""

    def status_for(self, message_id: str) -> int | None:
        return 500 if "'" in message_id else None


@fault("not-utf8-id-500", "GET-03", "ERR-01")
class NotUtf8Id500(Choosy):
    """An id whose percent-encoding is not UTF-8 breaks the server."""

    def status_for(self, message_id: str) -> int | None:
        return 500 if "\ufffd" in message_id else None


@fault("unprefixed-id-500", "GET-03", "ERR-01")
class UnprefixedId500(Choosy):
    """An id that does not begin with msg_ breaks the server."""

    def status_for(self, message_id: str) -> int | None:
        return None if message_id.startswith("msg_") else 500
