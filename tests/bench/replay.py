"""(c) and (f): a run's own requests sent again by bare clients, ours beside schemathesis' command line.

One way of measuring for both. A first run of the same command and seed is recorded, and not timed, for writing an archive
costs; the runs that are timed write none. The replays send what was recorded, one after another on one connection. All of
them meet a reference that was started for them; its ids are numbers, so that the ids in recorded requests exist again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench import material
from tests.bench.measuring import CHECK, Row, Settings, piece, run, span
from tests.peers.tools import TOOLS, Site
from tests.peers.trying import Subject, served

SERVER = Subject("variant", "integer-ids")
ARCHIVE = "recorded.har"
CLIENTS = {"httpx": "httpx replay", "raw": "socket replay"}
ABOUT = (
    "Body: from the first request that the server sees to the last answer that it gives, in a run as in a replay. The "
    "ratio is that of the run to this replay, each per request, pair by pair: its body, or its whole process from start to "
    "exit, to the body of the replay. What was recorded is sent again by a client that looks at nothing but the status, one "
    "request after another on one connection, to a reference that is as fresh as the run's; it waits for no delivery. "
    "Requests that were recorded without an answer, or that no client writes, are left out of a replay and counted."
)


@dataclass(frozen=True)
class Runner:
    """A command whose requests are recorded, and sent again."""

    name: str
    words: Callable[[Site, bool], list[str]]
    """Its words at a site, with the archive asked for or not."""
    shown: list[str]


def ours(name: str, *options: str) -> Runner:
    """A check of ours."""

    def words(site: Site, record: bool) -> list[str]:
        site.write("target.toml", site.target)
        return [*CHECK, *options, *(["--har", ARCHIVE] if record else [])]

    return Runner(name, words, [*CHECK, *options])


def schemathesis(name: str, *options: str) -> Runner:
    """schemathesis' command line, run as the comparison with peers runs it."""
    tool = next(each for each in TOOLS if each.name == "schemathesis, default")

    def words(site: Site, record: bool) -> list[str]:
        (found,) = tool.commands(site)
        if record:
            found[found.index("json")] = "json,har"
            # What is recorded is to be sent again as it was: a key of a reference is no secret.
            found += ["--report-har-path", ARCHIVE, "--output-sanitize", "false"]
        return [*found, *options]

    return Runner(name, words, ["schemathesis", "run", "openapi.json", "--url", "URL", "--header", "…", *options])


def replay(settings: Settings) -> dict[str, Any]:
    """(c) Quick and standard checks against bare replays of their requests."""
    runners = [ours("quick", "--profile", "quick"), ours("standard")]
    return measured(
        settings, "Checks and bare replays of their requests", ABOUT, runners, list(CLIENTS), {"standard": 2.0}
    )


def peer(settings: Settings) -> dict[str, Any]:
    """(f) schemathesis on the same document and server, and our standard check, each by its own replay."""
    about = (
        f"schemathesis {version('schemathesis')} is given spec/openapi.yaml with the ids that exist and the server's own "
        "choices (tests/peers/spec.py), and a key. It draws cases by seed and clock, so that the requests of a run and "
        f"of its recording differ a little in number: the ratio is per request. {ABOUT}"
    )
    runners = [
        ours("ours, standard"),
        schemathesis("schemathesis"),
        schemathesis("schemathesis, no fuzzing", "--phases", "examples,coverage"),
    ]
    return measured(settings, "schemathesis beside it", about, runners, ["httpx"], {})


def measured(
    settings: Settings, title: str, about: str, runners: list[Runner], clients: list[str], targets: dict[str, float]
) -> dict[str, Any]:
    """Runs, and replays of what each asked, round by round; the targets are of the ratio to an httpx client."""
    by_name = {each.name: each for each in runners}
    runs = {each.name: Row(each.name, each.shown) for each in runners}
    replays: dict[tuple[str, str], Row] = {}
    for name in by_name:
        for client in clients:
            wanted = {"ratio": targets[name]} if client == "httpx" and name in targets else {}
            words = [sys.executable, "-m", "tests.bench.client", client, "REQUESTS.json", "URL"]
            replays[name, client] = Row(f"{name}: {CLIENTS[client]}", words, **wanted)
    with tempfile.TemporaryDirectory() as folder:
        files = {name: _recorded(each, Path(folder), runs[name], settings) for name, each in by_name.items()}
        for row in settings.rounds(list(runs.values())):
            body, whole = _timed(by_name[row.name], row)
            for client in clients:
                again = replays[row.name, client]
                spent = replayed(again, client, files[row.name])
                again.add(ratio=body / spent, whole_ratio=whole / spent)
    rows = [row for name in by_name for row in (runs[name], *(replays[name, client] for client in clients))]
    return piece(title, about, rows, [{"kind": "bars", "metric": name} for name in ("body_s", "ratio", "cpu_s")])


def _at(folder: Path, runner: Runner, record: bool) -> tuple[dict[str, Any], Any, str]:
    """Run a command against a server of its own: what the server saw, what it cost, and the target file."""
    with served(SERVER) as server:
        site = Site(folder, server.owner, server.known["target"], folder, 1)
        cost = run(runner.words(site, record), folder)
        return server.ended(), cost, site.target


def _recorded(runner: Runner, root: Path, row: Row, settings: Settings) -> Path:
    """The requests of an untimed run, as a file for the clients."""
    settings.say(f"  recording: {runner.name}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, _, target = _at(folder, runner, record=True)
        if not (folder / ARCHIVE).is_file():
            raise RuntimeError(f"{runner.name} recorded nothing: {(folder / 'output.txt').read_text()[-500:]}")
        found = material.read(folder / ARCHIVE, target)
    file = root / f"{len(list(root.iterdir()))}.json"
    found.write(file)
    row.note(f"recorded {len(found.requests) + found.left_out.total()} requests; {found.told}")
    return file


def _timed(runner: Runner, row: Row) -> tuple[float, float]:
    """Seconds per request of a run: of its body, and of its whole process."""
    with tempfile.TemporaryDirectory() as name:
        seen, cost, _ = _at(Path(name), runner, record=False)
    row.add(**cost.plain(), requests=seen["requests"], body_s=span(seen))
    return span(seen) / seen["requests"], cost.wall_s / seen["requests"]


def replayed(row: Row, client: str, file: Path) -> float:
    """Send the requests of a file to a fresh reference, and put what that cost into the row; seconds per request."""
    with tempfile.TemporaryDirectory() as name, served(SERVER) as server:
        words = [sys.executable, "-m", "tests.bench.client", client, str(file), server.owner.url]
        cost = run(words, Path(name))
        seen = server.ended()
        output = (Path(name) / "output.txt").read_text(encoding="utf-8")
    if cost.code:
        raise RuntimeError(f"the replay broke off: {output[-500:]}")
    told = json.loads(output)
    row.add(body_s=span(seen), **cost.plain(), requests=told["requests"])
    row.notes = [f"{told['as_recorded']} of {told['requests']} answered with the status that was recorded"]
    return span(seen) / told["requests"]
