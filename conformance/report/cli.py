"""`messages-conformance report …`: reads report files, writes other forms of them. Nothing here asks a target."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from conformance.report import allure, badge, compare, ctrf, diff, document, html, markdown, merge
from conformance.report.document import ReportError, locate, read, write_text


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Adds the command `report`; its words are kept as they are and understood by `run`."""
    # No word begins with NUL, so options too arrive as words, `report --allure DIR` and `report --help` among them.
    parser = subparsers.add_parser(
        "report", help="render, merge and compare report.json files", add_help=False, prefix_chars="\0"
    )
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def run(args: argparse.Namespace) -> int:
    """Carries out one `report` command: 0 done, 1 worse (diff), 2 a file that cannot be used, said in one sentence."""
    try:
        chosen = parser().parse_args(_in_full(args.words))
    except SystemExit as done:
        return int(done.code or 0)
    return _carried_out(chosen)


def parser() -> argparse.ArgumentParser:
    """The parser of the words after `report`."""
    made = argparse.ArgumentParser(
        prog="messages-conformance report",
        description="Reads report.json files and writes other forms of them. Nothing here asks a target.",
        epilog="`report DIR` is `report html DIR`, and `report DIR --allure` is `report allure DIR`.",
    )
    forms = made.add_subparsers(dest="form", required=True, metavar="FORM")
    _one(forms, "html", "one self-contained page", "index.html beside the report")
    _one(forms, "markdown", "a summary for a comment or a job summary", "standard output")
    _one(forms, "ctrf", "Common Test Report Format JSON", "ctrf.json beside the report")
    _one(
        forms, "badge", "an SVG badge; with a .json output shields.io's endpoint", "badge.svg and badge.json beside it"
    )
    _one(forms, "allure", "Allure's page of the run's results (needs Node.js)", "allure.html beside the report")
    _many(forms, "compare", "implementations side by side, as HTML, Markdown and JSON", "the folder reports/comparison")
    _many(forms, "merge", "the shards of one run as one report", "standard output")
    changed = forms.add_parser("diff", help="what got better and worse; exit 1 if anything is worse")
    changed.add_argument("old", metavar="OLD", type=Path)
    changed.add_argument("new", metavar="NEW", type=Path)
    return made


def _carried_out(args: argparse.Namespace) -> int:
    try:
        return _FORMS[args.form](args)
    except ReportError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'The output'} cannot be written: {error.strerror}.\n")
    return 2


def _in_full(words: list[str]) -> list[str]:
    if "--allure" in words:
        return ["allure", *(word for word in words if word != "--allure" and word != "allure")]
    if words and words[0] not in _FORMS and not words[0].startswith("-"):
        return ["html", *words]
    return words


def _one(forms: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, default: str) -> None:
    parser = forms.add_parser(name, help=text, description=text)
    parser.add_argument("report", metavar="FILE|DIR", type=Path, help="a report.json, or the folder that holds it")
    parser.add_argument("-o", "--output", metavar="PATH", help=f"where to; - is standard output (default: {default})")


def _many(forms: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, default: str) -> None:
    parser = forms.add_parser(name, help=text, description=text)
    parser.add_argument("reports", metavar="FILE|DIR", nargs="+", type=Path, help="report.json files or their folders")
    parser.add_argument("-o", "--output", metavar="PATH", help=f"where to (default: {default})")


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
    return _said(allure.render(folder, output))


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
        return _put(document.text(made), "-")
    return _said(document.write(args.output, made))


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


_FORMS: dict[str, Callable[[argparse.Namespace], int]] = {
    "html": _html,
    "markdown": _markdown,
    "ctrf": _ctrf,
    "badge": _badge,
    "allure": _allure,
    "compare": _compare,
    "merge": _merge,
    "diff": _diff,
}
