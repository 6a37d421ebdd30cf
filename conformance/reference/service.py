"""The three operations over the store. Every step is a method of its own."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from . import world
from .clock import Clock
from .errors import ApiError, no_such_message
from .reading import Reader
from .records import Caller, Conversation, Draft, Message, Page, Query
from .settings import Settings
from .showing import Presenter
from .store import Store


def _check_digit(number: str) -> str:
    """The digit that stands behind a number, so that one that was misread shows (ISO 7064, MOD 11,10)."""
    product = 10
    for each in number:
        product = ((product + int(each)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def _is_checked(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{16}", text, re.ASCII)) and _check_digit(text[:-1]) == text[-1]


_FORMS: Mapping[str, Callable[[str], object]] = {
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII).fullmatch,
    "integer": re.compile(r"[1-9][0-9]{0,17}", re.ASCII).fullmatch,
    "nanoid": re.compile(r"msg_[\w-]{14}", re.ASCII).fullmatch,
    "checked": _is_checked,
}
"""Of these forms a server tells what can be no id before it looks for it: a column of that type takes nothing else."""
_PLAIN = str.maketrans("-_", "xy")


class Service(Reader, Presenter):
    """Sends, retrieves and lists messages of the caller's account."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.conversations = {conversation.id: conversation for conversation in world.CONVERSATIONS}

    def send(self, caller: Caller, payload: Any) -> Message:
        """Accepts a send and keeps its message."""
        draft = self.draft(payload)
        conversation = self.conversation(caller, draft.conversation_id)
        return self.keep(caller, conversation, draft)

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        """The caller's own conversation of that id."""
        found = self.conversations.get(conversation_id)
        if found is None or found.account != caller.account:
            status = self.settings.unknown_conversation_status
            raise ApiError(status, "conversation_not_found", "There is no such conversation.", "conversation_id")
        return found

    def keep(self, caller: Caller, conversation: Conversation, draft: Draft) -> Message:
        """Makes a message of a draft and stores it."""
        message = self.compose(conversation, draft, caller.account)
        self.store.add(message)
        return message

    def compose(
        self,
        conversation: Conversation,
        draft: Draft,
        account: str,
        direction: str = "outbound",
        at_us: int | None = None,
    ) -> Message:
        """A message with an id, a place in the order and a timeline of its own."""
        sequence, created_us = self.store.next_place(self.clock.now() if at_us is None else at_us)
        timeline = self.timeline(conversation, created_us) if direction == "outbound" else ((created_us, "delivered"),)
        return Message(
            sequence=sequence,
            id=self.new_id(sequence),
            account=account,
            conversation_id=draft.conversation_id,
            direction=direction,
            channel=conversation.channel,
            created_us=created_us,
            body=draft.body,
            type=draft.type,
            media_url=draft.media_url,
            metadata=draft.metadata,
            timeline=timeline,
        )

    def new_id(self, sequence: int) -> str:
        """An id that no other message has, in the chosen form."""
        forms = {
            "msg": lambda: "msg_" + random_text(20),
            "uuid": lambda: str(uuid.uuid4()),
            "integer": lambda: str(1000 + sequence),
            "long": lambda: "msg_" + random_text(300),
            "ulid": lambda: f"msg_{random_text(10)}~{random_text(4)}.{random_text(4)}-{random_text(4)}_",
            "base64": lambda: f"msg/{random_text(8)}+/{random_text(8)}==",
            "unicode": lambda: f"msg_é {random_text(12)}:@🚚",
            "nanoid": lambda: f"msg_{random_text(5)}_{random_text(2)}-{random_text(5)}",
            "checked": lambda: (number := f"{sequence % 10**6:06}{secrets.randbelow(10**9):09}") + _check_digit(number),
        }
        return forms[self.settings.id_form]()

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        """The caller's own message of that id."""
        form = _FORMS.get(self.settings.id_form)
        if form is not None and not form(message_id):
            raise ApiError(400, "invalid_id", "This can be no message's id.", "id")
        message = self.find(message_id)
        if message is None or not self.may_see(caller, message):
            raise no_such_message()
        return message

    def find(self, message_id: str) -> Message | None:
        """The message of that id, whosoever it is."""
        return self.store.get(message_id)

    def may_see(self, caller: Caller, message: Message) -> bool:
        """Whether a message is the caller's, and visible already."""
        return message.account == caller.account and message.created_us <= self.visible_until()

    def visible_until(self) -> int:
        """Messages made after this instant are not to be seen yet."""
        if not self.settings.visible_after:
            return self.store.latest_us  # not the clock, which may have been set back since a file was written
        return self.clock.now() - round(self.settings.visible_after * 1_000_000)

    def page(self, caller: Caller, query: Query) -> Page:
        """One page of the caller's messages."""
        self.check_conversation(caller, query)
        cursor = self.cursor(caller, query)
        found = self.matching(caller, query, cursor, query.limit + 1)
        return Page(tuple(found[: query.limit]), self.has_more(caller, query, found))

    def check_conversation(self, caller: Caller, query: Query) -> None:
        """Refuses to list an unknown conversation, where the settings say so."""
        known = self.conversations.get(query.conversation_id or "")
        if query.conversation_id is None or self.settings.unknown_conversation_list == "empty":
            return
        if known is None or known.account != caller.account:
            raise ApiError(404, "conversation_not_found", "There is no such conversation.", "conversation_id")

    def cursor(self, caller: Caller, query: Query) -> Message | None:
        """The message to start after."""
        if query.starting_after is None:
            return None
        message = self.find(query.starting_after)
        if message is None or not self.may_see(caller, message):
            raise self.refused("starting_after is no message's id.", "starting_after", "cursor_unknown")
        return message

    def matching(self, caller: Caller, query: Query, cursor: Message | None, limit: int) -> list[Message]:
        """Up to `limit` messages that match, beyond the cursor, in order."""
        return self.store.page(caller.account, query, cursor, self.visible_until(), limit)

    def has_more(self, caller: Caller, query: Query, found: list[Message]) -> bool:
        """Whether more were found than the page holds; one more than it holds was asked for."""
        return len(found) > query.limit


def random_text(length: int) -> str:
    """So many random letters and digits."""
    return secrets.token_urlsafe(length).translate(_PLAIN)[:length]
