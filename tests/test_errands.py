"""Errands: while something is waited for, in order, and whatever is left at the end."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import passage
from conformance.client import Unjudgeable
from conformance.errands import Errands
from conformance.reference import run_in_thread
from conformance.run import Plan, Run
from conformance.suite.kit import Kit
from conformance.target import load


def test_one_at_a_time_in_order() -> None:
    """As they came; none twice."""
    errands, done = Errands(), list[int]()
    errands.add(*(lambda number=number: done.append(number) for number in range(4)))
    errands.do_one()
    errands.do_one()
    assert done == [0, 1]
    errands.finish()
    errands.do_one()
    assert done == [0, 1, 2, 3]


def test_what_the_disk_refuses_is_tried_again_at_the_end() -> None:
    """And told then; what came after it is done all the same."""
    errands, tried, done = Errands(), list[int](), list[int]()

    def write() -> None:
        tried.append(1)
        _refused()

    errands.add(write, lambda: done.append(1))
    errands.do_one()
    assert (len(tried), done) == (1, [])
    with pytest.raises(OSError, match="No space left"):
        errands.finish()
    assert (len(tried), done) == (2, [1])
    errands.finish()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, Unjudgeable])
def test_what_an_interruption_broke_off_is_done_at_the_end(kind: type[BaseException]) -> None:
    """Nothing is lost of it, and nothing overtakes it."""
    errands, tried, done = Errands(), list[int](), list[int]()

    def interrupted() -> None:
        tried.append(1)
        if len(tried) == 1:
            raise kind
        done.append(1)

    errands.add(interrupted, lambda: done.append(2))
    with pytest.raises(kind):
        errands.do_one()
    assert not errands.do_one()
    errands.finish()
    assert done == [1, 2]


def test_an_errand_does_no_other() -> None:
    """Each comes to its end before the next begins."""
    errands, done = Errands(), list[object]()
    errands.add(lambda: done.append(errands.do_one()), lambda: done.append(2))
    assert errands.do_one()
    assert errands.do_one()
    assert done == [False, 2]


def _list(run: Run) -> None:
    Kit(run).list(limit=1)


def _refused() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _bug() -> None:
    raise KeyError("boom")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run of a correct target whose answers take so long that none is there before all is done that can be."""
    monkeypatch.setattr(passage.Stream, "_is_there", lambda _: False)
    with run_in_thread() as running:
        (tmp_path / "target.toml").write_text(running.target_toml())
        made = Run(load(str(tmp_path / "target.toml"), None, None, ()), Plan())
        made.client._taken.extend([1.0] * 15)
        yield made
        made.client.close()


def test_errands_are_done_while_an_answer_is_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is there; what the target is said to take is not the longer for them."""
    done: list[int] = []
    run.errands.add(*[lambda: time.sleep(0.05) or done.append(len(run.history))] * 3)
    before = len(run.history)
    monkeypatch.setattr(passage.Stream, "_is_there", lambda _: len(done) in (2, 3))
    _list(run)
    assert done == [before, before]
    _list(run)
    assert done == [before, before]
    monkeypatch.undo()
    assert max(list(run.client._taken)[-2:]) < 0.05


def test_no_errand_holds_up_a_target_that_answers_promptly(run: Run) -> None:
    """There is a time for it later: at the end, at the latest."""
    run.client._taken.extend([0.0005] * 15)
    done: list[int] = []
    run.errands.add(lambda: done.append(1))
    _list(run)
    assert done == []
    run.sleep_until(time.monotonic() + 0.01)
    assert done == [1]


def test_errands_are_done_while_something_is_waited_for(run: Run) -> None:
    """All that there is time for, and none that breaks off over and over."""
    done: list[int] = []
    run.errands.add(*[lambda: done.append(1)] * 3, _refused, lambda: done.append(2))
    until = time.monotonic() + 0.05
    run.sleep_until(until)
    assert time.monotonic() >= until
    assert done == [1, 1, 1]
    run.sleep_until(time.monotonic() - 1)
    with pytest.raises(OSError, match="No space left"):
        run.errands.finish()
    assert done == [1, 1, 1, 2]


def test_a_bug_of_an_errand_is_told_to_whoever_asks(run: Run) -> None:
    """The exchange is recorded all the same."""
    run.errands.add(_bug)
    before = len(run.history)
    _list(run)
    assert len(run.history) == before + 1
    with pytest.raises(KeyError, match="boom"):
        run.drain()
    run.drain()


def test_the_end_of_the_time_ends_a_wait(run: Run) -> None:
    """The alarm that rings during an errand is rung once: what it raises is not kept for later."""

    def ring() -> None:
        raise Unjudgeable("the budget of 1 seconds is spent")

    run.errands.add(ring)
    began = time.monotonic()
    with pytest.raises(Unjudgeable, match="is spent"):
        run.sleep_until(began + 5)
    assert time.monotonic() - began < 2


def test_only_one_thread_judges_though_a_call_breaks_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go on for a while: what they make is judged when they are done, and once."""
    judge, judged = run.judge, list[tuple[int, int]]()
    monkeypatch.setattr(
        judge, "see", lambda each: judged.append((each.number, threading.get_ident())) or [], raising=True
    )

    def go_on() -> None:
        time.sleep(0.05)
        _list(run)
        _list(run)

    with pytest.raises(KeyError, match="boom"):
        Kit(run).at_once([_bug, go_on, go_on])
    run.drain()
    assert len(judged) == len({number for number, _ in judged}) == 4
    assert {thread for _, thread in judged} == {threading.get_ident()}


def test_none_is_done_where_several_threads_make_exchanges(run: Run) -> None:
    """They would do the same ones at one time."""
    done: list[int] = []
    run.errands.add(lambda: done.append(1))
    with run.undrained():
        _list(run)
    assert done == []
    _list(run)
    assert done == [1]


def test_what_was_made_before_several_threads_begin_is_judged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may ask for what it showed, however promptly it was answered."""
    monkeypatch.setattr(passage.Stream, "_is_there", lambda _: True)
    kit = Kit(run)
    identifier = kit.accepted(
        kit.send({"conversation_id": kit.terms.conversations[0].id, "type": "text", "body": "hello"})
    )
    assert [each.id for each in kit.at_once([lambda: kit.message(identifier)])] == [identifier]
