"""The mutants that cosmic-ray makes of the modules of the reference that answer requests."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutants.places import MODULES, Mutant, places, source

_TOKEN = re.compile(r"\w+|[=!<>]=|\*\*|//|<<|>>|\S")


def mutants() -> Iterator[Mutant]:
    """Every mutant that means something else than its original and those before it: annotations are never evaluated."""
    for module in MODULES:
        code = source(module)
        tree, seen, alike = get_ast(code), {_meaning(code)}, Counter[tuple[str, str]]()
        for operator in _operators():
            count = sum(1 for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
            for occurrence in range(count):
                mutated = mutate_code(code, operator, occurrence)
                meaning = _meaning(mutated) if mutated else None
                if mutated and meaning and meaning not in seen:
                    seen.add(meaning)
                    made = _mutant(f"{module}-{type(operator).__name__}-{occurrence}", module, mutated)
                    alike[made.place, made.change] += 1
                    again = alike[made.place, made.change]
                    yield made if again == 1 else replace(made, change=f"{made.change} ({again})")


def _meaning(code: str) -> str | None:
    """The program without its annotations; None where it is no program."""
    try:
        tree = ast.parse(code)
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


def _mutant(name: str, module: str, mutated: str) -> Mutant:
    """The mutant, told by the tokens between what it and its original have in common at both ends."""
    texts = (source(module), mutated)
    old, new = (list(_TOKEN.finditer(text)) for text in texts)
    start = _shared(old, new)
    stop = min(_shared(old[:start:-1], new[:start:-1]), len(old) - start - 1, len(new) - start - 1)
    changed = (
        text[tokens[start].start() : tokens[-1 - stop].end()] for text, tokens in zip(texts, (old, new), strict=True)
    )
    line = texts[0].count("\n", 0, old[start].start())
    return Mutant(name, module, places(module)[line], " ".join(" → ".join(changed).split()), mutated)


def _shared(one: list[re.Match[str]], other: list[re.Match[str]]) -> int:
    """How many tokens two texts have in common from their beginning on."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a[0] != b[0]), min(len(one), len(other)))
