"""The mutants that cosmic-ray makes of the modules of the reference that answer requests."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

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
    """One change to one module."""

    name: str
    module: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """What names the mutant whatever stands above it in its module."""
        return f"{self.module}: {self.before} -> {self.after}"


def original() -> Mutant:
    """A module as it is, judged as mutants are: if that is not conformant, nothing is said of mutants."""
    source = (REFERENCE / "service.py").read_text(encoding="utf-8")
    return Mutant("original", "service", 1, "", "", source)


def mutants() -> Iterator[Mutant]:
    """Every mutant that means something else than its original and those before it: annotations are never evaluated."""
    for module in MODULES:
        code = (REFERENCE / f"{module}.py").read_text(encoding="utf-8")
        tree, seen = get_ast(code), {_meaning(code)}
        for operator in _operators():
            count = sum(1 for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
            for occurrence in range(count):
                source = mutate_code(code, operator, occurrence)
                meaning = _meaning(source) if source else None
                if source and meaning and meaning not in seen:
                    seen.add(meaning)
                    yield _mutant(module, code, source, type(operator).__name__, occurrence)


def _meaning(source: str) -> str | None:
    """The program without its annotations; None where it is no program."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return ast.dump(tree)


def _operators() -> Iterator[object]:
    """The operators that need no arguments, without the one that changes nothing."""
    for name in cosmic_ray.plugins.operator_names():
        operator = cosmic_ray.plugins.get_operator(name)
        if not operator.arguments() and operator.__name__ != "NoOp":
            yield operator()


def _mutant(module: str, original: str, source: str, operator: str, occurrence: int) -> Mutant:
    old, new = original.splitlines(), source.splitlines()
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, start, stop, begin, end = next(each for each in changes if each[0] != "equal")
    before, after = (" ".join(each.strip() for each in lines) for lines in (old[start:stop], new[begin:end]))
    return Mutant(f"{module}-{operator}-{occurrence}", module, start + 1, before, after, source)
