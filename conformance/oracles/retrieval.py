"""Retrieve: what must be found, and what must not (GET-01, GET-03, GET-04)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.history import Ledger, Message, View
from conformance.model import Credential, Fact, Finding, Observation, Operation, Response
from conformance.oracles.base import Seen

NO_ID = (400, 422)
"""What refuses an id that is none by its form."""


class Retrieval:
    """Judges whether a message is there under its id, and nothing under any other."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """Findings of one exchange."""
        response = seen.response
        if seen.operation is not Operation.RETRIEVE or response is None or seen.credential is not Credential.KEY:
            return
        facts = seen.exchange.request.facts
        if facts >= {Fact.UNKNOWN_MESSAGE, Fact.ODD_ID} and response.status in NO_ID:
            return  # whether it is in the form of the target's ids shows when others are asked for
        if facts & {Fact.UNKNOWN_MESSAGE, Fact.ODD_ID}:
            yield from self._nothing_there(seen, response)
        elif (message := ledger.messages.get(seen.ask.message_id or "")) and not message.is_confused:
            yield from self._there(seen, response, message, ledger)

    def _nothing_there(self, seen: Seen, response: Response) -> Iterator[Finding]:
        unknown = Fact.UNKNOWN_MESSAGE in seen.exchange.request.facts
        right = response.status == 404 if unknown else 400 <= response.status < 500
        if not unknown and 300 <= response.status < 400:
            return  # a router that cleans paths sends the client elsewhere before anybody looks for a message
        if right:
            yield Observation("GET-03")
        else:
            expected = "404 for an unknown id" if unknown else "4xx for an id that no server would issue"
            yield seen.violates("GET-03", expected, f"{response.status}")

    def _there(self, seen: Seen, response: Response, message: Message, ledger: Ledger) -> Iterator[Finding]:
        known = [view for view in message.views if view.exchange != seen.number and view.ended <= seen.exchange.began]
        if not known or min(view.ended for view in known) + ledger.terms.consistency_seconds > seen.exchange.began:
            return
        rows = _rows(seen, message, known, ledger)
        if response.status != 200:
            if response.status < 500 or rows != ("HTTP-02-M",):
                for row in rows:
                    yield seen.violates(
                        row, f"{message.id} is retrievable: 200", f"{response.status}", known[0].exchange
                    )
        elif isinstance(response.json, dict) and response.json.get("id") not in (message.id, None):
            yield seen.violates(rows[0], f"the message {message.id}", f"the message {response.json['id']}")


def _rows(seen: Seen, message: Message, known: list[View], ledger: Ledger) -> tuple[str, ...]:
    """The requirements by which a message that was shown before must be there."""
    if ledger.tampered.get(message.id, seen.number) < seen.number:
        return ("HTTP-02-M",)
    first = "GET-01" if message.sent else "GET-04"
    looked = any(view.operation is Operation.RETRIEVE for view in known)
    return (first, "GET-05") if looked else (first,)
