"""What every judge is given and what it gives. An oracle is a fold: same exchanges in, same findings out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from conformance.history import Ask, Ledger
from conformance.model import Credential, Exchange, Finding, Operation, Response, Violation
from conformance.paging import Chain, Page


@dataclass(frozen=True)
class Seen:
    """An exchange, understood, with the page and the walk that it is part of where it answers a list."""

    exchange: Exchange
    ask: Ask
    page: Page | None = None
    chain: Chain | None = None

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.exchange.number

    @property
    def response(self) -> Response | None:
        """The response, unless there is none to judge: nothing came, or the target asked to come back later."""
        response = self.exchange.response
        return None if response is not None and response.status == 429 else response

    @property
    def operation(self) -> Operation:
        """The operation asked for."""
        return self.ask.operation

    @property
    def credential(self) -> Credential:
        """Whose key was sent."""
        return self.exchange.request.credential

    def violates(self, requirement: str, expected: str, got: str, *others: int) -> Violation:
        """A violation that this exchange shows, after the others named."""
        numbers = tuple(sorted({other for other in others if other != self.number}))
        return Violation(requirement, expected, got, (*numbers, self.number))


class Oracle(Protocol):
    """A judge of one chapter."""

    def see(self, seen: Seen, ledger: Ledger) -> Iterator[Finding]:
        """What this exchange, after all before it, shows. The ledger already knows the exchange."""
        ...


def answered(response: Response) -> str:
    """How a response is named in a sentence."""
    return f"{response.status}"
