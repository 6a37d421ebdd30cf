"""A run split for a CI matrix: which drivers a shard holds. The same split everywhere, and nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.tables import TableError

MOST = 99
_FORM = re.compile(r"([1-9][0-9]?)/([1-9][0-9]?)")


class ShardError(TableError):
    """What was asked for is no shard; the message is one sentence."""


@dataclass(frozen=True)
class Shard:
    """The shard `number` of `count`, from 1 on."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"shard {self.number}/{self.count}"

    def holds(self, names: Sequence[str], costs: Mapping[str, float]) -> set[str]:
        """Which of the names this shard holds, by what each costs (1 where that is not known)."""
        return set(split(names, self.count, costs)[self.number - 1])


def parse(text: str) -> Shard:
    """The shard that a text such as 2/5 means."""
    match = _FORM.fullmatch(text.strip())
    if match is None or int(match[1]) > int(match[2]):
        raise ShardError(f"{text!r} is no shard: write 2/5 for the second of five (at most {MOST})")
    return Shard(int(match[1]), int(match[2]))


def split(names: Sequence[str], count: int, costs: Mapping[str, float]) -> list[list[str]]:
    """The names in so many parts of about the same cost: the dearest first, each to the part that has least so far.

    It follows from names and costs alone, not from the order in which the names come.
    """
    parts: list[list[str]] = [[] for _ in range(count)]
    spent = [0.0] * count
    for name in sorted(names, key=lambda each: (-costs.get(each, 1.0), each)):
        least = spent.index(min(spent))
        parts[least].append(name)
        spent[least] += costs.get(name, 1.0)
    return parts
