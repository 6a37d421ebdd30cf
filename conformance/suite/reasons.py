"""Why a driver may end before its end. None of them is a verdict."""

from __future__ import annotations


class Blocked(Exception):
    """The situation cannot be brought about, for a reason that another requirement answers for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotOffered(Exception):
    """The target does not offer what the situation needs (a second key, a failing conversation, …)."""


class Withheld(Exception):
    """The run is not allowed to send, so that these requirements (all of the driver's, if none is named) stay open."""

    def __init__(self, *requirements: str) -> None:
        super().__init__(*requirements)
        self.requirements = requirements


class Left(Exception):
    """The profile leaves this to another one, for the reason that the message gives."""
