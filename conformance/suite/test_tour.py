"""The tour: each request puts several requirements to the test at once. It is the quick profile, but for where messages
arrive, and what every other run begins with: the chapters after it do not ask again what it asked.

What takes more than that is left to the other profiles.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from conformance.model import Credential, Fact
from conformance.suite.kit import Kit
from conformance.suite.meanwhile import walked_meanwhile
from conformance.suite.test_send import BODIES, IMAGE, LIMIT, PLAIN_METADATA, claims, filled

requirement = pytest.mark.requirement


@requirement("SEND-01", "SEND-02", "SEND-02-S1", "SEND-02-S2", "SEND-03", "SEND-05", "SEND-10", "SEND-11", "SEND-16")
def test_what_is_accepted(kit: Kit) -> None:
    """A plain send opened each conversation; these differ from it in all that a send may differ in."""
    start = kit.bare()
    kit.send({**start, "body": f"{start['body']} {''.join(BODIES)}", "type": "template"})
    start = kit.payload()
    kit.send({**start, "body": filled(start["body"], "é", LIMIT)})
    kit.send(kit.payload(type="image", media_url=IMAGE, metadata=PLAIN_METADATA[1]))
    kit.send(kit.payload(**claims(kit)))


@requirement(
    "SEND-04",
    "SEND-05",
    "SEND-06",
    "SEND-07",
    "SEND-08",
    "SEND-09",
    "SEND-12",
    "SEND-13",
    "SEND-13-S",
    "ERR-02",
    "ERR-03",
    "ERR-04",
)
def test_what_is_refused(kit: Kit) -> None:
    """One payload for each rule by which a send is refused."""
    start = kit.payload()
    payloads = [
        {**start, "body": filled(start["body"], "a", LIMIT + 1)},
        {name: value for name, value in kit.payload().items() if name != "conversation_id"},
        {"conversation_id": kit.run.scene.main.id, "metadata": {"conformance": kit.run.next_tag()}},
        kit.payload(type="video"),
        kit.payload(type="image"),
        kit.payload(metadata=[{"key": "order_id", "value": "ord_abc123"}]),
    ]
    unknown = {**kit.payload(), "conversation_id": kit.unknown_id(kit.run.scene.main.id)}
    calls = [partial(kit.send, each) for each in payloads]
    calls.append(partial(kit.send, unknown, facts=[Fact.UNKNOWN_CONVERSATION]))
    kit.apart([*calls, partial(kit.send, raw=json.dumps(kit.payload())[:-1].encode())])


@requirement("AUTH-01", "AUTH-01-S", "AUTH-02", "AUTH-03", "AUTH-04", "AUTH-05", "AUTH-06")
def test_who_may(kit: Kit) -> None:
    """Each operation without a key and with an invalid one; the publishable and the other account's where there are any."""
    kit.caught_up()
    anchor = kit.run.scene.anchors[kit.run.scene.main.id]
    key = kit.client.target.api_key or "sk_test_key"
    unknown = {"authorization": f"Bearer {kit.unknown_id(key)}", "shown_authorization": "Bearer <an unknown key>"}
    empty, basic = {"authorization": "Bearer"}, {"authorization": "Basic c29tZTpnYXJiYWdl"}
    calls = [
        partial(kit.list, limit=5, credential=Credential.NONE),
        partial(kit.retrieve, anchor, credential=Credential.NONE),
        partial(kit.list, limit=5, credential=Credential.INVALID, authorization=empty),
        partial(kit.retrieve, anchor, credential=Credential.INVALID, authorization=basic),
    ]
    if not kit.reads_only:
        calls.append(partial(kit.send, kit.payload(), credential=Credential.NONE))
        calls.append(partial(kit.send, kit.payload(), credential=Credential.INVALID, authorization=unknown))
    if kit.client.target.publishable_key:
        calls.append(partial(kit.retrieve, anchor, credential=Credential.PUBLISHABLE))
        if not kit.reads_only:
            calls.append(partial(kit.send, kit.payload(), credential=Credential.PUBLISHABLE))
    if kit.client.target.other_account_key:
        calls.append(partial(kit.retrieve, anchor, credential=Credential.OTHER_ACCOUNT))
        calls.append(partial(kit.list, starting_after=anchor, limit=100, credential=Credential.OTHER_ACCOUNT))
    kit.apart(calls)
    kit.withhold("AUTH-01", "AUTH-01-S", "AUTH-02", "AUTH-04")


