"""From what the drivers report to a verdict: one place decides what gates."""

from __future__ import annotations

from itertools import permutations

import pytest

from conformance.model import Level, Outcome, Requirement
from conformance.verdict import Deed, Tally, conclude, gates, selected


def requirement(name: str, level: str = "MUST", *needs: str) -> Requirement:
    """A requirement of a catalogue."""
    return Requirement(name, Level(level), "Chapter", "Title", "Source", "Judged", needs)


MUST, OTHER, SHOULD = requirement("SEND-01"), requirement("SEND-02"), requirement("SEND-03", "SHOULD")
NEEDY = requirement("AUTH-04", "MUST", "publishable_key")
CATALOGUE = {each.id: each for each in (MUST, OTHER, SHOULD, NEEDY)}


def violation(name: str, evidence: int = 1, got: str = "400") -> dict:
    """A violation as a driver reports it."""
    return {
        "requirement": name,
        "expected": "201",
        "got": got,
        "evidence": [{"n": number} for number in range(evidence)],
    }


def results(*deeds: Deed, catalogue: dict | None = None) -> dict:
    """The results by id."""
    return {each.requirement.id: each for each in Tally(catalogue or CATALOGUE, list(deeds)).results()}


def done(*ids: str, **fields: object) -> Deed:
    """A driver that came to its end and observed what it is for."""
    return Deed([*ids], **{"observed": dict.fromkeys(ids, 1), **fields})


