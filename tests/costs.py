"""`python -m tests.costs [PROFILE...]`: measures what a run asks of a target and writes spec/costs.json (minutes).

Each driver's requests are counted on correct implementations of the reference, for one declared conversation and for
more; the most that any of them was asked is what stands in the file.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.costs import ASKS, OPENING
from conformance.history import understand
from conformance.model import Operation
from conformance.plugin import is_driver, name_of
from conformance.reference import VARIANTS, Settings, run_in_thread
from conformance.wire import NotJson, parse_json

PROFILES = ("quick", "standard", "deep")
FILE = Path(__file__).parents[1] / "spec" / "costs.json"
SUITE = Path(__file__).parents[1] / "conformance" / "suite"
VARIED = ("", "oldest-first", "long-history", "never-delivered")
Table = dict[str, tuple[list[int], list[int], int]]


class Counter:
    """A plugin that counts what each driver asks."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.table: Table = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Count what a driver asks; what the first one finds to do is what opens the run."""
        if not is_driver(pyfuncitem):
            return (yield)
        session: Any = pyfuncitem.config.pluginmanager.getplugin("messages-conformance-session")
        run = pyfuncitem.funcargs["kit"].run
        if OPENING not in self.table:
            session.ready()
            self.names = self._as_acted_in(run)
            self._count(OPENING, run.history.since(0))
        before = len(run.history)
        try:
            return (yield)
        finally:
            self._count(name_of(pyfuncitem), run.history.since(before))

    def _count(self, name: str, exchanges: Sequence[Any]) -> None:
        asks, to, elsewhere = [0] * len(ASKS), [0] * len(self.names), 0
        kinds = {Operation.LIST: 0, Operation.RETRIEVE: 1, Operation.SEND: 2, Operation.OTHER: 3}
        for each in exchanges:
            operation = understand(each.request).operation
            asks[kinds[operation]] += 1
            wanted = _conversation(each.request.body)
            if operation is Operation.SEND and wanted in self.names:
                to[self.names.index(wanted)] += 1
            elif operation is Operation.SEND:
                elsewhere += 1
        self.table[name] = (asks, to, elsewhere)

    def _as_acted_in(self, run: Any) -> list[str]:
        """The declared conversations, the one that the run mostly acts in first."""
        main = run.scene.main.id
        return sorted(self.names, key=lambda name: name != main)


def _conversation(body: bytes) -> object:
    try:
        payload = parse_json(body)
    except NotJson:
        return None
    return payload.get("conversation_id") if isinstance(payload, dict) else None


def measured(
    variant: str, profile: str, conversations: int, read_only: bool = False, faults: Sequence[str] = ()
) -> Table:
    """What each driver asks of one implementation that declares so many conversations."""
    settings = VARIANTS[variant].settings(Settings()) if variant else Settings()
    with run_in_thread(settings, faults) as running, tempfile.TemporaryDirectory() as folder:
        head, *tables = running.target_toml().split("\n[[conversations]]")
        file = Path(folder) / "target.toml"
        file.write_text("\n[[conversations]]".join([head, *tables[:conversations]]), encoding="utf-8")
        counter = Counter([each.split('"')[1] for each in tables[:conversations]])
        words = [str(SUITE), "-c", os.devnull, f"--rootdir={SUITE}", "-p", "no:cacheprovider"]
        words += ["-p", "pytest_base_url.plugin", "-p", "conformance.plugin", "-p", "no:terminal"]
        words += [f"--target={file}", f"--conformance-profile={profile}", f"--conformance-kept={folder}/kept"]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        pytest.main([*words, *(["--conformance-read-only"] if read_only else [])], plugins=[counter])
    return counter.table


def most(tables: Sequence[Table]) -> Table:
    """The most of each number."""
    found: Table = {}
    for table in tables:
        for name, (asks, to, elsewhere) in table.items():
            before, towards, nowhere = found.get(name, (asks, to, elsewhere))
            found[name] = ([*map(max, before, asks)], [*map(max, towards, to)], max(nowhere, elsewhere))
    return found


def main(profiles: Sequence[str]) -> int:
    """Measure profiles, all if none is named, and put what was found in place of what stands in the file."""
    if unknown := set(profiles) - set(PROFILES):
        raise SystemExit(f"no profile: {', '.join(sorted(unknown))} (there are {', '.join(PROFILES)})")
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for profile in profiles or PROFILES:
        varied, counts = (("",), (1, 4)) if profile == "deep" else (VARIED, (1, 2, 4))
        tables = {str(count): most([measured(each, profile, count) for each in varied]) for count in counts}
        found.setdefault("sending", {})[profile] = tables
        reading = most([measured(each, profile, 4, read_only=True) for each in varied])
        found.setdefault("read-only", {})[profile] = {"4": reading}
        FILE.write_text(_text(found), encoding="utf-8")
        print(profile, sum(sum(asks) for asks, *_ in tables["4"].values()), file=sys.stderr)
    return 0


def _text(found: dict[str, dict[str, dict[str, Table]]]) -> str:
    """JSON with a driver to a line, so that a difference is read."""
    how = []
    for kind, profiles in found.items():
        inner = []
        for profile, counts in profiles.items():
            tables = [
                f'   "{count}": {{\n'
                + ",\n".join(f"    {json.dumps(name)}: {json.dumps(each)}" for name, each in table.items())
                + "\n   }"
                for count, table in counts.items()
            ]
            inner.append(f'  "{profile}": {{\n' + ",\n".join(tables) + "\n  }")
        how.append(f' "{kind}": {{\n' + ",\n".join(inner) + "\n }")
    return "{\n" + ",\n".join(how) + "\n}\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
