"""`check --watch FOLDER`: checks again when a file changes or the target restarts, what failed before first.

Files are looked at by their times, without a library; the target by a connection that is held open: it breaks when the
server goes away, and the server is back once it can be connected to again. Each check is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

PAUSE = 0.3
"""Seconds between two looks; a change counts once nothing has changed any more from one look to the next."""
MOST = 20_000
"""Files that are looked at, at most."""
SKIPPED = {"__pycache__", "node_modules", "venv", "target", "dist", "build", "reports", "allure-results"}
_PORTS = {"http": 80, "https": 443}


def watch(
    args: argparse.Namespace, base_url: str | None, folder: Path | None, run: Callable[[argparse.Namespace], int]
) -> int:
    """Check again and again until somebody interrupts; the exit code of the last check that came to its end."""
    written = (folder, args.har, args.write_baseline)
    code, files, target = 0, Files(Path(args.watch), *(Path(each) for each in written if each)), Presence(base_url)
    try:
        while True:
            target.wait()
            began = files.times()
            ended = _checked(args, run)
            code = code if ended is None else ended
            args.earlier = failed(folder / "report.json") if folder else []
            why = _changed(files, began, target)
            print(f"\n{time.strftime('%H:%M:%S')}  {why}: checking again", flush=True)
    except KeyboardInterrupt:
        return code
    finally:
        target.close()


def _checked(args: argparse.Namespace, run: Callable[[argparse.Namespace], int]) -> int | None:
    """The exit code of one check, in a process of its own."""
    once = argparse.Namespace(**{**vars(args), "watch": None})
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(run, once))
    process.start()
    try:
        process.join()
    except KeyboardInterrupt:  # the check was told, too, and ends in order
        process.join()
        raise
    return process.exitcode


def _run(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> None:
    sys.exit(run(args))


def _changed(files: Files, before: dict[str, int], target: Presence) -> str:
    """Wait for what makes a check worth making again, and say what it was."""
    while True:
        time.sleep(PAUSE)
        if target.came_back():
            return "the target is back"
        now = files.times()
        if now != before:
            while (later := files.times(after=PAUSE)) != now:
                now = later
            names = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
            return f"{names[0]} changed" + (f", and {len(names) - 1} more" if len(names) > 1 else "")


def failed(report: Path) -> list[str]:
    """The requirements that a report says were found broken, those that gate first."""
    try:
        rows = json.loads(report.read_text(encoding="utf-8"))["requirements"]
    except (OSError, ValueError, KeyError):
        return []
    broken = [(row["level"], row["id"]) for row in rows if row["outcome"] == "failed"]
    return [name for _, name in sorted(broken)]


class Files:
    """The files of a folder, without what tools make there, and what a check itself writes."""

    def __init__(self, folder: Path, *written: Path) -> None:
        self._folder = folder
        self._written = {each.resolve() for each in written}

    def times(self, after: float = 0.0) -> dict[str, int]:
        """When each file was last changed."""
        time.sleep(after)
        found: dict[str, int] = {}
        for path in self._paths(self._folder):
            if len(found) >= MOST:
                break
            try:
                found[str(path)] = path.stat().st_mtime_ns
            except OSError:
                continue
        return found

    def _paths(self, folder: Path) -> Iterator[Path]:
        if folder.is_file():
            yield folder
            return
        for place, folders, names in os.walk(folder):
            folders[:] = [each for each in folders if self._counts(Path(place, each))]
            yield from (path for name in names if self._counts(path := Path(place, name)))

    def _counts(self, path: Path) -> bool:
        return path.name not in SKIPPED and not path.name.startswith(".") and path.resolve() not in self._written


class Presence:
    """Whether a target is there: by a connection that nothing is sent on. Without a URL there is nothing to see."""

    def __init__(self, base_url: str | None) -> None:
        parts = urlsplit(base_url or "")
        self._place = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)) if base_url else None
        self._held: socket.socket | None = None
        self._away = False

    def wait(self) -> None:
        """Wait until the target can be connected to."""
        told = False
        while self._place is not None and self._held is None and not self._connect():
            if not told:
                print("messages-conformance: waiting for the target", file=sys.stderr, flush=True)
            told = True
            time.sleep(PAUSE)
        self._away = False

    def came_back(self) -> bool:
        """Whether the target went away since the last check, and is there again."""
        if self._place is None:
            return False
        if self._held is not None and self._is_closed(self._held):
            self._held.close()
            self._held = None
        if self._held is None and not self._connect():
            self._away = True
        return self._away and self._held is not None

    def _is_closed(self, held: socket.socket) -> bool:
        try:
            return held.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _connect(self) -> bool:
        try:
            self._held = socket.create_connection(self._place or ("", 0), timeout=2.0)
        except OSError:
            return False
        self._held.setblocking(False)
        return True

    def close(self) -> None:
        """Let the connection go."""
        if self._held is not None:
            self._held.close()
