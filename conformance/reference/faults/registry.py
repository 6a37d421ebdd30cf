"""What a fault is, and how one is declared: a small subclass of a part, its docstring the sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from .. import world

Part = TypeVar("Part", bound=type[Any])

OWNER = world.KEYS["sk_test_a"]
"""Whom a careless server takes a stranger for."""

REGISTRY: dict[str, Fault] = {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One named way of being wrong: the first requirement is the one it was made to break, the others break with it."""

    name: str
    sentence: str
    violates: tuple[str, ...]
    parts: tuple[type, ...]


def fault(name: str, *violates: str) -> Callable[[Part], Part]:
    """Declares a class as the fault of that name."""

    def declare(part: Part) -> Part:
        if name in REGISTRY or not violates or not part.__doc__:
            raise ValueError(f"the fault {name} needs a name of its own, requirements and a sentence")
        REGISTRY[name] = Fault(name, part.__doc__, violates, (part,))
        return part

    return declare
