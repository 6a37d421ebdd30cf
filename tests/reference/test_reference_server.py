"""The reference implementation as a server: its life, its file, its variants, its crowd."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from conformance.reference import VARIANTS, Running, Settings, combine, run_in_thread, target_toml

KEY = {"Authorization": "Bearer sk_test_a"}
# One client for the module: making one costs more than a server does.
API = httpx.Client(headers=KEY)
SEND = {"conversation_id": "conv_mail1", "body": "Hi", "metadata": {"a": "1"}}


def test_it_starts_and_stops_quickly() -> None:
    """Neither takes a second (on an idle machine: a few milliseconds), even with a connection left open."""
    began = time.perf_counter()
    with run_in_thread() as running:
        started = time.perf_counter() - began
        API.get(running.base_url + "/v1/messages").raise_for_status()
        began = time.perf_counter()
    assert started < 1
    assert time.perf_counter() - began < 1


def test_a_stopped_server_refuses_connections() -> None:
    """Nothing is left running."""
    with run_in_thread() as running:
        pass
    with pytest.raises(httpx.ConnectError):
        API.get(running.base_url)


def test_a_file_keeps_messages_and_their_delivery_across_a_restart(tmp_path: Path) -> None:
    """What was sent before a restart is there after it, with a status that moved on, in the same order."""
    settings = Settings(database=str(tmp_path / "messages.db"), delivered_after=0.1, failed_after=0.1)
    with run_in_thread(settings) as running:
        sent = API.post(running.base_url + "/v1/messages", json=SEND).json()
        before = listed(running)
    time.sleep(0.2)
    with run_in_thread(settings) as running:
        again = API.get(f"{running.base_url}/v1/messages/{sent['id']}").json()
        after = listed(running)
    assert {**again, "status": "queued", "error": None} == {**sent, "error": None}
    assert (again["status"], after) == ("failed", before)


def listed(running: Running) -> list[str]:
    page = API.get(running.base_url + "/v1/messages").json()
    return [message["id"] for message in page["data"]]


def test_concurrent_sends_are_all_kept_and_listed_once() -> None:
    """Eight at a time, forty in all."""
    with run_in_thread() as running, ThreadPoolExecutor(8) as crowd:
        url = running.base_url + "/v1/messages"
        ids = list(crowd.map(lambda number: API.post(url, json={**SEND, "body": str(number)}).json()["id"], range(40)))
        page = API.get(url, params={"conversation_id": "conv_mail1", "limit": 100}).json()
    assert sorted(ids) == sorted(message["id"] for message in page["data"])
    assert len(set(ids)) == 40


def test_a_history_of_ten_thousand_messages_is_there_from_the_start() -> None:
    """A long history is seeded before the first request."""
    with run_in_thread(Settings(history=10_000)) as running:
        page = API.get(running.base_url + "/v1/messages?limit=100").json()
    assert (len(page["data"]), page["has_more"]) == (100, True)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_sends_retrieves_and_lists(name: str) -> None:
    """A variant is a way of being right."""
    keeps_its_word(VARIANTS[name].settings())


@pytest.mark.parametrize("seed", range(12))
def test_combined_variants_send_retrieve_and_list(seed: int) -> None:
    """Variants that do not touch the same knob go together, and a seed stands for one combination."""
    assert combine(seed) == combine(seed)
    keeps_its_word(combine(seed))


def keeps_its_word(settings: Settings) -> None:
    with run_in_thread(replace(settings, rate_limit_every=0)) as running:
        url = running.base_url + "/v1/messages"
        sent = API.post(url, json=SEND)
        assert sent.status_code == settings.sent_status
        time.sleep(settings.visible_after)
        found = API.get(f"{url}/{quote(sent.json()['id'], safe='')}")
        page = API.get(url, params={"limit": 50}).json()
    assert found.json()["created_at"] == sent.json()["created_at"]
    assert sent.json()["id"] in [message["id"] for message in page["data"]]
    assert {message["metadata"]["a"] for message in (sent.json(), found.json())} == {"1"}


def test_every_nth_request_is_rate_limited() -> None:
    """A 429 says when to come again."""
    with run_in_thread(Settings(rate_limit_every=2)) as running:
        answers = [API.get(running.base_url + "/v1/messages") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 200, 429]
    assert answers[1].headers["Retry-After"] == "1"


def test_other_writers_write_in_both_directions() -> None:
    """Messages arrive that nobody here sent."""
    with run_in_thread(Settings(writers_per_second=200)) as running:
        time.sleep(0.5)
        page = API.get(running.base_url + "/v1/messages?limit=5").json()
    assert {message["direction"] for message in page["data"]} == {"inbound", "outbound"}
    assert all(message["body"].startswith("Somebody else's") for message in page["data"])


def test_variants_are_well_described() -> None:
    """Each has one sentence, changes something, and warns only of SHOULD requirements by their ids."""
    assert len(VARIANTS) >= 30
    for variant in VARIANTS.values():
        assert re.fullmatch(r"[^.]+(\.[0-9][^.]*)?\.", variant.sentence), variant.sentence
        assert variant.settings() != Settings()
        assert all(re.fullmatch(r"[A-Z]+-\d\d(-S\d?)?", warned) for warned in variant.warns)


def test_the_target_file_names_what_the_server_has() -> None:
    """The target file is TOML; conversations without an outcome come last."""
    target = tomllib.loads(target_toml("http://127.0.0.1:1/x", Settings(prefix="/x", list_lag=0.5)))
    assert target["base_url"] == "http://127.0.0.1:1/x"
    assert (target["api_key"], target["publishable_key"], target["other_account_key"]) == (
        "sk_test_a",
        "pk_test_a",
        "sk_test_b",
    )
    assert target["consistency_seconds"] == 0.5
    assert [conversation.get("outcome") for conversation in target["conversations"]] == [
        "read",
        "delivered",
        "failed",
        None,
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_greets_and_stops_on_a_signal(number: signal.Signals) -> None:
    """The foreground server prints where it is and ends in order."""
    code = "from conformance.reference import serve; serve(faults=['page-offset'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        greeting = [process.stdout.readline() for _ in range(5)]
        process.send_signal(number)
        assert process.wait(10) == 0
    assert "http://127.0.0.1:" in greeting[0]
    assert "page-offset" in greeting[3]
