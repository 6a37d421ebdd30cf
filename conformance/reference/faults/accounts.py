"""Faults that let one account see the messages of another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import ApiError
from ..records import Caller, Conversation, Message, Page, Query
from ..service import Service
from ..store import Clause, Store
from .registry import fault


@fault("foreign-retrievable", "AUTH-05")
class ForeignRetrievable(Service):
    """A message is retrievable by whoever knows its id, of whatever account."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        found = self.find(message_id)
        return super().retrieve(replace(caller, account=found.account) if found else caller, message_id)


@fault("first-account-retrieves-all", "AUTH-05")
class FirstAccountRetrievesAll(ForeignRetrievable):
    """The account that was opened first, an administrator's once, retrieves whatever message there is."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        return (
            super().retrieve(caller, message_id)
            if caller.account == "a"
            else Service.retrieve(self, caller, message_id)
        )


@fault("foreign-inbound-retrievable", "AUTH-05")
class ForeignInboundRetrievable(ForeignRetrievable):
    """What customers wrote is retrievable by whoever knows its id, of whatever account."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        found = self.find(message_id)
        inbound = found is not None and found.direction == "inbound"
        return super().retrieve(caller, message_id) if inbound else Service.retrieve(self, caller, message_id)


@fault("foreign-stub", "AUTH-05")
class ForeignStub(ForeignRetrievable):
    """Another account's message is retrievable, with its body blanked."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        found = super().retrieve(caller, message_id)
        return found if found.account == caller.account else replace(found, body="")


class Borderless(Store):
    """Looks at the messages of every account, when the query is of a certain kind."""

    def clauses(self, account: str, query: Query, cursor: Message | None, until_us: int) -> list[Clause]:
        found = super().clauses(account, query, cursor, until_us)
        return found[1:] if self.forgets_account(query) else found

    def forgets_account(self, query: Query) -> bool:
        raise NotImplementedError


@fault("foreign-listed", "AUTH-05", "GET-04", "PAGE-04")
class ForeignListed(Borderless):
    """A list without filters holds the messages of every account."""

    def forgets_account(self, query: Query) -> bool:
        return query.conversation_id is None and query.direction is None


@fault("foreign-listed-by-direction", "AUTH-05", "GET-04", "PAGE-04")
class ForeignListedByDirection(Borderless):
    """A list by direction holds the messages of every account."""

    def forgets_account(self, query: Query) -> bool:
        return query.conversation_id is None and query.direction is not None


@fault("foreign-listed-by-both", "AUTH-05", "LIST-06", "GET-04", "PAGE-04")
class ForeignListedByBoth(Borderless):
    """A list by conversation and direction holds what matches, whosoever it is."""

    def forgets_account(self, query: Query) -> bool:
        return query.conversation_id is not None and query.direction is not None


@fault("foreign-listed-by-conversation", "AUTH-05", "LIST-06", "GET-04", "PAGE-04")
class ForeignListedByConversation(Borderless):
    """A list by conversation holds its messages, whosoever they are."""

    def forgets_account(self, query: Query) -> bool:
        return query.conversation_id is not None


@fault("foreign-second-page", "AUTH-05", "GET-04", "PAGE-04", "PAGE-01", "PAGE-03")
class ForeignSecondPage(Store):
    """From the second page on a list holds the messages of every account."""

    def clauses(self, account: str, query: Query, cursor: Message | None, until_us: int) -> list[Clause]:
        return super().clauses(account, query, cursor, until_us)[1 if cursor else 0 :]


@fault("foreign-cursor-followed", "AUTH-05")
class ForeignCursorFollowed(Service):
    """A cursor of another account goes on with that account's list."""

    def page(self, caller: Caller, query: Query) -> Page:
        found = self.find(query.starting_after or "")
        return super().page(replace(caller, account=found.account) if found else caller, query)


@fault("foreign-conversation-no-filter", "LIST-06")
class ForeignConversationNoFilter(Service):
    """A list of a conversation that another account has is a list of everything: the lookup finds nothing to filter by."""

    def page(self, caller: Caller, query: Query) -> Page:
        known = self.conversations.get(query.conversation_id or "")
        foreign = known is not None and known.account != caller.account
        return super().page(caller, replace(query, conversation_id=None) if foreign else query)


@fault("foreign-conversation-sendable", "SEND-12")
class ForeignConversationSendable(Service):
    """A send into another account's conversation is accepted."""

    def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        found = self.conversations.get(conversation_id)
        return super().conversation(replace(caller, account=found.account) if found else caller, conversation_id)


@fault("foreign-send-delivered", "SEND-12", "SEND-14")
class ForeignSendDelivered(Service):
    """A send into another account's conversation answers 404, but arrives there."""

    def send(self, caller: Caller, payload: Any) -> Message:
        try:
            return super().send(caller, payload)
        except ApiError as error:
            if error.code == "conversation_not_found":
                draft = self.draft(payload)
                if theirs := self.conversations.get(draft.conversation_id):
                    self.store.add(self.compose(theirs, draft, theirs.account))
            raise


@fault("foreign-id-in-conflict", "AUTH-05")
class ForeignIdInConflict(Service):
    """Retrieving another account's message answers 409 and so tells that it exists."""

    def retrieve(self, caller: Caller, message_id: str) -> Message:
        found = self.find(message_id)
        if found is not None and found.account != caller.account:
            raise ApiError(409, "other_account", "This message belongs to another account.")
        return super().retrieve(caller, message_id)
