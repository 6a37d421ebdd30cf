"""The message object: its shape, what was sent comes back, and every sight of it agrees (SEND-02, -03, -10, -11, -16,
-17, GET-02, GET-04, LIST-02, STAT-01, STAT-04, STAT-07, HTTP-02-M)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance import contract
from conformance.history import OURS, Ledger, Message
from conformance.model import Choice, Finding, Observation, Operation
from conformance.oracles.agreement import Agreement
from conformance.oracles.base import Noted, Seen, observed
from conformance.oracles.bodies import echo_row, is_same, is_tag_only, metadata_row
from conformance.oracles.sending import TYPES, read_send
from conformance.oracles.statuses import STATUSES
from conformance.wire import is_utc, json_equal, parse_instant, shown

SHAPE = {Operation.SEND: "SEND-02", Operation.RETRIEVE: "GET-01", Operation.LIST: "LIST-02"}
OWNED = ("object", "id", "direction", "status", "channel", "created_at")
_SKEW = 300.0


class Messages:
    """Judges every message that an answer shows."""

    def __init__(self) -> None:
        self._charged: dict[str, set[str]] = {}
        """The rows that a flaw of the object was laid at: where a send shows it, no other row is charged with it."""
        self._agreement = Agreement()
        self._sound: dict[tuple[int, bool], Any] = {}
        """Sights whose shape is right, in a list or by themselves; a sight that shows the same is the same object."""
        self._settled: dict[tuple[object, ...], tuple[tuple[str, int], ...]] = {}
        """What was noted of sights by their place; of those in the same place there is nothing else to say."""
        self._channels: dict[str, tuple[str, int]] = {}

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        if seen.response is None or seen.credential not in OURS:
            return
        noted = Noted()
        for nameless in _nameless(seen):
            yield from self._shape(seen, nameless, set(), noted)
        for fields in seen.shown:
            message = ledger.messages[fields["id"]]
            place = message.views[-1].place
            is_same = place in self._settled and not message.is_confused and message.id not in ledger.tampered
            if place is not None and is_same:
                noted.again(self._settled[place])
                continue
            new, found = Noted(), []
            for finding in self._message(seen, fields, message, ledger, new):
                found.append(finding)
                yield finding
            noted.again(new.items())
            if place is not None and not (found or message.is_confused or _claimed(message)):
                self._settled[place] = tuple(new.items())
        yield from observed(noted)

    def _message(
        self, seen: Seen, fields: Mapping[str, Any], message: Message, ledger: Ledger, noted: Noted
    ) -> Iterator[Finding]:
        yield from self._shape(seen, fields, _claimed(message), noted)
        if message.is_confused:
            if seen.operation is Operation.SEND:
                yield from self._owned(seen, fields, message, ledger)
            return
        own = message.sent is not None and message.sent.exchange.number == seen.number
        if message.sent is not None and own and read_send(seen, ledger.terms).refusal is None:
            yield from self._echo(seen, fields, message.sent.payload)
            yield from self._conventions(seen, fields)
        yield from self._owned(seen, fields, message, ledger)
        yield from self._channel(seen, fields, message, ledger, noted)
        yield from self._error(seen, fields, noted)
        yield from self._agreement.compare(seen, fields, message, ledger, noted)

    def _shape(self, seen: Seen, fields: Any, claimed: set[str], noted: Noted) -> Iterator[Finding]:
        row = SHAPE[seen.operation]
        is_item = seen.operation is Operation.LIST
        if (id(fields), is_item) in self._sound:
            noted[row] += 1
            return
        problems = contract.list_item_problems(fields) if is_item else contract.message_problems(fields)
        clean = True
        for problem in problems:
            # What `error` must hold is STAT-04's; a value that the client claimed is SEND-16's.
            owner = "" if problem.field == "error" or problem.field in claimed else row
            key = f"{problem.field}:{problem.message.split()[0] if problem.message else ''}"
            named = isinstance(fields, dict) and isinstance(fields.get("status"), str)
            if problem.field == "status" and named and "status" not in claimed:
                yield seen.violates("STAT-01", f"status is one of {', '.join(STATUSES)}", shown(fields["status"]))
            if owner and not {row, "SEND-02"} & self._charged.setdefault(key, set()):
                self._charged[key].add(row)
                yield seen.violates(row, f"{problem.field or 'the object'}: {problem.expected}", problem.got)
            clean = False
        if clean:
            noted[row] += 1
            self._sound[id(fields), is_item] = fields
            if is_item:
                yield Choice("LIST-02", "fields of a list item", "full" if "conversation_id" in fields else "sparse")

    def _echo(self, seen: Seen, fields: Mapping[str, Any], payload: Any) -> Iterator[Finding]:
        if not isinstance(payload, dict):
            return
        if fields.get("conversation_id") != payload.get("conversation_id"):
            yield seen.violates("SEND-02", "conversation_id as sent", shown(fields.get("conversation_id")))
        if isinstance(payload.get("body"), str):
            yield from self._body(seen, payload["body"], fields.get("body"))
        kind = "text" if payload.get("type") is None else payload["type"]
        if kind in TYPES and "type" in fields and fields["type"] != kind:
            yield seen.violates("SEND-03", f"type {shown(kind)}", shown(fields.get("type")))
        elif "type" not in payload and "type" in fields:
            yield Observation("SEND-03")
        if "direction" not in payload and fields.get("direction") != "outbound":
            yield seen.violates("SEND-02", "direction outbound", shown(fields.get("direction")))
        yield from _metadata(seen, payload.get("metadata"), fields.get("metadata"))

    def _body(self, seen: Seen, sent: str, got: object) -> Iterator[Finding]:
        row = echo_row(sent, got)
        if not is_same(sent, got):
            yield seen.violates(row, f"body unchanged: {shown(sent)}", shown(got))
        elif row != "SEND-02":
            yield Observation(row)
        elif sent != sent.strip():
            yield Observation("SEND-11-S")

    def _conventions(self, seen: Seen, fields: Mapping[str, Any]) -> Iterator[Finding]:
        if str(fields["id"]).startswith("msg_"):
            yield Observation("SEND-02-S1")
        else:
            yield seen.violates("SEND-02-S1", "an id that begins msg_", shown(fields["id"]))
        created = parse_instant(fields.get("created_at"))
        if created is None:
            return
        if is_utc(fields["created_at"]) and abs(float(created) - seen.exchange.at) <= _SKEW:
            yield Observation("SEND-02-S2")
        else:
            yield seen.violates(
                "SEND-02-S2", "created_at in UTC and within 5 minutes of now", shown(fields["created_at"])
            )

    def _owned(self, seen: Seen, fields: Mapping[str, Any], message: Message, ledger: Ledger) -> Iterator[Finding]:
        payload = message.sent.payload if message.sent else None
        if seen.operation is Operation.SEND:
            payload = seen.ask.payload  # which may have claimed the id of an earlier send
        for name in OWNED if isinstance(payload, dict) else ():
            if not isinstance(payload, dict) or name not in payload or name not in fields:
                continue
            if self._taken(name, payload[name], fields[name], seen, message, ledger):
                yield seen.violates("SEND-16", f"{name} is the server's to set", f"the client's {shown(fields[name])}")
            else:
                yield Observation("SEND-16")

    def _taken(self, name: str, wanted: Any, got: Any, seen: Seen, message: Message, ledger: Ledger) -> bool:
        """Whether a value can only come from the client, because the server could not have come to it by itself."""
        if name == "created_at":
            asked, came = parse_instant(wanted), parse_instant(got)
            return asked is not None and asked == came and abs(float(asked) - seen.exchange.at) > 86400
        if not json_equal(wanted, got):
            return False
        conversation = ledger.terms.conversation(message.conversation)
        if name == "status":
            impossible = {"read": ("failed",), "delivered": ("failed",), "failed": ("delivered", "read")}
            outcome = conversation.outcome if conversation else None
            if wanted in STATUSES and (_has_moved(message, wanted) or _by_itself(wanted, outcome, ledger)):
                return False
            return wanted not in STATUSES or wanted in impossible.get(outcome or "", ())
        if name == "channel":
            return not conversation or got != (conversation.channel or self._channels.get(conversation.id, (got,))[0])
        return not (name == "object" and wanted == "message") and not (name == "direction" and wanted == "outbound")

    def _channel(
        self, seen: Seen, fields: Mapping[str, Any], message: Message, ledger: Ledger, noted: Noted
    ) -> Iterator[Finding]:
        conversation, channel = message.conversation, fields.get("channel")
        payload = message.sent.payload if message.sent else {}
        client_set = isinstance(payload, dict) and "channel" in payload
        if not isinstance(conversation, str) or not isinstance(channel, str) or client_set or message.sent is None:
            return
        declared = ledger.terms.conversation(conversation)
        if declared and declared.channel and channel != declared.channel:
            yield seen.violates("SEND-17", f"channel {shown(declared.channel)}, as declared", shown(channel))
            return
        first, number = self._channels.setdefault(conversation, (channel, seen.number))
        if first != channel:
            yield seen.violates(
                "SEND-17", f"channel {shown(first)}, as before in {conversation}", shown(channel), number
            )
        elif message.sent is not None and number != seen.number:
            noted["SEND-17"] += 1

    def _error(self, seen: Seen, fields: Mapping[str, Any], noted: Noted) -> Iterator[Finding]:
        error, status = fields.get("error"), fields.get("status")
        if seen.operation is Operation.LIST and "error" not in fields:
            return
        if status == "failed":
            if _says_something(error):
                noted["STAT-04"] += 1
            else:
                yield seen.violates("STAT-04", "a failed message has a non-empty error", shown(error))
        elif status in STATUSES:
            if error in (None, []) or (isinstance(error, str | dict) and not _says_something(error)):
                noted["STAT-04-S"] += 1
            else:
                yield seen.violates("STAT-04-S", f"no error on a message that is {status}", shown(error))


def _says_something(error: Any) -> bool:
    """Whether an error is a text, or an object that holds something: not just names with nothing behind them."""
    if isinstance(error, dict):
        return any(value not in (None, "", {}, []) for value in error.values())
    return isinstance(error, str) and bool(error.strip())


def _has_moved(message: Message, status: str) -> bool:
    """Whether a look at the message has shown another status: then it came to this one in its course."""
    looks = [each for each in message.views if each.operation is not Operation.SEND]
    return any(each.status != status for each in looks)


def _by_itself(status: str, outcome: str | None, ledger: Ledger) -> bool:
    """Whether messages for which nobody claimed a status come to this one where the same outcome is declared."""
    ends = (
        (ledger.terms.conversation(each.conversation), each) for each in ledger.own() if "status" not in _claimed(each)
    )
    return any(
        any(shown == status for _, shown in each.landmarks)
        for conversation, each in ends
        if conversation and conversation.outcome == outcome
    )


def _nameless(seen: Seen) -> list[Any]:
    """What stands where a message should stand in a successful answer, but cannot be told apart by an id."""
    body = seen.response.json if seen.response and seen.response.ok else None
    if seen.response is None or not seen.response.ok or seen.response.json_error is not None:
        return []
    if seen.operation is Operation.LIST:
        data = body.get("data") if isinstance(body, dict) else None
        items = data if isinstance(data, list) else []
    else:
        items = [body] if seen.operation in SHAPE else []
    return [item for item in items if not (isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"])]


def _claimed(message: Message) -> set[str]:
    """The fields of the server's that the client put into its payload."""
    payload = message.sent.payload if message.sent else None
    return set(payload) & set(OWNED) if isinstance(payload, dict) else set()


def _metadata(seen: Seen, sent: Any, got: Any) -> Iterator[Finding]:
    if sent is None or sent == {}:
        if got not in (None, {}):
            yield seen.violates("SEND-02", "no metadata where none was sent", shown(got))
        return
    if not isinstance(sent, dict):
        return
    row = metadata_row(sent)
    if is_same(sent, got):
        if not is_tag_only(sent):
            yield Observation(row)
        return
    yield seen.violates(row, f"metadata equal to what was sent: {shown(sent)}", shown(got))
    if row == "SEND-10":
        yield seen.violates("SEND-02", f"metadata equal to what was sent: {shown(sent)}", shown(got))
