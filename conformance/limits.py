"""What a run may cost and what one answer may bring: each limit with its default, its flag, and what meeting it means."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Reading:
    """What a JSON text may hold before it is not read (RFC 8259 §9 allows limits): levels, values, a number's characters.

    The levels are half of what common parsers read, and what is made of them goes through functions that call themselves.
    """

    depth: int = 300
    values: int = 250_000
    number: int = 4300


READING = Reading()


@dataclass(frozen=True)
class Limits:
    """What a run may cost: requests, seconds in all, requests a minute; and what one exchange may."""

    max_requests: int | None = None
    max_seconds: float = 900.0
    rate_per_minute: int | None = None
    timeout: float = 10.0
    connect_timeout: float = 5.0
    exchange_timeout: float | None = None
    """Seconds that an exchange may take in all; None for three times those that may pass without a byte."""
    max_headers: int = 256 * 2**10
    """Bytes before a body, interim responses among them, beyond which a response is cut off."""
    max_body: int = 8 * 2**20
    """Bytes of a body, as it comes and inflated, beyond which it is cut off: a page of 100 messages is under 5 MB."""
    max_depth: int = Reading.depth
    max_values: int = Reading.values
    max_number: int = Reading.number
    max_memory: int = 250
    """Megabytes that the long answers of a run may take in memory, all together."""
    max_pages: int = 14
    """Pages of 100 that a walk goes through at most before it is left unfinished."""
    until: float | None = None
    """The instant of the monotonic clock at which the run's seconds are over, where they began before its requests."""
    share: str = ""
    """Of what the requests are a share, where workers share a run's."""

    @property
    def whole(self) -> float:
        """Seconds that an exchange may take in all."""
        return 3 * self.timeout if self.exchange_timeout is None else self.exchange_timeout

    @property
    def reading(self) -> Reading:
        """What a JSON text may hold."""
        return Reading(self.max_depth, self.max_values, self.max_number)

    def part(self, number: int, workers: int) -> Limits:
        """The share of one of so many workers, counted from 0: together they have what one would have, and no more."""
        if workers < 2:
            return self
        most, rate = ((each, _part(each, number, workers)) for each in (self.max_requests, self.rate_per_minute))
        share = "" if most[0] is None else f", this worker's share of {most[0]},"
        return replace(self, max_requests=most[1], rate_per_minute=rate[1], share=share)


def _part(whole: int | None, number: int, workers: int) -> int | None:
    """A worker's share; one that was started in the place of another has none, for that one may have spent it."""
    return None if whole is None else (whole + workers - 1 - number) // workers if number < workers else 0


@dataclass(frozen=True)
class Limit:
    """One limit of an exchange as a flag: the field of `Limits` that it sets, what it takes, and what it says."""

    field: str
    unit: str
    most: int
    says: str
    default: str = ""

    @property
    def flag(self) -> str:
        """The flag of `check`."""
        return f"--{self.field.replace('_', '-')}"

    @property
    def option(self) -> str:
        """The same as an option of pytest."""
        return f"--conformance-{self.flag[2:]}"

    @property
    def help(self) -> str:
        """What the flag says of itself."""
        return f"{self.says} (default {self.default or format(getattr(Limits, self.field), 'g')})"

    def read(self, text: str) -> float:
        """What somebody gave for it."""
        try:
            value = float(text) if self.unit == "SECONDS" else int(text)
        except ValueError:
            value = 0
        if not 0 < value <= self.most:
            kind = "a number above 0 and" if self.unit == "SECONDS" else "a whole number from 1"
            raise argparse.ArgumentTypeError(f"must be {kind} up to {self.most}, not {text!r}")
        return value


LIMITS = (
    Limit("connect_timeout", "SECONDS", 3600, "seconds that a connection may take, never more than --timeout"),
    Limit("timeout", "SECONDS", 3600, "seconds that may pass until an answer's first byte, or its next"),
    Limit("exchange_timeout", "SECONDS", 3600, "seconds that an exchange may take in all", "three times --timeout"),
    Limit("max_headers", "BYTES", 2**30, "bytes that the headers of an answer may have", "262144"),
    Limit("max_body", "BYTES", 2**30, "bytes that a body may have, as it comes and inflated", "8388608"),
    Limit("max_depth", "LEVELS", Reading.depth, "levels that a JSON text may be nested"),
    Limit("max_values", "N", 10**7, "values that a JSON text may hold", "250000"),
    Limit("max_number", "DIGITS", 10**6, "characters that a number in a JSON text may have"),
    Limit("max_memory", "MB", 2**20, "megabytes that the long answers of a run may take"),
    Limit("max_pages", "N", 10**6, "pages of 100 that a walk through a list goes on for"),
)
