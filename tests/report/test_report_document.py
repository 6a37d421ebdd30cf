"""The report document: its schema, what is refused and how that is said, what is written, what it sums up to."""

from __future__ import annotations

import copy
import json
import os
import stat
from pathlib import Path

import documents
import jsonschema_rs
import pytest

from conformance.report import document
from conformance.report.document import ReportError, check, conclude, read, summarise, verdict_of, write

SCHEMA = Path(__file__).resolve().parents[2] / "spec" / "report.schema.json"
EXAMPLES = [
    documents.conformant,
    documents.faulty,
    documents.partial,
    documents.interrupted,
    documents.hostile,
]


def _row(level: str, outcome: str, **more: object) -> dict[str, object]:
    return {"id": f"{level}-{outcome}", "level": level, "outcome": outcome, "reason": "", **more}


def test_the_schema_is_a_valid_schema_with_an_id_and_a_description_of_itself() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    assert jsonschema_rs.meta.is_valid(schema)
    assert schema["$id"].startswith("urn:messages-conformance:report:")
    assert schema["description"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_document_comes_back_from_its_file_as_it_was_written(example, tmp_path: Path) -> None:
    made = example()

    written = write(tmp_path / "deep" / "report.json", made)

    assert read(written) == made
    assert read(written.parent) == made


def test_the_shape_that_others_rely_on_is_enough(tmp_path: Path) -> None:
    least = {
        "format": 1,
        "suite": {"name": "messages-conformance", "version": "1", "spec": "1"},
        "target": {"base_url": "http://127.0.0.1"},
        "started_at": "2025-06-15T14:30:00Z",
        "duration_s": 1.9,
        "seed": 1,
        "profile": "standard",
        "requests": 412,
        "verdict": "inconclusive",
        "summary": summarise([]),
        "requirements": [],
        "choices": [],
    }

    assert read(write(tmp_path, least)) == least


def test_a_written_file_is_ascii_readable_by_all_and_alone_in_its_folder(tmp_path: Path) -> None:
    place = write(tmp_path, documents.hostile())

    assert place.read_bytes().isascii()
    assert stat.S_IMODE(place.stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_an_invalid_document_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    place = write(tmp_path, documents.faulty())
    before = place.read_bytes()

    with pytest.raises(ReportError):
        write(tmp_path, {**documents.faulty(), "verdict": "fine"})

    assert place.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut short"),
        (b'{"format": 1, "requirem', "cut short"),
        (b"<html></html>", "no complete JSON"),
        (b"\xff\xfe", "not a UTF-8 text"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"format": NaN}', "NaN is no JSON value"),
        (b"[]", "no report of messages-conformance"),
        (b'{"results": {}}', "no report of messages-conformance"),
        (b'{"format": 2, "requirements": []}', "this version reads format 1"),
        (b'{"format": true, "requirements": []}', "this version reads format 1"),
        (b'{"format": 1, "requirements": []}', "required property"),
    ],
)
def test_a_truncated_or_foreign_file_is_refused_in_one_sentence(content: bytes, said: str, tmp_path: Path) -> None:
    place = tmp_path / "report.json"
    place.write_bytes(content)

    with pytest.raises(ReportError) as caught:
        read(place)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(place))


def test_every_truncation_of_a_report_is_refused(tmp_path: Path) -> None:
    whole = write(tmp_path, documents.partial()).read_bytes()
    cut = tmp_path / "cut.json"

    for length in range(0, len(whole) - 2, len(whole) // 60):
        cut.write_bytes(whole[:length])
        with pytest.raises(ReportError):
            read(cut)


def test_a_missing_file_and_a_folder_without_a_report_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="does not exist"):
        read(tmp_path / "none.json")
    with pytest.raises(ReportError, match=r"report\.json does not exist"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "fine"),
        (("started_at",), "yesterday"),
        (("requests",), -1),
        (("surprise",), 1),
        (("suite", "name"), "other-suite"),
        (("requirements", 0, "outcome"), "skipped"),
        (("requirements", 0, "level"), "MAY"),
        (("requirements", 0, "id"), "<script>"),
        (("requirements", 0, "evidence", 0, "response", "status"), "200"),
        (("latency", "send"), [1.0] * 501),
    ],
)
def test_a_value_that_the_schema_does_not_know_is_refused_with_its_place(path: tuple, value: object) -> None:
    made = documents.conformant()
    holder = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value

    with pytest.raises(ReportError) as caught:
        check(made)

    assert path[-1] in ("surprise",) or "/".join(map(str, path)) in str(caught.value)


def test_names_that_begin_with_x_are_free() -> None:
    assert check({**documents.conformant(), "x-team": {"name": "a"}})


def test_a_requirement_that_stands_twice_is_refused() -> None:
    made = documents.conformant()
    made["requirements"].append(copy.deepcopy(made["requirements"][0]))

    with pytest.raises(ReportError, match="AUTH-01 twice"):
        check(made)


def test_the_summary_counts_each_level_by_outcome() -> None:
    rows = [_row("MUST", "passed"), _row("MUST", "passed"), _row("SHOULD", "failed")]

    counts = summarise(rows)

    assert counts["MUST"] == {"passed": 2, "failed": 0, "not_exercised": 0, "inconclusive": 0}
    assert counts["SHOULD"]["failed"] == 1


@pytest.mark.parametrize(
    ("rows", "options", "verdict"),
    [
        ([_row("MUST", "passed")], {}, "conformant"),
        ([_row("MUST", "passed"), _row("MUST", "not_exercised")], {}, "conformant"),
        ([_row("MUST", "passed"), _row("SHOULD", "failed")], {}, "conformant"),
        ([_row("MUST", "passed"), _row("SHOULD", "failed")], {"strict": True}, "non-conformant"),
        ([_row("MUST", "passed"), _row("MUST", "failed")], {}, "non-conformant"),
        ([_row("MUST", "failed")], {"interrupted": True}, "non-conformant"),
        ([_row("MUST", "passed"), _row("MUST", "failed", known=True)], {}, "conformant"),
        ([_row("MUST", "passed"), _row("MUST", "inconclusive")], {}, "inconclusive"),
        ([_row("MUST", "passed")], {"interrupted": True}, "inconclusive"),
        ([_row("MUST", "not_exercised")], {}, "inconclusive"),
        ([_row("SHOULD", "passed")], {}, "inconclusive"),
        ([], {}, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_levels_and_outcomes(rows: list, options: dict, verdict: str) -> None:
    said, reason = conclude(rows, **options)

    assert said == verdict
    assert reason.endswith(".")


def test_a_file_that_calls_itself_conformant_over_a_failure_is_not_believed() -> None:
    forged = documents.faulty() | {"verdict": "conformant", "verdict_reason": "All is well."}

    verdict, reason = verdict_of(forged)

    assert verdict == "non-conformant"
    assert "its own requirements do not" in reason


def test_a_verdict_that_is_worse_than_its_rows_stands() -> None:
    assert verdict_of(documents.conformant() | {"verdict": "inconclusive"})[0] == "inconclusive"


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fdopen", lambda *_, **__: (_ for _ in ()).throw(OSError("full")))

    with pytest.raises(OSError, match="full"):
        document.write_text(tmp_path / "a.txt", "text")

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        document.write_text(pipe, "text")
        assert os.read(reader, 10) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
