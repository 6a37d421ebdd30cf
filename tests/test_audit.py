"""A recording is judged as a run is, and nothing is said of what it does not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.reference import FAULTS, run_in_thread

KEY = "sk_live_of_a_stranger"
CREATED = "2026-01-01T00:00:00Z"


def _message(number: int, status: str = "sent") -> dict[str, Any]:
    return {
        "id": f"msg_{number}",
        "object": "message",
        "conversation_id": "conv_1",
        "type": "text",
        "direction": "outbound",
        "channel": "whatsapp",
        "body": f"Hello {number}",
        "status": status,
        "created_at": CREATED,
        "metadata": {},
    }


def _entry(second: int, path: str, body: Any, status: int = 200, key: str | None = KEY) -> dict[str, Any]:
    """An exchange as another client's recorder writes it: nothing of ours in it."""
    text = json.dumps(body)
    headers = [{"name": "Cookie", "value": "tracker=secret"}]
    headers += [{"name": "Authorization", "value": f"Bearer {key}"}] if key else []
    return {
        "startedDateTime": f"2026-01-01T00:01:{second:02}.000Z",
        "time": 40,
        "request": {"method": "GET", "url": f"https://api.example.com{path}", "headers": headers},
        "response": {
            "status": status,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"size": len(text), "mimeType": "application/json", "text": text},
        },
    }


def _list(*messages: Any, more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(messages), "has_more": more}


def _audited(folder: Path, *entries: Any, words: tuple[str, ...] = ()) -> tuple[int, dict[str, Any]]:
    file = folder / "theirs.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    code = main(["audit", str(file), "--report-dir", str(folder / "report"), *words])
    report = folder / "report" / "report.json"
    return code, json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}


def _failed(document: dict[str, Any]) -> list[str]:
    return [row["id"] for row in document["requirements"] if row["outcome"] == "failed" and row["level"] == "MUST"]


def _of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in document["requirements"] if row["id"] == name)


def test_what_was_right_is_never_called_conformant(tmp_path: Path) -> None:
    """A recording without a flaw is inconclusive: what it could not show is not exercised, and says so."""
    code, document = _audited(
        tmp_path, _entry(1, "/v1/messages", _list(_message(1))), _entry(2, "/v1/messages/msg_1", _message(1, "read"))
    )

    assert (code, document["verdict"], document["profile"]) == (3, "inconclusive", "audit")
    assert _of(document, "LIST-01")["outcome"] == "passed"
    hidden = _of(document, "CONC-01")
    assert (hidden["outcome"], hidden["reason"]) == ("not_exercised", "the recording does not show it")
    assert document["summary"]["MUST"]["inconclusive"] == 0


def test_a_status_that_went_backwards_is_found(tmp_path: Path) -> None:
    """Two looks at one message in which it moves back break STAT-02, with both as evidence."""
    code, document = _audited(
        tmp_path,
        _entry(1, "/v1/messages/msg_1", _message(1, "delivered")),
        _entry(9, "/v1/messages/msg_1", _message(1, "sent")),
    )

    assert code == 1
    assert _failed(document) == ["STAT-02"]
    assert len(_of(document, "STAT-02")["evidence"]) == 2


def test_pages_that_repeat_a_message_are_found(tmp_path: Path) -> None:
    """A walk whose second page shows again what the first showed breaks pagination."""
    first, second = _list(_message(3), _message(2), more=True), _list(_message(3), _message(1))

    _, document = _audited(
        tmp_path,
        _entry(1, "/v1/messages?limit=2", first),
        _entry(2, "/v1/messages?limit=2&starting_after=msg_2", second),
    )

    assert "PAGE-01" in _failed(document)


def test_a_message_that_breaks_the_schema_is_found(tmp_path: Path) -> None:
    """A status that the contract does not name is nobody's status."""
    _, document = _audited(tmp_path, _entry(1, "/v1/messages/msg_1", _message(1, "archived")))

    assert "STAT-01" in _failed(document)


def test_a_recorder_that_leaves_credentials_out_accuses_nobody(tmp_path: Path) -> None:
    """Browsers save archives without Authorization: that is no answer to a request without a key."""
    code, document = _audited(tmp_path, _entry(1, "/v1/messages", _list(_message(1)), key=None))

    assert code == 3
    assert _of(document, "AUTH-01")["outcome"] == "not_exercised"


def test_what_lies_open_without_a_key_is_found(tmp_path: Path) -> None:
    """Where other requests carry a key, one that carries none and is answered breaks AUTH-01."""
    bare = _entry(2, "/v1/messages", _list(_message(1)), key=None)
    bare["request"]["headers"] = []

    _, document = _audited(tmp_path, _entry(1, "/v1/messages", _list(_message(1))), bare)

    assert _failed(document) == ["AUTH-01"]


def test_no_key_and_no_cookie_is_written(tmp_path: Path) -> None:
    """Keys are recognised in the recording itself; they, and cookies, stand in no report."""
    told = _message(1, "archived") | {"body": f"my key is {KEY}"}
    refused = _entry(
        2, "/v1/messages", {"error": {"type": "x", "message": "sk_test_refused_key"}}, 401, "sk_test_refused_key"
    )

    _audited(tmp_path, _entry(1, "/v1/messages/msg_1", told), refused)

    written = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "report").rglob("*") if file.is_file())
    assert {"report.json", "index.html", "junit.xml"} <= {file.name for file in (tmp_path / "report").iterdir()}
    assert "STAT-01" in written
    assert not [secret for secret in (KEY, "tracker=secret", "sk_test_refused_key") if secret in written]


