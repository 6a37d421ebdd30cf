"""`messages-conformance`: parse, call, exit code. 0 conformant, 1 not, 2 wrong usage, 3 inconclusive; no traceback."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance import __version__, audit_command
from conformance.limits import LIMITS
from conformance.target import seconds
from conformance.words import port, positive, utterable

EXIT = {"conformant": 0, "non-conformant": 1, "inconclusive": 3}
WRONG_USAGE, INCONCLUSIVE = 2, 3
_WIRE = (*(limit.field for limit in LIMITS), "ca_bundle", "client_cert")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    utterable()
    parser = build_parser()
    args = parser.parse_args(arguments)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INCONCLUSIVE
    except OSError as error:  # nobody reads what is said, or it has no place
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            with contextlib.suppress(OSError):
                print(f"messages-conformance: {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        return INCONCLUSIVE
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="messages-conformance", description="Is what answers at a URL the Messages API?"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _check_parser(commands)
    audit_command.add_parser(commands).set_defaults(run=audit_command.run)
    serve = commands.add_parser("serve", help="run the reference implementation as a server")
    serve.add_argument("--port", type=port, default=0, help="0, the default, takes a free one")
    serve.add_argument("--fault", action="append", default=[], metavar="NAME", help="break it in this way (repeatable)")
    serve.add_argument(
        "--variant", action="append", default=[], metavar="NAME", help="differ where the documentation is silent"
    )
    serve.add_argument("--list-faults", action="store_true", help="name every fault, what it does and violates")
    serve.add_argument("--list-variants", action="store_true", help="name every correct variant")
    serve.add_argument("--write-target", metavar="FILE", help="write a target file for it")
    serve.set_defaults(run=_serve)
    catalogue = commands.add_parser("requirements", help="the catalogue of requirements")
    catalogue.add_argument("--json", action="store_true", help="as JSON")
    catalogue.set_defaults(run=_requirements)
    from conformance.report.cli import add_parser

    add_parser(commands).set_defaults(run=_report)
    return parser


def _check_parser(commands: Any) -> None:
    check = commands.add_parser("check", help="check a URL against the contract, or the embedded reference without one")
    add = check.add_argument
    add("--base-url", metavar="URL", help="the origin, with a path prefix where there is one")
    add("--target", metavar="FILE", help="target file (TOML): keys, conversations, declared times")
    add("--api-key", metavar="KEY", help="API key; MESSAGES_API_KEY keeps it out of the process list")
    add("--conversation", metavar="ID", action="append", default=[], help="a conversation to send to (repeatable)")
    add("--profile", choices=("quick", "standard", "deep"), default="standard", help="how deep to look")
    add("--body-prefix", metavar="TEXT", help="what the body of every message that is sent begins with")
    add("--dry-run", action="store_true", help="tell what a check would ask and send, and ask nothing")
    add("--read-only", action="store_true", help="send nothing")
    add("--allow-live", action="store_true", help="send with a live key, too")
    add("--strict", action="store_true", help="a broken SHOULD makes the target non-conformant")
    add("--max-requests", type=positive, metavar="N", help="requests that the run may make")
    add(
        "--max-time", type=seconds, default=900.0, metavar="SECONDS", help="seconds that the run may take (default 900)"
    )
    add("--ca-bundle", metavar="FILE", help="certificates (PEM) that the target's is checked with")
    add("--client-cert", metavar="FILE", help="certificate and key (PEM) to show to the target")
    add("--insecure", action="store_true", help="take any certificate; the report says so")
    add("--rate", metavar="N/min", help="requests a minute that the run may make")
    add("--seed", type=int, metavar="N", help="the number that generated inputs follow from")
    add("--har", metavar="FILE", help="write the exchanges of the run as an HTTP Archive, without keys")
    add("--shard", metavar="N/M", help="take the Nth of M parts; 0 where it holds, and `report merge` joins them")
    add("--baseline", metavar="FILE", help="known failures (TOML), which do not fail the check; outdated ones do")
    add("--write-baseline", metavar="FILE", help="write what failed now as a baseline")
    add("--report-dir", metavar="DIR", help="where the reports are written (default reports/<host>/)")
    add("-n", dest="workers", type=positive, metavar="WORKERS", help="processes that share the work")
    add("-x", dest="first", action="store_true", help="stop at the first failure")
    add("--watch", metavar="FOLDER", help="check again when a file there changes or the target restarts")
    earlier = add("--earlier", metavar="ID", action="append", default=[], type=_requirement)
    earlier.help = "try a requirement before others (repeatable)"
    group = check.add_argument_group("limits", "What meeting one means is told in docs/limits.md.")
    for limit in LIMITS:
        group.add_argument(limit.flag, type=limit.read, metavar=limit.unit, help=limit.help)
    check.set_defaults(run=_check)


def _check(args: argparse.Namespace) -> int:
    from conformance import baseline, shards
    from conformance.tables import TableError
    from conformance.target import load, nothing_empty, parse_rate, prefix
    from conformance.transport import secured

    try:
        nothing_empty(args.base_url, args.target)
        if args.rate:
            parse_rate(args.rate)
        baseline.load(args.baseline)
        shards.parse(args.shard or "1/1")
        prefix(args.body_prefix or "")
        if args.watch is not None and not Path(args.watch).exists():
            raise TableError(f"--watch {args.watch}: there is no such file or folder")
        if args.watch is not None and not _named(args):
            return _watched(args, None)
        with _something_to_check(args) as file:
            target = load(file, args.base_url, args.api_key, tuple(args.conversation))
            secured(target, args.ca_bundle, args.client_cert, args.insecure)
            if args.watch is not None:
                return _watched(args, target.base_url)
            return _run_suite(args, file, target.base_url)
    except TableError as error:
        print(f"messages-conformance: {error}", file=sys.stderr)
        return WRONG_USAGE


def _named(args: argparse.Namespace) -> bool:
    """Whether a target was named; without one the embedded reference is checked."""
    named = (args.base_url, args.target, os.environ.get("CONFORMANCE_BASE_URL"), os.environ.get("CONFORMANCE_TARGET"))
    return any(named)


@contextlib.contextmanager
def _something_to_check(args: argparse.Namespace) -> Iterator[str | None]:
    """The target file to use: the one that was named, or that of the embedded reference, which then runs meanwhile."""
    if _named(args):
        yield args.target
        return
    from conformance.reference import run_in_thread

    with run_in_thread() as running, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.toml"
        file.write_text(running.target_toml(), encoding="utf-8")
        os.environ.pop("MESSAGES_API_KEY", None)  # the reference has keys of its own
        yield str(file)


def _run_suite(args: argparse.Namespace, file: str | None, base_url: str) -> int:
    import pytest

    from conformance.live import Live
    from conformance.orderly import interruptible, obstacle

    if args.dry_run:
        return _foretell(args, file)
    folder = Path(args.report_dir or Path("reports") / host(base_url))
    if reason := obstacle(folder / "allure-results") or obstacle(folder):
        print(f"messages-conformance: the reports cannot be written to {folder}: {reason}", file=sys.stderr)
    else:
        discard(folder)
    live = Live()
    with _environment(args.api_key), interruptible():
        code = _pytest(pytest, _pytest_arguments(args, file, None if reason else folder), live)
    live.clear()
    code = _conclude(live, int(code), folder)
    if not _named(args):
        print("  target  the embedded reference implementation: --base-url or --target names yours")
    return code


def _watched(args: argparse.Namespace, base_url: str | None) -> int:
    from conformance.watch import watch

    args.report_dir = args.report_dir or str(Path("reports") / (host(base_url) if base_url else "reference"))
    return watch(args, base_url, Path(args.report_dir), _check)


def _foretell(args: argparse.Namespace, file: str | None) -> int:
    """Print what the check would ask and send; it asks nothing, and writes nothing."""
    import pytest

    from conformance.live import Live

    live, args.workers = Live(), None
    with _environment(args.api_key):
        code = _pytest(pytest, [*_pytest_arguments(args, file, None), "--conformance-dry-run"], live)
    if live.session is None or not live.session.forecast:
        return int(code) or INCONCLUSIVE
    print("\n".join(live.session.forecast))
    return 0


def _pytest(pytest: Any, words: list[str], live: Any) -> int:
    """Run pytest; what breaks it off at its very end, such as a full disk, is trouble of the suite's own."""
    if "xdist.plugin" in words:
        from xdist.workermanage import NodeManager  # type: ignore[import-untyped]

        NodeManager.EXIT_TIMEOUT = (
            2  # a worker in the middle of a driver is not waited for longer: the report is written
        )
    gc.freeze()  # what is imported stays for good, and a run that keeps what it saw has little to collect
    gc.set_threshold(100_000, 20, 20)
    try:
        return int(pytest.main(words, plugins=[live]))
    except Exception as error:
        live.troubles.append(f"{type(error).__name__}: {error}")
        return INCONCLUSIVE


