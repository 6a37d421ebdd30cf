"""List: envelope, limits and filters, judged page by page (LIST-01, -03 to -08, -11, PAGE-04, -05, -10).

What a page should hold but does not is judged in `pages` and `traces`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from conformance import contract
from conformance.history import Ask, Ledger, filters_of
from conformance.model import Choice, Credential, Fact, Finding, Observation, Operation, Response, Violation
from conformance.oracles.base import Seen
from conformance.oracles.sequence import known_at
from conformance.paging import Page, limit_of, settled
from conformance.wire import shown

MOST = 100


def limit_kind(ask: Ask) -> Literal["absent", "valid", "invalid", "open"]:
    """What the documentation says of a list request's limit; spellings such as 05 or +5 are left open."""
    values = [value for name, value in ask.query if name == "limit"]
    if not values:
        return "absent"
    if len(values) > 1:
        return "open"
    if limit_of(ask) is not None:
        return "valid"
    is_integer = re.fullmatch(r"0|-?[1-9][0-9]*", values[0]) is not None
    spelt_oddly = re.fullmatch(r"\s*[+-]?0*[0-9]+(\.0+)?\s*", values[0]) is not None
    return "invalid" if is_integer or not spelt_oddly else "open"


def names_nobody(seen: Seen, ledger: Ledger) -> bool:
    """Whether a cursor or a conversation is named that may not be there: it may be looked up first, and be missing."""
    cursor, conversation = seen.ask.parameter("starting_after"), seen.ask.parameter("conversation_id")
    foreign = conversation is not None and ledger.terms.conversation(conversation) is None
    return foreign or (cursor is not None and cursor not in ledger.messages)


class Lists:
    """Judges each answer to a list request by itself."""

    def __init__(self) -> None:
        self._clean: set[str] = set()
        """Filters that held when they stood alone, so that a fault of their combination is told apart."""
        self._broken: set[str] = set()
        """Filters that did not, even alone: what else they spoil is no fault of its own."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        response = seen.response
        if seen.operation is not Operation.LIST or response is None:
            return
        if seen.credential in (Credential.PUBLISHABLE, Credential.OTHER_ACCOUNT):
            yield from self._shown_to_others(seen, response, ledger)
        if seen.credential is Credential.KEY:
            yield from self._asked_for(seen, response, ledger)

    def _asked_for(self, seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
        if Fact.ODD_QUERY in seen.exchange.request.facts:
            yield from _odd(seen, response)
        elif limit_kind(seen.ask) == "invalid":
            if response.status != 404 or not names_nobody(seen, ledger):
                yield from _invalid_limit(seen, response)
        elif seen.ask.parameter("direction") not in (None, "", "inbound", "outbound"):
            yield from _invalid_direction(seen, response)
        elif Fact.UNKNOWN_CURSOR in seen.exchange.request.facts:
            yield from _unknown_cursor(seen, response)
        elif settled(seen.ask, seen.exchange.request):
            yield from self._settled(seen, response, ledger)

    def _settled(self, seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
        if Fact.UNKNOWN_CONVERSATION in seen.exchange.request.facts:
            yield from self._unknown_conversation(seen, response)
        elif response.status == 200:
            yield from _envelope(seen, response)
            if seen.page is not None:
                yield from _size(seen, seen.page)
                yield from self._filters(seen, seen.page, ledger)
        elif response.status < 500 and _must_answer(seen, ledger) and not _doubtful(seen, ledger):
            row = "LIST-01" if 300 <= response.status < 400 else _refused_row(seen.ask)
            yield seen.violates(row, "200 and a list", f"{response.status}")

    def _shown_to_others(self, seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
        """What the documentation says of the form and the filters of lists holds for every key that may read."""
        is_plain = limit_kind(seen.ask) in ("absent", "valid") and settled(seen.ask, seen.exchange.request)
        if response.status == 200 and is_plain:
            yield from (each for each in _envelope(seen, response) if isinstance(each, Violation))
            if seen.page is not None:
                yield from self._strays(seen, seen.page, ledger)

    def _unknown_conversation(self, seen: Seen, response: Response) -> Iterator[Finding]:
        row = "LIST-08" if seen.ask.parameter("direction") else "LIST-06"
        items = response.json.get("data") if isinstance(response.json, dict) else None
        if response.ok and items:
            if row == "LIST-06" or "conversation_id" in self._clean:
                yield seen.violates(row, "no message of an unknown conversation", f"{len(items)} messages")
        elif response.status < 500:
            self._clean.add("conversation_id")
            yield Observation(row)
            answer = "an empty list" if response.ok else f"{response.status}"
            yield Choice("LIST-06", "listing an unknown conversation", answer)
        if response.status == 200:
            yield from _envelope(seen, response)

    def _filters(self, seen: Seen, page: Page, ledger: Ledger) -> Iterator[Finding]:
        if not page.filters:
            return
        strays = list(self._strays(seen, page, ledger))
        if strays:
            yield from strays
            return
        if page.cursor is not None and page.ids:
            yield Observation("PAGE-05")
        if page.cursor is None and len(page.filters) == 1:
            self._clean.add(page.filters[0][0])
        if page.ids or page.filter("direction"):
            yield Observation(_filter_row(page))

    def _strays(self, seen: Seen, page: Page, ledger: Ledger) -> Iterator[Finding]:
        """The first filter that lets a message through."""
        for name, wanted in page.filters:
            strays = [item for item in page.items if _value(item, name, ledger) not in (None, wanted)]
            if strays:
                yield self._stray(seen, page, name, wanted, strays[0], ledger)
                return

    def _stray(
        self, seen: Seen, page: Page, name: str, wanted: str, item: Mapping[str, Any], ledger: Ledger
    ) -> Finding:
        single = {"conversation_id": "LIST-06", "direction": "LIST-07"}[name]
        if page.cursor is None and len(page.filters) == 1:
            self._broken.add(name)
        held = name in self._clean and name not in self._broken
        row = _filter_row(page) if held else single
        if page.cursor is not None and held:
            row = "PAGE-05"
        return seen.violates(
            row, f"only messages whose {name} is {wanted}", f"{item['id']} with {shown(_value(item, name, ledger))}"
        )


def _value(item: Mapping[str, Any], name: str, ledger: Ledger) -> Any:
    """The item's value of a filtered field: its own, or what is known of the message."""
    if name in item:
        return item[name]
    message = ledger.messages.get(item["id"])
    return message.conversation if message and name == "conversation_id" else None


