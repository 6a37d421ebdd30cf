"""The drivers' hands on targets that are slow or lag behind, and on messages that nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conformance.model import Observation, Terms
from conformance.reference import run_in_thread
from conformance.run import Plan, Run
from conformance.suite.asking import alike, drawn_like
from conformance.suite.kit import Kit
from conformance.suite.reasons import Blocked
from conformance.suite.stage import set_scene
from conformance.suite.test_arrivals import _part_a_second
from conformance.target import load


@contextmanager
def hands(folder: Path, faults: Iterable[str] = (), **terms: Any) -> Iterator[Kit]:
    """A kit whose scene is set, on a server with these faults whose target file declares these terms too."""
    with run_in_thread(faults=faults) as running:
        (folder / "target.toml").write_text(running.target_toml(), encoding="utf-8")
        target = load(str(folder / "target.toml"), None, None, ())
        run = Run(replace(target, terms=replace(target.terms, **terms)), Plan(seed=1))
        set_scene(run)
        yield Kit(run)
        run.client.close()


def refusing_once(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The lists that are asked for from now on; the first of a cursor is refused, as by a replica that lags behind."""
    asked: list[dict[str, Any]] = []
    answered: Callable[..., Any] = kit.list

    def first_refused(**parameters: Any) -> Any:
        asked.append(parameters)
        lags = parameters["starting_after"] and sum(each["starting_after"] is not None for each in asked) == 1
        return answered(**{**parameters, **({"starting_after": "msg_nobodys"} if lags else {})})

    monkeypatch.setattr(kit, "list", first_refused)
    return asked


def test_a_walk_asks_once_more_where_a_replica_may_not_know_its_cursor_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window is what the target declares."""
    with hands(tmp_path, consistency_seconds=0.05) as kit:
        kit.some(3)
        asked = refusing_once(kit, monkeypatch)
        assert len(kit.walk([1], most=2)) == 2
    assert len(asked) == 3
    assert asked[1] == asked[2]


def test_a_walk_breaks_off_where_a_target_that_declares_no_window_does_not_know_its_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is consistent at once knows every cursor that it gave."""
    with hands(tmp_path) as kit:
        kit.some(3)
        refusing_once(kit, monkeypatch)
        with pytest.raises(Blocked):
            kit.walk([1], most=2)


def test_a_page_is_turned_within_a_second_where_no_walk_did_so(tmp_path: Path) -> None:
    """A quick check of a slow target never does by chance."""
    with hands(tmp_path) as kit:
        for _ in range(2):
            kit.at_once([lambda: kit.send(kit.payload()) for _ in range(4)])
            kit.page(limit=100)
        kit.run.drain()
        before = kit.client.spent
        assert "PAGE-07" not in {each.requirement for each in kit.run.take() if isinstance(each, Observation)}
        _part_a_second(kit)
        assert kit.client.spent == before + 1
        kit.run.drain()
        assert "PAGE-07" in {each.requirement for each in kit.run.take() if isinstance(each, Observation)}
        _part_a_second(kit)
        assert kit.client.spent == before + 1


@pytest.mark.parametrize(("fault", "broken"), [("status-on-demand", {"STAT-06"}), ("", set())])
def test_a_message_that_nobody_retrieved_arrives(tmp_path: Path, fault: str, broken: set[str]) -> None:
    """A target may move a message only when it is asked for it."""
    with hands(tmp_path, [fault] if fault else []) as kit:
        arriving = [each for each in kit.conversations if each.outcome == "read"]
        kit.send(kit.payload(arriving[0].id))
        kit.window()
        kit.arrive_unasked({each.id for each in arriving})
        kit.run.drain()
        assert {each.requirement for each in kit.run.violations()} == broken


def test_no_message_without_a_declared_outcome_is_waited_for(tmp_path: Path) -> None:
    """It may stay queued for ever; one whose arrival is declared is looked at until it arrives."""
    with hands(tmp_path) as kit:
        terms: Terms = kit.terms
        arriving = next(each for each in terms.conversations if each.outcome == "read")
        undeclared = next(each for each in terms.conversations if not each.outcome)
        for each in (arriving, undeclared):
            kit.send(kit.payload(each.id))
        sent = kit.own()[-2:]
        assert kit._owed(sent) == [each for each in sent if kit.message(each).conversation == arriving.id]


@pytest.mark.parametrize(
    ("identifier", "form"),
    [
        ("msg_8kJ2mN4pQ6rS8tUv", r"msg_8kJ2[a-z]([A-Z][2-7][a-z]){2}[A-Z][2-7][a-z][A-Z][a-z]"),
        ("0197b2f4-6c1e-7abc-8def-0123456789ab", r"0197b2f4-6c1e-7abc-8def-[2-7]{10}[a-f]{2}"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", r"01ARZ3NDEKTSV4[2-7A-HJKMNP-TV-Z]{12}"),
        ("7", r"1[0-9]{8}"),
        ("104233", r"1[0-9]{8}"),
        ("9007199254740993", r"9007[2-7]{12}"),
        ("conv_mail1", r"conv_[a-z]{4}[2-7][a-z]{8}"),
        ("msg_1a2b_3c", r"msg_([2-7][a-z]){2}_[2-7][a-z]{9}"),
        ("msg/aB3dE6gH+/aB3dE6gH==", r"msg/aB3d[A-Z][2-7][a-z][A-Z]\+/([a-z][A-Z][2-7]){2}[a-z][A-Z]=="),
        ("sk_live_aaaaaaaaaaaa", r"sk_live_[a-f]{12}"),
        ("+15550001111", r"\+[2-7]{11}"),
    ],
)
def test_an_id_that_nobody_has_is_in_the_form_of_the_targets_own(identifier: str, form: str) -> None:
    """What a server looks at before it looks for the id is as in its own: length, kinds, cases, what stands first."""
    drawn = {drawn_like(identifier, Random(seed)) for seed in range(20)}
    assert len(drawn) > 15
    assert identifier not in drawn
    for each in drawn:
        assert re.fullmatch(form, each, re.ASCII), each


def test_ids_alike_keep_what_all_have_in_common_and_try_each_check_digit() -> None:
    """A server of its own may know ids by their length, by what stands around them, or by a last digit."""
    urns = [f"urn:msg:{Random(seed).randrange(10**12):012}" for seed in range(30)]
    tried = alike(urns[0], urns, Random(1))
    assert {each[-1] for each in tried} == set("0123456789")
    assert all(re.fullmatch(r"urn:msg:[0-9]{12}", each) for each in tried)
    assert not set(tried) & set(urns)
    assert alike("7", ["7"], Random(1)) == []