def _pytest_arguments(args: argparse.Namespace, file: str | None, folder: Path | None) -> list[str]:
    # The last one of pytest's own would collect garbage several times before it ends.
    plugins = ["no:cacheprovider", "no:unraisableexception"]
    plugins += ["pytest_base_url.plugin", "conformance.plugin", "allure_pytest.plugin"]
    plugins += ["xdist.plugin"] if args.workers and args.workers > 1 else []
    suite = Path(__file__).parent / "suite"
    words = [str(suite), "-c", os.devnull, f"--rootdir={suite}", "--assert=plain", "-q", "-q"]
    words += [word for name in plugins for word in ("-p", name)]
    if folder is not None:
        words += [f"--junitxml={folder / 'junit.xml'}", f"--alluredir={folder / 'allure-results'}", "--clean-alluredir"]
        words += [f"--conformance-report-dir={folder}"]
    words += [f"--conformance-profile={args.profile}"]
    # Starting up is part of the time that a check may take, for its workers as well.
    words += [f"--conformance-max-time={args.max_time}", f"--conformance-until={time.monotonic() + args.max_time}"]
    for flag in ("read_only", "allow_live", "strict", "insecure"):
        words += [f"--conformance-{flag.replace('_', '-')}"] if getattr(args, flag) else []
    for flag in (*_WIRE, "max_requests", "rate", "seed", "baseline", "write_baseline", "shard", "har", "body_prefix"):
        words += (
            [f"--conformance-{flag.replace('_', '-')}={value}"] if (value := getattr(args, flag)) is not None else []
        )
    words += [f"--target={file}"] if file else []
    words += [f"--base-url={args.base_url}"] if args.base_url else []
    words += [f"--conformance-earlier={name}" for name in args.earlier]
    words += [word for name in args.conversation for word in (f"--conformance-conversation={name}",)]
    words += ["-n", str(args.workers), "--dist=loadfile"] if args.workers and args.workers > 1 else []
    return [*words, "-x"] if args.first else words


