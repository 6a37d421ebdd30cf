"""Retrieve: what is there is found, what is not is not, and looking changes nothing."""

from __future__ import annotations

from functools import partial

import pytest

from conformance.model import Fact, Operation
from conformance.suite.kit import Kit, near
from conformance.suite.test_send import IMAGE

requirement = pytest.mark.requirement


@requirement("GET-01", "GET-02", "STAT-05")
def test_a_sent_message_is_retrievable_at_once(kit: Kit) -> None:
    """A message is found under its id as soon as the send is answered, and is what the send returned."""
    kit.apart(partial(kit.retrieve, each) for each in set_out(kit)[:4])
    kit.withhold("GET-01", "GET-02")


def set_out(kit: Kit) -> list[str]:
    """Send messages of every kind whose way is looked at from now on; where nothing is sent, take one in each status."""
    names = [each.id for each in kit.conversations[:4]]
    if kit.reads_only:
        kinds = {each.views[-1].status: each.id for each in kit.judge.ledger.messages.values() if each.views}
        found = [*(kit.sent(to=name) for name in names), *kinds.values()]
    else:
        found = [kit.sent(kit.payload(name, metadata={"order_id": "ord_abc123"})) for name in names]
        failing = [each.id for each in kit.conversations if each.outcome == "failed"]
        reading = [each.id for each in kit.conversations if each.outcome == "read"]
        kinds_sent = ({"type": "image", "media_url": IMAGE}, {"type": "template"})
        found += [kit.sent(kit.payload(name, **kind)) for name in [*failing[:1], *reading[:1]] for kind in kinds_sent]
    kit.caught_up()
    kit.watch(found)
    return found


@requirement("GET-05")
def test_retrieving_changes_nothing(kit: Kit) -> None:
    """Retrieving messages moves neither their status nor their place, nor anything else of them."""
    kit.caught_up()
    shown, inbound = kit.page(limit=40), kit.page(direction="inbound", limit=20)
    outbound = [item["id"] for item in shown.items if item.get("direction") == "outbound"]
    # Those that were retrieved before tell a stale answer from a new one.
    again = [each for each in outbound if (Operation.RETRIEVE, "queued") in kit.message(each).landmarks]
    for each in dict.fromkeys([*inbound.ids[:1], *(again or outbound)[:4:2]]):
        kit.retrieve(each)
        kit.retrieve(each)
    kit.page(limit=40)
    if inbound.ids:
        kit.page(direction="inbound", limit=20)


ODD_IDS = (
    "msg_%2F..%2Fx",
    "msg_%0A%0D",
    "x" * 2000,
    "%zz",
    "msg_%C0%AF",
    "msg_%27%F0%9F%9A%9A",
)


@requirement("GET-03")
def test_an_unknown_id_is_not_found(kit: Kit) -> None:
    """An id that was never issued answers 404; one that no server would issue answers 4xx.

    Which of the two an id is that has lost a letter or its prefix is the target's to say: it may have no such form.
    """
    anchor = kit.run.scene.anchors[kit.run.scene.main.id]
    bare = [anchor.removeprefix("msg_")] if anchor.startswith("msg_") else []
    odd = [kit.quoted(each) for each in (*near(anchor), *bare)]
    odd += [kit.quoted(anchor) + each for each in ("%20", "%2Fx", "%00")]
    unknown = partial(kit.retrieve_unknown, anchor)
    kit.apart([unknown, *(partial(kit.retrieve, each, raw=True, facts=[Fact.ODD_ID]) for each in (*ODD_IDS, *odd))])


@requirement("GET-04", "LIST-02")
def test_every_listed_message_is_retrievable(kit: Kit) -> None:
    """What a list shows, outbound and inbound, is found under its id and agrees with the list."""
    if kit.receive(kit.run.scene.main.id):
        kit.caught_up()
        kit.page(limit=20, direction="inbound")
    kit.page(limit=100, conversation_id=kit.run.scene.main.id)
    listed = [each for each in kit.judge.ledger.messages.values() if each.in_list]
    found: list[str] = []
    for direction, count in (("inbound", 5), ("outbound", 2)):
        ids = [each.id for each in listed if each.value("direction") == direction]
        chosen = [*ids[:1], *ids[-1:], *kit.dice().sample(ids, min(len(ids), count))]
        found += list(dict.fromkeys(chosen))[:count]
    # Of what customers send, one of each kind.
    kinds = {each.value("type"): each.id for each in listed if each.value("direction") == "inbound"}
    kit.apart(partial(kit.retrieve, each) for each in (*found, *list(kinds.values())[:3]))
