"""The record: what a request asks, which messages an answer shows, which pages make a walk, what is known by then."""

from __future__ import annotations

import json
import threading

import pytest

from conformance.history import Ledger, shown_messages, understand
from conformance.model import Conversation, Credential, Exchange, Fact, Operation, Request, Response, Terms
from conformance.paging import Walks, limit_of, page_of
from conformance.record import History

TERMS = Terms((Conversation("conv_a"),))


def request(method: str = "GET", target: str = "/v1/messages", body: bytes = b"", **fields: object) -> Request:
    """A request with the key."""
    return Request(method, target, (), body, **{"credential": Credential.KEY, **fields})


def exchange(
    number: int, asked: Request, answer: object = None, status: int = 200, at: tuple[float, float] | None = None
):
    """An exchange whose answer is JSON; without a status there is none."""
    began, ended = at or (float(number), number + 0.5)
    response = Response(status, (), json.dumps(answer).encode(), answer) if status else None
    return Exchange(number, began, ended, 0.0, asked, response)


def listed(number: int, ids: list[str], more: bool | None = False, query: str = "", **fields: object) -> Exchange:
    """A list that was answered with these ids."""
    answer = {"object": "list", "data": [{"id": each} for each in ids], "has_more": more}
    return exchange(number, request(target=f"/v1/messages{query}", **fields), answer)


# -- what a request asks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "operation", "identifier"),
    [
        ("GET", "/v1/messages", Operation.LIST, None),
        ("GET", "/v1/messages?limit=5", Operation.LIST, None),
        ("POST", "/v1/messages", Operation.SEND, None),
        ("GET", "/v1/messages/msg_1", Operation.RETRIEVE, "msg_1"),
        ("GET", "/v1/messages/a%2Fb%20c", Operation.RETRIEVE, "a/b c"),
        ("GET", "/v1/messages/msg_1?x=1", Operation.RETRIEVE, "msg_1"),
        ("DELETE", "/v1/messages/msg_1", Operation.OTHER, "msg_1"),
        ("POST", "/v1/messages/msg_1", Operation.OTHER, "msg_1"),
        ("HEAD", "/v1/messages", Operation.OTHER, None),
        ("GET", "/v1/messages/", Operation.OTHER, None),
        ("GET", "/v1/other/msg_1", Operation.OTHER, None),
        ("GET", "/v1/messages/a/b", Operation.OTHER, None),
    ],
)
def test_a_request_is_understood(method, target, operation, identifier):
    ask = understand(request(method, target))
    assert (ask.operation, ask.message_id) == (operation, identifier)


def test_a_payload_is_read_where_it_is_json():
    assert understand(request("POST", body=b'{"a": 1}')).payload == {"a": 1}
    broken = understand(request("POST", body=b'{"a": 1'))
    assert broken.payload is None
    assert broken.payload_error


def test_a_parameter_that_stands_twice_has_no_value():
    ask = understand(request(target="/v1/messages?limit=1&limit=2&direction=&a=b%20c"))
    assert ask.parameter("limit") is None
    assert ask.parameter("direction") == ""
    assert ask.parameter("a") == "b c"
    assert ask.parameter("missing") is None


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("", 25),
        ("?limit=1", 1),
        ("?limit=100", 100),
        ("?limit=101", None),
        ("?limit=0", None),
        ("?limit=05", None),
        ("?limit=٣", None),
    ],
)
def test_a_limit_is_what_is_asked_for(query, limit):
    assert limit_of(understand(request(target=f"/v1/messages{query}"))) == limit


# -- what an answer shows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        ({"data": [{"id": "a"}, {"id": ""}, {"id": 5}, {}, None, "x", {"id": "b"}]}, ["a", "b"]),
        ({"data": {}}, []),
        ({"data": None}, []),
        ([], []),
        (None, []),
        ("text", []),
    ],
)
def test_messages_are_objects_with_an_id(answer, ids):
    each = exchange(1, request(), answer)
    assert [item["id"] for item in shown_messages(each, understand(each.request))] == ids


def test_a_refusal_shows_no_message():
    each = exchange(1, request(), {"data": [{"id": "a"}]}, 400)
    assert [*shown_messages(each, understand(each.request))] == []
    assert [*shown_messages(exchange(1, request(), status=0), understand(request()))] == []


def test_a_page_says_what_was_asked_and_what_came():
    each = listed(1, ["b", "a"], True, "?direction=inbound&conversation_id=conv_a&limit=2&starting_after=c")
    page = page_of(each, understand(each.request))

    assert page.ids == ("b", "a")
    assert (page.cursor, page.limit, page.has_more, page.number) == ("c", 2, True, 1)
    assert page.filters == (("conversation_id", "conv_a"), ("direction", "inbound"))
    assert page.filter("direction") == "inbound"


@pytest.mark.parametrize(
    "query", ["?x=1", "?limit=1&limit=2", "?direction=sideways", "?conversation_id=", "?direction="]
)
def test_a_query_whose_meaning_is_not_settled_is_no_page(query):
    each = listed(1, ["a"], False, query)
    assert page_of(each, understand(each.request)) is None


def test_an_odd_query_is_no_page_whatever_it_looks_like():
    each = listed(1, ["a"], facts=frozenset({Fact.ODD_QUERY}))
    assert page_of(each, understand(each.request)) is None


def test_has_more_is_true_false_or_nothing():
    each = exchange(1, request(), {"data": [], "has_more": "yes"})
    assert page_of(each, understand(each.request)).has_more is None


# -- walks -----------------------------------------------------------------------------------------------------------


