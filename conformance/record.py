"""The record of exchanges, which every thread of a run adds to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from conformance.model import Exchange


class History:
    """Exchanges in the order in which they ended; append-only, safe to share between threads."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._numbers = 0
        self._lock = threading.Lock()

    def number(self) -> int:
        """A number for an exchange that is about to begin."""
        with self._lock:
            self._numbers += 1
            return self._numbers

    @property
    def numbered(self) -> int:
        """The number of the exchange that began last."""
        return self._numbers

    def append(self, exchange: Exchange) -> None:
        """Keep an exchange that has ended."""
        with self._lock:
            self._exchanges.append(exchange)

    def beside(self, taken: int) -> History:
        """An empty record whose numbers are neither this one's nor those taken by records that were beside it before."""
        other = History()
        other._numbers = max(self._numbers + 1_000_000, taken)
        return other

    def since(self, position: int) -> Sequence[Exchange]:
        """The exchanges from a position on."""
        with self._lock:
            return tuple(self._exchanges[position:])

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.since(0))
