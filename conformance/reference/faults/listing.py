"""Faults of the list's form and of its items."""

from __future__ import annotations

from typing import Any

from ..api import Api
from ..exchange import Reply, Request
from ..records import Caller, Message, Page, View
from ..service import Service
from .registry import fault


@fault("list-bare", "LIST-01")
class ListBare(Api):
    """A list is an array, without an envelope."""

    async def list_messages(self, request: Request, caller: Caller) -> Reply:
        page = self.service.page(caller, self.service.query(request.parameters()))
        return self.reply(200, [self.service.shown(message, "list") for message in page.messages])


class Enveloping(Service):
    """Wraps a page in another envelope."""

    def shown_page(self, page: Page) -> dict[str, Any]:
        return self.envelope(super().shown_page(page))

    def envelope(self, shown: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@fault("list-object-messages", "LIST-01")
class ListObjectMessages(Enveloping):
    """A list says that it is messages."""

    def envelope(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "object": "messages"}


@fault("has-more-text", "LIST-01")
class HasMoreText(Enveloping):
    """has_more is a string."""

    def envelope(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "has_more": str(shown["has_more"]).lower()}


@fault("has-more-absent-at-end", "LIST-01", "PAGE-02")
class HasMoreAbsentAtEnd(Enveloping):
    """The last page has no has_more."""

    def envelope(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in shown.items() if value is not False}


@fault("data-null-when-empty", "LIST-01")
class DataNullWhenEmpty(Enveloping):
    """The data of an empty list are null."""

    def envelope(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "data": shown["data"] or None}


@fault("data-single-unwrapped", "LIST-01")
class DataSingleUnwrapped(Enveloping):
    """The data of a page that holds one message are that message."""

    def envelope(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "data": shown["data"][0]} if len(shown["data"]) == 1 else shown


class Itemising(Service):
    """Shows list items in another way."""

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().fields(message, view)
        return self.item(fields) if view == "list" else fields

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@fault("item-without-time", "LIST-02")
class ItemWithoutTime(Itemising):
    """List items have no created_at."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if name != "created_at"}


@fault("item-without-body", "LIST-02")
class ItemWithoutBody(Itemising):
    """List items of images and templates have no body."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if name != "body" or fields["type"] == "text"}


@fault("item-body-preview", "GET-04")
class ItemBodyPreview(Itemising):
    """List items hold the first eighty characters of the body."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        body = fields["body"]
        return {**fields, "body": body if len(body) <= 80 else body[:79] + "…"}


@fault("item-always-text", "LIST-02", "GET-04")
class ItemAlwaysText(Itemising):
    """Every list item is of type text."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "type": "text"}


@fault("item-metadata-empty", "LIST-02", "GET-04")
class ItemMetadataEmpty(Itemising):
    """List items have empty metadata."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "metadata": {}}


@fault("item-other-conversation", "LIST-02", "GET-04", "LIST-06", "LIST-08")
class ItemOtherConversation(Itemising):
    """List items name the conversation of the first list item ever shown."""

    first: str = ""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.first = self.first or fields["conversation_id"]
        return {**fields, "conversation_id": self.first}


@fault("item-time-local", "GET-04", "LIST-02", "PAGE-09")
class ItemTimeLocal(Itemising):
    """List items tell local time and call it UTC."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        hour = (int(fields["created_at"][11:13]) + 1) % 24
        return {**fields, "created_at": f"{fields['created_at'][:11]}{hour:02d}{fields['created_at'][13:]}"}


@fault("item-id-bare", "GET-04", "LIST-02", "PAGE-04", "LIST-10", "CONC-01", "SEND-14")
class ItemIdBare(Itemising):
    """List items show ids without their prefix."""

    def item(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "id": fields["id"].removeprefix("msg_")}
