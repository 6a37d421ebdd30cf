"""Time that never goes back while the server runs."""

from __future__ import annotations

import time


class Clock:
    """Microseconds since 1970 in UTC: the wall clock at the start, carried on by the monotonic one."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        """The present microsecond."""
        return (time.monotonic_ns() + self._offset) // 1000
