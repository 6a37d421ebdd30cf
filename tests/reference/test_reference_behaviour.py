"""The reference implementation answers as the contract reads it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from conformance.reference import Running, Settings, run_in_thread

SEND = {"conversation_id": "conv_8xk2m", "body": "Hi 🚚"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def api(server: Running) -> Iterator[httpx.Client]:
    with client(server) as made:
        yield made


def client(server: Running, key: str = "sk_test_a") -> httpx.Client:
    return httpx.Client(base_url=server.base_url, headers={"Authorization": f"Bearer {key}"})


def walk(api: httpx.Client, limit: int, **filters: str) -> list[str]:
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/v1/messages", params={"limit": limit, **filters, **cursor}).json()
        ids += [message["id"] for message in page["data"]]
        if not page["has_more"]:
            return ids
        cursor = {"starting_after": ids[-1]}


def test_a_send_answers_with_the_message_of_the_documentation(api: httpx.Client) -> None:
    """An accepted send has every documented field."""
    response = api.post("/v1/messages", json={**SEND, "metadata": {"order_id": "ord_abc123"}})
    message = response.json()
    assert response.status_code == 201
    assert message.pop("id").startswith("msg_")
    assert message.pop("created_at").endswith("Z")
    assert message == {
        "object": "message",
        "conversation_id": "conv_8xk2m",
        "body": "Hi 🚚",
        "type": "text",
        "direction": "outbound",
        "channel": "whatsapp",
        "status": "queued",
        "metadata": {"order_id": "ord_abc123"},
    }


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"body": "é" * 4097}, "body"),
        ({"body": "🚚" * 4097}, "body"),
        ({"body": None}, "body"),
        ({"body": 7}, "body"),
        ({"body": "\ud800"}, "body"),
        ({"conversation_id": ["conv_8xk2m"]}, "conversation_id"),
        ({"conversation_id": "conv_b1"}, "conversation_id"),
        ({"conversation_id": "conv_none"}, "conversation_id"),
        ({"type": "TEXT"}, "type"),
        ({"type": 1}, "type"),
        ({"type": "image"}, "media_url"),
        ({"type": "image", "media_url": "ftp://x.test/a"}, "media_url"),
        ({"type": "image", "media_url": "http://["}, "media_url"),
        ({"media_url": 5}, "media_url"),
        ({"metadata": []}, "metadata"),
        ({"metadata": True}, "metadata"),
    ],
)
def test_an_invalid_send_is_refused_and_leaves_nothing(
    api: httpx.Client, change: dict[str, object], param: str
) -> None:
    """A refusal is a documented error that names the parameter, and no message is kept."""
    before = api.get("/v1/messages").json()["data"][0]["id"]
    response = api.post("/v1/messages", content=json.dumps({**SEND, **change}), headers=JSON)
    error = response.json()["error"]
    assert response.status_code == (404 if param == "conversation_id" and isinstance(change[param], str) else 400)
    assert error["param"] == param
    assert {"type", "code", "message", "doc_url"} <= set(error)
    assert api.get("/v1/messages").json()["data"][0]["id"] == before


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"conversation_id":"conv_8xk2m","body":"x","metadata":{"a":NaN}}',
        b'{"conversation_id":"conv_8xk2m","body":"x","metadata":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
)
def test_what_is_no_json_object_answers_400(api: httpx.Client, payload: bytes) -> None:
    """No payload breaks the server."""
    response = api.post("/v1/messages", content=payload, headers=JSON)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "body", ["a" * 4096, "é" * 4096, "🚚" * 4096, " \t\r\n x ", "\0\x01", "e\u0301 <b> {{x}} \u202e"]
)
def test_a_body_comes_back_unchanged(api: httpx.Client, body: str) -> None:
    """The limit counts code points and the text is sacred."""
    sent = api.post("/v1/messages", json={**SEND, "body": body}).json()
    assert sent["body"] == body
    assert api.get(f"/v1/messages/{sent['id']}").json()["body"] == body


def test_metadata_come_back_equal(api: httpx.Client) -> None:
    """Any object is kept as it is."""
    metadata = {"__proto__": "1", "constructor": {"a": [1, 2.5, None, True]}, "clé": "🚚", "": "", "big": 2**70}
    sent = api.post("/v1/messages", json={**SEND, "metadata": metadata}).json()
    assert sent["metadata"] == api.get(f"/v1/messages/{sent['id']}").json()["metadata"] == metadata


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 6000])
def test_numbers_beyond_the_doubles_are_taken(api: httpx.Client, number: bytes) -> None:
    """What no double holds comes back as a finite number."""
    payload = b'{"conversation_id":"conv_8xk2m","body":"x","metadata":{"n":' + number + b"}}"
    assert isinstance(api.post("/v1/messages", content=payload, headers=JSON).json()["metadata"]["n"], float)


def test_another_media_type_answers_415(api: httpx.Client) -> None:
    """A form is no JSON."""
    assert api.post("/v1/messages", data={"body": "x"}).status_code == 415


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nope", "Bearer SK_TEST_A", "Basic Zm9v", "sk_test_a"])
def test_without_a_valid_key_every_operation_answers_401(server: Running, header: str | None) -> None:
    """A stranger is told which scheme is wanted."""
    headers = {} if header is None else {"Authorization": header}
    with httpx.Client(base_url=server.base_url, headers=headers) as stranger:
        answers = [
            stranger.get("/v1/messages"),
            stranger.get("/v1/messages/x"),
            stranger.post("/v1/messages", json=SEND),
        ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert all(answer.headers["WWW-Authenticate"] == "Bearer" for answer in answers)


def test_a_publishable_key_reads_and_does_not_send(server: Running) -> None:
    """Its send answers 403."""
    with client(server, "pk_test_a") as reader:
        assert reader.get("/v1/messages").status_code == 200
        assert reader.post("/v1/messages", json=SEND).status_code == 403


def test_accounts_do_not_see_each_other(server: Running, api: httpx.Client) -> None:
    """Another account's message is not retrieved, listed or taken as a cursor."""
    mine = api.post("/v1/messages", json=SEND).json()["id"]
    with client(server, "sk_test_b") as other:
        assert other.get(f"/v1/messages/{mine}").status_code == 404
        assert other.get("/v1/messages", params={"starting_after": mine}).status_code == 400
        assert {item["conversation_id"] for item in other.get("/v1/messages").json()["data"]} == {"conv_b1"}
        assert other.get("/v1/messages", params={"conversation_id": "conv_8xk2m"}).json()["data"] == []


@pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1.5", "", "٣", "9" * 50, " 5"])
def test_a_limit_out_of_range_is_refused(api: httpx.Client, limit: str) -> None:
    """A limit is an integer from 1 to 100."""
    response = api.get("/v1/messages", params={"limit": limit})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "limit")


@pytest.mark.parametrize(
    "target",
    [
        "?limit=1&limit=2",
        "?conversation_id=a&conversation_id=b",
        "?direction=x",
        "?starting_after=%00",
        "?starting_after=",
        "?a=%ff&b=%zz&%00=1",
        "/%00",
        "/%ff%0a",
        "/a%2Fb",
        "/" + "x" * 5000,
        "/",
        "/a/b",
    ],
)
def test_odd_targets_never_break_the_server(api: httpx.Client, target: str) -> None:
    """Whatever the client asks for, the answer is its own fault or none."""
    assert api.get("/v1/messages" + target).status_code in (200, 400, 404)


def test_methods_that_are_not_documented_answer_405(api: httpx.Client) -> None:
    """A 405 says which methods there are."""
    for method in ("PUT", "PATCH", "DELETE"):
        response = api.request(method, "/v1/messages")
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert api.head("/v1/messages").content == b""
    assert api.options("/v1/messages").status_code == 204


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_walk_visits_each_message_once_whatever_the_page_size(newest_first: bool) -> None:
    """Pages of every size tell one sequence."""
    with run_in_thread(Settings(history=60, newest_first=newest_first)) as running, client(running) as api:
        whole = walk(api, 100)
        assert len(set(whole)) == len(whole) == 67
        assert all(walk(api, limit) == whole for limit in (1, 3, 7, 11, 33, 67))
        times = [item["created_at"] for item in api.get("/v1/messages", params={"limit": 100}).json()["data"]]
        assert times == sorted(times, reverse=newest_first)


def test_filters_hold_on_every_page_and_combine(api: httpx.Client) -> None:
    """Both filters together keep what each keeps."""
    both = walk(api, 1, conversation_id="conv_8xk2m", direction="inbound")
    there, inbound = walk(api, 2, conversation_id="conv_8xk2m"), walk(api, 2, direction="inbound")
    assert both == [item for item in there if item in inbound]
    assert len(both) == 4


def test_has_more_is_false_on_a_last_page_that_is_full(api: httpx.Client) -> None:
    """An exact multiple of the limit ends without an empty page."""
    page = api.get("/v1/messages", params={"direction": "inbound", "limit": 6}).json()
    assert (len(page["data"]), page["has_more"]) == (6, False)
    after = {"direction": "inbound", "starting_after": page["data"][-1]["id"]}
    assert api.get("/v1/messages", params=after).json() == {"object": "list", "data": [], "has_more": False}


def test_statuses_advance_to_the_declared_outcome(server: Running, api: httpx.Client) -> None:
    """By the settling time each conversation's message has its outcome, and only a failure has an error."""
    outcomes = {"conv_8xk2m": "read", "conv_web1": "delivered", "conv_mail1": "failed", "conv_quiet": "sent"}
    sent = {name: api.post("/v1/messages", json={**SEND, "conversation_id": name}).json()["id"] for name in outcomes}
    time.sleep(server.settings.settle_seconds)
    seen = {name: api.get(f"/v1/messages/{message_id}").json() for name, message_id in sent.items()}
    assert {name: message["status"] for name, message in seen.items()} == outcomes
    assert {name for name, message in seen.items() if message.get("error")} == {"conv_mail1"}


@pytest.mark.parametrize(
    ("form", "unknown"),
    [
        ("uuid", "0197b2f4-6c1e-7abc-8def-0123456789ab"),
        ("integer", "123456789"),
        ("nanoid", "msg_abcde_fg-hijkl"),
        ("checked", "1234567890123459"),
    ],
)
def test_what_is_no_id_of_the_form_is_refused_before_it_is_looked_for(form: str, unknown: str) -> None:
    """An id of the form that nobody has is not found."""
    with run_in_thread(Settings(id_form=form)) as running, client(running) as api:
        sent = api.post("/v1/messages", json=SEND).json()["id"]
        assert api.get(f"/v1/messages/{sent}").status_code == 200
        assert api.get(f"/v1/messages/{unknown}").status_code == 404
        assert api.get("/v1/messages/msg_x").status_code == 400
