"""What is said of the mutants that survive: of each by itself, of lines that there are, and of no mutant twice."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.reference import VARIANTS
from tests.matrix import kept
from tests.matrix.trial import Finding, Trial
from tests.mutants import page, survivors
from tests.mutants.places import MODULES, Mutant, places

KNOWN = survivors.read()
PLACES = {place for module in MODULES for place in places(module)}
FUNCTIONS = {place.partition(": ")[0] for place in PLACES}
MUTANT = Mutant("store-0", "store", "store.Store.get: return None", "None → 0", "")


def test_every_reason_is_of_a_line_that_there_is() -> None:
    assert {place for reason in KNOWN.reasons for place, _ in reason.mutants} - PLACES == set()


def test_no_mutant_has_two_reasons() -> None:
    named = [mutant for reason in KNOWN.reasons for mutant in reason.mutants]

    assert len(named) == len(set(named))


@pytest.mark.parametrize("reason", KNOWN.reasons, ids=lambda reason: reason.text[:40])
def test_a_reason_is_of_a_kind_and_a_sentence(reason: survivors.Reason) -> None:
    assert reason.kind in survivors.KINDS
    assert reason.text.endswith(".")
    assert reason.mutants


def test_code_is_reached_by_variants_that_there_are() -> None:
    assert {name for names in KNOWN.reached.values() for name in names} <= set(VARIANTS)
    assert set(KNOWN.reached) <= PLACES | FUNCTIONS


def test_a_reason_without_its_mutant_is_told() -> None:
    reason = survivors.Reason("open", "It may.", frozenset({(MUTANT.place, MUTANT.change), ("store: x", "y → z")}))

    assert survivors.Survivors((reason,), {}).without_mutant([MUTANT]) == [("store: x", "y → z")]


def test_the_page_tells_of_each_survivor_why() -> None:
    known = survivors.Survivors((survivors.Reason("open", "It may.", frozenset({(MUTANT.place, "None → 0")})),), {})
    killer = ("quick", Finding("store-1", [], "non-conformant", ["GET-03"]))
    others = [Mutant(name, "store", MUTANT.place, f"None → {name}", "") for name in ("1", "2")]
    rows = [page.row(MUTANT, None, known), page.row(others[0], killer, known), page.row(others[1], None, known)]
    made = page.document(rows, sample=0, module=None)

    assert made["counts"] == {"killed": 1, "equivalent": 0, "open": 1, "beyond": 0, "survived": 1}
    text = page.markdown(made)
    assert "| store | 1 | 0 | 1 | 0 | 1 |" in text
    assert "It may. (1)\n\n- `store.Store.get: return None`: `None → 0`" in text
    assert "Without a reason. (1)\n\n- `store.Store.get: return None`: `None → 2`" in text


def test_what_the_readme_counts_stands_on_the_kept_page() -> None:
    root = Path(__file__).parents[1]
    page_kept, readme = ((root / name).read_text(encoding="utf-8") for name in ("reports/mutants.md", "README.md"))
    counts = re.search(r"^\| all \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| 0 \|$", page_kept, re.MULTILINE)
    told = re.search(
        r"Of (\d+) mutants .*?, (\d+) are killed.*? (\d+) are equivalent, (\d+) are .*?and (\d+) are", readme, re.DOTALL
    )

    assert counts
    assert told
    assert list(told.groups()) == [str(sum(map(int, counts.groups()))), *counts.groups()]


def test_a_run_goes_on_where_it_was_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial is not run again, save one that was in trouble, or that has become another by its options."""
    file, run = tmp_path / "kept", []

    def judged(trials: list[Trial], _jobs: int) -> list[Finding]:
        run.extend(each.name for each in trials)
        return [Finding(each.name, [], "conformant", trouble="late" if each.name == "b" else "") for each in trials]

    monkeypatch.setattr(kept, "run_all", judged)
    first = list(kept.run_on([Trial("a"), Trial("b"), Trial("c")], 1, file))
    again = list(kept.run_on([Trial("a"), Trial("b"), Trial("c", options=("-x",))], 1, file))

    assert run == ["a", "b", "c", "b", "c"]
    assert [each.name for each in first] == [each.name for each in again] == ["a", "b", "c"]
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 5
