"""Drawn programs: the same by the same seed, kept ones first, cut down within a budget, and told as they are."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import kept, passage
from conformance.catalogue import spec_path
from conformance.client import Limits
from conformance.model import Violation
from conformance.reference import FAULTS, run_in_thread
from conformance.run import SEED, Plan, Run
from conformance.suite import generate, machine, minimise, prepared, telling, values
from conformance.suite.kit import Kit
from conformance.suite.stage import set_scene
from conformance.target import load

SITUATIONS = (*prepared.PAGINATION, *prepared.STATUSES)
OTHERS = ("wanderings", "glances")
RESULTS = Path(__file__).parent / "programs"


def opened(toml: str, folder: Path, limits: Limits | None = None, **plan: Any) -> Run:
    """A run whose scene is set."""
    file = folder / "target.toml"
    file.write_text(toml, encoding="utf-8")
    run = Run(load(str(file), None, None, ()), Plan(seed=1, limits=limits or Limits(), **plan))
    set_scene(run)
    return run


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Run]:
    """A run against a server on which a full last page says that more follows."""
    with run_in_thread(faults=["has-more-when-full"]) as running:
        run = opened(running.target_toml(), tmp_path)
        yield run
        run.client.close()


@pytest.fixture
def correct(tmp_path: Path) -> Iterator[Run]:
    """A run against a correct server."""
    with run_in_thread() as running:
        run = opened(running.target_toml(), tmp_path)
        yield run
        run.client.close()


def test_a_seed_repeats_its_programs_and_its_values_exactly() -> None:
    """What is drawn follows from the seed alone, and another seed draws something else."""
    names = (*SITUATIONS, *OTHERS)
    assert machine.drawn("any", names, 7) == machine.drawn("any", names, 7)
    assert machine.drawn("any", names, 7) != machine.drawn("any", names, 8)
    assert generate.draw(values.messages(), 5, 7) == generate.draw(values.messages(), 5, 7)


def test_what_is_kept_is_what_is_generated_now() -> None:
    """A change of the spec, of what is drawn, or of either library asks for `python -m conformance.suite.prepared`."""
    kept = json.loads(spec_path("generated.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(prepared.made()))


def test_a_run_of_the_default_seed_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that its programs and values are made of is kept; any other seed draws its own."""
    monkeypatch.setattr(generate, "draw", lambda *_: pytest.fail("drawn"))
    for kind, names in (("pagination", prepared.PAGINATION), ("statuses", prepared.STATUSES)):
        assert len(machine.drawn(kind, names, SEED)) == len(names)
    assert len(prepared.drawn("messages", prepared.MESSAGES, SEED)) == prepared.MESSAGES
    with pytest.raises(pytest.fail.Exception):
        prepared.drawn("messages", prepared.MESSAGES, SEED + 1)


def test_what_a_seed_draws_depends_on_nothing_else_that_is_imported(tmp_path: Path) -> None:
    """Hypothesis would mix in constants of a user's own modules."""
    (tmp_path / "theirs.py").write_text("NAMES = " + repr([f"their{each}" for each in range(50)]))
    told = "import json, sys; sys.path.insert(0, '.'); {0}from conformance.suite import prepared; "
    told += "print(json.dumps([prepared.drawn('messages', 60, 7), prepared.drawn('wanderings', 5, 7)]))"
    alone, beside = (
        subprocess.run([sys.executable, "-c", told.format(more)], cwd=tmp_path, capture_output=True, check=True).stdout
        for more in ("", "import theirs; ")
    )
    assert alone == beside


@pytest.mark.parametrize("name", [*SITUATIONS, *OTHERS])
def test_what_is_drawn_can_be_kept_and_told(name: str, tmp_path: Path) -> None:
    """A program survives being written and read, and has a sentence for each of its steps."""
    programs = [program for seed in range(10) for _, program in machine.drawn("any", (name,), seed)]
    kept.write(tmp_path / "kept.json", {}, [{"kind": "any", "program": each} for each in programs])
    back = kept.read(tmp_path / "kept.json")["any"]
    assert all(each in back for each in programs)
    assert all(each in programs for each in back)
    for program in programs:
        sentences = telling.told(program, ["conv_a", "conv_b"])
        assert [each.partition(". ")[0] for each in sentences] == [str(number + 1) for number in range(len(program))]


