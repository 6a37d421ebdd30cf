"""Retrieve: what is there is found, what is not is not, and looking changes nothing."""

from __future__ import annotations

import pytest

from conformance.model import Fact
from conformance.suite.kit import Kit

requirement = pytest.mark.requirement


@requirement("GET-01", "GET-02", "STAT-05")
def test_a_sent_message_is_retrievable_at_once(kit: Kit) -> None:
    """A message is found under its id as soon as the send is answered, and is what the send returned."""
    for conversation in kit.conversations[: 1 if kit.quick else 4]:
        sent = kit.sent(kit.payload(conversation.id, metadata={"order_id": "ord_abc123"}))
        kit.caught_up()
        kit.retrieve(sent)


ODD_IDS = ("msg_%2F..%2Fx", "a%2Fb", "%00", "msg_%0A%0D", "x" * 2000, "%F0%9F%9A%9A", "%20", "'%20OR%201=1--", "%25s%25n")


@requirement("GET-03")
def test_an_unknown_id_is_not_found(kit: Kit) -> None:
    """An id that was never issued answers 404; one that no server would issue answers 4xx."""
    anchor = kit.run.scene.anchors[kit.run.scene.main.id]
    for unknown in kit.pick([kit.unknown_id(anchor)], [anchor + "0"]):
        kit.retrieve(unknown, facts=[Fact.UNKNOWN_MESSAGE])
    for odd in kit.pick(ODD_IDS[:2], ODD_IDS[2:]):
        kit.retrieve(odd, raw=True, facts=[Fact.ODD_ID])


@requirement("GET-04", "LIST-02")
def test_every_listed_message_is_retrievable(kit: Kit) -> None:
    """What a list shows, outbound and inbound, is found under its id and agrees with the list."""
    kit.sent()
    kit.caught_up()
    listed = [kit.page(limit=100)]
    if not kit.quick:
        listed.append(kit.page(limit=100, conversation_id=kit.run.scene.main.id))
        listed.append(kit.page(limit=20, direction="inbound"))
    items = {item["id"]: item for page in listed for item in page.items}
    chosen: list[str] = []
    for direction, count in (("inbound", 1 if kit.quick else 4), ("outbound", 1 if kit.quick else 5)):
        ids = [each for each, item in items.items() if item.get("direction") == direction]
        chosen += [ids[0], *ids[-1:], *kit.random.sample(ids, min(len(ids), count))][:count] if ids else []
    for each in dict.fromkeys(chosen):
        kit.retrieve(each)


@requirement("GET-05")
def test_retrieving_changes_nothing(kit: Kit) -> None:
    """Retrieving messages moves neither their status nor their place, nor anything else of them."""
    kit.caught_up()
    shown = kit.page(limit=20 if kit.quick else 60)
    inbound = [item["id"] for item in shown.items if item.get("direction") == "inbound"]
    outbound = [each for each in shown.ids if each not in inbound]
    chosen = dict.fromkeys([*inbound[:4:2], *outbound[:8:2]])
    for each in list(chosen)[: 2 if kit.quick else 6]:
        kit.retrieve(each)
        kit.retrieve(each)
    kit.page(limit=20 if kit.quick else 60)
