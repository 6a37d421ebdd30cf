"""The folder of a run's reports: report.json, index.html, and for what broke the scripts that show it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write(document: dict[str, Any], folder: Path, violations: Iterable[Mapping[str, Any]]) -> None:
    """Write the reports, and say so where they cannot be written: the verdict stands whatever becomes of its pages."""
    from conformance.report import document as documents
    from conformance.report import html

    try:
        folder.mkdir(parents=True, exist_ok=True)
        _scripts(document, folder, violations)
        documents.write(folder, document)
        documents.write_text(folder / "index.html", html.render(document))
    except OSError as error:
        print(f"the reports cannot be written to {folder}: {error.strerror}", file=sys.stderr)
    except Exception as error:
        print(f"a report could not be made: {type(error).__name__}: {error}", file=sys.stderr)


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