def walks(*exchanges: Exchange) -> tuple[Walks, list[list[str]]]:
    """The walks in a history, and the ids of each, in the order in which they began."""
    found, chains = Walks(), []
    for each in exchanges:
        chain = found.add(page_of(each, understand(each.request)))
        if not any(chain is other for other in chains):
            chains.append(chain)
    return found, [chain.ids for chain in chains]


def test_pages_that_continue_each_other_are_a_walk():
    _, ids = walks(
        listed(1, ["f", "e"], True, "?limit=2"),
        listed(2, ["d"], True, "?limit=1&starting_after=e"),
        listed(3, ["c"], False, "?limit=2&starting_after=d"),
    )
    assert ids == [["f", "e", "d", "c"]]


def test_a_page_from_elsewhere_begins_a_walk():
    _, ids = walks(
        listed(1, ["f", "e"], True),
        listed(2, ["c"], True, "?starting_after=d"),
        listed(3, ["f", "e"], True),
        listed(4, ["d"], True, "?starting_after=e&direction=inbound"),
        listed(5, ["d"], True, "?starting_after=e", credential=Credential.PUBLISHABLE),
    )
    assert ids == [["f", "e"], ["c"], ["f", "e"], ["d"], ["d"]]


def test_of_two_walks_the_newer_is_continued():
    found, ids = walks(
        listed(1, ["f"], True, "?limit=1"),
        listed(2, ["f"], True, "?limit=1"),
        listed(3, ["e"], True, "?starting_after=f"),
    )
    assert ids == [["f"], ["f", "e"]]
    assert len(found.like(page_of(listed(9, []), understand(request())))) == 2


def test_a_page_that_was_under_way_at_the_same_time_does_not_continue():
    one = listed(1, ["f"], True)
    other = exchange(2, request(target="/v1/messages?starting_after=f"), {"data": [{"id": "e"}]}, at=(1.2, 1.4))
    assert walks(one, other)[1] == [["f"], ["e"]]


# -- the ledger ------------------------------------------------------------------------------------------------------


def ledger(*exchanges: Exchange) -> Ledger:
    """What is known after these exchanges."""
    found = Ledger(TERMS)
    for each in exchanges:
        found.add(each, understand(each.request))
    return found


def sent(number: int, status: int = 201, identifier: str | None = None, **fields: object) -> Exchange:
    """A send and its answer."""
    asked = request("POST", body=b'{"conversation_id": "conv_a", "body": "x"}', **{"tag": f"mc-{number}", **fields})
    return exchange(number, asked, {"id": identifier or f"msg_{number}", "status": "queued"}, status)


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, True), (202, True), (400, False), (301, False), (429, False), (500, None), (0, None)]
)
def test_a_send_is_accepted_refused_or_unknown(status, accepted):
    found = ledger(sent(1, status))
    assert found.sends[0].accepted is accepted
    assert found.by_tag["mc-1"][0] is found.sends[0]
    assert bool([*found.own()]) is bool(accepted)


def test_a_message_knows_its_send_its_conversation_and_its_sights():
    found = ledger(sent(1), listed(2, ["msg_1", "msg_9"]))
    mine, theirs = found.messages["msg_1"], found.messages["msg_9"]

    assert (mine.conversation, mine.in_list, mine.since) == ("conv_a", True, 1.5)
    assert [view.operation for view in mine.views] == [Operation.SEND, Operation.LIST]
    assert theirs.sent is None
    assert theirs.since == 2.5
    assert [*found.own()] == [mine]


def test_what_another_account_sees_is_not_of_this_one():
    found = ledger(
        listed(1, ["msg_1"], credential=Credential.OTHER_ACCOUNT), listed(2, ["msg_2"], credential=Credential.NONE)
    )
    assert found.messages == {}


def test_a_send_of_the_other_account_is_none_of_our_messages():
    assert [*ledger(sent(1, credential=Credential.OTHER_ACCOUNT)).own()] == []


def test_an_id_that_is_given_twice_belongs_to_the_first():
    found = ledger(sent(1), sent(2, identifier="msg_1"))
    assert found.messages["msg_1"].sent is found.sends[0]


def test_a_method_that_is_not_named_is_remembered():
    found = ledger(
        exchange(1, request("DELETE", "/v1/messages/msg_1")), exchange(2, request("HEAD", "/v1/messages/msg_2"))
    )
    assert found.tampered == {"msg_1": 1}


def test_sends_that_overlap_are_concurrent():
    one, other, late = (
        exchange(n, request("POST"), {"id": f"m{n}"}, 201, at) for n, at in enumerate([(0, 2), (1, 3), (3, 4)], 1)
    )
    found = ledger(one, other, late)
    assert [found.concurrent(each) for each in found.sends] == [True, True, False]
    assert not found.concurrent(None)


def test_earlier_sights_are_those_that_had_ended():
    found = ledger(
        exchange(1, request(target="/v1/messages/m"), {"id": "m", "status": "queued"}, at=(0, 1)),
        exchange(2, request(target="/v1/messages/m"), {"id": "m", "status": "sent"}, at=(2, 9)),
        exchange(3, request(target="/v1/messages/m"), {"id": "m", "status": "sent"}, at=(3, 4)),
    )
    message = found.messages["m"]
    assert [view.exchange for view in message.before(message.views[2])] == [1]


def test_a_history_may_be_shared_by_threads():
    history = History()

    def write() -> None:
        for _ in range(200):
            history.append(exchange(history.number(), request()))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(history) == 800
    assert sorted(each.number for each in history) == list(range(1, 801))
    assert len(history.since(790)) == 10