# State, observed, found; what becomes of a MUST that needs nothing, and of one that does.
TABLE = [
    ("done", 1, False, Outcome.PASSED, Outcome.PASSED),
    ("done", 0, False, Outcome.INCONCLUSIVE, Outcome.NOT_EXERCISED),
    ("done", 0, True, Outcome.FAILED, Outcome.FAILED),
    ("done", 1, True, Outcome.FAILED, Outcome.FAILED),
    ("not_offered", 0, False, Outcome.INCONCLUSIVE, Outcome.NOT_EXERCISED),
    ("not_offered", 1, False, Outcome.PASSED, Outcome.PASSED),
    ("blocked", 0, False, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
    ("blocked", 1, False, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
    ("blocked", 0, True, Outcome.FAILED, Outcome.FAILED),
    ("unjudgeable", 1, False, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
    ("unjudgeable", 1, True, Outcome.FAILED, Outcome.FAILED),
    ("withheld", 0, False, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
    ("trouble", 1, False, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
]


@pytest.mark.parametrize(("state", "observed", "found", "plain", "needy"), TABLE)
def test_what_becomes_of_a_requirement(state, observed, found, plain, needy):
    for each, outcome in ((MUST, plain), (NEEDY, needy)):
        deed = Deed([each.id], state, "the reason", observed={each.id: observed})
        deed.violations = [violation(each.id)] if found else []
        result = results(deed, catalogue={each.id: each})[each.id]
        assert result.outcome is outcome
        assert bool(result.reason) is (outcome is not Outcome.PASSED)


def test_a_requirement_that_no_driver_was_selected_for_is_inconclusive():
    assert results(done("SEND-01"))["SEND-02"].outcome is Outcome.INCONCLUSIVE
    assert results(done("SEND-01"))["SEND-02"].reason == "not selected"


def test_the_worst_outcome_wins_in_whatever_order_drivers_report():
    deeds = [done("SEND-01"), done("SEND-01", violations=[violation("SEND-01")]), Deed(["SEND-01"], "blocked", "x")]
    assert {results(*order)["SEND-01"].outcome for order in permutations(deeds)} == {Outcome.FAILED}
    assert {results(*order)["SEND-01"].outcome for order in permutations([deeds[0], deeds[2]])} == {
        Outcome.INCONCLUSIVE
    }


def test_what_one_driver_observed_counts_for_the_requirement_of_another():
    found = results(Deed(["SEND-02"]), done("SEND-01", observed={"SEND-01": 1, "SEND-02": 3}))
    assert found["SEND-02"].outcome is Outcome.PASSED
    assert found["SEND-02"].decisive == 3


def test_a_violation_counts_whichever_driver_met_it():
    assert results(done("SEND-01", violations=[violation("SEND-02")]))["SEND-02"].outcome is Outcome.FAILED


def test_the_shortest_evidence_is_shown():
    deed = done("SEND-01", violations=[violation("SEND-01", 3, "404"), violation("SEND-01", 1, "400")])
    result = results(deed)["SEND-01"]
    assert (result.expected, result.got, len(result.evidence)) == ("201", "400", 1)
    assert result.reason == "expected 201, got 400"


def test_what_a_target_needs_is_the_reason_why_it_was_not_exercised():
    assert (
        results(Deed(["AUTH-04"], "not_offered", "no key"))["AUTH-04"].reason == "the target names no publishable key"
    )


# -- the verdict -----------------------------------------------------------------------------------------------------

WHOLE = done("SEND-01", "SEND-02", "SEND-03", "AUTH-04")


def said(*deeds: Deed, known: tuple[str, ...] = (), **options: object) -> tuple[str, str]:
    """The verdict on what drivers report, and the reason."""
    rows = [
        {
            "id": each.requirement.id,
            "level": each.requirement.level.value,
            "outcome": each.outcome.value,
            "reason": each.reason,
        }
        for each in Tally(CATALOGUE, list(deeds)).results()
    ]
    return conclude([row | {"known": row["id"] in known} for row in rows], **options)


def test_a_run_in_which_all_held_is_conformant():
    assert said(WHOLE)[0] == "conformant"


def test_what_was_not_offered_is_no_fault():
    deed = done("SEND-01", "SEND-02", "SEND-03")
    assert said(deed, Deed(["AUTH-04"], "not_offered"))[0] == "conformant"


def test_a_broken_must_is_not_conformant():
    decided, reason = said(WHOLE, done("SEND-01", violations=[violation("SEND-01")]))
    assert decided == "non-conformant"
    assert reason == "1 MUST requirement failed: SEND-01."


def test_a_broken_should_gates_only_when_it_is_asked_to():
    deed = done("SEND-03", violations=[violation("SEND-03")])
    assert said(WHOLE, deed)[0] == "conformant"
    assert said(WHOLE, deed, strict=True)[0] == "non-conformant"


def test_a_must_that_was_not_judged_is_not_conformant_either():
    decided, reason = said(done("SEND-01", "SEND-03", "AUTH-04"), Deed(["SEND-02"], "blocked", "the send was refused"))
    assert decided == "inconclusive"
    assert "the send was refused" in reason
    assert "SEND-02" in reason


def test_a_should_that_was_not_judged_is_no_matter():
    assert said(done("SEND-01", "SEND-02", "AUTH-04"), Deed(["SEND-03"], "blocked", "x"))[0] == "conformant"


def test_an_interrupted_run_is_inconclusive_unless_it_found_something():
    assert said(WHOLE, interrupted=True)[0] == "inconclusive"
    broken = done("SEND-01", violations=[violation("SEND-01")])
    assert said(WHOLE, broken, interrupted=True)[0] == "non-conformant"


def test_a_known_failure_does_not_gate_and_is_told():
    decided, reason = said(WHOLE, done("SEND-01", violations=[violation("SEND-01")]), known=("SEND-01",))
    assert decided == "conformant"
    assert "known to fail: SEND-01" in reason
    broken = done("SEND-01", "SEND-02", violations=[violation("SEND-01"), violation("SEND-02")])
    assert said(WHOLE, broken, known=("SEND-01",))[0] == "non-conformant"


def test_a_part_of_a_run_is_never_conformant():
    decided, reason = said(WHOLE, part="shard 1/2")
    assert decided == "inconclusive"
    assert "shard 1/2" in reason
    assert said(WHOLE, done("SEND-01", violations=[violation("SEND-01")]), part="shard 1/2")[0] == "non-conformant"


def test_where_every_must_was_declined_nothing_is_known():
    catalogue = {"AUTH-04": NEEDY}
    rows = [
        {"id": each.requirement.id, "level": "MUST", "outcome": each.outcome.value}
        for each in Tally(catalogue, [Deed(["AUTH-04"])]).results()
    ]
    assert conclude(rows)[0] == "inconclusive"


@pytest.mark.parametrize("level", ["MUST", "SHOULD"])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_the_level_gates_and_nothing_else_does(level, strict, known):
    row = {"level": level, "outcome": "failed", "known": known, "reason": ""}
    assert gates(row, strict) is ((level == "MUST" or strict) and not known)
    assert not gates({**row, "outcome": "inconclusive"}, strict)


def test_a_row_says_whether_it_was_selected():
    assert not selected({"outcome": "inconclusive", "reason": "Not selected in shard 1/2"})
    assert selected({"outcome": "inconclusive", "reason": "the budget is spent"})
    assert selected({"outcome": "passed", "reason": "not selected"})


def test_nothing_done_is_never_conformant():
    assert said()[0] == "inconclusive"
    assert said(Deed([]))[0] == "inconclusive"


def test_a_selection_that_leaves_out_a_must_is_partial():
    assert Tally(CATALOGUE, [done("SEND-01", "SEND-03")]).is_partial
    assert not Tally(CATALOGUE, [WHOLE]).is_partial
    assert not Tally(CATALOGUE, [done("SEND-01", "SEND-02"), Deed(["AUTH-04"], "blocked", "x")]).is_partial


def test_answers_to_one_question_are_told_together():
    one, other = ("SEND-01", "status", "201"), ("SEND-01", "status", "200")
    tally = Tally(CATALOGUE, [Deed([], choices=[one]), Deed([], choices=[other, one, ("LIST-02", "fields", "full")])])
    assert tally.choices() == [
        {"id": "LIST-02", "question": "fields", "observed": "full"},
        {"id": "SEND-01", "question": "status", "observed": "201, 200"},
    ]
