"""How a kit lets time pass: until what was sent is listed, until messages arrive, and between looks at them.

Messages whose way is to be seen are sent early, and looked at between the drivers that follow: nothing sleeps for them
while there is anything else to do.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator
from functools import partial

from conformance.history import Message
from conformance.model import Conversation, Operation
from conformance.oracles.statuses import ARRIVED, GRACE
from conformance.run import Watch
from conformance.suite.asking import Asking

WORTH = 3
"""Looks that are waited for even where no conversation declares that anything will be seen."""


class Waiting(Asking):
    """The part of a kit that waits."""

    def caught_up(self) -> None:
        """Wait until what was sent must be listed by what the target declares."""
        window = self.terms.consistency_seconds
        if not window:
            return
        ended = [sent.exchange.ended for sent in self.judge.ledger.sends if sent.accepted is not False]
        self.run.sleep_until(max(ended, default=0.0) + window + 0.01)

    def settle(self, identifiers: Iterable[str], most: int = 20, pause: float = 0.1) -> None:
        """Wait until messages must have arrived where they are declared to arrive, looking so many times at most.

        `pause` is how many seconds pass before the first look; each pause is half as long again as the one before.
        """
        for due in self.settling(identifiers, most, pause):
            self.run.sleep_until(due)

    def settling(self, identifiers: Iterable[str], most: int, pause: float) -> Iterator[float]:
        """The moments of looks at messages that settle, each one yielded before the look."""
        watched = [each for each in identifiers if each in self.judge.ledger.messages]
        owed = self._owed(watched)
        end = max(map(self._sent_at, watched), default=0.0) + self.terms.settle_seconds + GRACE
        looks = 0
        while time.monotonic() < end and not all(map(self.has_arrived, owed or watched)):
            looks += 1
            if looks >= most and not owed:
                return  # nothing is declared that could be waited for
            yield end + 0.01 if looks >= most else min(end + 0.01, time.monotonic() + pause)
            pause *= 1.5
            self.apart([partial(self.retrieve, each) for each in watched if not self.has_arrived(each)])

    def arrive_unasked(self, conversations: Container[str]) -> None:
        """Wait for the first message in these that nobody retrieved, and look at it in the list that showed it.

        A target may move a message only when it is asked for it.
        """
        listed = self.run.windows.get((), [])
        first = next((each for each in self.judge.ledger.own() if self._is_unasked(each, conversations, listed)), None)
        if first is not None and not self.has_arrived(first.id):
            window = self.terms.settle_seconds + GRACE + self.terms.consistency_seconds
            self.run.sleep_until(self._sent_at(first.id) + window + 0.01)
            place = listed.index(first.id)
            self.page(limit=1, starting_after=listed[place - 1] if place else None)

    @staticmethod
    def _is_unasked(message: Message, conversations: Container[str], listed: Container[str]) -> bool:
        asked = any(view.operation is Operation.RETRIEVE for view in message.views)
        return not asked and message.conversation in conversations and message.id in listed

    def halfway(self, identifiers: Iterable[str]) -> float:
        """Seconds to the middle of the time in which messages settle; a second after they were sent at the latest."""
        middle = min(1.0, self.terms.settle_seconds / 2)
        return max(0.0, max(map(self._sent_at, identifiers), default=0.0) + middle - time.monotonic())

    def _sent_at(self, identifier: str) -> float:
        sent = self.message(identifier).sent
        return sent.exchange.ended if sent else 0.0

    def has_arrived(self, identifier: str) -> bool:
        """Whether a message was seen where its conversation is declared to let it arrive."""
        conversation = self._conversation(identifier)
        return not conversation or self.message(identifier).views[-1].status in ARRIVED.get(
            conversation.outcome or "", ()
        )

    def _owed(self, identifiers: Iterable[str]) -> list[str]:
        """The messages whose arrival is declared: no other is waited for until it arrives."""
        return [each for each in identifiers if (known := self._conversation(each)) and known.outcome]

    def _conversation(self, identifier: str) -> Conversation | None:
        return self.terms.conversation(self.message(identifier).conversation)

    def watch(self, identifiers: Iterable[str]) -> None:
        """Have messages looked at from now on, between the drivers that follow."""
        self.run.watch = Watch.of(list(identifiers), self.terms.settle_seconds)

    def glance(self) -> None:
        """Look at what is watched, if it is time, and go on with what is under way."""
        watch = self.run.watch
        if watch is not None and not watch.is_over and watch.due <= time.monotonic():
            self._look(watch)
        if self.run.under_way is not None:
            self.run.under_way.go_on()

    def keep_looking(self) -> None:
        """Look as often as is left, waiting in between for what has not arrived yet."""
        watch = self.run.watch
        due = time.monotonic() + self.terms.settle_seconds
        while watch is not None and not watch.is_over and time.monotonic() < due:
            if watch.looks >= WORTH and all(map(self.has_arrived, self._owed(watch.identifiers))):
                return
            self.run.sleep_until(min(watch.due, due))
            self._look(watch)

    def _look(self, watch: Watch) -> None:
        turn = watch.turn()
        self.apart(partial(self.retrieve, each) for each in turn)
        if not turn:
            self.list(limit=40)
