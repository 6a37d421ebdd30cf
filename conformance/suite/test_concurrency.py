"""Concurrency: what is sent at the same time is all there, and a walk is a walk while others send."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from conformance.model import Credential, Exchange
from conformance.suite.kit import Kit
from conformance.suite.meanwhile import walked_meanwhile

requirement = pytest.mark.requirement


@requirement("CONC-01", "SEND-15")
def test_sends_made_at_once_are_each_kept(kit: Kit) -> None:
    """Of sends made at the same time each is kept under an id of its own and listed once, identical ones too."""
    main = kit.run.scene.main.id
    names = [each.id for each in kit.conversations[:2]]
    twin = kit.payload(main)
    others = [kit.payload(names[index % len(names)]) for index in range(6)]
    for index, payload in enumerate(others):
        if payload.get("metadata"):  # each has its own, so that one which takes another's is seen
            payload["metadata"] = {**payload["metadata"], "order_id": f"ord_{index}"}
    calls: list[Callable[[], Exchange]] = [partial(kit.send, payload) for payload in (twin, twin, *others)]
    calls += _reads(kit)
    kit.at_once(calls, threads=len(calls))
    kit.caught_up()
    kit.page(limit=100)
    for each in kit.dice().sample([message.id for message in kit.judge.ledger.own()][-8:], 2):
        kit.retrieve(each)


def _reads(kit: Kit) -> list[Callable[[], Exchange]]:
    """Reads of which each is answered otherwise, by message, by list and by account: one may get another's answer."""
    main = kit.run.scene.main.id
    known = dict.fromkeys([*kit.run.scene.anchors.values(), *kit.own(conversation_id=main)])
    reads: list[Callable[[], Exchange]] = [partial(kit.retrieve, each) for each in [*known][:2]]
    reads += [partial(kit.list, limit=2, conversation_id=main), partial(kit.list, limit=2, direction="inbound")]
    if kit.client.target.other_account_key:
        reads.append(partial(kit.list, limit=2, credential=Credential.OTHER_ACCOUNT))
    return reads


@requirement("CONC-02")
def test_a_walk_holds_while_others_send(kit: Kit) -> None:
    """What was there when a walk began is shown by it once and in order, while other connections send."""
    kit.withhold()
    kit.some(8)
    main = kit.run.scene.main.id
    ids = kit.known(conversation_id=main)
    at_end = kit.judge.direction.sign > 0 or kit.is_whole(conversation_id=main)
    known = ids[-8:] if at_end else ids[:8]
    start = ids[-9] if len(ids) > 8 and at_end else None
    for patience in (0, 10, 10, 10, 10):
        senders = [[kit.payload() for _ in range(3)] for _ in range(2)]
        if walked_meanwhile(kit, senders, [2, 3], start, known, patience=patience, leave=True):
            return
