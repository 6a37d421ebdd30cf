"""A plan is told without one request, and it is not far from what a run then asks."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.costs import OPENING, Cost, costs
from conformance.suite import CHAPTERS
from tests.costs import SUITE, measured

TARGET = """
base_url = "{url}"
api_key = "sk_test_a"
[[conversations]]
id = "conv_one"
[[conversations]]
id = "conv_two"
outcome = "read"
"""


@pytest.fixture
def silent() -> Iterator[tuple[str, list[object]]]:
    """A URL that nobody is to ask, and what was asked of it."""
    asked: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    asked.append(server.accept())
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _target(url: str, folder: Path) -> Path:
    file = folder / "target.toml"
    file.write_text(TARGET.format(url=url), encoding="utf-8")
    return file


@pytest.mark.parametrize("profile", ["quick", "standard", "deep"])
def test_the_plan_asks_nothing_and_writes_nothing(
    silent: tuple[str, list[object]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
) -> None:
    """Operations, requests by chapter, sends by conversation; no connection, no file, exit code 0."""
    url, asked = silent
    monkeypatch.chdir(tmp_path)
    file = _target(url, tmp_path)

    code = main(["check", "--target", str(file), "--dry-run", "--profile", profile, "--max-requests", "500", "-n", "2"])

    told = capsys.readouterr().out
    assert code == 0
    assert asked == []
    assert [each.name for each in tmp_path.iterdir()] == ["target.toml"]
    assert f"profile {profile}" in told
    assert "POST /v1/messages" in told
    assert re.search(r"sends to +conv_one: [1-9]", told)
    assert re.search(r"sends to +conv_two: [1-9]", told)
    assert re.search(r"at most +[1-9][0-9]+ +[1-9][0-9]*", told)
    assert "never more than 500 requests" in told


def test_the_plan_of_a_run_that_only_reads_sends_nothing(
    silent: tuple[str, list[object]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read-only by option, for want of a conversation, or for the key is live: the plan says so."""
    url, asked = silent
    options = [["--target", str(_target(url, tmp_path)), "--read-only"], ["--base-url", url, "--api-key", "k"]]
    options += [["--base-url", url, "--api-key", "sk_live_x", "--conversation", "conv_one"]]

    for words, why in zip(options, ("read-only", "--conversation", "--allow-live"), strict=True):
        assert main(["check", "--dry-run", *words]) == 0
        told = capsys.readouterr().out
        assert "POST" not in told
        assert re.search(rf"sends +none: .*{why}", told)
    assert asked == []


def test_plain_pytest_tells_the_plan_of_what_is_selected(silent: tuple[str, list[object]], tmp_path: Path) -> None:
    """The option is there, too, and -k narrows the plan."""
    url, asked = silent
    plugins = ["-p", "pytest_base_url.plugin", "-p", "conformance.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", *plugins, "-k", "limit"]
    command += [f"--target={_target(url, tmp_path)}", "--conformance-dry-run"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "at most" in done.stdout
    assert "concurrency" not in done.stdout
    assert asked == []


def test_a_plan_is_of_the_target_that_a_fixture_gives(silent: tuple[str, list[object]], tmp_path: Path) -> None:
    """What a conftest.py says of the target, the plan says, too; nothing but the fixtures is run, and nothing written."""
    url, asked = silent
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(f"""
import pytest

@pytest.fixture(scope="session")
def target():
    return {{"base_url": "{url}", "api_key": "k", "conversations": [{{"id": "conv_of_a_fixture"}}], "rate": "7/min"}}
""")
    (tmp_path / "test_own.py").write_text("def test_own(): raise SystemExit('it was run')\n")
    plugins = ["-p", "pytest_base_url.plugin", "-p", "conformance.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "test_own.py", "--pyargs", "conformance.suite", *plugins]
    command += ["--conformance-dry-run", "--conformance-report-dir=out", "--conformance-profile=quick"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(SUITE.parents[1])}

    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Plan of a check of {url} (profile quick)" in done.stdout
    assert re.search(r"sends to +conv_of_a_fixture: [1-9]", done.stdout)
    assert "never more than 7 requests a minute" in done.stdout
    assert "it was run" not in done.stdout
    assert asked == []
    assert not (tmp_path / "out").exists()


# -- the measured numbers --------------------------------------------------------------------------------------------


def _drivers() -> set[str]:
    found = set()
    for chapter in CHAPTERS:
        text = (SUITE / f"{chapter}.py").read_text(encoding="utf-8")
        found |= {f"{chapter}::{name}" for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)}
    return found


def test_every_driver_was_measured() -> None:
    """What is not in spec/costs.json was added since: `python -m tests.costs` measures it. A search has no bound."""
    known = {*costs("quick", 4, False), *costs("standard", 4, False)} - {OPENING}
    deep = {*costs("deep", 4, False)} - {OPENING}

    assert known == {name for name in _drivers() if not name.startswith("test_search::")}
    assert {name for name in deep if not name.startswith("test_search::")} == known


@pytest.mark.parametrize(("profile", "read_only"), [("quick", False), ("standard", False), ("standard", True)])
def test_the_numbers_are_about_what_a_run_asks(profile: str, read_only: bool) -> None:
    """Measured again, the reference is asked no more than the file says, but for a little, and not much less."""
    found = [Cost(tuple(asks), tuple(to), rest) for asks, to, rest in measured("", profile, 4, read_only).values()]
    told = costs(profile, 4, read_only).values()

    asked, most = (sum(each.requests for each in costs_) for costs_ in (found, told))
    assert most * 0.5 <= asked <= most * 1.1
    sent, most_sent = (sum(each.sends for each in costs_) for costs_ in (found, told))
    assert most_sent * 0.5 <= sent <= most_sent * 1.1


def test_more_conversations_than_were_measured_cost_more() -> None:
    """Up to eight conversations are acted in; each is opened by a message."""
    opening = [costs("standard", count, False)[OPENING] for count in (4, 8, 20)]

    assert [each.sends for each in opening] == [4, 8, 8]
    assert [len(each.to) for each in opening] == [4, 8, 8]


def test_the_kept_numbers_are_no_secret() -> None:
    """The file is plain JSON: drivers, requests by kind, sends by conversation."""
    text = (SUITE.parents[1] / "spec" / "costs.json").read_text(encoding="utf-8")

    assert set(json.loads(text)) == {"sending", "read-only"}
