"""What a run spends, by counts that are the same on every machine: requests, imports, and how often it judges."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.oracles import Judge
from conformance.reference import run_in_thread
from tests.costs import OPENING, measured

DIRECTED, QUICK, IMPORTS = 455, 60, 550
TRIES_AGAIN = "test_concurrency::test_a_walk_holds_while_others_send"
"""It walks until a send and a page met: how often, depends on the machine."""
UNUSED = ("schemathesis", "hypothesis", "jsonschema", "jinja2", "yaml", "rich", "starlette", "uvicorn", "asyncio")
FIRST_REQUEST = """
import sys
from conformance import cli
from conformance.transport import Transport

def send(*_):
    open(sys.argv[1], "w").write("\\n".join(sys.modules))
    raise SystemExit

Transport.send = send
cli.main(["check", "--base-url", "http://127.0.0.1:9", "--api-key", "sk_test_a", "--conversation", "conv_a"])
"""


def _requests(table: dict[str, tuple[list[int], list[int], int]]) -> dict[str, int]:
    return {name: sum(asks) for name, (asks, *_) in table.items()}


def test_a_quick_check_makes_no_more_than_sixty_requests() -> None:
    """The API's smallest plan lets so many through in a minute."""
    assert sum(_requests(measured("", "quick", 4)).values()) <= QUICK


def test_a_standard_check_asks_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directed drivers keep to their budget, and each exchange is judged once, as it comes."""
    seen: list[tuple[int, int]] = []
    judge = Judge.see
    monkeypatch.setattr(
        Judge, "see", lambda self, exchange: seen.append((id(self), exchange.number)) or judge(self, exchange)
    )

    requests = _requests(measured("", "standard", 4))

    directed = {name: count for name, count in requests.items() if not name.startswith("test_properties")}
    del directed[TRIES_AGAIN]
    assert OPENING in directed
    assert sum(directed.values()) <= DIRECTED, sum(directed.values())
    assert len(seen) == len(set(seen)) == sum(requests.values())


def test_what_is_not_used_is_not_imported_before_the_first_request(tmp_path: Path) -> None:
    """Imports are most of what a check does before it asks for the first time."""
    found = tmp_path / "modules.txt"
    command = [sys.executable, "-c", FIRST_REQUEST, str(found)]
    # Coverage would be measured in this process too, with tools of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False)
    modules = found.read_text().split()

    assert [name for name in UNUSED if name in modules] == []
    assert len(modules) <= IMPORTS


def test_a_standard_run_imports_nothing_that_generates_and_reads_no_yaml(tmp_path: Path) -> None:
    """What they would be imported for is kept in spec/generated.json."""
    program = "import sys; from conformance import cli; cli.main(['check', '--target', 'target.toml']); "
    program += "open('modules.txt', 'w').write(' '.join(sys.modules))"
    with run_in_thread() as running:
        (tmp_path / "target.toml").write_text(running.target_toml())
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=120, check=True)
    modules = (tmp_path / "modules.txt").read_text().split()

    assert "conformance.suite.test_properties" in modules
    assert {"yaml", "hypothesis", "schemathesis"}.isdisjoint(modules)
