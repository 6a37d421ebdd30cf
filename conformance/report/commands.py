"""The forms of a report, each as a command: a file read, another written, an exit code. Nothing here asks a target."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from conformance.report import allure, badge, compare, ctrf, diff, document, html, markdown, merge
from conformance.report.document import ReportError, locate, read, write_text


def carry_out(args: argparse.Namespace) -> int:
    """Carries one command out; what cannot be used is said in one sentence."""
    try:
        return FORMS[args.form](args)
    except ReportError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'The output'} cannot be written: {error.strerror}.\n")
    return 2


def _html(args: argparse.Namespace) -> int:
    return _put(html.render(read(args.report)), args.output or _beside(args.report, "index.html"))


def _markdown(args: argparse.Namespace) -> int:
    return _put(markdown.render(read(args.report)), args.output or "-")


def _ctrf(args: argparse.Namespace) -> int:
    return _put(ctrf.render(read(args.report)), args.output or _beside(args.report, "ctrf.json"))


def _badge(args: argparse.Namespace) -> int:
    found = read(args.report)
    if args.output:
        return _put(badge.endpoint(found) if args.output.endswith(".json") else badge.svg(found), args.output)
    _put(badge.svg(found), _beside(args.report, "badge.svg"))
    return _put(badge.endpoint(found), _beside(args.report, "badge.json"))


def _allure(args: argparse.Namespace) -> int:
    folder = args.report if args.report.is_dir() else args.report.parent
    output = Path(args.output) if args.output else folder / "allure.html"
    return _said(allure.render(folder, output, args.previous))


def _compare(args: argparse.Namespace) -> int:
    folder = Path(args.output or Path("reports") / "comparison")
    found = [read(path) for path in args.reports]
    if len(found) < 2:
        raise ReportError("Comparing takes two reports or more.")
    made = compare.compare(found, [_link(path, folder) for path in args.reports])
    _put(compare.to_json(made), str(folder / "comparison.json"))
    _put(compare.to_markdown(made), str(folder / "comparison.md"))
    return _put(compare.to_html(made), str(folder / "index.html"))


def _link(path: Path, folder: Path) -> str | None:
    page = locate(path).parent / "index.html"
    return quote(Path(os.path.relpath(page, folder)).as_posix()) if page.exists() else None


def _merge(args: argparse.Namespace) -> int:
    made = merge.merge([read(path) for path in args.reports])
    if args.output in (None, "-"):
        _put(document.text(made), "-")
    else:
        _said(document.write(args.output, made))
    return _gate(made) if args.gate else 0


def _gate(made: document.Document) -> int:
    """The exit code of a check that came to this: the verdict's, or 1 where its baseline is out of date."""
    problems = made.get("x-baseline", {}).get("problems", [])
    sys.stderr.write("".join(f"{line}\n" for line in [*problems, f"{made['verdict']}: {made['verdict_reason']}"]))
    return 1 if problems else {"conformant": 0, "non-conformant": 1}.get(made["verdict"], 3)


def _diff(args: argparse.Namespace) -> int:
    found = diff.compare(read(args.old), read(args.new))
    _put(diff.render(found), "-")
    return 1 if found.worse else 0


def _beside(report: Path, name: str) -> str:
    return str(locate(report).parent / name)


def _put(text: str, output: str) -> int:
    if output == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.flush()
        return 0
    write_text(Path(output), text)
    return _said(Path(output))


def _said(path: Path) -> int:
    sys.stdout.write(f"{path}\n")
    return 0


FORMS: dict[str, Callable[[argparse.Namespace], int]] = {
    "html": _html,
    "markdown": _markdown,
    "ctrf": _ctrf,
    "badge": _badge,
    "allure": _allure,
    "compare": _compare,
    "merge": _merge,
    "diff": _diff,
}