@pytest.mark.parametrize(
    "step",
    [
        {"do": "delete"},
        {"do": "walk"},
        {"do": "walk", "sizes": []},
        {"do": "send", "to": "0"},
        {"do": "send", "to": -1},
        7,
    ],
)
def test_a_kept_program_that_cannot_be_run_is_left_aside(step: Any, tmp_path: Path) -> None:
    """Whoever edits the file cannot make a run stumble."""
    (tmp_path / "kept.json").write_text(json.dumps({"programs": {"pagination": [[step], [{"do": "send"}]]}}))
    assert kept.read(tmp_path / "kept.json") == {"pagination": [[{"do": "send"}]]}


def test_every_situation_runs_to_its_end_on_a_correct_target(correct: Run) -> None:
    """No step stumbles, and nothing is held against a correct server."""
    for kind, program in machine.drawn("any", (*SITUATIONS, *OTHERS), 5):
        course = machine.Course(Kit(correct), kind, program)
        while course.goes_on():
            time.sleep(max(0.0, course.due - time.monotonic()))
        assert course.begun == len(program)
    assert correct.violations() == []


def test_what_waits_goes_on_beside_the_drivers_that_follow(correct: Run) -> None:
    """Nothing sleeps for a program until the last driver has ended; then it is carried out whatever it waits for."""
    waiting = [{"do": "send"}, {"do": "pause", "ms": 300}, {"do": "look", "message": 0}, {"do": "send"}]
    correct.under_way = machine.Programs(Kit(correct), [("any", waiting)])
    began = time.monotonic()
    correct.under_way.go_on()
    Kit(correct).glance()
    assert time.monotonic() - began < 0.3
    sends = len(correct.judge.ledger.sends)
    correct.under_way.end()
    assert time.monotonic() - began >= 0.3
    assert len(correct.judge.ledger.sends) == sends + 1


def test_a_judge_that_breaks_off_meanwhile_is_told_to_whoever_asks(
    correct: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange that was under way is recorded all the same, and what follows is judged."""

    def break_off(*_: Any) -> None:
        raise ZeroDivisionError

    kit, made = Kit(correct), len(correct.history)
    correct.drain()
    kit.list(limit=1)
    with monkeypatch.context() as broken:
        broken.setattr(correct._judge, "see", break_off)
        broken.setattr(passage.Stream, "_is_there", lambda _: False)
        kit.list(limit=2)
    assert len(correct.history) == made + 2
    with pytest.raises(ZeroDivisionError):
        correct.drain()
    seen = len(correct.judge.ledger.exchanges)
    kit.list(limit=3)
    assert len(correct.judge.ledger.exchanges) == seen + 1


def test_a_failing_program_is_cut_down_within_its_budget(broken: Run) -> None:
    """What is left is a send and the look that shows it, in no more than a hundred requests and one program's more."""
    kit = Kit(broken)
    programs = machine.drawn("pagination", ("ends",), 1)
    machine.Programs(kit, programs).end()
    failure = broken.failures["PAGE-02"]
    assert len(failure.program) <= 2
    assert failure.failed == failure.tried == 3
    before = broken.client.spent
    minimise.minimise(kit, programs[0][1], "PAGE-02")
    assert broken.client.spent - before < 150


def test_a_violation_is_known_as_its_programs_though_it_is_judged_later(broken: Run) -> None:
    """The exchange that showed it tells whose it was, and after which step."""
    (failing,) = machine.drawn("pagination", ("ends",), 1)
    harmless = [{"do": "send"}, {"do": "look", "message": 0}]
    programs = [("before", harmless), ("failing", failing[1]), ("behind", harmless), ("behind", harmless)]
    machine.Programs(Kit(broken), programs).end()
    assert {name: each.kind for name, each in broken.failures.items()} == {"PAGE-02": "failing"}


def test_what_each_try_asked_stays_known_as_its_own(correct: Run) -> None:
    """The exchanges of one try are not taken for those of another, nor for the run's."""
    tries = []
    for _ in range(3):
        with correct.aside():
            minimise.attempt(Kit(correct), [{"do": "send"}])
            tries.append(tuple(correct.history))
    Kit(correct).send(Kit(correct).payload())
    correct.drain()
    assert all(tries)
    for each in [exchange for made in (*tries, tuple(correct.history)) for exchange in made]:
        assert correct.exchange(each.number) is each


def test_what_failed_before_is_tried_first(broken: Run) -> None:
    """A run that knows a failing program finds its fault with it, before anything new is drawn."""
    tried: list[Any] = []
    program = [{"do": "send", "to": 0, "count": 2}, {"do": "tail", "to": 0, "where": 1, "size": 1}]
    broken.kept = {"pagination": [program]}
    course = machine.Course
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "Course", lambda *of: (tried.append(of[-1]), course(*of))[1])
        kept_programs = [("pagination", each) for each in broken.kept_programs("pagination")]
        machine.Programs(Kit(broken), [*kept_programs, ("pagination", [{"do": "send"}])]).end()
    assert tried[0] == program
    assert "PAGE-02" in broken.failures


