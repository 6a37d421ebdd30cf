"""The kill matrix: what it counts, what it minds, and the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.matrix import __main__ as command
from tests.matrix import kills, page
from tests.matrix.trial import Finding, Trial, run_all


def finding(name: str, expected: str = "", failed: str = "", verdict: str = "non-conformant", **more: str) -> Finding:
    """What a trial found, in words."""
    return Finding(name, expected.split(), verdict, failed.split(), told=dict.fromkeys(failed.split(), "<b>"), **more)


EXACT = finding("cursor-inclusive", "PAGE-04 PAGE-01", "PAGE-04")
GOOD = finding("oldest-first", verdict="conformant")


def minded(*findings: Finding, whole: bool = False) -> list[str]:
    """The problems of a matrix of these findings."""
    return kills.document(findings, whole=whole)["problems"]


def test_what_is_found_where_it_belongs_is_good_enough() -> None:
    assert minded(EXACT, GOOD) == []


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (finding("limit-none", "SEND-05"), "is missed"),
        (finding("limit-none", "SEND-05", "SEND-06"), "is elsewhere"),
        (finding("limit-none", "SEND-05", trouble="no end"), "no end"),
        (finding("busy", failed="PAGE-01"), "is correct, and found non-conformant: PAGE-01"),
        (finding("busy", verdict="inconclusive"), "is correct, and found inconclusive"),
        (finding("limit-none", "SEND-05", "SEND-05 SEND-06"), "50% of the faults are found exactly"),
    ],
)
def test_what_is_not_good_enough_is_said(one: Finding, said: str) -> None:
    (problem,) = minded(EXACT, GOOD, one)
    assert said in problem


def test_of_the_whole_every_requirement_kills_a_fault_alone() -> None:
    problems = minded(EXACT, whole=True)
    assert "PAGE-01 has no fault that it alone kills" in problems
    assert not any(each.startswith("PAGE-04 ") for each in problems)


def test_the_page_is_self_contained_and_escapes_what_it_shows() -> None:
    made = kills.document([EXACT, GOOD, finding("limit-none", "SEND-05", "SEND-06")], whole=False)
    html = page.render(made)
    assert "cursor-inclusive" in html
    assert "&lt;b&gt;" in html
    assert not re.search(r"<script|<link|src=|url\(", html)


def test_the_summary_stands_between_its_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    page.into_readme(kills.document([EXACT, GOOD], whole=True), readme)
    text = readme.read_text()
    assert text.startswith(f"before\n{page.BEGIN}\n| of 1 faults")
    assert text.endswith(f"{page.END}\nafter\n")
    assert "old" not in text


def test_the_readme_has_a_place_for_the_summary() -> None:
    text = (page.ROOT / "README.md").read_text()
    assert text.count(page.BEGIN) == text.count(page.END) == 1


def test_a_part_is_named_or_is_todays() -> None:
    assert command.part("2/4") == (2, 4)
    number, parts = command.part("today/4")
    assert parts == 4
    assert 1 <= number <= 4
    with pytest.raises(ValueError, match="5/4"):
        command.part("5/4")


def test_another_source_of_the_reference_is_served(tmp_path: Path) -> None:
    """In a process of its own: a mutant whose messages say that they are something else is found where it should be."""
    source = (page.ROOT / "conformance" / "reference" / "showing.py").read_text()
    changed = source.replace('"message"', '"massage"')
    assert changed != source
    trial = Trial("mutant", sources=(("conformance.reference.showing", changed),), options=("--profile", "quick"))
    (found,) = run_all([trial], 1)
    assert "SEND-02" in found.failed, found


def test_late_delivery_changes_no_verdict() -> None:
    (found,) = run_all([Trial("late", options=("--profile", "quick"), late=0.02)], 1)
    assert found.verdict == "conformant", found
