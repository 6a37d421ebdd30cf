"""The folder of a run's reports: report.json, index.html, and for what broke the scripts that show it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any


def write(document: dict[str, Any], folder: Path, violations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write the reports, each for itself; a sentence for each that cannot be written or made.

    The verdict stands whatever becomes of its pages.
    """
    from conformance.report import document as documents
    from conformance.report import html

    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("the scripts", lambda: _scripts(document, folder, violations)),
        ("report.json", lambda: documents.write(folder / documents.NAME, document)),
        ("index.html", lambda: documents.write_text(folder / "index.html", html.render(document))),
    )
    for name, step in steps:
        yield from attempt(f"{name} in {folder}", step)


def attempt(name: str, step: Callable[[], object]) -> Iterator[str]:
    """Do what writes something; a sentence where it cannot be written or made."""
    try:
        step()
    except OSError as error:
        yield f"{name} cannot be written: {error.strerror}"
    except Exception as error:
        yield f"{name} cannot be made: {type(error).__name__}: {error}"


def _scripts(document: dict[str, Any], folder: Path, violations: Iterable[Mapping[str, Any]]) -> None:
    """Write a script for each requirement that failed, by the finding with the least evidence, and name it in its row."""
    from conformance.report import repro

    for old in (folder / "repro").glob("*"):
        old.unlink()
    shortest: dict[str, Mapping[str, Any]] = {}
    for each in sorted(violations, key=lambda each: len(each["evidence"])):
        shortest.setdefault(each["requirement"], each)
    for row in document["requirements"]:
        if row["id"] in shortest and row["outcome"] == "failed":
            try:
                row["repro"] = repro.write(folder, shortest[row["id"]], document["target"]["base_url"])
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                print(f"no script could be made for {row['id']}: {type(error).__name__}: {error}", file=sys.stderr)