@contextlib.contextmanager
def _environment(key: str | None) -> Iterator[None]:
    """Hand the key on by the environment, as an argument list is everybody's to read; and load only what the run needs.

    Whatever else is installed for pytest has no say in a check.
    """
    given = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **({"MESSAGES_API_KEY": key} if key else {})}
    before = {name: os.environ[name] for name in given if name in os.environ}
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)
        os.environ.update(before)


def _conclude(live: Any, code: int, folder: Path) -> int:
    """Print the report of a run and give its exit code."""
    from conformance.report import terminal

    document = live.session.document if live.session else None
    for trouble in live.troubles[:3]:
        print(f"messages-conformance: trouble of the suite's own:\n{terminal.safe(trouble)}", file=sys.stderr)
    if document is None:
        if not live.troubles:
            print("messages-conformance: the run ended before there was a verdict", file=sys.stderr)
        return INCONCLUSIVE
    show(document, folder)
    if document.get("x-baseline", {}).get("problems"):
        return EXIT["non-conformant"]
    in_order = not live.troubles and not live.session.unwritten and (folder / "report.json").is_file()
    if document.get("x-part") and in_order and live.session.is_green():
        return EXIT["conformant"]
    return INCONCLUSIVE if document["verdict"] == "conformant" and not in_order else EXIT[document["verdict"]]


def show(document: dict[str, Any], folder: Path) -> None:
    """Print a report for people, and where it is."""
    from conformance.report import terminal

    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print("\n".join(terminal.lines(document, color)))
    if (folder / "index.html").is_file():
        print(f"  report  {folder / 'index.html'}")


def host(base_url: str) -> str:
    """The host of a URL as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", urlsplit(base_url).netloc.rpartition("@")[2]) or "target"


def discard(folder: Path) -> None:
    """Take an earlier run's report away, so that it is not taken for this one's."""
    for name in ("report.json", "index.html", "junit.xml"):
        (folder / name).unlink(missing_ok=True)


def _serve(args: argparse.Namespace) -> int:
    from conformance import reference

    if args.list_faults or args.list_variants:
        for fault in reference.FAULTS.values() if args.list_faults else ():
            print(f"{fault.name:<36} {fault.sentence}  [{' '.join(fault.violates)}]")
        for variant in reference.VARIANTS.values() if args.list_variants else ():
            print(f"{variant.name:<36} {variant.sentence}")
        return 0
    unknown = [name for name in args.fault if name not in reference.FAULTS]
    unknown += [name for name in args.variant if name not in reference.VARIANTS]
    if unknown:
        print(
            f"messages-conformance: no such fault or variant: {', '.join(unknown)} (see --list-faults)", file=sys.stderr
        )
        return WRONG_USAGE
    settings = reference.Settings()
    for name in args.variant:
        settings = reference.VARIANTS[name].settings(settings)
    try:
        reference.serve(settings, tuple(dict.fromkeys(args.fault)), args.port, args.write_target)
    except OSError as error:
        where = error.filename or f"port {args.port}"
        print(f"messages-conformance: cannot serve, {where}: {error.strerror}", file=sys.stderr)
        return WRONG_USAGE
    return 0


def _requirement(text: str) -> str:
    from conformance import catalogue

    if text not in catalogue.load():
        raise argparse.ArgumentTypeError(f"no requirement has the id {text!r} (see messages-conformance requirements)")
    return text


def _requirements(args: argparse.Namespace) -> int:
    from conformance import catalogue

    rows = [
        {**each.__dict__, "level": each.level.value, "needs": list(each.needs)} for each in catalogue.load().values()
    ]
    if args.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    for row in rows:
        needs = f"  (needs {', '.join(row['needs'])})" if row["needs"] else ""
        print(f"{row['id']:<11} {row['level']:<6} {row['title']}{needs}")
    return 0


def _report(args: argparse.Namespace) -> int:
    from conformance.report.cli import run

    return run(args)


if __name__ == "__main__":
    raise SystemExit(main())
