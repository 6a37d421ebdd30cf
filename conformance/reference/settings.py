"""Every answer that the contract leaves open, as a knob. The defaults follow the documentation's own examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Leniency = Literal["accepted", "refused"]
Echo = Literal["echoed", "refused"]
Neglect = Literal["ignored", "refused"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How one reference server behaves where several behaviours are right."""

    # The store.
    database: str | None = None
    """A file that keeps the messages across a restart; in memory when None."""
    history: int = 0
    """Messages that conv_8xk2m already holds when the store is first opened, besides the seeded few."""
    writers_per_second: float = 0.0
    """Messages that other writers put into account a every second while the server runs."""

    # Statuses of answers.
    sent_status: Literal[200, 201, 202] = 201
    invalid_status: Literal[400, 422] = 400
    unknown_conversation_status: Literal[400, 403, 404, 422] = 404
    unknown_conversation_list: Literal["empty", "missing"] = "empty"
    missing_key_status: Literal[401, 403] = 401
    error_body: Literal["documented", "other", "plain", "none"] = "documented"
    head: Leniency = "accepted"
    options: Leniency = "accepted"
    rate_limit_every: int = 0
    """Every so many requests one answers 429; never when 0."""
    retry_after: int = 1

    # Messages.
    id_form: Literal["msg", "uuid", "integer", "long", "ulid", "base64", "unicode", "nanoid", "checked"] = "msg"
    precision: Literal["seconds", "milliseconds", "microseconds", "nanoseconds"] = "seconds"
    zone: Literal["Z", "+00:00", "+05:30", "-03:00"] = "Z"
    clocks_apart: float = 0.0
    """Every third message has its instant from a server whose clock is so many seconds behind."""
    no_metadata: Literal["empty", "null", "absent"] = "empty"
    error_form: Literal["object", "string"] = "object"
    extra_fields: bool = False

    # Lists.
    newest_first: bool = True
    sparse_lists: bool = False
    clamp_limits: bool = False

    # What a send may hold.
    unknown_fields: Neglect = "ignored"
    owned_fields: Neglect = "ignored"
    empty_body: Leniency = "refused"
    null_optionals: Leniency = "accepted"
    control_characters: Echo = "echoed"
    lone_surrogates: Echo | Literal["replaced"] = "refused"

    # Delivery, in seconds since the send.
    initial_status: Literal["queued", "sent", "delivered", "read"] = "queued"
    sent_after: float = 0.05
    delivered_after: float = 0.15
    read_after: float = 0.3
    failed_after: float = 0.15
    fail_from: Literal["queued", "sent"] = "sent"
    delivers: bool = True
    """Whether a status ever moves on from the first."""
    accepting_takes: float = 0.0
    """A send is answered only after so many seconds."""
    visible_after: float = 0.0
    """A send is retrievable and listed only after so many seconds."""
    list_lag: float = 0.0
    """Lists show the status of so many seconds ago."""

    # HTTP.
    prefix: str = ""
    keep_alive: bool = True
    gzip: bool = False
    chunked: bool = False
    title_case_headers: bool = False
    content_type: str = "application/json"
    extra_headers: bool = False
    ascii_json: bool = False
    indented_json: bool = False

    @property
    def consistency_seconds(self) -> float:
        """How long a send may take to be retrievable and listed, and a list to catch up."""
        return max(self.visible_after, self.list_lag)

    @property
    def settle_seconds(self) -> float:
        """By then every declared outcome has arrived, on every view, with a margin."""
        slowest = max(self.sent_after, self.delivered_after, self.read_after, self.failed_after)
        return round(max(1.0, slowest * 1.5 + self.consistency_seconds + 0.4), 3)
