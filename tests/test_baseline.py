"""Known failures do not gate, and a baseline that is out of date does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance import baseline
from conformance.baseline import Baseline, BaselineError
from conformance.cli import main
from conformance.reference import run_in_thread

TODAY = date(2026, 5, 1)
ROWS: list[dict[str, Any]] = [
    {"id": "PAGE-02", "level": "MUST", "outcome": "failed", "reason": 'expected "a", got \\ b\u2028'},
    {"id": "SEND-01", "level": "MUST", "outcome": "passed", "reason": ""},
]


def _written(folder: Path, text: str) -> str:
    file = folder / "baseline.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def _entry(requirement: str, expires: date | None = None) -> str:
    day = f"expires = {expires}\n" if expires else ""
    return f'[[known]]\nrequirement = "{requirement}"\nreason = "we know"\n{day}\n'


def test_a_listed_failure_is_known(tmp_path: Path) -> None:
    """A failure that the baseline lists is marked, one that it does not list is not."""
    known = baseline.load(_written(tmp_path, _entry("PAGE-02")))
    rows = [dict(ROWS[0]), {**ROWS[0], "id": "PAGE-01"}]

    known.mark(rows, TODAY)

    assert [row.get("known") for row in rows] == [True, None]


def test_an_expired_entry_accepts_nothing_and_is_told(tmp_path: Path) -> None:
    """An entry holds through its last day and not a day longer."""
    known = baseline.load(_written(tmp_path, _entry("SEND-01") + _entry("PAGE-02", TODAY)))

    assert known.accepts("PAGE-02", TODAY)
    assert known.problems(["PAGE-02", "SEND-01"], TODAY) == []
    assert not known.accepts("PAGE-02", TODAY + timedelta(days=1))
    [problem] = known.problems(["PAGE-02", "SEND-01"], TODAY + timedelta(days=1))
    assert "line 6: PAGE-02 was accepted until 2026-05-01" in problem


def test_an_id_that_does_not_exist_is_told(tmp_path: Path) -> None:
    """A name that matches nothing would hide nothing for ever."""
    known = baseline.load(_written(tmp_path, _entry("PAGE-77")))

    [problem] = known.problems(["PAGE-02"], TODAY)

    assert "line 2: PAGE-77" in problem


def test_what_passes_is_to_be_taken_out() -> None:
    """A listed requirement that passes is told with the place where it is listed."""
    assert baseline.passing({"SEND-01": "b.toml, line 9"}, ROWS) == [
        "b.toml, line 9: SEND-01 passes: take it out of the baseline."
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[known]]\nreason = 'x'\n", "line 1: entry 1 has no requirement"),
        ("[[known]]\nrequirement = 'PAGE-02'\n", "line 1: entry 1 has no reason"),
        (_entry("PAGE-02") + "[[known]]\nrequirement = 'X'\nreason = ''\n", "line 7: entry 2: reason must be"),
        (_entry("PAGE-02") + "expires = '2026-01-01'\n", "line 5: entry 1: expires must be a day"),
        ("[[known]]\nrequirment = 'PAGE-02'\n", "line 2: entry 1: unknown key 'requirment' (did you mean"),
        ("known = ['PAGE-02']\n", "line 1: a list of tables"),
        ("known = 5\n", "line 1: known must be a list of tables"),
        ("other = 5\n", "line 1: unknown key 'other'"),
        (_entry("PAGE-02") * 2, "line 6: PAGE-02 stands there twice"),
        ("[[known\n", "no TOML"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """Each mistake is one sentence that names the file and the line."""
    with pytest.raises(BaselineError, match=r"baseline\.toml") as caught:
        baseline.load(_written(tmp_path, text))

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_written_baseline_reads_back_and_keeps_reasons(tmp_path: Path) -> None:
    """What failed is written with a reason; one that was written by hand stays."""
    file = tmp_path / "new" / "baseline.toml"

    assert baseline.write(str(file), ROWS, Baseline(), TODAY) == 1
    first = baseline.load(str(file))
    assert [each.requirement for each in first.entries] == ["PAGE-02"]
    assert first.entries[0].reason == 'failed on 2026-05-01: expected "a", got \\ b'

    kept = baseline.load(_written(tmp_path, _entry("PAGE-02", TODAY)))
    baseline.write(str(file), ROWS, kept, TODAY)
    assert baseline.load(str(file)).entries == kept.entries


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The target file of a reference that breaks one MUST."""
    with run_in_thread(faults=[_fault_of("SEND-04")]) as running:
        file = tmp_path_factory.mktemp("faulty") / "target.toml"
        file.write_text(running.target_toml(), encoding="utf-8")
        yield str(file)


def _fault_of(requirement: str) -> str:
    from conformance.reference import FAULTS

    return next(name for name, fault in FAULTS.items() if tuple(fault.violates) == (requirement,))


def _check(target: str, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", "--target", target, "--profile", "quick", "--report-dir", str(folder / "report"), *words])
    file = folder / "report" / "report.json"
    return code, json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def test_a_check_with_the_baseline_that_it_wrote_does_not_fail(faulty: str, tmp_path: Path) -> None:
    """What failed is written; with it the same failures are known, shown as such, and do not gate."""
    file = tmp_path / "baseline.toml"

    before, _ = _check(faulty, tmp_path, "--write-baseline", str(file))
    after, document = _check(faulty, tmp_path, "--baseline", str(file))

    assert before == 1
    assert after != 1
    assert document["verdict"] != "non-conformant"
    row = next(row for row in document["requirements"] if row["id"] == "SEND-04")
    assert (row["outcome"], row["known"]) == ("failed", True)


@pytest.mark.parametrize(
    ("entry", "told"), [(_entry("SEND-01"), "SEND-01 passes"), (_entry("SEND-99"), "no such requirement")]
)
def test_an_outdated_baseline_fails_the_check(
    faulty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: str, told: str
) -> None:
    """A listed requirement that passes, and an id that does not exist, fail what would not fail otherwise."""
    file = _written(tmp_path, _entry("SEND-04") + entry)

    code, _ = _check(faulty, tmp_path, "--baseline", file)

    assert code == 1
    assert told in capsys.readouterr().out


def test_a_bad_baseline_is_wrong_usage(faulty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no baseline ends the check before it begins."""
    code, document = _check(faulty, tmp_path, "--baseline", str(tmp_path / "missing.toml"))

    assert (code, document) == (2, {})
    assert "cannot read the baseline" in capsys.readouterr().err
