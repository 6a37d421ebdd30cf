"""Allure results of a run: labels, links, attachments, categories; redacted, few, and cheap."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from allure_commons import model2

from conformance import catalogue
from conformance.model import Level
from conformance.reference import FAULTS, run_in_thread
from conformance.report import allure_results

ROOT = Path(__file__).resolve().parents[2]


def _breaks(name: str) -> str:
    return next(each for each, fault in FAULTS.items() if tuple(fault.violates) == (name,))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Allure results of a check of a target that breaks a MUST and a SHOULD."""
    folder = tmp_path_factory.mktemp("allure")
    with run_in_thread(faults=[_breaks("SEND-06"), _breaks("AUTH-03")]) as running:
        (folder / "target.toml").write_text(running.target_toml())
        words = [sys.executable, "-P", "-m", "conformance.cli", "check", "--target=target.toml", "--report-dir=out"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 1, done.stdout + done.stderr
    return folder / "out" / "allure-results"


@pytest.fixture(scope="module")
def cases(results: Path) -> dict[str, dict[str, Any]]:
    """Its cases by name."""
    found = [json.loads(each.read_text()) for each in results.glob("*-result.json")]
    return {each["name"]: each for each in found}


def _labels(case: dict[str, Any], name: str) -> list[str]:
    return [each["value"] for each in case["labels"] if each["name"] == name]


def test_every_case_says_what_it_puts_to_the_test(cases: dict[str, dict[str, Any]]) -> None:
    """Epic, chapters, requirements with their titles, where they stand, and the driver's sentence."""
    known = catalogue.load()
    for case in cases.values():
        stories = _labels(case, "story")
        ids = [story.partition(" ")[0] for story in stories]
        assert _labels(case, "epic") == ["Messages API"]
        assert stories == [f"{each} {known[each].title}" for each in ids] != []
        assert set(_labels(case, "feature")) == {known[each].chapter for each in ids}
        assert set(_labels(case, "source")) == {known[each].source for each in ids}
        is_must = any(known[each].level is Level.MUST for each in ids)
        assert _labels(case, "severity") == ["critical" if is_must else "minor"]
        assert case["description"].strip()


def test_what_broke_is_in_its_category(results: Path, cases: dict[str, dict[str, Any]]) -> None:
    """A violation is failed, a warning is an expected failure, what was not offered is skipped."""
    rows = json.loads((results / "categories.json").read_text())
    placed = {name: [] for name in (row["name"] for row in rows)}
    for case in cases.values():
        message = case.get("statusDetails", {}).get("message", "")
        alike = [row for row in rows if case["status"] in row["matchedStatuses"]]
        fits = [row for row in alike if re.fullmatch(row["messageRegex"], message)]
        if case["status"] != "passed":
            placed[fits[0]["name"]].append(case["name"])
    violations, warnings, blocked, absent, trouble = placed.values()
    assert len(violations) == 1
    assert warnings
    assert absent
    assert not blocked
    assert not trouble


def test_exchanges_are_attached_few_and_without_keys(results: Path, cases: dict[str, dict[str, Any]]) -> None:
    """At most twelve of its own to a driver, in one text; those that show a violation each for itself; no key in any."""
    for case in cases.values():
        steps, own = case.get("steps", []), case.get("attachments", [])
        shown = [each for each in steps if each.get("attachments")]
        assert len(shown) == len(steps) or len(own) == 1
        assert len(steps) - len(shown) <= allure_results.MADE
        assert bool(shown) == (case["status"] in ("failed", "skipped") and "not exercised" not in str(case))
        assert all(re.match(r"[A-Z]+ /.* → ([0-9]{3}|no answer)", each["name"]) for each in steps)
        assert {each["type"] for step in shown for each in step["attachments"]} <= {"text/plain"}
    texts = [each.read_text() for each in results.glob("*-attachment.txt")]
    assert 50 < len(texts) < 100
    assert any("$MESSAGES_API_KEY" in text for text in texts)
    assert not [text for text in texts if "sk_test_" in text or "pk_test_" in text]


def test_allure_counts_what_pytest_counts(results: Path) -> None:
    """A case for each test of the run, none merged with another: no two have one history."""
    junit = ElementTree.parse(results.parent / "junit.xml")
    found = [json.loads(each.read_text()) for each in results.glob("*-result.json")]
    assert len(found) == len(junit.findall(".//testcase")) > 50
    assert len({each["historyId"] for each in found}) == len(found)


def test_the_run_is_described(results: Path) -> None:
    """What was checked, with which profile and versions, in the form of a properties file."""
    lines = dict(line.split("=", 1) for line in (results / "environment.properties").read_text().splitlines())
    assert lines["Verdict"] == "non-conformant"
    assert lines["Profile"] == "standard"
    assert lines["Target"].startswith("http://127.0.0.1:")


def test_hostile_text_ends_no_property(tmp_path: Path) -> None:
    """A line break or an equals sign in what is told stays within its value."""
    document = {
        "suite": {"name": "messages-conformance", "version": "1", "spec": "1"},
        "target": {"base_url": "http://x/\nVerdict=conformant\\é"},
        "verdict": "inconclusive",
        "profile": "quick",
        "seed": 1,
        "requests": 0,
    }
    allure_results.write_folder(tmp_path, document)

    lines = (tmp_path / "environment.properties").read_text().splitlines()
    assert lines[0] == "Target=http://x/\\u000aVerdict\\u003dconformant\\u005c\\u00e9"
    assert lines[1] == "Verdict=inconclusive"


def test_a_standard_run_pays_less_than_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of some 600 exchanges with large bodies, which is what a run attaches."""
    kept: list[str] = []
    hook = allure_results.plugin_manager.hook
    monkeypatch.setattr(hook, "report_attached_data", lambda **given: kept.append(given["body"]))
    body = "x" * 4096
    exchange = {
        "request": {"method": "GET", "url": "http://x/v1/messages", "headers": [["A", "b"]], "body": None},
        "response": {"status": 200, "headers": [["A", "b"]] * 8, "body": body},
        "trouble": None,
        "curl": "curl http://x/v1/messages",
    }
    began = time.process_time()
    for driver in range(60):
        made = [{**exchange, "began_ms": driver * 100 + number} for number in range(10)]
        allure_results.recount(model2.TestResult(), made, 0.0, str)
    assert len(kept) == 60
    assert time.process_time() - began < 0.25