@requirement(
    *("LIST-01", "LIST-02", "LIST-05", "LIST-06", "LIST-07", "LIST-09", "LIST-10", "LIST-11"),
    *("GET-01", "GET-02", "GET-03", "GET-04", "GET-05", "SEND-14", "SEND-12", "HTTP-01", "HTTP-01-S"),
)
def test_what_is_there(kit: Kit) -> None:
    """The lists that everything sent must stand in, and messages of them retrieved in between."""
    main = kit.run.scene.main.id
    first = kit.page(limit=100)
    inbound = [item["id"] for item in first.items if item.get("direction") == "inbound"]
    own = [each for each in kit.judge.ledger.own() if _tells_more(each.sent.payload if each.sent else None)]
    calls = [partial(kit.retrieve, each) for each in [*(message.id for message in own[:1]), *inbound[:1]]]
    kit.apart([*calls, partial(kit.retrieve_unknown, kit.run.scene.anchors[main])])
    kit.page(limit=100)
    of_main = kit.page(limit=100, conversation_id=main)
    if of_main.ids and of_main.has_more and len(of_main.ids) < 100:
        kit.page(limit=100, starting_after=of_main.ids[-1], conversation_id=main)
    kit.page(limit=100, direction="inbound")
    kit.list(limit=101)
    kit.list("foo=bar&limit=5&limit=6", facts=[Fact.ODD_QUERY])
    if kit.reads_only:
        kit.retrieve(kit.run.scene.anchors[main])
    kit.withhold("LIST-09", "LIST-10", "GET-01", "GET-02", "SEND-14", "SEND-12")


def _tells_more(payload: Any) -> bool:
    """Whether a message was sent with metadata that says more than which run it is of."""
    metadata = payload.get("metadata") if isinstance(payload, dict) else None
    return isinstance(metadata, dict) and set(metadata) != {"conformance"}


@requirement(
    *("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-05", "PAGE-06", "PAGE-07", "PAGE-09", "LIST-04", "LIST-08")
)
def test_a_walk_with_an_arrival(kit: Kit) -> None:
    """A walk with pages of different sizes through the newest messages, one more of which is sent after the second."""
    filters = {"conversation_id": kit.run.scene.main.id, "direction": "outbound"}
    chains = kit.judge.walks.chains.get((Credential.KEY, (("conversation_id", filters["conversation_id"]),)), [])
    shown = chains[-1].ids if chains else []
    ids = [each for each in shown if kit.message(each).value("direction") == "outbound"]
    whole = bool(chains) and chains[-1].start is None and chains[-1].ended
    at_end = whole or kit.judge.direction.sign > 0
    arrivals = iter([False, True])

    def arrive() -> None:
        if next(arrivals, False):
            kit.sent()
            kit.caught_up()

    follow = 5 if kit.judge.direction.sign > 0 else 6
    known = ids[-follow:] if at_end else ids[:6]
    start = ids[-follow - 1] if at_end and len(ids) > follow else None
    # One message is left for the last page, which it fills: six follow, the arrival included where it is the last.
    pages = kit.walk([2, 1, 3], start=start, until=() if at_end else known, most=4, between=arrive, **filters)
    if pages[-1].ids and pages[-1].has_more is False:
        kit.page(limit=2, starting_after=pages[-1].ids[-1], **filters)
    elif len(pages) > 1 and pages[0].ids:
        kit.page(limit=2, starting_after=pages[0].ids[0], **filters)
    kit.withhold("PAGE-06")


@requirement("CONC-01", "CONC-02", "SEND-15", "SEND-17")
def test_all_at_once(kit: Kit) -> None:
    """Eight sends at the same time, two of them identical, while a walk goes through what was there; and four more."""
    kit.withhold()
    kit.caught_up()
    main, others = kit.run.scene.main.id, [each.id for each in kit.conversations]
    known = [each.id for each in kit.judge.ledger.own() if each.conversation == main]
    start = kit.run.scene.anchors[main] if kit.judge.direction.sign > 0 else None
    twin = kit.payload(main)
    first = [twin, twin, *(kit.payload(others[-1]) for _ in range(2))]
    met = walked_meanwhile(kit, [[each, kit.payload(main)] for each in first], [3, 8], start, known, most=2, patience=5)
    # The rest is for walks that met no send, which is a matter of moments.
    rest = [kit.payload(main) for _ in range(4)]
    while rest and not met:
        met = walked_meanwhile(kit, [[rest.pop()], [rest.pop()]], [3, 8], start, known, most=2, patience=5)
    kit.at_once([partial(kit.send, each) for each in rest], threads=4)
    kit.caught_up()


@requirement("HTTP-02", "HTTP-02-M")
def test_a_delete_deletes_nothing(kit: Kit) -> None:
    """A method that the documentation does not name leaves the message where it is."""
    kit.withhold()
    own = [each.id for each in kit.judge.ledger.own() if each.in_list]
    doomed = own[-1] if own else kit.sent()
    kit.other("DELETE", f"/{kit.quoted(doomed)}")
    kit.retrieve(doomed)
