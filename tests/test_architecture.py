"""The house's rules, held: who may import whom, how long a file is, that each requirement has a driver and a judge."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conformance import catalogue

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
FILES = sorted(PACKAGE.rglob("*.py"))
ANYTHING = {"*"}
JUDGES = {"model", "wire", "history", "paging", "contract", "oracles"}
BELOW = {
    "model",
    "wire",
    "tables",
    "target",
    "catalogue",
    "contract",
    "derived",
    "record",
    "history",
    "paging",
    "redact",
    "client",
    "oracles",
    "run",
}

MAY_IMPORT: dict[str, set[str]] = {
    # The nouns, and what is known of texts alone.
    "model": set(),
    "limits": set(),
    "whole": set(),
    "errands": set(),
    "wire": {"limits"},
    "tables": set(),
    "shards": {"tables"},
    # What describes a target and its contract.
    "catalogue": {"model"},
    "target": {"model", "tables"},
    "given": {"model", "tables", "target"},
    "baseline": {"model", "tables", "catalogue", "verdict", "whole"},
    "derived": {"catalogue"},
    "contract": {"model", "wire", "catalogue", "derived"},
    # The record, and the only door to the network.
    "record": {"model"},
    "history": {"model", "wire"},
    "paging": {"model", "history"},
    "redact": {"model", "target"},
    "passage": set(),
    "lean": set(),
    "transport": {"model", "target", "redact", "limits", "passage", "lean"},
    "client": {"model", "wire", "target", "redact", "limits", "history", "record", "transport", "passage"},
    # Judges see recorded exchanges and nothing else.
    "oracles": JUDGES,
    # Drivers act, and know neither verdict, nor report, nor the reference.
    "suite": {*BELOW, "kept", "suite"},
    "run": {"errands", "model", "target", "given", "limits", "client", "record", "oracles"},
    "kept": {"whole", "model", "wire", "history", "paging", "target", "redact", "client", "run"},
    # A verdict is made of outcomes; a report of a verdict.
    "verdict": {"model", "catalogue"},
    "report": {
        "",
        "whole",
        "model",
        "wire",
        "tables",
        "catalogue",
        "target",
        "baseline",
        "history",
        "oracles",
        "run",
        "verdict",
        "report",
    },
    "noted": {"history", "oracles", "paging", "report", "run"},
    "har": {"whole", "", "model", "redact", "tables", "target"},
    "audit_command": ANYTHING,
    "words": set(),
    "extras": {"baseline", "costs", "har", "run", "shards", "tables", "target"},
    "audit": {*BELOW, "baseline", "har", "noted", "report", "verdict"},
    "costs": {"catalogue", "target"},
    # The glue.
    "asked": {"limits", "run", "target"},
    "plugin": ANYTHING,
    "session": ANYTHING,
    "orderly": {"client"},
    "watch": set(),
    "live": {"plugin", "session", "report"},
    "cli": ANYTHING,
    "__main__": {"cli"},
    # A correct implementation, which shares nothing with its judge.
    "reference": {"reference"},
    "": set(),
}
NEVER = {
    "plugin": {"reference"},
    "session": {"reference"},
    "suite": {"reference", "verdict", "report"},
    "report": {"suite"},
}


def room(file: Path) -> str:
    """The room that a file stands in: a module of the package, or a package in it; empty for the package itself."""
    first = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


@cache
def tree(file: Path) -> ast.Module:
    """A file, parsed once."""
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """The modules that a file imports at any place in it, save for types alone, in full, with the line."""
    for node in _real(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                _package(file, node.level) + ([node.module] if node.module else [])
                if node.level
                else [node.module or ""]
            )
            yield from ((node.lineno, ".".join([*base, each.name])) for each in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def _real(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that is run: what stands under `if TYPE_CHECKING` is not."""
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        children: list[ast.AST] = list(node.orelse)
    else:
        yield node
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _real(child)


def _package(file: Path, level: int) -> list[str]:
    return list(file.relative_to(ROOT).parts[: -level or None])


def rooms_imported(file: Path) -> Iterator[tuple[int, str]]:
    """The rooms of this package that a file imports."""
    for line, name in imports(file):
        parts = name.split(".")
        if parts[0] == "conformance":
            known = len(parts) > 1 and any((PACKAGE / parts[1]).with_suffix(end).exists() for end in ("", ".py"))
            yield line, parts[1] if known else ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_only_what_it_may(file):
    name = room(file)
    assert name in MAY_IMPORT, f"{name} is a new room: say in MAY_IMPORT (and in the architecture) what it may import"
    allowed, never = MAY_IMPORT[name] | {name}, NEVER.get(name, set())

    found = [
        f"line {line}: {other or 'conformance'}"
        for line, other in rooms_imported(file)
        if other in never or (other not in allowed and allowed != ANYTHING | {name})
    ]

    assert not found


