"""What need not be done at once: a piece of it each time while an answer is waited for, and what is left at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Errand = Callable[[], object]


class Errands:
    """Errands in the order in which they came; one thread at a time may do them."""

    def __init__(self) -> None:
        self._left: deque[Errand] = deque()
        self._halted = False
        """Whether an errand is being done, or broke off: it and those after it are left for the end."""

    def add(self, *errands: Errand) -> None:
        """Leave something to be done."""
        self._left.extend(errands)

    def do_one(self) -> bool:
        """Do what was left first, and say whether it is done.

        What broke off is left for the end, where it is told: the disk refused it, or an interruption came or the end of
        the run's time, and then it is done as if it had not been begun.
        """
        if self._halted or not self._left:
            return False
        self._halted = True
        try:
            self._left[0]()
        except OSError:
            return False
        self._left.popleft()
        self._halted = False
        return True

    def finish(self) -> None:
        """Do all that is left; errands that break off are raised from, once the others are done."""
        first: Exception | None = None
        while self._left:
            try:
                self._left.popleft()()
            except Exception as error:
                first = first or error
        if first is not None:
            raise first
