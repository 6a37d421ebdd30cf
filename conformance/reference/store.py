"""The messages in SQLite, in one stable order. Used by one thread at a time: the event loop's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from .records import Message, Query

Clause = tuple[str, tuple[object, ...]]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, conversation_id TEXT NOT NULL,
    direction TEXT NOT NULL, channel TEXT NOT NULL, created_us INTEGER NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_account ON messages (account, created_us, sequence);
CREATE INDEX IF NOT EXISTS by_conversation ON messages (account, conversation_id, created_us, sequence);
"""
_COLUMNS = "sequence, id, account, conversation_id, direction, channel, created_us, document"


class Store:
    """Keeps messages; the order is (created_us, sequence), which no later message and no status can change."""

    def __init__(self, database: str | None, *, newest_first: bool) -> None:
        # Made in the thread that builds the app, used in the one that runs it, never in both at once.
        self.connection = sqlite3.connect(database or ":memory:", isolation_level=None, check_same_thread=False)
        if database:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(_SCHEMA)
        self.newest_first = newest_first
        last = self.connection.execute("SELECT max(sequence), max(created_us) FROM messages").fetchone()
        self.sequence: int = last[0] or 0
        self.latest_us: int = last[1] or 0

    def close(self) -> None:
        """Closes the database; a file keeps what was added."""
        self.connection.close()

    def next_place(self, now_us: int) -> tuple[int, int]:
        """A sequence and an instant that no earlier message has a later one of, even when the clock was set back."""
        self.sequence += 1
        self.latest_us = max(self.latest_us, now_us)
        return self.sequence, self.latest_us

    def add(self, message: Message) -> None:
        """Keeps a message."""
        self.add_all([message])

    def add_all(self, messages: Iterable[Message]) -> None:
        """Keeps many messages in one transaction."""
        values = ", ".join("?" * len(_COLUMNS.split(", ")))
        with self.connection:
            self.connection.execute("BEGIN")
            self.connection.executemany(f"INSERT INTO messages ({_COLUMNS}) VALUES ({values})", map(_row, messages))

    def get(self, message_id: str) -> Message | None:
        """The message of that id, whosoever it is."""
        found = self.select([("id = ?", (message_id,))], limit=1)
        return found[0] if found else None

    def page(self, account: str, query: Query, cursor: Message | None, until_us: int, limit: int) -> list[Message]:
        """Up to `limit` matching messages beyond the cursor, in order."""
        return self.select(self.clauses(account, query, cursor, until_us), limit=limit)

    def clauses(self, account: str, query: Query, cursor: Message | None, until_us: int) -> list[Clause]:
        """What a message must satisfy to be on the page."""
        found: list[Clause] = [*self.of_account(account), ("created_us <= ?", (until_us,)), *self.filters(query)]
        if cursor is not None:
            found.append(self.beyond(cursor))
        return found

    def of_account(self, account: str) -> list[Clause]:
        """Whose messages are looked at."""
        return [("account = ?", (account,))]

    def filters(self, query: Query) -> list[Clause]:
        """What the query's filters ask for."""
        asked = {"conversation_id": query.conversation_id, "direction": query.direction}
        return [(f"{column} = ?", (value,)) for column, value in asked.items() if value is not None]

    def beyond(self, cursor: Message) -> Clause:
        """What lies after a message in the order."""
        sign = "<" if self.newest_first else ">"
        return f"(created_us, sequence) {sign} (?, ?)", (cursor.created_us, cursor.sequence)

    def order(self) -> str:
        """The order of every list."""
        way = "DESC" if self.newest_first else "ASC"
        return f"created_us {way}, sequence {way}"

    def select(self, clauses: list[Clause], *, limit: int, offset: int = 0) -> list[Message]:
        """The messages that satisfy all clauses, in order."""
        where = " AND ".join(text for text, _ in clauses)
        values = [value for _, given in clauses for value in given]
        sql = f"SELECT {_COLUMNS} FROM messages WHERE {where} ORDER BY {self.order()} LIMIT ? OFFSET ?"
        return [_message(row) for row in self.connection.execute(sql, (*values, limit, offset))]

    def replace(self, message: Message) -> None:
        """Writes a message over its former self."""
        self.connection.execute("DELETE FROM messages WHERE sequence = ?", (message.sequence,))
        self.add(message)

    def delete(self, message: Message) -> None:
        """Forgets a message. The API offers no such thing; only faults call it."""
        self.connection.execute("DELETE FROM messages WHERE sequence = ?", (message.sequence,))


def _row(message: Message) -> tuple[object, ...]:
    # The parts that clients write go into one ASCII document: any string survives that, lone surrogates included.
    document = json.dumps([message.body, message.type, message.media_url, message.metadata, message.timeline])
    return (*(getattr(message, name) for name in _COLUMNS.split(", ")[:-1]), document)


def _message(row: tuple[Any, ...]) -> Message:
    *content, timeline = json.loads(row[-1])
    fields = (*row[:-1], *content, tuple((at, status) for at, status in timeline))
    return Message(*fields)
