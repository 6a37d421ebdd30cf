"""The catalogue: spec/requirements.toml as Requirements. Standard library and model only; it judges nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.model import Level, Requirement

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "publishable_key": "the target names no publishable key",
        "other_account_key": "the target names no key of another account",
        "movement": "no message was seen to change its status",
        "terminal_status": "no message was seen in read or failed",
        "failed_message": "no message was seen in failed",
        "outcome": "the target declares no conversation's outcome",
        "rate_limit": "the target never answered 429",
    }
)
"""What a requirement may need of a target, and the reason that is given where the target does not offer it."""

SPEC_VERSION: str
"""The version of the spec, as the catalogue's `meta` says it."""

_ID = re.compile(r"[A-Z]+-[0-9]{2}(?:-(?:S[0-9]*|M))?")


class CatalogueError(ValueError):
    """The catalogue contradicts itself or its own form; the message names the entry and the key."""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the contract: the requirements whose ids begin with `prefix`."""

    prefix: str
    title: str
    intro: str


@dataclass(frozen=True)
class Excluded:
    """A statement of the documentation that is not judged, and why."""

    statement: str
    source: str
    why: str


@dataclass(frozen=True)
class Catalogue:
    """Everything that requirements.toml says, in its own order."""

    spec: str
    chapters: tuple[Chapter, ...]
    requirements: Mapping[str, Requirement]
    excluded: tuple[Excluded, ...]


def spec_path(name: str) -> Path:
    """Where a file of the spec is: `<root>/spec` in a checkout, `conformance/_spec` where the package is installed."""
    here = Path(__file__).resolve().parent
    folders = (here / "_spec", here.parent / "spec")
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise CatalogueError(f"{name} is in none of {', '.join(map(str, folders))}: is the package installed whole?")
    return found


def load() -> Mapping[str, Requirement]:
    """Every requirement by its id, in the contract's order."""
    return _catalogue().requirements


def chapters() -> tuple[Chapter, ...]:
    """The chapters, in the contract's order."""
    return _catalogue().chapters


def excluded() -> tuple[Excluded, ...]:
    """What the documentation says and nobody judges here."""
    return _catalogue().excluded


def parse(text: str) -> Catalogue:
    """The catalogue that a TOML text holds; `CatalogueError` where it is none."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"the catalogue is no TOML: {error}") from None
    _keys("the catalogue", document, ("meta", "chapter", "requirement", "excluded"))
    named = tuple(
        Chapter(**_texts(each, "chapter", ("prefix", "title", "intro"))) for each in _entries(document, "chapter")
    )
    return Catalogue(
        spec=_texts(document["meta"], "meta", ("spec",))["spec"],
        chapters=named,
        requirements=_by_id([_requirement(each, named) for each in _entries(document, "requirement")], named),
        excluded=tuple(map(_excluded, _entries(document, "excluded"))),
    )


@cache
def _catalogue() -> Catalogue:
    return parse(spec_path("requirements.toml").read_text(encoding="utf-8"))


def _entries(document: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    found = document[kind]
    _check(isinstance(found, list) and all(isinstance(each, dict) for each in found), f"{kind} is no [[{kind}]]")
    return list(found)


def _requirement(entry: Mapping[str, Any], named: Sequence[Chapter]) -> Requirement:
    needs, rest = entry.get("needs"), {key: value for key, value in entry.items() if key != "needs"}
    texts = _texts(rest, "requirement", ("id", "level", "chapter", "title", "text", "source", "judged"))
    where, level = texts["id"], texts.pop("level")
    _check(_ID.fullmatch(where) is not None, f"{where}: an id is PREFIX-NN, or PREFIX-NN-S, -S1, -M")
    _check(level in Level.__members__, f"{where}: level {level!r} is neither MUST nor SHOULD")
    title = next((each.title for each in named if where.startswith(f"{each.prefix}-")), None)
    _check(texts["chapter"] == title, f"{where}: chapter is {texts['chapter']!r}, the id says {title!r}")
    return Requirement(level=Level(level), needs=_needs(where, needs), **texts)


def _needs(where: str, needs: object) -> tuple[str, ...]:
    if not isinstance(needs, list):
        raise CatalogueError(f"{where}: needs is no list")
    unknown = [need for need in needs if need not in list(NEEDS)]
    _check(not unknown, f"{where}: needs names {unknown}; known are {', '.join(NEEDS)}")
    return tuple(needs)


def _by_id(found: Sequence[Requirement], named: Sequence[Chapter]) -> Mapping[str, Requirement]:
    result: dict[str, Requirement] = {}
    for each in found:
        _check(each.id not in result, f"{each.id}: the id stands twice")
        _check(each.row in result or each.row == each.id, f"{each.id}: its row {each.row} does not come before it")
        _check(_suffix_fits(each, result), f"{each.id}: a clause at {each.level.value} is not named so in this row")
        result[each.id] = each
    order = [chapter.title for chapter in named]
    places = [order.index(each.chapter) for each in found]
    _check(places == sorted(places), "the requirements are not in the order of the chapters")
    return MappingProxyType(result)


def _suffix_fits(clause: Requirement, known: Mapping[str, Requirement]) -> bool:
    """Whether a clause's suffix says its level, and differs in level from the row that it is a clause of."""
    if clause.row == clause.id:
        return True
    level = Level.MUST if clause.id.endswith("-M") else Level.SHOULD
    return clause.level is level and known[clause.row].level is not level


def _excluded(entry: Mapping[str, Any]) -> Excluded:
    values = _texts(entry, "excluded", ("statement", "source", "excluded"))
    return Excluded(values["statement"], values["source"], values["excluded"])


def _texts(entry: Mapping[str, Any], kind: str, keys: tuple[str, ...]) -> dict[str, str]:
    """The texts of an entry, white space folded; each key is there, is a text, is not empty, and no other is there."""
    name = entry.get("id") or entry.get("prefix") or entry.get("statement") or ""
    where = f"{kind} {name}".strip()
    _keys(where, entry, keys)
    for key in keys:
        _check(isinstance(entry[key], str) and entry[key].strip() != "", f"{where}: {key} is no text, or empty")
    return {key: " ".join(entry[key].split()) for key in keys}


def _keys(where: str, entry: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    unknown = [key for key in entry if key not in keys]
    _check(not unknown, f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(keys)}")
    missing = [key for key in keys if key not in entry]
    _check(not missing, f"{where}: {', '.join(missing)} is missing")


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CatalogueError(otherwise)


if not TYPE_CHECKING:  # a type checker would take every other name for a text, too

    def __getattr__(name: str) -> str:
        """`SPEC_VERSION`, read when it is first asked for: importing this module reads no file."""
        if name == "SPEC_VERSION":
            return _catalogue().spec
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
