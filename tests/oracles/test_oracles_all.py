"""Every requirement has a history that violates it and one that holds it decisively; no history stops a judge."""

from __future__ import annotations

import importlib
import random
from pathlib import Path

import histories
import pytest
from histories import TERMS, Tape

from conformance import catalogue
from conformance.model import Credential, Operation
from conformance.oracles import Judge, judge

HERE = Path(__file__).parent
# What tables of parametrized tests show, which no decorator counts.
TABLES = {
    "broken": """
        SEND-01 SEND-02 SEND-04 SEND-05 SEND-05-S SEND-06 SEND-07 SEND-08 SEND-08-S SEND-09 SEND-10-S SEND-11 SEND-11-S
        SEND-13 GET-03 GET-04 LIST-01 LIST-02 LIST-05-S ERR-02 ERR-04 HTTP-01 HTTP-01-S STAT-04
    """.split(),  # noqa: SIM905
    "held": """
        SEND-04 SEND-05 SEND-05-S SEND-06 SEND-07 SEND-08 SEND-08-S SEND-09 SEND-10 SEND-10-S SEND-11-S SEND-13
        SEND-13-S LIST-05 LIST-05-S LIST-11 STAT-04
    """.split(),  # noqa: SIM905
}
for _module in HERE.glob("test_oracle_*.py"):
    importlib.import_module(_module.stem)


@pytest.mark.parametrize("requirement", catalogue.load())
def test_every_requirement_is_broken_by_some_history_and_held_by_another(requirement):
    assert requirement in histories.BROKEN or requirement in TABLES["broken"]
    assert requirement in histories.HELD or requirement in TABLES["held"]


def test_judging_twice_finds_the_same():
    """An oracle is a fold: same exchanges in, same findings out."""
    tape = _busy()
    assert tape.findings() == tape.findings()


def test_judging_one_by_one_finds_what_judging_all_together_does():
    tape = _busy()
    one_by_one = Judge(TERMS)
    assert [found for each in tape.exchanges for found in one_by_one.see(each)] == judge(tape.exchanges, TERMS)


def _busy() -> Tape:
    tape = Tape()
    for number in range(1, 8):
        tape.send(number, metadata={"a": "1"})
    tape.walk(2)
    tape.list([7, 5, 6], True)
    tape.retrieve(3, body="changed")
    return tape


JUNK = [None, True, 0, -1, 1.5, 1e308, "", "msg_1", "\ud800", [], {}, [[]], {"id": []}, {"id": {}}, {"id": "msg_1"}]
NAMES = [
    "id",
    "body",
    "status",
    "metadata",
    "created_at",
    "direction",
    "channel",
    "conversation_id",
    "data",
    "has_more",
    "error",
]


@pytest.mark.parametrize("seed", range(60))
def test_no_answer_stops_a_judge(seed):
    """Whatever stands in an answer, a judge says what it finds and goes on: hostile text is text."""
    draw = random.Random(seed)

    def value(depth: int = 0):
        if depth > 2 or draw.random() < 0.5:
            return draw.choice(JUNK)
        if draw.random() < 0.5:
            return [value(depth + 1) for _ in range(draw.randrange(3))]
        return {draw.choice(NAMES): value(depth + 1) for _ in range(draw.randrange(6))}

    tape = Tape()
    tape.send(1)
    for _ in range(40):
        target = draw.choice(
            ["/v1/messages", "/v1/messages?limit=2&starting_after=msg_1", "/v1/messages/msg_1", "/v1/messages/"]
        )
        method = draw.choice(["GET", "GET", "POST", "DELETE"])
        junk = (
            value() if draw.random() < 0.5 else {"object": "list", "data": [value(1), value(1)], "has_more": value(2)}
        )
        # AUTH-05's reading of a refusal has a test of its own.
        credential = draw.choice([Credential.KEY, Credential.PUBLISHABLE])
        tape.call(
            method, target, draw.choice([200, 201, 400, 404, 500]), junk, credential=credential, payload=b'{"body": []}'
        )
    tape.findings()


def test_the_operations_that_oracles_know_are_all_there_are():
    assert {each.value for each in Operation} == {"send", "list", "retrieve", "other"}
