"""Metadata, and what else a payload may be made of."""

import json
import re
import struct

from intake import Refused

from .base import fault


class Metadata:
    """A change to all metadata that is accepted."""

    def metadata_of(self, payload):
        metadata = super().metadata_of(payload)
        return None if metadata is None else self.changed(metadata)


@fault("SEND-09")
class metadata_any_json:
    """metadata may be any JSON value; what is no object is wrapped as {"value": ...}."""

    def metadata_of(self, payload):
        value = payload.get("metadata")
        if value is not None and not isinstance(value, dict):
            return {"value": value}
        return super().metadata_of(payload)


@fault("SEND-09")
class metadata_pairs:
    """metadata may be a list of pairs, as dict() takes it; an empty list is an empty object."""

    def metadata_of(self, payload):
        value = payload.get("metadata")
        if isinstance(value, list) and all(isinstance(p, list) and len(p) == 2 and isinstance(p[0], str) for p in value):
            return dict(value)
        return super().metadata_of(payload)


@fault("SEND-09")
class metadata_json_in_text:
    """metadata may be a string: of JSON, or else it is dropped."""

    def metadata_of(self, payload):
        value = payload.get("metadata")
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = None
            payload = {**payload, "metadata": value if isinstance(value, dict) else None}
        return super().metadata_of(payload)


@fault("SEND-10", "SEND-02")
class metadata_list_when_numbered:
    """metadata whose keys are numbers from 0 comes back as an array of its values, and empty metadata as []."""

    def full(self, document):
        shown = super().full(document)
        metadata = shown.get("metadata")
        if isinstance(metadata, dict) and list(metadata) == [str(i) for i in range(len(metadata))]:
            shown["metadata"] = list(metadata.values())
        return shown


@fault("SEND-10")
class metadata_numbers_recognised(Metadata):
    """Strings in metadata that look like numbers come back as numbers: "007" as 7."""

    def changed(self, metadata):
        return {k: int(v) if isinstance(v, str) and re.fullmatch("[0-9]{1,15}", v) else v for k, v in metadata.items()}


@fault("SEND-10")
class metadata_values_trimmed(Metadata):
    """Strings in metadata lose the white space about them."""

    def changed(self, metadata):
        return {k: v.strip() if isinstance(v, str) else v for k, v in metadata.items()}


@fault("SEND-10")
class metadata_dots_nest(Metadata):
    """A dot in a key of metadata makes an object: {"a.b": "c"} becomes {"a": {"b": "c"}}."""

    def changed(self, metadata):
        out = {}
        for name, value in metadata.items():
            first, dot, rest = name.partition(".")
            if dot and isinstance(out.get(first, {}), dict):
                out.setdefault(first, {})[rest] = value
            else:
                out[name] = value
        return out


@fault("SEND-10-S")
class metadata_nulls_dropped(Metadata):
    """Entries of metadata that are null are dropped, at every level."""

    def changed(self, metadata):
        def clean(value):
            if isinstance(value, dict):
                return {k: clean(v) for k, v in value.items() if v is not None}
            return [clean(v) for v in value] if isinstance(value, list) else value
        return clean(metadata)


@fault("SEND-10-S")
class metadata_booleans_are_integers(Metadata):
    """true and false in metadata come back as 1 and 0."""

    def changed(self, metadata):
        return {k: int(v) if isinstance(v, bool) else v for k, v in metadata.items()}


@fault("SEND-10-S")
class metadata_floats_single(Metadata):
    """Numbers in metadata are kept in single precision."""

    def changed(self, metadata):
        def single(value):
            try:
                return struct.unpack("f", struct.pack("f", value))[0]
            except OverflowError:
                return value
        return {k: single(v) if isinstance(v, float) else v for k, v in metadata.items()}


@fault("SEND-10-S")
class metadata_keys_snake(Metadata):
    """Keys of nested objects in metadata become snake case."""

    def changed(self, metadata):
        def snake(value):
            if isinstance(value, dict):
                return {re.sub("([a-z0-9])([A-Z])", r"\1_\2", k).lower(): snake(v) for k, v in value.items()}
            return [snake(v) for v in value] if isinstance(value, list) else value
        return {k: snake(v) for k, v in metadata.items()}


@fault("SEND-10-S")
class metadata_dunder_refused:
    """Keys of metadata that begin with two underscores are refused."""

    def metadata_of(self, payload):
        metadata = super().metadata_of(payload)
        if any(name.startswith("__") for name in metadata or ()):
            raise self.wrong("metadata", "Reserved key.")
        return metadata


@fault("SEND-02", "SEND-10", "GET-02")
class metadata_default_is_shared:
    """Whatever metadata is sent is written into one object that is the default of all messages without."""

    def prepare(self):
        self.default = {}

    def metadata_of(self, payload):
        metadata = super().metadata_of(payload)
        if metadata is None:
            return self.default
        self.default.update(metadata)
        return metadata


@fault("GET-02", "SEND-10", "GET-04")
class metadata_only_of_text:
    """Metadata of images and templates is in the answer, but is not stored."""

    def retrieve(self, request, key, ident):
        document = self.look(self.reading(), key, ident)
        return self.json(200, self.full(document if document["type"] == "text" else {**document, "metadata": None}))


@fault("SEND-13", "HTTP-01")
class nan_is_a_number:
    """NaN and Infinity are read in a payload, and written in the answer."""

    def decode(self, octets):
        try:
            return json.loads(octets.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused(400, "invalid_request_error", "payload_malformed", "The payload is not JSON.") from None


@fault("ERR-01")
class depth_crashes:
    """A payload that is nested a thousand deep ends in a RecursionError and a 500."""

    def decode(self, octets):
        try:
            return super().decode(octets)
        except Refused:
            if octets.count(b"[") + octets.count(b"{") > 900:
                raise RecursionError from None
            raise

    def examine(self, value, depth):
        if depth == 0:
            raise RecursionError
        super().examine(value, depth)
