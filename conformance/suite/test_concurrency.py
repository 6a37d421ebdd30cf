"""Concurrency: what is sent at the same time is all there, and a walk is a walk while others send."""

from __future__ import annotations

import threading

import pytest

from conformance.suite.kit import Kit

requirement = pytest.mark.requirement


@requirement("CONC-01", "SEND-15")
def test_sends_made_at_once_are_each_kept(kit: Kit) -> None:
    """Of sends made at the same time each is kept under an id of its own and listed once, identical ones too."""
    main = kit.run.scene.main.id
    names = [each.id for each in kit.conversations[:2]]
    twin = kit.payload(main)
    count = 8 if kit.quick else 16
    payloads = [twin, twin, *(kit.payload(names[index % len(names)]) for index in range(count - 2))]
    kit.at_once([lambda payload=payload: kit.send(payload) for payload in payloads], threads=8)
    kit.window()
    if not kit.quick:
        kit.window(conversation_id=main)
        for each in kit.random.sample([message.id for message in kit.judge.ledger.own()][-count:], 2):
            kit.retrieve(each)


@requirement("CONC-02")
def test_a_walk_holds_while_others_send(kit: Kit) -> None:
    """What was there when a walk began is shown by it once and in order, while other connections send."""
    main = kit.run.scene.main.id
    kit.some(8)
    for filters in kit.pick([{"conversation_id": main}]):
        ids = kit.window(**filters)
        asc = kit.judge.direction.sign > 0
        known = ids[-8:] if asc or kit.is_whole(**filters) else ids[:8]
        start = ids[-9] if len(ids) > 8 and known == ids[-8:] else None

        done = threading.Event()

        def walk(start: str | None = start, known: list[str] = known, filters: dict[str, str] = filters) -> None:
            try:
                kit.walk([2, 3], start=start, until=known, most=10, **filters)
            finally:
                done.set()

        def send(most: int = 3 if kit.quick else 6, done: threading.Event = done) -> None:
            for _ in range(most):
                kit.send()
                if done.is_set():
                    return

        kit.at_once([walk, send] if kit.quick else [walk, send, send], threads=3)
        kit.caught_up()
