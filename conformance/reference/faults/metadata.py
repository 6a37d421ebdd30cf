"""Faults of metadata: what is accepted, and whether it comes back equal."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from ..records import Draft, Message, View
from ..service import Service
from .registry import fault


@fault("metadata-array-accepted", "SEND-09")
class MetadataArrayAccepted(Service):
    """An array for metadata becomes an object with its places as keys."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        given = payload.get("metadata")
        if isinstance(given, list):
            return {str(place): value for place, value in enumerate(given)}
        return super().read_metadata(payload)


@fault("metadata-string-accepted", "SEND-09")
class MetadataStringAccepted(Service):
    """A string for metadata becomes an object that holds it."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        given = payload.get("metadata")
        return {"value": given} if isinstance(given, str) else super().read_metadata(payload)


@fault("metadata-scalar-ignored", "SEND-09")
class MetadataScalarIgnored(Service):
    """A number or a boolean for metadata is ignored."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        return None if isinstance(payload.get("metadata"), int | float) else super().read_metadata(payload)


@fault("metadata-true-accepted", "SEND-09")
class MetadataTrueAccepted(Service):
    """True for metadata counts as metadata left out, though nothing else does."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        return None if payload.get("metadata") is True else super().read_metadata(payload)


@fault("metadata-falsy-ignored", "SEND-09")
class MetadataFalsyIgnored(Service):
    """An empty array, an empty string, zero and false count as metadata left out."""

    def read_metadata(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        given = payload.get("metadata")
        return super().read_metadata(payload) if given or isinstance(given, dict) else None


class Remaking(Service):
    """Keeps metadata that differ from those that were sent."""

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        return draft if draft.metadata is None else replace(draft, metadata=self.remade(draft.metadata))

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@fault("metadata-keys-lowered", "SEND-10", "SEND-10-S", "SEND-02")
class MetadataKeysLowered(Remaking):
    """Keys come back in lower case."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key.lower(): value for key, value in metadata.items()}


@fault("metadata-keys-snaked", "SEND-10", "SEND-10-S", "SEND-02")
class MetadataKeysSnaked(Remaking):
    """Hyphens, dots and spaces in keys become underscores."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        table = str.maketrans("-. ", "___")
        return {key.translate(table): value for key, value in metadata.items()}


@fault("metadata-dots-nested", "SEND-10", "SEND-02", "SEND-10-S")
class MetadataDotsNested(Remaking):
    """A key with a dot becomes an object within the object."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        remade: dict[str, Any] = {}
        for key, value in metadata.items():
            outer, dot, inner = key.partition(".")
            remade[outer] = {inner: value} if dot else value
        return remade


@fault("metadata-line-ends-normalised", "SEND-10", "SEND-02")
class MetadataLineEndsNormalised(Remaking):
    """A carriage return in a value is lost."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value.replace("\r", "") if isinstance(value, str) else value for key, value in metadata.items()}


@fault("metadata-values-trimmed", "SEND-10", "SEND-02")
class MetadataValuesTrimmed(Remaking):
    """White space around values is removed."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value.strip() if isinstance(value, str) else value for key, value in metadata.items()}


@fault("metadata-empty-values-dropped", "SEND-10", "SEND-02", "SEND-10-S")
class MetadataEmptyValuesDropped(Remaking):
    """Keys whose value is an empty string are dropped."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in metadata.items() if value != ""}


@fault("metadata-values-cut", "SEND-10", "SEND-02")
class MetadataValuesCut(Remaking):
    """Values are cut to 255 characters."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value[:255] if isinstance(value, str) else value for key, value in metadata.items()}


@fault("metadata-ten-keys", "SEND-10", "SEND-02", "SEND-10-S")
class MetadataTenKeys(Remaking):
    """Keys beyond the tenth are dropped."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return dict(list(metadata.items())[:10])


@fault("metadata-numbers-read", "SEND-10", "SEND-02", "SEND-10-S")
class MetadataNumbersRead(Remaking):
    """Values that look like numbers become numbers."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {
            key: int(value) if isinstance(value, str) and value.isdecimal() else value
            for key, value in metadata.items()
        }


