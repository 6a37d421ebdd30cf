"""Somebody's own pytest: the suite from any folder, and a conftest.py whose fixtures decide what is checked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = ("pytest_base_url.plugin", "conformance.plugin", "allure_pytest.plugin", "xdist.plugin")
STARTED = """
import pytest
from conformance.reference import Settings, run_in_thread

@pytest.fixture(scope="session")
def server():
    with run_in_thread(Settings(delivers=False)) as running:
        yield running
"""
FEW = "test_a_message_moves_forward_only or test_every_listed_message or test_each_documented_type"


def _pytest(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A run of the suite as a user starts it, with the plugins that come with it and no others."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-P", "-m", "pytest", "-q", *(word for name in PLUGINS for word in ("-p", name))]
    return subprocess.run(
        [*command, "--pyargs", "conformance", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """What pytest's last line counts."""
    last = done.stdout.strip().splitlines()[-1]
    return {name: int(number) for number, name in re.findall(r"([0-9]+) (\w+)", last.partition(" in ")[0])}


def _project(folder: Path, fixtures: str) -> Path:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(STARTED + fixtures)
    return folder


# -- from any folder -------------------------------------------------------------------------------------------------


def test_a_selection_runs_from_any_folder(tmp_path: Path, reference_target: Path) -> None:
    """`-k`, `-m must`, `-x`, `--junitxml`: what was selected is run and reported as a part."""
    words = [f"--target={reference_target}", "-k", FEW, "-m", "must", "-x", "--junitxml=out/junit.xml"]
    done = _pytest(tmp_path, *words)

    assert done.returncode == 0, done.stdout
    assert _counts(done)["passed"] == 3
    assert len(ElementTree.parse(tmp_path / "out" / "junit.xml").findall(".//testcase")) == 3
    assert "CONFORMANT " not in done.stdout.replace("NOT CONFORMANT", "")


def test_last_failed_runs_what_failed_alone(tmp_path: Path) -> None:
    """`--lf` after a run with a fault: only the drivers that failed."""
    from conformance.reference import run_in_thread

    with run_in_thread(faults=[_fault()]) as running:
        (tmp_path / "target.toml").write_text(running.target_toml())
        words = ["--target=target.toml", "-k", "test_send and (refused or documented)"]
        first = _pytest(tmp_path, *words)
        again = _pytest(tmp_path, *words, "--lf")

    assert first.returncode == again.returncode == 1, first.stdout
    assert "SEND-06" in again.stdout
    assert _counts(again)["failed"] == _counts(first)["failed"]
    assert "passed" not in _counts(again)


def _fault() -> str:
    from conformance.reference import FAULTS

    return next(name for name, fault in FAULTS.items() if tuple(fault.violates) == ("SEND-06",))


def test_workers_share_a_run_and_allure_counts_as_pytest_does(tmp_path: Path, reference_target: Path) -> None:
    """`-n 2` with a whole run: one verdict, and as many Allure cases as tests."""
    words = [f"--target={reference_target}", "-n", "2", "--alluredir=allure", "--conformance-report-dir=out"]
    done = _pytest(tmp_path, *words, "--junitxml=junit.xml")

    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert done.returncode == 0, done.stdout
    assert report["verdict"] == "conformant"
    assert not report["partial"]
    assert report["duration_s"] > 1, "the workers' time is the run's"
    cases = [json.loads(each.read_text()) for each in (tmp_path / "allure").glob("*-result.json")]
    tests = ElementTree.parse(tmp_path / "junit.xml").findall(".//testcase")
    assert len({case["historyId"] for case in cases}) == len(cases) == len(tests)
    assert (tmp_path / "allure" / "categories.json").is_file()


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "no base URL: give --base-url"),
        (["--target=missing.toml"], "cannot read the target file missing.toml"),
        (["--base-url=ftp://x"], "begins with http:// or https://"),
    ],
)
def test_a_target_that_is_none_is_told_in_one_sentence(
    tmp_path: Path, workers: str, words: list[str], told: str
) -> None:
    """No traceback, exit code 2, and not once for each driver."""
    done = _pytest(tmp_path, *words, "-n", workers, "-k", FEW)

    assert done.returncode == 2, done.stdout
    assert told in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "conformance/given.py" not in done.stdout
    assert len(done.stdout.splitlines()) < 25


# -- fixtures that are overridden ------------------------------------------------------------------------------------

MAPPING = """
@pytest.fixture(scope="session")
def target(server):
    return {"base_url": server.base_url, "api_key": "sk_test_a", "conversations": [{"id": "conv_8xk2m"}]}
"""
TARGET = """
from conformance.model import Conversation, Terms
from conformance.target import Target

@pytest.fixture(scope="session")
def target(server):
    return Target(server.base_url, "sk_test_a", terms=Terms((Conversation("conv_8xk2m"),)))
"""
PATH = """
@pytest.fixture(scope="session")
def target(server, tmp_path_factory):
    file = tmp_path_factory.mktemp("target") / "target.toml"
    file.write_text(server.target_toml())
    return file
"""
PARTS = """
@pytest.fixture(scope="session")
def base_url(server):
    return server.base_url

@pytest.fixture(scope="session")
def api_key():
    return "sk_test_a"

@pytest.fixture(scope="session")
def target():
    return {"conversations": [{"id": "conv_8xk2m"}]}
"""
WRAPPED = """
from dataclasses import replace

@pytest.fixture(scope="session")
def base_url(server):
    return server.base_url

@pytest.fixture(scope="session")
def target(target):
    return replace(target, api_key="sk_test_a")
"""


