"""The nouns of the house, frozen. Standard library only; no behaviour beyond what a noun knows of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Level(str, Enum):
    """How hard a requirement binds: a MUST decides the verdict, a SHOULD warns (and gates only when asked to)."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Outcome(str, Enum):
    """What became of one requirement in one run."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EXERCISED = "not_exercised"
    INCONCLUSIVE = "inconclusive"


class Verdict(str, Enum):
    """What a run says of its target."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non-conformant"
    INCONCLUSIVE = "inconclusive"


class Credential(str, Enum):
    """Whose key a request carried. The key itself is never recorded."""

    KEY = "key"
    PUBLISHABLE = "publishable"
    OTHER_ACCOUNT = "other_account"
    NONE = "none"
    INVALID = "invalid"


class Operation(str, Enum):
    """The operation that a request addresses, by its method and path."""

    SEND = "send"
    LIST = "list"
    RETRIEVE = "retrieve"
    OTHER = "other"


class Fact(str, Enum):
    """A fact about the world that a driver brought about, beyond what the request itself says."""

    UNKNOWN_CONVERSATION = "no conversation of the account has this id"
    UNKNOWN_MESSAGE = "no message of the account has this id"
    ODD_ID = "no server would issue this id"
    UNKNOWN_CURSOR = "no message has this cursor as its id"
    ODD_QUERY = "the query is unusual: unknown, repeated or oddly encoded parameters"


@dataclass(frozen=True)
class Conversation:
    """A conversation that the target declares; `outcome` is delivered, read or failed where it is declared."""

    id: str
    channel: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Terms:
    """What the target declares of itself, as far as a judge needs it."""

    conversations: tuple[Conversation, ...] = ()
    settle_seconds: float = 5.0
    consistency_seconds: float = 0.0

    def conversation(self, identifier: object) -> Conversation | None:
        """The declared conversation of that id."""
        return next((each for each in self.conversations if each.id == identifier), None)


@dataclass(frozen=True)
class Requirement:
    """One row of the catalogue. `needs` names capabilities that a target may lack without being at fault."""

    id: str
    level: Level
    chapter: str
    title: str
    source: str
    judged: str
    needs: tuple[str, ...] = ()
    text: str = ""

    @property
    def row(self) -> str:
        """The id of the contract's row that this requirement is, or is a clause of (`AUTH-01` of `AUTH-01-S`)."""
        return "-".join(self.id.split("-")[:2])


@dataclass(frozen=True)
class Request:
    """A request as it was sent, secrets replaced. `target` is the path and query below the base URL."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    credential: Credential
    tag: str | None = None
    """The mark that the suite put into the body or the metadata of a send, to recognise the message by."""
    facts: frozenset[Fact] = frozenset()
    """What the driver vouches for and no judge could know from the request alone."""


@dataclass(frozen=True)
class Response:
    """A response as it was received, decompressed, secrets replaced."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    json: Any = None
    json_error: str | None = None
    """Why the body is no JSON text by RFC 8259, or None."""

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Exchange:
    """A request and what came of it. `began` and `ended` are seconds on one monotonic clock; `at` is wall time."""

    number: int
    began: float
    ended: float
    at: float
    request: Request
    response: Response | None
    trouble: str | None = None
    """What went wrong on the wire when there is no response to judge."""
    echoed_key: bool = False


@dataclass(frozen=True)
class Violation:
    """One requirement found broken: expected against got, and the exchanges (by number) that show it."""

    requirement: str
    expected: str
    got: str
    exchanges: tuple[int, ...] = ()


@dataclass(frozen=True)
class Observation:
    """One decisive observation: the requirement was put to the test here, and held."""

    requirement: str
    count: int = 1


@dataclass(frozen=True)
class Choice:
    """What the target does where the documentation is silent."""

    id: str
    question: str
    observed: str


Finding = Violation | Observation | Choice


@dataclass
class Result:
    """What a run found of one requirement, gathered from all its drivers."""

    requirement: Requirement
    outcome: Outcome
    reason: str = ""
    expected: str = ""
    got: str = ""
    decisive: int = 0
    seconds: float = 0.0
    evidence: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    steps: tuple[str, ...] = ()
    flaky: str = ""