@fault("metadata-astral-lost", "SEND-10", "SEND-10-S", "SEND-02")
class MetadataAstralLost(Remaking):
    """Characters beyond the BMP in values become question marks."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: self.narrowed(value) if isinstance(value, str) else value for key, value in metadata.items()}

    def narrowed(self, text: str) -> str:
        """The text without what does not fit two bytes."""
        return "".join(character if character <= "\uffff" else "?" for character in text)


@fault("metadata-stringified", "SEND-10-S")
class MetadataStringified(Remaking):
    """Numbers and booleans come back as strings."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: str(value) if isinstance(value, int | float) else value for key, value in metadata.items()}


@fault("metadata-flattened", "SEND-10-S")
class MetadataFlattened(Remaking):
    """Objects within metadata become keys with dots."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for key, value in metadata.items():
            inner = value.items() if isinstance(value, dict) else ()
            flat.update({f"{key}.{name}": item for name, item in inner} or {key: value})
        return flat


@fault("metadata-nulls-dropped", "SEND-10-S")
class MetadataNullsDropped(Remaking):
    """Keys whose value is null are dropped."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in metadata.items() if value is not None}


@fault("metadata-proto-dropped", "SEND-10-S")
class MetadataProtoDropped(Remaking):
    """The keys __proto__ and constructor are dropped."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in metadata.items() if key not in ("__proto__", "constructor")}


@fault("metadata-foreign-keys-dropped", "SEND-10-S")
class MetadataForeignKeysDropped(Remaking):
    """Keys beyond ASCII are dropped."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in metadata.items() if key.isascii()}


@fault("metadata-booleans-counted", "SEND-10-S")
class MetadataBooleansCounted(Remaking):
    """true and false come back as 1 and 0."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: int(value) if isinstance(value, bool) else value for key, value in metadata.items()}


@fault("metadata-fractions-lost", "SEND-10-S")
class MetadataFractionsLost(Remaking):
    """Numbers lose their fraction."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: int(value) if isinstance(value, float) else value for key, value in metadata.items()}


@fault("metadata-arrays-joined", "SEND-10-S")
class MetadataArraysJoined(Remaking):
    """Arrays come back as text with commas."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {key: ",".join(map(str, value)) if isinstance(value, list) else value for key, value in metadata.items()}


@fault("metadata-accumulate", "SEND-10", "SEND-10-S", "SEND-02")
class MetadataAccumulate(Remaking):
    """A message's metadata hold the keys of every earlier send as well."""

    @cached_property
    def everything(self) -> dict[str, Any]:
        """All keys ever sent, with their last values."""
        return {}

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        self.everything.update(metadata)
        return dict(self.everything)


@fault("metadata-inherited", "SEND-02", "SEND-10")
class MetadataInherited(Service):
    """A message sent without metadata gets those of the send before it."""

    last: dict[str, Any] | None = None

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        self.last = draft.metadata or self.last
        return replace(draft, metadata=self.last)


@fault("metadata-shared", "GET-02", "SEND-10", "SEND-10-S", "GET-04", "LIST-02", "STAT-07")
class MetadataShared(Service):
    """All messages of a conversation share the metadata of its latest send."""

    @cached_property
    def shared(self) -> dict[str, dict[str, Any] | None]:
        """The latest metadata by conversation."""
        return {}

    def draft(self, payload: Any) -> Draft:
        draft = super().draft(payload)
        self.shared[draft.conversation_id] = draft.metadata
        return draft

    def metadata(self, message: Message) -> dict[str, Any]:
        latest = self.shared.get(message.conversation_id, message.metadata)
        return super().metadata(replace(message, metadata=latest))


@fault("metadata-echoed-not-kept", "SEND-10", "GET-02", "GET-04", "LIST-02", "SEND-10-S")
class MetadataEchoedNotKept(Service):
    """The answer to a send repeats the metadata; what is kept lacks the empty values."""

    def shown(self, message: Message, view: View) -> dict[str, Any]:
        fields = super().shown(message, view)
        if view != "send" and fields.get("metadata"):
            fields["metadata"] = {name: value for name, value in fields["metadata"].items() if value != ""}
        return fields


@fault("metadata-leading-zeros-lost", "SEND-10", "SEND-02")
class MetadataLeadingZerosLost(Remaking):
    """A string of digits is kept as a number and comes back as a string, without the zeros it began with."""

    def remade(self, metadata: dict[str, Any]) -> dict[str, Any]:
        return {
            key: str(int(value)) if isinstance(value, str) and value.isdigit() and value.isascii() else value
            for key, value in metadata.items()
        }