@pytest.mark.parametrize("fixtures", [MAPPING, TARGET, PATH, PARTS], ids=["mapping", "target", "path", "parts"])
def test_a_fixture_says_what_is_checked(tmp_path: Path, fixtures: str) -> None:
    """A mapping, a Target, a path, or the parts of one: the server that a fixture started is the one that is checked.

    What the environment says of another target has no say.
    """
    elsewhere = (
        {} if fixtures == PATH else {"CONFORMANCE_BASE_URL": "http://127.0.0.1:9", "MESSAGES_API_KEY": "sk_test_z"}
    )
    done = _pytest(_project(tmp_path, fixtures), "-k", FEW, **elsewhere)

    assert done.returncode == 0, done.stdout
    assert _counts(done)["passed"] == 3


def test_a_fixture_may_change_what_the_flags_describe(tmp_path: Path) -> None:
    """An overriding fixture can ask for the one that it overrides."""
    words = ["--conformance-conversation", "conv_8xk2m", "-k", FEW]
    done = _pytest(_project(tmp_path, WRAPPED), *words)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("fixture", "value", "told"),
    [
        ("target", "42", "the fixture target gives a int"),
        ("target", '{"base_url": "http://x", "colour": "red"}', "the fixture target: unknown key 'colour'"),
        ("target", '"missing.toml"', "cannot read the target file missing.toml"),
        ("advance_delivery", '"read"', "the fixture advance_delivery gives a str, which cannot be called"),
    ],
)
def test_a_fixture_that_gives_no_such_thing_is_told_in_one_sentence(
    tmp_path: Path, fixture: str, value: str, told: str
) -> None:
    """The sentence names the fixture and what it gave; exit code 2, no traceback."""
    more = f'\n@pytest.fixture(scope="session")\ndef {fixture}():\n    return {value}\n'
    done = _pytest(_project(tmp_path, (MAPPING if fixture != "target" else "") + more), "-k", FEW)

    assert done.returncode == 2, done.stdout
    assert told in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


HOOKS = """
import json
from pathlib import Path

def note(*words):
    with Path("called").open("a") as file:
        file.write(json.dumps(words) + "\\n")

@pytest.fixture(scope="session")
def advance_delivery():
    return lambda *words: note("advance", *words)

@pytest.fixture(scope="session")
def receive_inbound():
    return lambda *words: note("receive", *words)
"""


def test_hooks_are_called_with_what_lies_ahead(tmp_path: Path) -> None:
    """One message is told to go to the end of its way, another to fail; a customer is told to write."""
    done = _pytest(_project(tmp_path, MAPPING + HOOKS), "-k", FEW)

    called = [json.loads(line) for line in (tmp_path / "called").read_text().splitlines()]
    moves = [words for words in called if words[0] == "advance"]
    by_message = {words[2]: [each[3] for each in moves if each[2] == words[2]] for words in moves}
    assert done.returncode == 0, done.stdout
    assert sorted(by_message.values()) == [["sent", "delivered", "read"], ["sent", "failed"]]
    assert {words[1] for words in called} == {"conv_8xk2m"}
    assert [words for words in called if words[0] == "receive"]


def test_a_conversation_that_moves_by_itself_is_not_pushed(tmp_path: Path) -> None:
    """Where an outcome is declared, the hook is left alone: both at once could look like a step back."""
    declared = MAPPING.replace('{"id": "conv_8xk2m"}', '{"id": "conv_8xk2m", "outcome": "read"}')
    _pytest(_project(tmp_path, declared + HOOKS), "-k", FEW)

    assert "advance" not in (tmp_path / "called").read_text()


def test_a_read_only_run_calls_no_hook(tmp_path: Path) -> None:
    """What is only looked at is not moved either."""
    _pytest(_project(tmp_path, MAPPING + HOOKS), "--conformance-read-only")

    assert not (tmp_path / "called").exists()


def test_a_hook_that_raises_is_no_verdict(tmp_path: Path) -> None:
    """Its driver is inconclusive, with what the hook raised as the reason; the target is not to blame."""
    raises = HOOKS.replace('note("advance", *words)', "1 / 0")
    done = _pytest(_project(tmp_path, MAPPING + raises), "-k", FEW, "-rs")

    assert "failed" not in _counts(done)
    assert "inconclusive: the fixture advance_delivery failed: ZeroDivisionError" in done.stdout
    assert done.returncode == 3


def test_each_worker_has_fixtures_of_its_own(tmp_path: Path) -> None:
    """With `-n 2` the report names a server that a worker's fixture started, and is one report."""
    done = _pytest(_project(tmp_path, MAPPING), "-n", "2", "-k", FEW, "--conformance-report-dir=out")

    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert done.returncode == 0, done.stdout
    assert report["target"]["base_url"].startswith("http://127.0.0.1:")
    assert [each["id"] for each in report["target"]["conversations"]] == ["conv_8xk2m"]
    assert report["partial"]
