"""The contract for machines: spec/openapi.yaml as validators of answers. It says what is wrong, never what that means.

`jsonschema_rs` decides, in microseconds; what it refuses `jsonschema` explains. Each is imported when it is first used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from conformance import derived, wire
from conformance.catalogue import spec_path

if TYPE_CHECKING:
    import jsonschema
    import jsonschema_rs

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_INSTANT = "an RFC 3339 date-time with an offset"
_KINDS = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


@dataclass(frozen=True)
class Problem:
    """One place of an answer that the contract does not allow. `field` is the top-level name, empty for the whole."""

    path: tuple[str | int, ...]
    field: str
    message: str
    expected: str
    got: str


def message_problems(value: Any) -> list[Problem]:
    """What is wrong with a message object, as retrieve shows it; `error` is held only to what a failed message owes."""
    return _problems("Message", value)


def list_item_problems(value: Any) -> list[Problem]:
    """What is wrong with an item of a list: five fields are there, any other is right if it is there."""
    return _problems("MessageListItem", value)


def list_problems(value: Any) -> list[Problem]:
    """What is wrong with a list's envelope: `object`, `data` and `has_more`, whatever the items and however many."""
    return _problems("Envelope", value)


def error_problems(value: Any) -> list[Problem]:
    """What is wrong with the body of an error, a Problem for each field of the error object."""
    return _problems("ErrorAnswer", value)


@cache
def document() -> Mapping[str, Any]:
    """spec/openapi.yaml: as it is kept in JSON, or read now."""
    kept: Mapping[str, Any] | None = derived.of_spec("document")
    return read() if kept is None else kept


def read() -> Mapping[str, Any]:
    """spec/openapi.yaml, read now, which takes long: PyYAML is imported, and reads."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    result: Mapping[str, Any] = yaml.load(spec_path("openapi.yaml").read_bytes(), Loader=loader)
    return result


def schema(name: str) -> dict[str, Any]:
    """A schema of the document that stands alone: its components, and what they refer to, are embedded."""
    known = {**document()["components"]["schemas"]}
    known["Envelope"] = _without_items(known["MessageList"])
    return {"$schema": _DIALECT, "$ref": f"#/components/schemas/{name}", "components": {"schemas": known}}


def _is_instant(value: object) -> bool:
    """Whether a value is a date-time; what is no text is none of the format's business."""
    return not isinstance(value, str) or wire.parse_instant(value) is not None


def _without_items(whole: Mapping[str, Any]) -> Mapping[str, Any]:
    data = {key: rule for key, rule in whole["properties"]["data"].items() if key not in ("items", "maxItems")}
    return {**whole, "properties": {**whole["properties"], "data": data}}


def _problems(name: str, value: Any) -> list[Problem]:
    if _allows(name, value):
        return []
    errors = _explainer(name).iter_errors(value)
    # Of two problems with one field the later is the narrower: a schema's own rules come after those it builds on.
    return list({problem.path: problem for error in errors for problem in _explained(error)}.values())


def _allows(name: str, value: Any) -> bool:
    try:
        return bool(_judge(name).is_valid(value))
    except ValueError:  # it does not read lone surrogates; the one that explains does
        return False


@cache
def _judge(name: str) -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    formats = {"date-time": _is_instant}
    return jsonschema_rs.Draft202012Validator(schema(name), validate_formats=True, formats=formats)


@cache
def _explainer(name: str) -> jsonschema.Draft202012Validator:
    import jsonschema

    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date-time")(_is_instant)
    return jsonschema.Draft202012Validator(schema(name), format_checker=checker)


def _explained(error: jsonschema.ValidationError) -> Iterator[Problem]:
    path, rule, value = tuple(error.absolute_path), cast(Any, error.schema), cast(Any, error.instance)
    if error.validator != "required":
        yield _problem(path, _described(rule), wire.shown(value))
        return
    for name in (each for each in rule["required"] if each not in value):
        yield _problem((*path, name), _described(rule.get("properties", {}).get(name, {})), None)


def _problem(path: tuple[str | int, ...], expected: str, got: str | None) -> Problem:
    place = ".".join(map(str, path)) or "the whole"
    message = f"{place} is missing" if got is None else f"{place} is not {expected}"
    return Problem(path, str(path[0]) if path else "", message, expected, got or "nothing")


def _described(rule: Any) -> str:
    """A schema in words."""
    rule = _resolved(rule)
    if "anyOf" in rule:
        return " or ".join(map(_described, rule["anyOf"]))
    if "const" in rule:
        return json.dumps(rule["const"])
    if "enum" in rule:
        return ("one of " if rule["enum"][1:] else "") + ", ".join(map(json.dumps, rule["enum"]))
    if rule.get("format") == "date-time":
        return _INSTANT
    if rule.keys() & {"minLength", "minProperties"}:
        return f"a non-empty {rule['type']}"
    kinds = rule.get("type", [])
    return " or ".join(_KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)) or "a value"


def _resolved(rule: Any) -> Any:
    while isinstance(rule, dict) and "$ref" in rule:
        rule = document()["components"]["schemas"][rule["$ref"].rsplit("/", 1)[-1]]
    return rule
