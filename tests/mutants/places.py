"""The lines of the reference that mutants change, and how they are named: by their function and their text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REFERENCE = Path(__file__).parent.parent.parent / "conformance" / "reference"
MODULES = (
    "api",
    "application",
    "delivery",
    "errors",
    "exchange",
    "jsontext",
    "reading",
    "records",
    "service",
    "showing",
    "store",
)
"""What stands between a request and its answer; not settings, seeds, variants and faults."""


@dataclass(frozen=True)
class Mutant:
    """One change to one line of one module."""

    name: str
    module: str
    place: str
    change: str
    source: str

    @property
    def function(self) -> str:
        """The function or class that was changed."""
        return self.place.partition(": ")[0]


def source(module: str) -> str:
    """What a module of the reference is by itself."""
    return (REFERENCE / f"{module}.py").read_text(encoding="utf-8")


@cache
def places(module: str) -> list[str]:
    """What names each line of a module, whatever stands above it: the function it belongs to, and its text."""
    code = source(module)
    lines = code.splitlines()
    functions = [module] * len(lines)
    _name(ast.parse(code), module, functions)
    return [f"{function}: {line.strip()}" for function, line in zip(functions, lines, strict=True)]


def _name(node: ast.AST, name: str, functions: list[str]) -> None:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            begins = min(each.lineno for each in [inner, *inner.decorator_list])
            ends = inner.end_lineno or begins
            functions[begins - 1 : ends] = [f"{name}.{inner.name}"] * (ends - begins + 1)
            _name(inner, f"{name}.{inner.name}", functions)
