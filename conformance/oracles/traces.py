"""Accounting: each accepted send is there once, no refused one left anything behind.

LIST-09, LIST-10, CONC-01, SEND-15; and SEND-14 with its special cases AUTH-01, AUTH-02, AUTH-04, SEND-12, HTTP-02-M.
A message is recognised by the mark that the suite puts into its body or metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.history import OURS, Ledger, Message, Sent, understand
from conformance.model import Credential, Fact, Finding, Observation, Operation
from conformance.oracles.base import Noted, Seen, observed
from conformance.oracles.bodies import strings_in
from conformance.oracles.sequence import Direction
from conformance.paging import Chain, Page

TAG = re.compile(r"mc-[0-9a-z]{4,}-[0-9]+")
_LEAD = 60
"""So many characters tell that a text begins as another."""
_BY_CREDENTIAL = {
    Credential.NONE: "AUTH-01",
    Credential.INVALID: "AUTH-02",
    Credential.PUBLISHABLE: "AUTH-04",
    Credential.OTHER_ACCOUNT: "SEND-12",
}


class Traces:
    """Keeps the books of what was sent, refused and shown."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._ids: dict[str, Sent] = {}
        self._pending: list[Sent] = []

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        tag = seen.exchange.request.tag
        sent = ledger.by_tag[tag][-1] if tag and tag in ledger.by_tag else None
        if seen.operation is Operation.SEND and seen.response is not None:
            yield from self._one_id(seen, ledger)
        if sent is not None and sent.accepted is False and sent.exchange.number == seen.number:
            self._pending.append(sent)
        if seen.response is None or seen.credential not in OURS:
            return
        for fields in seen.shown:
            yield from self._recognised(seen, fields, ledger)
        if seen.page is not None and seen.chain is not None and seen.credential is Credential.KEY:
            yield from self._counted(seen.page, ledger)
            yield from self._absent(seen.page, seen.chain, ledger)

    def _one_id(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        sent = ledger.sends[-1]
        if sent.message_id is None or seen.credential is not Credential.KEY:
            return
        first = self._ids.setdefault(sent.message_id, sent)
        if first is not sent:
            got = f"{sent.message_id}, the id of an earlier send"
            yield seen.violates("SEND-15", "an id of its own for each accepted send", got, first.exchange.number)
            if ledger.concurrent(sent):
                yield seen.violates("CONC-01", "an id of its own for each of the sends", got, first.exchange.number)
        elif len(self._ids) > 1:
            yield Observation("SEND-15")

    def _recognised(self, seen: Seen, fields: Mapping[str, Any], ledger: Ledger) -> Iterator[Finding]:
        if seen.operation is Operation.SEND or fields.get("direction") == "inbound":
            return  # a customer's reply may quote a message of ours
        known = ledger.messages[fields["id"]].sent is not None
        for tag in tags_of({"body": fields.get("body")} if known else fields):
            sends = ledger.by_tag.get(tag, [])
            if not sends or any(_may_be(sent, fields["id"]) for sent in sends):
                continue
            if ledger.is_open(seen.number):
                continue  # a send with the same mark may be under way: the next sight will tell
            if any(map(_is_put_off, sends)) and not _seen_before(seen, ledger.messages[fields["id"]]):
                continue  # it is sent again, maybe later than this was asked, and faster: the next sight will tell
            accepted = [sent for sent in sends if sent.accepted]
            refused = [sent for sent in sends if sent.accepted is False]
            if refused:
                got = f"{fields['id']} stands there, from the refused request"
                number = refused[0].exchange.number
                yield seen.violates(row_of(refused[0]), "a refused send leaves no message behind", got, number)
            elif all(sent.message_id for sent in accepted) and not any(_quotes(fields, sent) for sent in accepted):
                yield from self._once_more(seen, ledger.messages[fields["id"]], accepted, ledger)

    def _once_more(self, seen: Seen, message: Message, accepted: list[Sent], ledger: Ledger) -> Iterator[Finding]:
        """A message is shown that bears the mark of sends that were answered with other ids."""
        if not _seen_before(seen, message):
            return  # a send of the same that was begun later than this may have been faster: the next sight will tell
        at_once = any(map(ledger.concurrent, accepted))
        if not at_once and message.sent is not None:
            return  # another send's message, which took the mark over: what differs is judged there
        got = f"{message.id} as well as {accepted[0].message_id}"
        row = "CONC-01" if at_once else "LIST-10"
        yield seen.violates(row, "an accepted send is there once", got, accepted[0].exchange.number)

    def _counted(self, page: Page, ledger: Ledger) -> Iterator[Finding]:
        ours = [sent for identifier in page.ids if (sent := ledger.messages[identifier].sent) is not None]
        noted = Noted({"LIST-10": len(ours), "LIST-09": 0 if page.filters else len(ours)})
        noted["CONC-01"] = sum(map(ledger.concurrent, ours))
        yield from observed(noted)

    def _absent(self, page: Page, chain: Chain, ledger: Ledger) -> Iterator[Finding]:
        still = []
        for sent in self._pending:
            if self._covers(page, chain, sent, ledger):
                yield Observation(row_of(sent))
            else:
                still.append(sent)
        self._pending = still

    def _covers(self, page: Page, chain: Chain, sent: Sent, ledger: Ledger) -> bool:
        """Whether the walk so far would show the message, had the refused send left one."""
        if chain.began < sent.exchange.ended + ledger.terms.consistency_seconds or page.filter("direction"):
            return False
        wanted = sent.payload.get("conversation_id") if isinstance(sent.payload, dict) else None
        if page.filter("conversation_id") not in (None, wanted):
            return False
        if chain.start is None and chain.ended:
            return True
        older = (
            message.sent.exchange.ended <= sent.exchange.began
            for each in (*chain.ids, chain.start)
            if each and (message := ledger.messages.get(each)) and message.sent
        )
        reaches = chain.start is None if self._direction.sign < 0 else chain.ended
        return bool(self._direction.sign) and reaches and any(older)


def _may_be(sent: Sent, identifier: str) -> bool:
    """Whether a send made this message, or may have: it was not answered, or accepted with an answer that tells no id."""
    return sent.accepted is None or sent.message_id == identifier or (sent.accepted and sent.message_id is None)


def _seen_before(seen: Seen, message: Message) -> bool:
    """Whether an earlier answer, too, which ended before this was asked for, showed the message."""
    return any(view.ended <= seen.exchange.began for view in message.views)


def _quotes(fields: Mapping[str, Any], sent: Sent) -> bool:
    """Whether a message says something else first, or more, than what was sent, and that in it: somebody of the team
    answers or forwards it. A copy begins as what it is a copy of.
    """
    told = sent.payload.get("body") if isinstance(sent.payload, dict) else None
    body = fields.get("body")
    if not isinstance(told, str) or not isinstance(body, str):
        return False
    told, body = told.strip(), body.strip()
    return told[:_LEAD] in body[1:] if not body.startswith(told[:_LEAD]) else told in body and told != body


def _is_put_off(sent: Sent) -> bool:
    """Whether the send was answered 429: whoever sent it tries again."""
    return sent.exchange.response is not None and sent.exchange.response.status == 429


def tags_of(fields: Mapping[str, Any]) -> set[str]:
    """The suite's marks in a message's body and metadata."""
    texts = [*strings_in(fields.get("body")), *strings_in(fields.get("metadata"))]
    return {tag for text in texts for tag in TAG.findall(text)}


def row_of(sent: Sent) -> str:
    """The requirement by which a refused send must leave nothing behind."""
    request = sent.exchange.request
    if understand(request).operation is Operation.OTHER:
        return "HTTP-02-M"
    if request.credential in _BY_CREDENTIAL:
        return _BY_CREDENTIAL[request.credential]
    return "SEND-12" if Fact.UNKNOWN_CONVERSATION in request.facts else "SEND-14"