def _filter_row(page: Page) -> str:
    if len(page.filters) == 2:
        return "LIST-08"
    return "LIST-06" if page.filter("conversation_id") else "LIST-07"


def _refused_row(ask: Ask) -> str:
    if ask.parameter("starting_after") is not None:
        return "PAGE-04"
    if ask.parameter("limit") is not None:
        return "LIST-04"
    filters = [name for name in ("conversation_id", "direction") if ask.parameter(name) is not None]
    rows = {(): "LIST-01", ("conversation_id",): "LIST-06", ("direction",): "LIST-07"}
    return rows.get(tuple(filters), "LIST-08")


def _must_answer(seen: Seen, ledger: Ledger) -> bool:
    """Whether everything that the request names is known to be there."""
    conversation, cursor = seen.ask.parameter("conversation_id"), seen.ask.parameter("starting_after")
    if conversation is not None and not ledger.terms.conversation(conversation):
        return False
    if limit_kind(seen.ask) == "open":
        return False
    if cursor is None:
        return True
    # "Any listed message serves as cursor" is said of the list that it stands in.
    message = ledger.messages.get(cursor)
    if message is None or not known_at(message, seen.exchange.began, ledger):
        return False
    return ledger.is_listed(cursor, filters_of(seen.ask))


def _doubtful(seen: Seen, ledger: Ledger) -> bool:
    """Whether the key or the target file may be what is wrong: a conversation that was never seen may be answered 404."""
    named = seen.ask.parameter("conversation_id")
    unseen = named is not None and named not in ledger.known_conversations
    missing = seen.response is not None and seen.response.status == 404
    return (unseen and missing) or ledger.is_doubtful(seen.exchange, named)


def _envelope(seen: Seen, response: Response) -> Iterator[Finding]:
    if response.json_error is not None:
        return  # what is no JSON text is HTTP-01's
    problems = contract.list_problems(response.json)
    for problem in problems:
        yield seen.violates("LIST-01", f"{problem.field or 'the list'}: {problem.expected}", problem.got)
    if not problems:
        yield Observation("LIST-01")


def _size(seen: Seen, page: Page) -> Iterator[Finding]:
    kind = limit_kind(seen.ask)
    row = "LIST-03" if kind == "absent" else "LIST-04"
    if page.limit is None or kind not in ("absent", "valid"):
        return
    count = len(seen.response.json["data"]) if seen.response else 0
    if count > page.limit:
        yield seen.violates(row, f"at most {page.limit} items", f"{count} items")
    elif count == page.limit:
        yield Observation(row)


def _odd(seen: Seen, response: Response) -> Iterator[Finding]:
    if response.status >= 500:
        yield seen.violates("LIST-11", "no 5xx, whatever the query", f"{response.status}")
    else:
        yield Observation("LIST-11")


def _invalid_limit(seen: Seen, response: Response) -> Iterator[Finding]:
    body = response.json
    items = body.get("data") if isinstance(body, dict) else None
    count = len(items) if isinstance(items, list) else 0
    if response.status >= 500:
        yield seen.violates("LIST-05", "no 5xx, whatever the limit", f"{response.status}")
    elif response.ok and count > MOST:
        yield seen.violates("LIST-05", f"no more than {MOST} items, whatever the limit", f"{count} items")
    else:
        yield Observation("LIST-05")
    if response.status in (400, 422):
        yield Observation("LIST-05-S")
    elif response.status < 500:
        yield seen.violates(
            "LIST-05-S", "400 or 422 for a limit that is no integer from 1 to 100", f"{response.status}"
        )


def _invalid_direction(seen: Seen, response: Response) -> Iterator[Finding]:
    if 400 <= response.status < 500:
        yield Observation("LIST-07-S")
    elif response.status < 500:
        yield seen.violates(
            "LIST-07-S", "a direction that is neither inbound nor outbound is refused", f"{response.status}"
        )


def _unknown_cursor(seen: Seen, response: Response) -> Iterator[Finding]:
    if 400 <= response.status < 500:
        yield Observation("PAGE-10")
    elif response.status < 500:
        yield seen.violates("PAGE-10", "a cursor that is no message's id is refused with a 4xx", f"{response.status}")
