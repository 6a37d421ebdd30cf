"""(e) How a standard check grows: with what a conversation already holds, with latency, with workers."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.chain import longest
from tests.bench.measuring import CHECK, REFERENCE, Row, Settings, check, check_afresh, piece
from tests.peers.trying import served


def history(settings: Settings) -> dict[str, Any]:
    """References that hold more and more older messages; each is filled once, and checked in every round."""
    rows = [Row(f"{count:,} older messages", CHECK, x=count) for count in settings.histories]
    with contextlib.ExitStack() as stack:
        targets = {}
        for row, count in zip(rows, settings.histories, strict=True):
            settings.say(f"  filling a reference with {count:,} messages")
            server = stack.enter_context(served(REFERENCE, "--history", str(count)))
            targets[row.name] = server.known["target"]
        for row in settings.rounds(rows):
            cost, document = check(targets[row.name])
            row.add(**cost.plain(), requests=document["requests"])
            row.note(document["verdict"])
    return piece(
        "Growth: older messages",
        "Standard checks of references whose main conversation holds so many messages before the check begins. Requests and "
        "memory should not depend on that.",
        rows,
        [
            {"kind": "line", "metric": name, "x": "older messages", "log": True}
            for name in ("wall_s", "requests", "memory_mb")
        ],
    )


def latency(settings: Settings) -> dict[str, Any]:
    """References whose every answer takes so many milliseconds longer."""
    rows = [Row(f"{each} ms", CHECK, x=each) for each in settings.latencies]
    for row in settings.rounds(rows):
        check_afresh(row, server=("--latency", str(row.x)))
    least, chain = rows[0], _longest_chain()
    for row in rows[1:]:
        for with_it, without in zip(row.samples["wall_s"], least.samples["wall_s"], strict=True):
            row.add(round_trips=(with_it - without) * 1000 / (row.x - least.x))
        row.targets["round_trips"] = 3.0 * chain
    return piece(
        "Growth: latency",
        "Standard checks of references that answer so many milliseconds later: half of it before the request is looked at, "
        "half after, without processor time; connections are made without delay. What the wall time grows by, divided by what "
        "the latency grows by, says for how many round trips the check waits one after another. Its longest chain of dependent "
        f"requests has {chain} (tests/bench/chain.py says which depend on which); three times that is the target.",
        rows,
        [{"kind": "line", "metric": "wall_s", "x": "ms of latency"}],
    )


def _longest_chain() -> int:
    """That of a standard check of the reference."""
    with tempfile.TemporaryDirectory() as folder, served(REFERENCE) as server:
        check(server.known["target"], "--har", f"{folder}/recorded.har")
        server.ended()
        return longest(Path(folder) / "recorded.har")


def workers(settings: Settings) -> dict[str, Any]:
    """Processes that share one check."""
    rows = [Row(f"-n {each}", [*CHECK, "-n", str(each)], x=each) for each in settings.workers]
    for row in settings.rounds(rows):
        check_afresh(row, "-n", f"{row.x:g}")
    return piece(
        "Growth: workers",
        "Standard checks whose work several processes share. Each worker starts up and sets the scene by itself; processor "
        "time is that of all of them, memory that of the largest.",
        rows,
        [{"kind": "line", "metric": name, "x": "workers"} for name in ("wall_s", "cpu_s", "requests")],
    )
