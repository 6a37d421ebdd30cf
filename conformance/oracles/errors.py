"""Errors and HTTP: ERR-01 to ERR-04, HTTP-01 to HTTP-03, judged exchange by exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from conformance import contract
from conformance.history import Ledger
from conformance.model import Choice, Credential, Fact, Finding, Observation, Operation, Response, Violation
from conformance.oracles.base import Seen
from conformance.oracles.bodies import is_open_text, strings_in
from conformance.oracles.retrieval import NO_ID
from conformance.oracles.sending import MALFORMED, MEDIA_TYPE, UNKNOWN, open_parameters, parameters_at_fault, read_send
from conformance.wire import shown

TYPE_OF = {
    400: ("invalid_request_error",),
    401: ("authentication_error",),
    403: ("permission_error", "authentication_error"),
    404: ("not_found_error", "invalid_request_error"),
    409: ("invalid_request_error",),
    422: ("invalid_request_error",),
    429: ("rate_limit_error",),
}
TRANSPORT = (405, 406, 408, 411, 413, 414, 415, 417, 421, 426, 429, 431)
"""Statuses that a server or a proxy gives before the API is reached: their bodies and parameters are not judged."""
_DOCUMENTED = (Operation.SEND, Operation.LIST, Operation.RETRIEVE)
_LEAKS = (
    re.compile(r"Traceback \(most recent call last\)"),
    re.compile(r"\bat [\w.$<>]{1,200} ?\([^)]{0,200}:\d{1,9}(:\d{1,9})?\)"),
    re.compile(r"\bat (?:file://)?/[\w./-]{1,200}:\d{1,9}:\d"),
    re.compile(r'File "[^"]{1,200}", line \d+'),
    re.compile(r"(?<![\w/])/(?:usr|home|var|opt|srv|app|root|tmp|etc|Users|workspace)/[\w.-]+"),
    re.compile(r"\b[A-Z]:\\\\?[\w.-]+\\"),
    re.compile(r"\b(?:SELECT\s.{1,500}\sFROM|INSERT\s{1,9}INTO|UPDATE\s.{1,200}\sSET|DELETE\s{1,9}FROM)\b", re.DOTALL),
    re.compile(r"(?i)\b(?:sqlite3?\.|psycopg|pg_query|mysql_|ORA-\d{5}|SQLSTATE|sqlalchemy)"),
    re.compile(
        r"(?i)\bviolates (?:not-null|unique|foreign key|check) constraint\b|\bconstraint failed: \w+\.|\bsyntax error at or near\b"
        r"|\binvalid input syntax for type\b|\bvalue too long for type\b|\bdata too long for column\b|\bin your SQL syntax\b"
        r"|\bduplicate key value\b|\bE11000\b|\bno such (?:column|table): |\bdatabase is locked\b"
    ),  # what databases say of a query
    re.compile(r"(?m)(?:^|\\n|\")goroutine \d+ \["),  # behind a line's end, which JSON escapes
    re.compile(r"\b[\w/.-]{1,200}\.(?:py|js|mjs|ts|go|rb|php|java|rs|cs|ex):\d+"),
    re.compile(r"\b(?:java|org|com)\.[\w.]{1,200}Exception\b"),
    re.compile(r"#\d+ /[\w./-]{1,200}\(\d+\)"),
)


class Errors:
    """Judges how errors are answered and what every response is made of."""

    def __init__(self) -> None:
        self._silences: dict[tuple[str, str, bytes, Credential], Seen] = {}
        self._suspicions: list[Violation] = []

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        yield from _retry_after(seen)
        yield from self._wire(seen)
        response = seen.response
        if response is None:
            return
        yield from _server_error(seen, response)
        if seen.operation is Operation.OTHER:
            yield from _method(seen, response)
        elif response.ok:
            yield from _success(seen, response)
        elif 400 <= response.status < 500:
            yield from _client_error(seen, response, ledger)

    def _wire(self, seen: Seen) -> Iterator[Finding]:
        """What broke on the wire is held against a target that is seen to be still there, not against one that died."""
        trouble = seen.exchange.trouble or ""
        kind = trouble.partition(":")[0]
        if kind in ("", "broken"):
            yield from self._suspicions
            self._suspicions = []
        if kind == "broken":
            self._suspicions.append(seen.violates("ERR-01", "a whole HTTP response", trouble))
        elif kind in ("closed", "timeout") and not trouble.endswith("used before"):
            self._unanswered(seen, trouble)

    def _unanswered(self, seen: Seen, trouble: str) -> None:
        """One request without an answer may be an accident; the same one twice, while others are answered, is none."""
        request = seen.exchange.request
        key = (request.method, request.target, request.body, request.credential)
        before = self._silences.setdefault(key, seen)
        if before is not seen:
            self._suspicions.append(seen.violates("ERR-01", "an answer", f"{trouble}, twice", before.number))


def _retry_after(seen: Seen) -> Iterator[Finding]:
    raw = seen.exchange.response
    if raw is not None and raw.status == 429:
        if raw.header("Retry-After"):
            yield Observation("HTTP-03")
        else:
            yield seen.violates("HTTP-03", "a 429 with Retry-After", "a 429 without one")


def _server_error(seen: Seen, response: Response) -> Iterator[Finding]:
    unimplemented = response.status == 501 and seen.operation is Operation.OTHER  # RFC 9110 §15.6.2 allows it
    if response.status >= 500 and not unimplemented:
        yield seen.violates("ERR-01", "no input yields a 5xx", f"{response.status}")
    else:
        yield Observation("ERR-01")
    if response.status >= 400:
        yield from _leak(seen, response)


def _leak(seen: Seen, response: Response) -> Iterator[Finding]:
    asked = seen.exchange.request.body.decode("utf-8", "replace") + seen.exchange.request.target
    found = next((each for each in _leaks(response.body[:20000]) if each not in asked), None)
    if found:
        yield seen.violates("ERR-04", "an error without stack trace, file path or query text", repr(found[:80]))
    else:
        yield Observation("ERR-04")


@lru_cache(256)
def _leaks(body: bytes) -> tuple[str, ...]:
    """What looks like a leak in an error: many errors are the same, word for word."""
    text = body.decode("utf-8", "replace")
    return tuple(match[0] for leak in _LEAKS if (match := leak.search(text)))


def _method(seen: Seen, response: Response) -> Iterator[Finding]:
    method = seen.exchange.request.method
    if method in ("HEAD", "OPTIONS"):
        yield Choice("HTTP-02", f"{method} on a documented path", f"{response.status}")
    elif method == "GET" or (response.status >= 500 and response.status != 501):
        return
    elif response.status == 404:
        yield Observation("HTTP-02")
    elif response.status == 405:
        allow = response.header("Allow") or ""
        if not allow:
            yield seen.violates("HTTP-02", "a 405 with an Allow header", "a 405 without one")
        elif method in map(str.strip, allow.split(",")):
            yield seen.violates("HTTP-02", f"an Allow header that does not name {method}", f"Allow: {shown(allow)}")
        else:
            yield Observation("HTTP-02")
    else:
        yield seen.violates("HTTP-02", f"405 with Allow for {method}", f"{response.status}")


def _success(seen: Seen, response: Response) -> Iterator[Finding]:
    if response.json_error is not None:
        yield seen.violates(
            "HTTP-01", "a UTF-8 JSON body, without duplicate names, NaN or Infinity", response.json_error
        )
        return
    yield Observation("HTTP-01")
    kind = (response.header("Content-Type") or "").split(";")[0].strip().lower()
    if kind == "application/json":
        yield Observation("HTTP-01-S")
    else:
        yield seen.violates("HTTP-01-S", "Content-Type: application/json", kind or "no Content-Type")


def _client_error(seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
    facts = seen.exchange.request.facts
    odd = facts & {Fact.ODD_ID, Fact.ODD_QUERY} and (Fact.UNKNOWN_MESSAGE not in facts or response.status in NO_ID)
    documented = False
    if response.status not in TRANSPORT and not odd:
        problems = contract.error_problems(response.json)
        documented = not problems
        if problems:
            first = problems[0]
            got = first.got if response.json is not None else f"{len(response.body)} bytes that are no JSON"
            yield seen.violates("ERR-02", f"the documented error object: {first.expected}", got)
        else:
            yield Observation("ERR-02")
    yield from _fits(seen, response, ledger, documented)


def _fits(seen: Seen, response: Response, ledger: Ledger, documented: bool) -> Iterator[Finding]:
    wanted, parameters = _wanted(seen, ledger, response.status)
    if not wanted:
        return
    if response.status not in wanted and response.status not in (429, 431):
        yield seen.violates("ERR-03", " or ".join(map(str, wanted[:2])), f"{response.status}")
        return
    error = response.json["error"] if documented and response.json else {}
    types = TYPE_OF.get(response.status)
    if error and types and error.get("type") not in types:
        yield seen.violates("ERR-03", f"error type {types[0]} with {response.status}", f"{error.get('type')}")
    elif error and parameters and not _names(error.get("param"), parameters):
        expected = f"param {' or '.join(map(repr, parameters))}, the parameter at fault"
        yield seen.violates("ERR-03", expected, f"{error.get('param')!r}")
    else:
        yield Observation("ERR-03")


def _names(param: object, parameters: tuple[str, ...]) -> bool:
    return isinstance(param, str) and re.split(r"[.\[/]", param.lstrip("/$."))[0] in parameters


Wanted = tuple[tuple[int, ...], tuple[str, ...]]


def _wanted(seen: Seen, ledger: Ledger, status: int) -> Wanted:
    """The statuses that fit what was wrong with a request, most fitting first, and the parameters at fault."""
    facts = seen.exchange.request.facts
    if seen.credential is Credential.INVALID:
        return (401,), ()
    if seen.credential in (Credential.NONE, Credential.PUBLISHABLE) and status in (401, 403):
        return (status,), ()  # the status is for AUTH-01 and AUTH-04 to judge: here, whether the error's type fits it
    if seen.credential is not Credential.KEY:
        return (), ()
    if seen.operation is Operation.SEND:
        return _wanted_of_send(seen, ledger)
    if seen.operation is Operation.RETRIEVE:
        malformed = Fact.ODD_ID in facts and status in NO_ID
        return ((404,), ()) if Fact.UNKNOWN_MESSAGE in facts and not malformed else ((), ())
    return _wanted_of_list(seen, ledger)


def _wanted_of_send(seen: Seen, ledger: Ledger) -> Wanted:
    rule = read_send(seen, ledger.terms).refusal
    if rule is None:
        return (), ()
    if rule is UNKNOWN:
        return (404, 400, 403, 422), ("conversation_id",)
    payload = seen.ask.payload
    missing = seen.response is not None and seen.response.status == 404 and isinstance(payload, dict)
    if missing and ledger.is_doubtful(seen.exchange, payload.get("conversation_id")):
        return (), ()  # the conversation, which may be looked up first, may not be there
    if rule is MEDIA_TYPE:
        return (415, *range(400, 415), 422), ()
    if rule is MALFORMED:
        return (400, 422, 413, 415), ()
    # Where other things are odd about the payload, too, any of them may be what the error is about.
    odd = any(map(is_open_text, strings_in(seen.ask.payload)))
    named = () if odd else (*parameters_at_fault(payload), *open_parameters(payload))
    foreign = bool(named) and ledger.terms.conversation(str(payload.get("conversation_id"))) is None
    return (400, 422, 413), tuple(dict.fromkeys([*named, *(["conversation_id"] if foreign else [])]))


def _wanted_of_list(seen: Seen, ledger: Ledger) -> Wanted:
    from conformance.oracles.lists import limit_kind, names_nobody

    if Fact.ODD_QUERY in seen.exchange.request.facts or seen.operation is not Operation.LIST:
        return (), ()
    limit, direction = limit_kind(seen.ask), seen.ask.parameter("direction")
    at_fault = ["limit"] if limit == "invalid" else []
    at_fault += ["direction"] if direction not in (None, "", "inbound", "outbound") else []
    if not at_fault and Fact.UNKNOWN_CURSOR not in seen.exchange.request.facts:
        return (), ()
    # What else may be wrong with the request may be looked at first.
    doubtful = [name for name, doubt in (("limit", limit == "open"), ("direction", direction == "")) if doubt]
    if not names_nobody(seen, ledger):
        return (400, 422), (*at_fault, *doubtful)
    nobody = [name for name in ("starting_after", "conversation_id") if seen.ask.parameter(name) is not None]
    return (400, 422, 404), (*at_fault, *doubtful, *nobody)
