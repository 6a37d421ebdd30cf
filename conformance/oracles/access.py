"""Authentication: AUTH-01 to AUTH-06. Who may see what, judged exchange by exchange.

That a refused send leaves nothing behind is judged in `traces`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.history import OURS, Ledger, Message, Sent
from conformance.model import Credential, Finding, Observation, Operation, Response
from conformance.oracles.agreement import same
from conformance.oracles.base import Seen
from conformance.oracles.sequence import known_at, matches
from conformance.paging import Page

_ROW = {Credential.NONE: "AUTH-01", Credential.INVALID: "AUTH-02"}
Asked = tuple[tuple[tuple[str, str], ...], int | None]
_DOCUMENTED = (Operation.SEND, Operation.LIST, Operation.RETRIEVE)


class Access:
    """Judges what each credential is let do."""

    def __init__(self) -> None:
        self._first: dict[Asked, Page] = {}
        """The last first page that the secret key was shown, by filters and limit."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        response = seen.response
        if response is None:
            return
        yield from self._echo(seen)
        yield from _intruders(seen, ledger)
        if seen.operation not in _DOCUMENTED:
            return
        if seen.credential is Credential.KEY and seen.page is not None and seen.page.cursor is None:
            self._first[seen.page.filters, seen.page.limit] = seen.page
        if seen.credential in _ROW:
            yield from self._refused(seen, response, ledger)
        elif seen.credential is Credential.PUBLISHABLE:
            yield from self._publishable(seen, response, ledger)
        elif seen.credential is Credential.OTHER_ACCOUNT:
            yield from self._foreign(seen, response, ledger)

    def _echo(self, seen: Seen) -> Iterator[Finding]:
        if seen.exchange.echoed_key:
            yield seen.violates("AUTH-06", "no header or body repeats the key", "the key stands in the response")
        elif seen.credential is not Credential.NONE:
            yield Observation("AUTH-06")

    def _refused(self, seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
        row = _ROW[seen.credential]
        if response.status not in (401, 403):
            yield seen.violates(row, "401 or 403", f"{response.status}")
        elif leak := disclosed(seen, response, ledger):
            yield seen.violates(row, "a refusal that discloses no message", leak)
        else:
            yield Observation(row)
        if response.status == 401:
            yield from self._challenge(seen, response)
        if row == "AUTH-01" and response.status in (401, 403):
            yield _should_be_401(seen, response)

    def _challenge(self, seen: Seen, response: Response) -> Iterator[Finding]:
        if response.header("WWW-Authenticate"):
            yield Observation("AUTH-03")
        else:
            yield seen.violates("AUTH-03", "a 401 with a WWW-Authenticate header", "a 401 without one")

    def _publishable(self, seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
        wanted = 403 if seen.operation is Operation.SEND else 200
        if seen.operation is Operation.RETRIEVE and response.status == 404 and not _is_there(seen, ledger):
            return
        if response.status == wanted and (hidden := _hidden(seen, self._first, ledger)):
            yield seen.violates("AUTH-04", "a publishable key reads what there is", f"a list that lacks {hidden}")
        elif response.status == wanted:
            yield Observation("AUTH-04")
        else:
            what = "its send is refused with 403" if wanted == 403 else "a publishable key reads: 200"
            yield seen.violates("AUTH-04", what, f"{response.status}")

    def _foreign(self, seen: Seen, response: Response, ledger: Ledger) -> Iterator[Finding]:
        if seen.operation is Operation.SEND:
            return
        if leak := disclosed(seen, response, ledger):
            yield seen.violates("AUTH-05", "nothing of another account's messages", leak)
        elif seen.operation is Operation.RETRIEVE and seen.ask.message_id in ledger.messages:
            if response.status in (404, 403):
                yield Observation("AUTH-05")
            elif not _shows(response):
                yield seen.violates("AUTH-05", "404 for another account's message", f"{response.status}")
        elif seen.operation is Operation.LIST and response.status < 500:
            yield Observation("AUTH-05")


def _intruders(seen: Seen, ledger: Ledger) -> Iterator[Finding]:
    """Messages among ours that the other account's key was shown before."""
    if seen.credential not in OURS or not ledger.foreign:
        return
    for fields in seen.shown:
        if ledger.is_foreign(fields):
            yield seen.violates("AUTH-05", "nothing of another account's messages", f"it shows {fields['id']}")


def _hidden(seen: Seen, first: Mapping[Asked, Page], ledger: Ledger) -> str:
    """What a list that begins where lists begin, and is not full, lacks of what the secret key was shown; empty if nothing."""
    page = seen.page
    if page is None or page.cursor is not None or len(page.ids) >= (page.limit or 0):
        return ""
    known = [] if page.ids else [each.id for each in ledger.own() if matches(each, page)]
    known += first[page.filters, page.limit].ids if (page.filters, page.limit) in first else ()
    began = seen.exchange.began
    lacking = [each for each in known if each not in page.ids and known_at(ledger.messages[each], began, ledger)]
    arrived = len({*page.ids} - {*known})  # which push others out of a page that is shorter than it says
    return f"{lacking[0]} and {len(lacking) - 1} more" if len(lacking) > arrived else ""


def _is_there(seen: Seen, ledger: Ledger) -> bool:
    """Whether the message that is asked for is known to be there by now."""
    message = ledger.messages.get(seen.ask.message_id or "")
    return message is not None and known_at(message, seen.exchange.began, ledger)


def _shows(response: Response) -> bool:
    """Whether it is a message that is answered: where nothing is disclosed, one of the other account's own."""
    body = response.json
    return response.ok and isinstance(body, dict) and "body" in body and isinstance(body.get("id"), str)


def _should_be_401(seen: Seen, response: Response) -> Finding:
    if response.status == 401:
        return Observation("AUTH-01-S")
    return seen.violates("AUTH-01-S", "401 for a missing key", f"{response.status}")


def _is_ours(item: Mapping[str, Any], message: Message) -> bool:
    """Whether it is the message that we know: ids may be unique within an account only.

    A message that another account is shown with its body withheld is ours all the same: it tells its instant.
    """
    told = {name: item[name] for name in ("body", "conversation_id", "created_at") if item.get(name)}
    known = {name: message.value(name) for name in told}
    return all(known[name] is None or same(name, told[name], known[name]) for name in told)


def disclosed(seen: Seen, response: Response, ledger: Ledger) -> str:
    """What the response gives away of the account's messages, as a phrase; empty if nothing."""
    body = response.json
    items = body.get("data") if isinstance(body, dict) else None
    objects = items if isinstance(items, list) else [body]
    shown = [
        item
        for item in objects
        if isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and item["id"] in ledger.messages
        and _is_ours(item, ledger.messages[item["id"]])
    ]
    if shown and not (seen.operation is Operation.RETRIEVE and "body" not in shown[0]):
        return f"it shows message {shown[0]['id']}"
    if seen.credential is not Credential.OTHER_ACCOUNT and isinstance(items, list) and items:
        return f"it lists {len(items)} messages"
    text, asked = response.body.decode("utf-8", "replace"), seen.exchange.request.tag
    tags = (tag for tag, sends in ledger.by_tag.items() if tag != asked and any(map(_is_kept_here, sends)))
    leaked = next((tag for tag in tags if f"{tag} " in text or f'{tag}"' in text), None) if "mc-" in text else None
    return f"it repeats the body of a message ({leaked})" if leaked else ""


def _is_kept_here(sent: Sent) -> bool:
    """Whether a send made a message of the account's: what the other account sends is its own."""
    return bool(sent.accepted) and sent.exchange.request.credential is not Credential.OTHER_ACCOUNT