def test_a_file_that_holds_nothing_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, exit code 2, no report."""
    assert _audited(tmp_path) == (2, {})
    assert "holds no request to /v1/messages" in capsys.readouterr().err


def _fault_of(requirement: str) -> str:
    return next(name for name, fault in FAULTS.items() if fault.violates[0] == requirement)


WANTED = (
    ("STAT-02", "quick"),
    ("LIST-07", "quick"),
    ("SEND-11", "quick"),
    ("AUTH-01", "quick"),
    ("PAGE-02", "standard"),
)


@pytest.mark.parametrize(("requirement", "profile"), WANTED)
def test_a_check_and_the_audit_of_its_archive_fail_the_same(requirement: str, profile: str, tmp_path: Path) -> None:
    """What a check writes of its exchanges is judged as they were, save for what no exchange shows."""
    with run_in_thread(faults=[_fault_of(requirement)]) as running:
        target = tmp_path / "target.toml"
        target.write_text(running.target_toml(), encoding="utf-8")
        archive = tmp_path / "run.har"
        words = ["--target", str(target), "--har", str(archive), "--report-dir", str(tmp_path / "check")]
        assert main(["check", "--profile", profile, *words]) == 1

    main(["audit", str(archive), "--target", str(target), "--report-dir", str(tmp_path / "audit")])

    checked, audited = (json.loads((tmp_path / name / "report.json").read_text()) for name in ("check", "audit"))
    assert requirement in _failed(checked)
    assert _failed(audited) == _failed(checked)
    assert "sk_test_a" not in archive.read_text(encoding="ascii")


def test_an_archive_of_several_processes_is_one_recording(reference_target: Path, tmp_path: Path) -> None:
    """With workers each writes down its own exchanges; together they break nothing either."""
    archive = tmp_path / "run.har"
    words = [
        "--target",
        str(reference_target),
        "--har",
        str(archive),
        "--report-dir",
        str(tmp_path / "check"),
        "-n",
        "2",
    ]
    assert main(["check", *words]) == 0

    code = main(["audit", str(archive), "--target", str(reference_target), "--report-dir", str(tmp_path / "audit")])

    document = json.loads((tmp_path / "audit" / "report.json").read_text(encoding="utf-8"))
    assert code in (0, 3), document["verdict_reason"]
    assert (
        document["requests"] == json.loads((tmp_path / "check" / "report.json").read_text(encoding="utf-8"))["requests"]
    )


# -- known failures, and results for Allure ------------------------------------------------------------------------

BACKWARDS = (
    _entry(1, "/v1/messages/msg_1", _message(1, "delivered")),
    _entry(9, "/v1/messages/msg_1", _message(1, "sent")),
)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ('requirement = "STAT-02"', 3),
        ('requirement = "STAT-02"\nexpires = 2020-01-01', 1),
        ('requirement = "PAGE-01"', 1),
        ('requirement = "GET-99"', 1),
    ],
    ids=["known", "expired", "another", "unknown"],
)
def test_a_baseline_lets_known_failures_pass(entry: str, code: int, tmp_path: Path) -> None:
    """What the file lists does not fail the audit; what it does not list, or no longer, does."""
    known = tmp_path / "known.toml"
    known.write_text(f'[[known]]\n{entry}\nreason = "we know"\n', encoding="utf-8")

    found, document = _audited(tmp_path, *BACKWARDS, words=("--baseline", str(known)))

    assert found == code, document["verdict_reason"]
    assert bool(_of(document, "STAT-02").get("known")) is (code == 3)


def test_an_entry_that_passes_in_a_recording_is_not_out_of_date(tmp_path: Path) -> None:
    """A recording shows little: what passes in it may be broken elsewhere, and the entry stays."""
    known = tmp_path / "known.toml"
    known.write_text('[[known]]\nrequirement = "LIST-01"\nreason = "sometimes"\n', encoding="utf-8")

    code, document = _audited(tmp_path, _entry(1, "/v1/messages", _list(_message(1))), words=("--baseline", str(known)))

    assert _of(document, "LIST-01")["outcome"] == "passed"
    assert (code, document["x-baseline"]["problems"]) == (3, [])


def test_a_baseline_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    """One sentence, exit code 2, no report."""
    assert _audited(tmp_path, *BACKWARDS, words=("--baseline", str(tmp_path / "nowhere.toml"))) == (2, {})


def test_an_audit_writes_results_for_allure(tmp_path: Path) -> None:
    """A case for each requirement, with its exchanges; an earlier audit's are gone."""
    _audited(tmp_path, _entry(1, "/v1/messages", _list(_message(1))))
    _, document = _audited(tmp_path, *BACKWARDS)

    folder = tmp_path / "report" / "allure-results"
    cases = {each["name"].split()[0]: each for file in folder.glob("*-result.json") if (each := _json(file))}
    assert len([*folder.glob("*-result.json")]) == len(cases) == len(document["requirements"])
    assert cases["STAT-02"]["status"] == "failed"
    assert cases["CONC-01"]["status"] == "skipped"
    assert cases["CONC-01"]["statusDetails"]["message"] == "not exercised: the recording does not show it"
    assert len({each["historyId"] for each in cases.values()}) == len(cases)
    shown = [folder / each["source"] for each in cases["STAT-02"]["attachments"]]
    assert len(shown) == 2
    assert all("GET https://api.example.com/v1/messages/msg_1" in each.read_text(encoding="utf-8") for each in shown)
    assert (folder / "categories.json").is_file()


def _json(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read
