"""List: envelope, sizes and filters."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from conformance.model import Fact
from conformance.suite.kit import Kit, near

requirement = pytest.mark.requirement
DEFAULT = 25


def _enough(kit: Kit, count: int) -> None:
    """See to it that at least so many messages can be listed, sending what is missing to two conversations in turn."""
    listed = sum(each.in_list for each in kit.judge.ledger.messages.values())
    names = [each.id for each in kit.conversations[:2]]
    missing = 0 if kit.reads_only else count - listed
    calls = [
        lambda name=name: kit.send(kit.payload(name))
        for index in range(max(0, missing))
        for name in [names[index % len(names)]]
    ]
    kit.at_once(calls, threads=4)
    kit.caught_up()


@requirement("LIST-10", "LIST-09", "LIST-06", "LIST-07", "LIST-08", "LIST-01", "LIST-02", "HTTP-01", "HTTP-01-S")
def test_a_send_is_at_once_in_every_list_that_it_matches(kit: Kit) -> None:
    """An accepted send stands once in each list whose filters it matches, as soon as it is answered."""
    main = kit.run.scene.main.id
    both = {"conversation_id": main, "direction": "outbound"}
    for lists in (({}, both), ({"direction": "outbound"}, {"conversation_id": main})):
        sent = kit.sent()
        kit.caught_up()
        for filters in lists:
            kit.shows(sent, **filters)
    kit.withhold("LIST-10", "LIST-09")


@requirement("LIST-03")
def test_a_page_holds_25_messages_by_default(kit: Kit) -> None:
    """Without a limit a page holds 25 messages while so many match, whatever else is asked."""
    _enough(kit, DEFAULT + 5)
    main = kit.run.scene.main.id
    first = kit.page()
    if first.has_more and first.ids:
        kit.page(starting_after=first.ids[0])
        kit.page(starting_after=first.ids[-1])
    kit.page(direction="outbound")
    kit.page(conversation_id=main)
    kit.page(conversation_id=main, direction="outbound")


@requirement("LIST-05", "LIST-05-S")
def test_a_limit_out_of_range_is_never_a_way_around_it(kit: Kit) -> None:
    """A limit that is no integer from 1 to 100 yields neither a 5xx nor more than 100 messages."""
    cases: list[dict[str, Any]] = [
        {"limit": each} for each in ("0", "101", "-1", "abc", "1.5", "1_0", "", str(2**32 + 1), str(2**64 + 1))
    ]
    cases += [{"limit": "0", "conversation_id": kit.run.scene.main.id}, {"limit": "-1", "direction": "outbound"}]
    kit.apart(partial(kit.list, **each) for each in cases)


@requirement("LIST-06")
def test_the_conversation_filter_keeps_one_conversation(kit: Kit) -> None:
    """Filtering by conversation keeps all of that conversation's messages and no other's."""
    for conversation in kit.conversations[1:3]:
        kit.window(conversation_id=conversation.id)
    main = kit.run.scene.main.id
    unknown = [kit.unknown_id(main), *near(main, "%")]  # what SQL takes for any characters at all
    declared = {each.id for each in kit.terms.conversations}
    strange = [each for each in unknown if each and each not in declared]
    kit.apart(partial(kit.list, conversation_id=each, facts=[Fact.UNKNOWN_CONVERSATION]) for each in strange)


@requirement("LIST-07", "LIST-07-S")
def test_the_direction_filter_keeps_one_direction(kit: Kit) -> None:
    """Filtering by direction keeps just that direction; another value should be refused."""
    for conversation in kit.conversations[:2]:
        kit.receive(conversation.id)
    kit.caught_up()
    for direction in ("inbound", "outbound"):
        kit.page(direction=direction, limit=100)
    for wrong in ("in", "INBOUND"):
        kit.list(direction=wrong)


@requirement("LIST-08")
def test_filters_combine(kit: Kit) -> None:
    """Both filters together keep what both of them keep."""
    main = kit.run.scene.main.id
    unknown = kit.unknown_id(main)
    kit.list(conversation_id=unknown, direction="outbound", facts=[Fact.UNKNOWN_CONVERSATION])
    both = kit.page(conversation_id=main, direction="inbound", limit=100)
    if 0 < len(both.ids) < 100:
        kit.walk([len(both.ids)], most=2, conversation_id=main, direction="inbound")
    kit.page(conversation_id=kit.conversations[-1].id, direction="inbound", limit=50)
    for conversation in kit.conversations[1:2]:
        kit.window(conversation_id=conversation.id, direction="outbound")
        kit.page(conversation_id=conversation.id, direction="inbound", limit=50)


ODD_QUERIES = (
    "foo=bar",
    "starting_after=a&starting_after=b",
    "conversation_id=%FF%FE",
    "starting_after=%00",
    "%zz=%zz",
    "limit=%EF%BC%95",
    "conversation_id=" + "x" * 3000,
    "direction=%27%20OR%201%3D1--",
    "starting_after=%ED%A0%80",
    "__proto__[limit]=1&toString=2",
    # What ends a string in a query that is put together from strings, and what is there but empty.
    "conversation_id=conv_%27%22%5C",
    "starting_after=msg_%27%22%5C",
    "conversation_id=",
)


@requirement("LIST-11")
def test_an_odd_query_is_no_server_error(kit: Kit) -> None:
    """Unknown and repeated parameters and odd encodings never yield a 5xx."""
    kit.apart(partial(kit.list, each, facts=[Fact.ODD_QUERY]) for each in ODD_QUERIES)


@requirement("LIST-04")
def test_a_page_holds_as_many_messages_as_asked_for(kit: Kit) -> None:
    """From 1 to 100, a page holds exactly as many messages as its limit while so many match."""
    _enough(kit, 104)
    for limit in (1, 10, 51, 99):
        page = kit.page(limit=limit)
        if page.has_more and page.ids and len(page.ids) < limit:
            kit.page(limit=limit, starting_after=page.ids[-1])