def test_while_one_program_waits_those_after_it_are_carried_out(correct: Run) -> None:
    """What waits for messages to move keeps nothing else waiting, and goes on when it is due."""
    waiting = [{"do": "send"}, {"do": "pause", "ms": 60}, {"do": "look", "message": 0}]
    others = [[{"do": "send"}, {"do": "list", "where": 0, "limit": 20}]] * 2
    before = len(correct.history)
    machine.Programs(Kit(correct), [("any", each) for each in (waiting, *others)]).end()
    made = correct.history.since(before)
    assert [each.request.method for each in made] == ["POST", "POST", "GET", "POST", "GET", "GET"]
    assert "/v1/messages/" in made[-1].request.target
    assert made[-1].began - made[0].ended >= 0.06


@pytest.mark.parametrize(
    ("answers", "failed", "tried"),
    [([1, 1, 1, 1], 3, 3), ([1, 1, 0, 1, 0, 1], 3, 5), ([0, 0], 0, 2), ([1, 0, 0, 0], 0, 3)],
)
def test_a_program_that_does_not_fail_each_time_is_told_as_it_is(
    answers: list[int], failed: int, tried: int, correct: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many of so many tries failed: five tries where three do not agree."""
    left = iter(answers)
    violation = Violation("PAGE-01", "this", "that")
    monkeypatch.setattr(minimise, "trial", lambda *_: (violation, (1,)) if next(left) else None)
    found = minimise.minimise(Kit(correct), [{"do": "settle"}], "PAGE-01")
    assert (found.failed, found.tried) == (failed, tried)


@pytest.mark.parametrize("most", [700, 1000])
def test_a_search_uses_up_the_requests_that_it_is_given(most: int, tmp_path: Path) -> None:
    """It goes on for as long as there is something left, keeps a reserve, and never runs into the limit."""
    with run_in_thread() as running:
        run = opened(running.target_toml(), tmp_path, Limits(max_requests=most), profile="deep", rounds=None)
        search = machine.Search(Kit(run))
        for seed in search.rounds():
            machine.Programs(Kit(run), search.lasting(machine.drawn("pagination", ("ends", "echoes"), seed))).end()
        run.client.close()
    assert most - machine.RESERVE <= run.client.spent <= most


def test_every_fault_of_the_list_was_found_by_nine_seeds_of_ten() -> None:
    """The results that stand beside the list are those of the list: `python -m tests.programs --json …` makes them."""
    lines = (RESULTS / "faults.txt").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    results = json.loads((RESULTS / "results.json").read_text(encoding="utf-8"))["targets"]
    assert [each["name"] for each in results] == listed
    assert set(listed) <= set(FAULTS)
    assert len(listed) >= 25
    assert all(each["found"] >= 0.9 * each["seeds"] and each["seeds"] >= 10 for each in results)
