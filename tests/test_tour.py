"""The quick profile on a target that holds nothing yet, as a server that CI has just started does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.reference import FAULTS, Running, run_in_thread
from conformance.reference import application as module
from conformance.suite.kit import near

KEYS = 'publishable_key = "pk_test_a"\nother_account_key = "sk_test_b"\n'
CONVERSATION = '[[conversations]]\nid = "conv_8xk2m"\n'


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "seed", lambda service: None)


def _check(running: Running, folder: Path, more: str = "") -> tuple[int, dict[str, Any]]:
    text = f'base_url = "{running.base_url}"\napi_key = "sk_test_a"\n{more}{CONVERSATION}'
    (folder / "target.toml").write_text(text, encoding="utf-8")
    code = main(["check", f"--target={folder / 'target.toml'}", f"--report-dir={folder}", "--profile=quick"])
    return code, json.loads((folder / "report.json").read_text(encoding="utf-8"))


def _row(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in document["requirements"] if row["id"] == name)
    return found


def test_sixty_requests_judge_every_must(tmp_path: Path) -> None:
    """The messages that a page by default needs are sent; what is not exercised is what the target does not offer."""
    with run_in_thread() as running:
        code, document = _check(running, tmp_path)

    left = {row["id"] for row in document["requirements"] if row["level"] == "MUST" and row["outcome"] != "passed"}
    assert code == 0, document["verdict_reason"]
    assert document["requests"] <= 60
    # Whether a message is read so soon is a matter of how long sixty requests take.
    assert left - {"STAT-03"} == {"AUTH-04", "AUTH-05", "STAT-04", "STAT-06"}


def test_what_sixty_requests_do_not_hold_is_told(tmp_path: Path) -> None:
    """With two more keys to try there is no room for 26 messages: the run is conformant, and says what it left out."""
    with run_in_thread() as running:
        code, document = _check(running, tmp_path, KEYS)

    row = _row(document, "LIST-03")
    assert code == 0, document["verdict_reason"]
    assert document["requests"] <= 60
    assert row["outcome"] == "not_exercised"
    assert "the standard one judges it" in row["reason"]
    assert _row(document, "AUTH-05")["outcome"] == "passed"


def test_a_wrong_default_is_found(tmp_path: Path) -> None:
    """What a page by default holds is judged by the messages that the run itself has sent."""
    fault = next(name for name, each in FAULTS.items() if each.violates == ("LIST-03",))
    with run_in_thread(faults=[fault]) as running:
        code, document = _check(running, tmp_path)

    assert code == 1
    assert [row["id"] for row in document["requirements"] if row["outcome"] == "failed"] == ["LIST-03"]


def test_a_conversation_that_is_misspelt_is_named(tmp_path: Path) -> None:
    """The others are acted in, whichever stands first, and a warning names the one that was refused."""
    with run_in_thread() as running:
        code, document = _check(running, tmp_path, '[[conversations]]\nid = "conv_cat"\n')

    assert code == 0, document["verdict_reason"]
    assert _row(document, "SEND-01")["outcome"] == "passed"
    assert any("conv_cat was refused" in warning for warning in document["x-warnings"])


@pytest.mark.parametrize(
    ("identifier", "near_it"),
    [
        ("conv_8xk2m", ["conv_8xk", "conv_8xk2mx", "CONV_8XK2M"]),
        ("conv_mail10", ["conv_mai", "conv_mail10x", "CONV_MAIL10"]),
        ("17", []),
        ("conv_17", []),
        ("msg_1f", []),
        ("msg_🚚é 1", []),
        ("msg_01JZX3K9QW8E7R6T5Y4V3C2A1B", ["msg_01JZX3K9QW8E7R6T5Y4V3C2A", "msg_01JZX3K9QW8E7R6T5Y4V3C2A1Bx"]),
        ("3f2b9c1e-0c4d-4a7e-9f10-1d2e3c4b5a69", ["3f2b9c1e-0c4d-4a7e-9f10-1d2e3c4b", "3f2b9c1e-0c4d-4a7e-9f10-1d2e3c4b5a69x"]),
    ],
)  # fmt: skip
def test_no_id_is_taken_for_nobodys_that_may_be_somebodys(identifier: str, near_it: list[str]) -> None:
    """A number's neighbour may exist though nobody declared it, and a UUID or a ULID is the same in either case."""
    assert near(identifier) == near_it
