"""Why mutants survive, and as which variants they are tried before they do: `survivors.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.places import Mutant

FILE = Path(__file__).parent / "survivors.toml"
KINDS = ("equivalent", "open", "beyond")


@dataclass(frozen=True)
class Reason:
    """Why each of the mutants that it names, one by one, may survive."""

    kind: str
    text: str
    mutants: frozenset[tuple[str, str]]
    """The place of each and its change."""


@dataclass(frozen=True)
class Survivors:
    """What is known of mutants before they are judged."""

    reasons: tuple[Reason, ...]
    reached: dict[str, tuple[str, ...]]
    """Variants that reach code which the settings by default do not, by its function or its place."""

    def reason(self, mutant: Mutant) -> Reason | None:
        """Why this mutant may survive, if it may."""
        return next((each for each in self.reasons if (mutant.place, mutant.change) in each.mutants), None)

    def variants(self, mutant: Mutant) -> tuple[str, ...]:
        """The variants as which this mutant is tried."""
        return self.reached.get(mutant.place) or self.reached.get(mutant.function, ())

    def without_mutant(self, made: Iterable[Mutant]) -> list[tuple[str, str]]:
        """What reasons name that is no mutant, or no longer."""
        there = {(each.place, each.change) for each in made}
        return sorted(named for reason in self.reasons for named in reason.mutants - there)

    @property
    def most_variants(self) -> int:
        """As how many variants a mutant may be tried."""
        return max(map(len, self.reached.values()), default=0)


def read(file: Path = FILE) -> Survivors:
    """The file's content."""
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    reasons = (
        Reason(
            each["kind"],
            each["reason"],
            frozenset((place, change) for place, changes in each["mutants"].items() for change in changes),
        )
        for each in found.get("reasons", [])
    )
    return Survivors(tuple(reasons), {place: tuple(names) for place, names in found["reached"].items()})
