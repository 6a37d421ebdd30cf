"""`messages-conformance report …`: reads report files, writes other forms of them. Nothing here asks a target."""

from __future__ import annotations

import argparse
from pathlib import Path

FORMS = ("html", "markdown", "ctrf", "badge", "allure", "compare", "merge", "diff")


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
    from conformance.report.commands import carry_out  # templates and schemas load for who reads a report alone

    return carry_out(chosen)


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
    made_by_allure = _one(
        forms, "allure", "Allure's page of the run's results (needs Node.js)", "allure.html beside the report"
    )
    made_by_allure.add_argument(
        "--previous", metavar="DIR", type=Path, action="append", default=[],
        help="an earlier run's folder, for the trend (repeatable, the oldest first)",
    )  # fmt: skip
    _many(forms, "compare", "implementations side by side, as HTML, Markdown and JSON", "the folder reports/comparison")
    merged = _many(forms, "merge", "the shards of one run as one report", "standard output")
    merged.add_argument("--gate", action="store_true", help="exit as a check does: 0 conformant, 1 not, 3 inconclusive")
    changed = forms.add_parser("diff", help="what got better and worse; exit 1 if anything is worse")
    changed.add_argument("old", metavar="OLD", type=Path)
    changed.add_argument("new", metavar="NEW", type=Path)
    return made


def _in_full(words: list[str]) -> list[str]:
    if "--allure" in words:
        return ["allure", *(word for word in words if word != "--allure" and word != "allure")]
    if words and words[0] not in FORMS and not words[0].startswith("-"):
        return ["html", *words]
    return words


def _one(
    forms: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, default: str
) -> argparse.ArgumentParser:
    parser = forms.add_parser(name, help=text, description=text)
    parser.add_argument("report", metavar="FILE|DIR", type=Path, help="a report.json, or the folder that holds it")
    parser.add_argument("-o", "--output", metavar="PATH", help=f"where to; - is standard output (default: {default})")
    return parser


def _many(
    forms: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, default: str
) -> argparse.ArgumentParser:
    parser = forms.add_parser(name, help=text, description=text)
    parser.add_argument("reports", metavar="FILE|DIR", nargs="+", type=Path, help="report.json files or their folders")
    parser.add_argument("-o", "--output", metavar="PATH", help=f"where to (default: {default})")
    return parser
