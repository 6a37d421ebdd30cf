"""`messages-conformance audit FILE.har`: a recording in, the reports of a check out; nobody is asked anything."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "audit", help="judge traffic that somebody recorded (HTTP Archive), asking nobody"
    )
    add = parser.add_argument
    add("file", metavar="FILE.har", type=Path, help="a recording of a browser, of a proxy, or of `check --har`")
    add("--base-url", metavar="URL", help="whose traffic is judged (default: the commonest in the file)")
    add("--target", metavar="FILE", help="target file (TOML): keys, conversations, declared times")
    add("--strict", action="store_true", help="a broken SHOULD makes the target non-conformant")
    add("--baseline", metavar="FILE", help="known failures (TOML), which do not fail the audit; expired ones do")
    add("--report-dir", metavar="DIR", help="where the reports are written (default reports/<host>-audit/)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry the command out; its exit code is that of a check."""
    from conformance import baseline
    from conformance.audit import audit
    from conformance.cli import EXIT, WRONG_USAGE, discard, host, show
    from conformance.report import allure_rows, files, junit
    from conformance.report.document import write_text
    from conformance.tables import TableError

    try:
        document, violations = audit(args.file, args.base_url, args.target, args.strict, baseline.load(args.baseline))
    except TableError as error:
        print(f"messages-conformance: {error}", file=sys.stderr)
        return WRONG_USAGE
    folder = Path(args.report_dir or Path("reports") / f"{host(document['target']['base_url'])}-audit")
    discard(folder)
    missing = [
        *files.write(document, folder, violations),
        *files.attempt("junit.xml", lambda: write_text(folder / "junit.xml", junit.render(document))),
        *files.attempt("allure-results", lambda: allure_rows.write(folder / "allure-results", document)),
    ]
    for sentence in missing:
        print(f"messages-conformance: {sentence}", file=sys.stderr)
    show(document, folder)
    for reason, count in document.get("x-left-out", {}).items():
        print(f"  left out  {count} recorded {reason}")
    outdated = document.get("x-baseline", {}).get("problems")
    return EXIT["non-conformant" if outdated else document["verdict"]]
