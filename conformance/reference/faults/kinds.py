"""Faults of the type and of the attachment."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..records import Draft, Message, View
from ..service import Service
from .registry import fault


@fault("type-defaults-to-template", "SEND-03")
class TypeDefaultsToTemplate(Service):
    """A send without a type is a template."""

    def read_type(self, payload: dict[str, Any]) -> str:
        return super().read_type(payload) if "type" in payload else "template"


@fault("type-null-by-default", "SEND-03", "SEND-02")
class TypeNullByDefault(Service):
    """A message sent without a type has the type null."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        return draft if "type" in payload else replace(draft, type="")

    def fields(self, message: Message, view: View) -> dict[str, Any]:
        return {**super().fields(message, view), "type": message.type or None}


@fault("template-refused", "SEND-03")
class TemplateRefused(Service):
    """Templates are refused."""

    def types(self) -> tuple[str, ...]:
        return ("text", "image")


@fault("template-needs-metadata", "SEND-03")
class TemplateNeedsMetadata(Service):
    """A template is refused where no metadata fills it in."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        if draft.type == "template" and not draft.metadata:
            raise self.refused("A template needs metadata.", "metadata", "parameter_missing")
        return draft


@fault("type-zero-ignored", "SEND-09", "SEND-04")
class TypeZeroIgnored(Service):
    """A type that is 0, false or empty counts as none."""

    def draft(self, payload: Any) -> Draft:
        named = not isinstance(payload, dict) or payload.get("type")
        return super().draft(payload if named else {**payload, "type": None})


@fault("type-always-text", "SEND-03")
class TypeAlwaysText(Service):
    """Every message is kept as text."""

    def draft(self, payload: Any) -> Draft:
        return replace(super().draft(payload), type="text")


@fault("image-known-by-media", "SEND-03")
class ImageKnownByMedia(Service):
    """A message with an attachment is an image, whatever its type was said to be."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        return replace(draft, type="image") if draft.media_url else draft


@fault("type-any", "SEND-04")
class TypeAny(Service):
    """Any text is a type."""

    def read_type(self, payload: dict[str, Any]) -> str:
        kind = self.optional(payload, "type", str)
        return "text" if kind is None else str(kind)


@fault("type-more-media", "SEND-04")
class TypeMoreMedia(Service):
    """Types of other messaging services are accepted too."""

    def types(self) -> tuple[str, ...]:
        return (*super().types(), "video", "audio", "document", "file", "location", "sticker", "interactive")


@fault("type-document", "SEND-04")
class TypeDocument(Service):
    """A document may be sent, too."""

    def types(self) -> tuple[str, ...]:
        return (*super().types(), "document")


@fault("type-unknown-is-text", "SEND-04")
class TypeUnknownIsText(Service):
    """An unknown type is taken for text."""

    def read_type(self, payload: dict[str, Any]) -> str:
        kind = super().optional(payload, "type", str)
        return kind if kind in self.types() else "text"


@fault("type-case-ignored", "SEND-04")
class TypeCaseIgnored(Service):
    """A type in capitals is accepted."""

    def read_type(self, payload: dict[str, Any]) -> str:
        kind = payload.get("type")
        return super().read_type({"type": kind.lower()} if isinstance(kind, str) else payload)


@fault("type-trimmed", "SEND-04")
class TypeTrimmed(Service):
    """A type with white space around it is accepted."""

    def read_type(self, payload: dict[str, Any]) -> str:
        kind = payload.get("type")
        return super().read_type({"type": kind.strip()} if isinstance(kind, str) else payload)


@fault("type-falsy-is-text", "SEND-09", "SEND-04")
class TypeFalsyIsText(Service):
    """A type that is empty, zero or false counts as left out."""

    def read_type(self, payload: dict[str, Any]) -> str:
        return super().read_type(payload) if payload.get("type") else "text"


@fault("type-written-out", "SEND-09")
class TypeWrittenOut(Service):
    """A type that is no string is ignored."""

    def read_type(self, payload: dict[str, Any]) -> str:
        return super().read_type(payload) if isinstance(payload.get("type"), str) else "text"


@fault("image-without-media", "SEND-08")
class ImageWithoutMedia(Service):
    """An image needs no attachment."""

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        return super().read_media_url(payload) if "media_url" in payload else None


@fault("image-found-in-metadata", "SEND-08")
class ImageFoundInMetadata(Service):
    """An image without a media_url is accepted where its metadata has one."""

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        metadata = payload.get("metadata")
        return super().read_media_url({**metadata, **payload} if isinstance(metadata, dict) else payload)


@fault("image-found-in-body", "SEND-08")
class ImageFoundInBody(Service):
    """An image without a media_url is accepted where its body holds a link."""

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        link = re.search(r"https://\S+", str(payload.get("body")))
        return super().read_media_url({"media_url": link[0], **payload} if link else payload)


@fault("image-media-empty", "SEND-08-S")
class ImageMediaEmpty(Service):
    """An image's attachment may be an empty string."""

    def is_url(self, url: str) -> bool:
        return not url or super().is_url(url)


@fault("image-media-no-url", "SEND-08-S")
class ImageMediaNoUrl(Service):
    """An image's attachment may be any text that is not empty."""

    def is_url(self, url: str) -> bool:
        return bool(url)


@fault("media-number-accepted", "SEND-09")
class MediaNumberAccepted(Service):
    """An attachment of a text that is a number or a boolean is written out."""

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        url = payload.get("media_url")
        return str(url) if isinstance(url, int | float) else super().read_media_url(payload)


@fault("media-unread-without-image", "SEND-09")
class MediaUnreadWithoutImage(Service):
    """The attachment is looked at only when the type is image."""

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        return super().read_media_url(payload) if payload.get("type") == "image" else None


@fault("media-array-accepted", "SEND-09")
class MediaArrayAccepted(Service):
    """Of an array of attachments the first is taken."""

    def read_media_url(self, payload: dict[str, Any]) -> str | None:
        urls = payload.get("media_url")
        first = urls[0] if isinstance(urls, list) and urls else urls
        return super().read_media_url({**payload, "media_url": first} if isinstance(urls, list) else payload)
