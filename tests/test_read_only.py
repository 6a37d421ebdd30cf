"""A run that only reads sends nothing and judges what reading shows; what is sent is known for what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.cli import main
from conformance.model import Terms
from conformance.oracles.traces import TAG
from conformance.reference import VARIANTS, Running, Settings, run_in_thread
from conformance.target import TargetError, prefix, read

READABLE = {
    *("AUTH-05", "GET-03", "GET-04", "GET-05", "LIST-01", "LIST-02", "LIST-03", "LIST-04", "LIST-05", "LIST-06"),
    *("LIST-07", "LIST-08", "LIST-11", "PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-05", "PAGE-07", "HTTP-01"),
}
"""What a list that holds messages lets anybody judge who may only read it."""


@pytest.fixture(scope="module")
def inhabited() -> Iterator[Running]:
    """A reference whose account holds sixty messages already."""
    with run_in_thread(VARIANTS["short-history"].settings(Settings())) as running:
        yield running


def _target(running: Running, folder: Path) -> str:
    file = folder / "target.toml"
    file.write_text(running.target_toml(), encoding="utf-8")
    return str(file)


def _check(folder: Path, *words: str) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    """The exit code, the report and the exchanges of a check."""
    archive, report = folder / "run.har", folder / "report"
    code = main(["check", "--report-dir", str(report), "--har", str(archive), *words])
    entries = json.loads(archive.read_text(encoding="ascii"))["log"]["entries"]
    return code, json.loads((report / "report.json").read_text(encoding="utf-8")), entries


def _ids(running: Running) -> list[str]:
    answer = httpx.get(
        f"{running.base_url}/v1/messages?limit=100", headers={"Authorization": "Bearer sk_test_a"}, trust_env=False
    )
    return [each["id"] for each in answer.json()["data"]]


def _passed(document: dict[str, Any]) -> set[str]:
    return {row["id"] for row in document["requirements"] if row["outcome"] == "passed"}


@pytest.mark.parametrize(("profile", "missed"), [("standard", set()), ("quick", {"PAGE-04"})])
def test_a_run_that_only_reads_judges_what_reading_shows(
    inhabited: Running, tmp_path: Path, profile: str, missed: set[str]
) -> None:
    """Nothing is sent; lists, pages, filters and other accounts are judged; what needs a send is open and says why."""
    before = _ids(inhabited)

    code, document, entries = _check(
        tmp_path, "--target", _target(inhabited, tmp_path), "--read-only", "--profile", profile
    )

    assert _ids(inhabited) == before
    assert {each["request"]["method"] for each in entries} <= {"GET", "HEAD", "OPTIONS"}
    assert READABLE - missed <= _passed(document)
    assert not [row["id"] for row in document["requirements"] if row["outcome"] == "failed"]
    assert code == 3
    assert "read-only: nothing was sent" in document["verdict_reason"]
    assert not {"SEND-01", "SEND-14", "LIST-10", "GET-01", "AUTH-01", "AUTH-02", "CONC-01", "PAGE-06"} & _passed(
        document
    )


@pytest.mark.parametrize("variant", ["oldest-first", "sparse-lists", "busy", "lagging-lists"])
def test_reading_raises_no_alarm(variant: str, tmp_path: Path) -> None:
    """However a correct target lists, a run that only reads finds nothing wrong with it."""
    settings = VARIANTS[variant].settings(VARIANTS["short-history"].settings(Settings()))
    with run_in_thread(settings) as running:
        _, document, _ = _check(tmp_path, "--target", _target(running, tmp_path), "--read-only")

    assert not [row["reason"] for row in document["requirements"] if row["outcome"] == "failed"]


@pytest.mark.parametrize(
    ("fault", "requirement"), [("has-more-when-full", "PAGE-02"), ("limit-capped-silently", "LIST-04")]
)
def test_reading_finds_what_is_wrong_with_lists(fault: str, requirement: str, tmp_path: Path) -> None:
    """A fault that reading shows is found without a send."""
    from conformance.reference import FAULTS

    name = fault if fault in FAULTS else next(each for each, it in FAULTS.items() if it.violates == (requirement,))
    with run_in_thread(VARIANTS["short-history"].settings(Settings()), [name]) as running:
        code, document, _ = _check(tmp_path, "--target", _target(running, tmp_path), "--read-only")

    assert code == 1
    assert requirement in {row["id"] for row in document["requirements"] if row["outcome"] == "failed"}


@pytest.mark.parametrize("variant", [None, "sparse-lists"])
def test_without_a_conversation_a_run_reads_and_says_how_to_name_one(variant: str | None, tmp_path: Path) -> None:
    """No conversation is declared: the run sends nothing, judges what it can, and lists the conversations it saw."""
    settings = VARIANTS["short-history"].settings(Settings())
    with run_in_thread(VARIANTS[variant].settings(settings) if variant else settings) as running:
        code, document, entries = _check(tmp_path, "--base-url", running.base_url, "--api-key", "sk_test_a")

    assert code == 3
    assert {each["request"]["method"] for each in entries} <= {"GET", "HEAD", "OPTIONS"}
    assert (
        "no conversation is declared: name one with --conversation, or in the target file" in document["verdict_reason"]
    )
    assert "(seen in the list: conv_8xk2m" in document["verdict_reason"]
    assert {"PAGE-01", "LIST-06"} <= _passed(document)


def test_a_live_key_sends_nothing(free_port: int) -> None:
    """A live key makes a run read-only, unless it is told to send."""
    from types import SimpleNamespace

    from conformance.asked import plan_of
    from conformance.target import Target

    target = Target(f"http://127.0.0.1:{free_port}", api_key="sk_live_x", terms=Terms())
    options = {"--conformance-profile": "quick", "--conformance-max-time": 1.0}
    config: Any = SimpleNamespace(getoption=options.get)
    live = plan_of(config, target)
    config = SimpleNamespace(getoption={**options, "--conformance-allow-live": True}.get)

    assert live.read_only
    assert "--allow-live" in live.withheld
    assert not plan_of(config, target).read_only


# -- what is sent is known for what it is --------------------------------------------------------------------------


def _payloads(entries: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    for each in entries:
        try:
            payload = json.loads(each["request"].get("postData", {}).get("text", ""))
        except (ValueError, RecursionError):  # ninety thousand brackets are among them
            continue
        if isinstance(payload, dict):
            yield payload, each["response"]["status"]


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_every_body_begins_with_the_prefix(reference_target: Path, tmp_path: Path, profile: str) -> None:
    """With a prefix every body begins with it, refused ones too; the target is judged as without, marks are found."""
    code, document, entries = _check(
        tmp_path, "--target", str(reference_target), "--body-prefix", "[TEST]", "--profile", profile
    )

    bodies = [payload["body"] for payload, _ in _payloads(entries) if isinstance(payload.get("body"), str)]
    assert len(bodies) > 20
    assert [each for each in bodies if not each.startswith("[TEST] ")] == []
    assert code == 0, document["verdict_reason"]
    assert "SEND-14" in _passed(document)


def test_messages_say_of_which_run_they_are(reference_target: Path, tmp_path: Path) -> None:
    """Every accepted message has a mark in its body or the run's id in its metadata, most have both; one has just
    a conversation and a body."""
    _, _, entries = _check(tmp_path, "--target", str(reference_target))

    accepted = [payload for payload, status in _payloads(entries) if status == 201]
    tagged = [each for each in accepted if "conformance" in (each.get("metadata") or {})]
    assert [each for each in accepted if not TAG.search(json.dumps(each)) and each not in tagged] == []
    assert len(tagged) > len(accepted) / 2
    assert [each for each in accepted if set(each) == {"conversation_id", "body"}]


def test_the_prefix_stands_in_the_target_file(tmp_path: Path) -> None:
    """The file's key is the option's; a space is added where there is none."""
    file = tmp_path / "target.toml"
    file.write_text('base_url = "http://127.0.0.1:1"\nbody_prefix = "[TEST]"\n', encoding="utf-8")

    assert read(file).body_prefix == "[TEST] "


@pytest.mark.parametrize("text", [" x", "é", "x\n", "<b>", "x" * 101])
def test_a_prefix_that_a_service_might_change_is_refused(text: str) -> None:
    """What is judged of a body must not be judged of its prefix."""
    with pytest.raises(TargetError, match="must be 1 to 100 letters"):
        prefix(text)
