"""Faults of text that show in one channel, in one type or in metadata alone."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from ..records import Draft
from ..service import Service
from .metadata import Remaking
from .registry import fault


class RewritingSome(Service):
    """Keeps another body than was sent, of some messages."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        conversation = self.conversations.get(draft.conversation_id)
        return replace(draft, body=self.rewritten(draft.body, draft.type, conversation.channel if conversation else ""))

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        raise NotImplementedError


@fault("body-escaped-in-email", "SEND-11", "SEND-02")
class BodyEscapedInEmail(RewritingSome):
    """What goes out as an e-mail comes back with HTML entities."""

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        return html.escape(body) if channel == "email" else body


@fault("body-wrapped-in-email", "SEND-11", "SEND-02")
class BodyWrappedInEmail(RewritingSome):
    """The lines of an e-mail are broken after 76 characters."""

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        return re.sub(r"(.{76})(?=.)", r"\1\n", body) if channel == "email" else body


@fault("body-dots-doubled-in-email", "SEND-11", "SEND-02")
class BodyDotsDoubledInEmail(RewritingSome):
    """A dot that begins a line of an e-mail is doubled, as SMTP wants it underway."""

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        return re.sub(r"(?m)^\.", "..", body) if channel == "email" else body


@fault("body-tags-stripped-in-webchat", "SEND-11", "SEND-02")
class BodyTagsStrippedInWebchat(RewritingSome):
    """HTML tags are taken out of what goes to a web chat."""

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        return re.sub(r"<[^>]*>", "", body) if channel == "webchat" else body


@fault("body-emoticons-drawn", "SEND-11", "SEND-02")
class BodyEmoticonsDrawn(RewritingSome):
    """A colon and a parenthesis become an emoji."""

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        return body.replace(":)", "🙂")


@fault("template-cut-to-1024", "SEND-02", "SEND-11")
class TemplateCutTo1024(RewritingSome):
    """A template is cut to 1024 characters."""

    def rewritten(self, body: str, kind: str, channel: str) -> str:
        return body[:1024] if kind == "template" else body


@fault("caption-limit-1024", "SEND-05")
class CaptionLimit1024(Service):
    """What goes with an image is refused beyond 1024 characters, as WhatsApp has it."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        if draft.type == "image" and len(draft.body) > 1024:
            raise self.refused("A caption has at most 1024 characters.", "body", "body_too_long")
        return draft


@fault("metadata-percent-decoded", "SEND-10", "SEND-02")
class MetadataPercentDecoded(Remaking):
    """Percent-encoding in values is resolved, as that of a form would be."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: unquote(value) if isinstance(value, str) else value for key, value in metadata.items()}


@fault("metadata-exponents-read", "SEND-10", "SEND-02", "SEND-10-S")
class MetadataExponentsRead(Remaking):
    """A value such as 1e5 becomes a number, as in a spreadsheet."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {
            key: float(value) if isinstance(value, str) and re.fullmatch(r"\d+[eE]\d+", value) else value
            for key, value in metadata.items()
        }
