"""What every judge is given and what it gives. An oracle is a fold: same exchanges in, same findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from conformance.history import Ask, Ledger
from conformance.model import Credential, Exchange, Finding, Observation, Operation, Response, Violation
from conformance.paging import Chain, Page


@dataclass(frozen=True)
class Seen:
    """An exchange, understood, with the page and the walk that it is part of where it answers a list."""

    exchange: Exchange
    ask: Ask
    page: Page | None = None
    chain: Chain | None = None
    shown: Sequence[Mapping[str, Any]] = ()
    """The message objects with an id in a successful answer: each the very object that an earlier sight gave, if it is
    shown as it was then."""

    @cached_property
    def number(self) -> int:
        """The number of the exchange."""
        return self.exchange.number

    @cached_property
    def response(self) -> Response | None:
        """The response, unless there is none to judge: nothing came, or the target asked to come back later."""
        response = self.exchange.response
        return None if response is not None and response.status == 429 else response

    @cached_property
    def operation(self) -> Operation:
        """The operation asked for."""
        return self.ask.operation

    @cached_property
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


class Noted(Counter[str]):
    """How often something was decisively observed, by requirement."""

    def again(self, other: Iterable[tuple[str, int]]) -> None:
        """Count what was noted of a sight like this one."""
        for name, count in other:
            self[name] += count


def observed(noted: Noted) -> Iterator[Observation]:
    """What was noted of requirements, as observations: one of each, however many messages an answer shows."""
    return (Observation(name, count) for name, count in noted.items() if count)


def answered(response: Response) -> str:
    """How a response is named in a sentence."""
    return f"{response.status}"