def test_no_rule_is_left_of_a_room_that_is_gone():
    gone = set(MAY_IMPORT) - {room(file) for file in FILES}
    assert not gone


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_judge_reaches_for_nothing_outside(file):
    """No network, no pytest, no files, no clock."""
    if room(file) not in ("oracles", "verdict", "history", "model", "wire"):
        return
    outside = {"httpx", "http", "socket", "pytest", "pathlib", "os", "io", "time", "random", "subprocess", "requests"}
    assert not {name.split(".")[0] for _, name in imports(file)} & outside
    assert not [
        node.lineno
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "open"
    ]


@pytest.mark.parametrize("name", ["model", "wire", "tables", "target", "catalogue", "history"])
def test_the_ground_floor_needs_the_standard_library_alone(name):
    found = {each.split(".")[0] for _, each in imports(PACKAGE / f"{name}.py")}
    assert found - {"conformance", "__future__"} <= sys.stdlib_module_names


OVERLONG = {"cli.py": 370, "session.py": 355, "report/repro_steps.py": 370, "suite/kit.py": 350}
"""Files that are to be taken apart: until then they do not grow."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_file_is_short_and_says_what_it_is_for(file):
    limit = OVERLONG.get(str(file.relative_to(PACKAGE)), 300)
    assert len(file.read_text(encoding="utf-8").splitlines()) <= limit
    assert ast.get_docstring(tree(file))


def test_only_what_talks_to_people_prints():
    names = (
        "audit_command.py",
        "cli.py",
        "session.py",
        "kept.py",
        "live.py",
        "watch.py",
        "reference/server.py",
        "suite/prepared.py",
    )
    talkers = {PACKAGE / name for name in names}
    printing = {
        file
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print" and room(file) != "report"
    }
    assert printing <= talkers


# -- requirements ----------------------------------------------------------------------------------------------------

KNOWN = set(catalogue.load())


def driven() -> dict[str, list[str]]:
    """The requirements that drivers name, and the drivers."""
    found: dict[str, list[str]] = {}
    for file in (PACKAGE / "suite").glob("test_*.py"):
        for function in (node for node in tree(file).body if isinstance(node, ast.FunctionDef)):
            for mark in function.decorator_list:
                text = ast.unparse(mark.func) if isinstance(mark, ast.Call) else ""
                if text.split(".")[-1] == "requirement":
                    for each in ast.walk(mark):
                        if isinstance(each, ast.Constant):
                            found.setdefault(each.value, []).append(f"{file.name}::{function.name}")
    return found


def test_every_requirement_has_a_driver():
    assert KNOWN - set(driven()) == set()


def test_every_driver_names_requirements_that_exist():
    unknown = {name: drivers for name, drivers in driven().items() if name not in KNOWN}
    assert not unknown


def test_every_test_of_the_suite_names_its_requirements_and_says_what_it_shows():
    for file in (PACKAGE / "suite").glob("test_*.py"):
        for function in (node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef)):
            if function.name.startswith("test_"):
                assert function.decorator_list, f"{file.name}::{function.name}"
                assert ast.get_docstring(function), f"{file.name}::{function.name}"


def test_every_chapter_of_the_suite_has_its_place_in_the_order():
    from conformance.suite import CHAPTERS

    assert {file.stem for file in (PACKAGE / "suite").glob("test_*.py")} == set(CHAPTERS)


def literals(file: Path) -> set[str]:
    """The ids of requirements that stand in a file's code, docstrings aside."""
    found = {
        node.value for node in ast.walk(tree(file)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in found if re.fullmatch(r"[A-Z]+-[0-9]{2}(-[SM][0-9]?)?", text)}


def test_every_requirement_is_judged_by_some_oracle():
    judged = {name for file in (PACKAGE / "oracles").glob("*.py") for name in literals(file)}
    assert KNOWN - judged == set()


def test_nobody_speaks_of_a_requirement_that_does_not_exist():
    spoken = {f"{file.name}: {name}" for file in FILES for name in literals(file) if name not in KNOWN}
    assert not spoken


def test_no_requirement_is_judged_outside_the_oracles():
    """A driver knows no verdict: it neither asserts nor reports a violation."""
    for file in (PACKAGE / "suite").glob("test_*.py"):
        calls = [getattr(node.func, "id", "") for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]
        assert not {"Violation", "Observation"} & set(calls), file.name
        assert not [node.lineno for node in ast.walk(tree(file)) if isinstance(node, ast.Assert)], file.name


def test_the_ids_are_frozen():
    lines = (ROOT / "tests" / "snapshots" / "requirement-ids.txt").read_text(encoding="utf-8").splitlines()
    assert {line.split()[0] for line in lines} == KNOWN


# -- where it is merely installed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        (
            "conformance.plugin",
            ["schemathesis", "hypothesis", "httpx", "jsonschema", "starlette", "uvicorn", "yaml", "jinja2"],
        ),
        ("conformance.cli", ["schemathesis", "hypothesis", "httpx", "jsonschema", "starlette", "uvicorn", "pytest"]),
        ("conformance.oracles", ["httpx", "pytest", "starlette", "schemathesis"]),
        ("conformance.reference", ["conformance.oracles", "conformance.client", "conformance.catalogue"]),
    ],
)
def test_a_module_is_light_to_import(module, heavy):
    code = f"import sys, {module}; print(*[each for each in {heavy!r} if each in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    assert done.stdout.split() == []
