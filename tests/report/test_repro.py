"""The scripts of findings: each fails on the fault and passes on the reference; what a target sent does nothing."""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance import catalogue
from conformance.model import Violation
from conformance.reference import Running, Settings, run_in_thread
from conformance.report import repro
from conformance.report.evidence import replay
from conformance.run import Plan, Run
from conformance.suite.kit import Blocked, Kit, NotOffered
from conformance.suite.stage import set_scene
from conformance.target import load
from tests.programs.scripts import SHELL, outcome


@pytest.fixture(scope="module", autouse=True)
def _marker(pytestconfig: pytest.Config) -> None:
    """The drivers are imported without the plugin that names their marker."""
    pytestconfig.addinivalue_line("markers", "requirement(*ids): the requirements that a driver puts to the test")


def found(running: Running, folder: Path, driver: str, requirement: str) -> dict[str, Any]:
    """The violation of a requirement that a driver brings to light, as a session tells it."""
    target = folder / "target.toml"
    target.write_text(running.target_toml(), encoding="utf-8")
    run = Run(load(str(target), None, None, ()), Plan(profile="standard", seed=1))
    module, name = driver.split(".")
    try:
        with contextlib.suppress(Blocked, NotOffered):
            set_scene(run)
            getattr(importlib.import_module(f"conformance.suite.{module}"), name)(Kit(run))
        run.drain()
        return told(run, requirement)
    finally:
        run.client.close()


def told(run: Run, requirement: str) -> dict[str, Any]:
    """A run's violation as the reports and the scripts are given it."""
    failure = run.failures.get(requirement)
    known: list[Violation] = [failure.violation] if failure and failure.failed else run.violations()
    finding = next(each for each in known if each.requirement == requirement)
    made = failure.exchanges if failure and failure.exchanges else finding.exchanges
    return {
        "requirement": finding.requirement,
        "expected": finding.expected,
        "got": finding.got,
        "steps": failure.steps if failure else [],
        "flaky": "",
        "conversation": run.scene.main.id if run.has_scene else "",
        "consistency": run.client.target.terms.consistency_seconds,
        "replay": replay([run.exchange(number) for number in made]),
    }


FAULTS = [
    ("open-without-header", "test_access.test_without_credentials_nothing_is_to_be_had", "AUTH-01"),
    ("missing-key-403", "test_access.test_without_credentials_nothing_is_to_be_had", "AUTH-01-S"),
    ("empty-token-accepted", "test_access.test_a_header_without_a_key_is_no_key", "AUTH-02"),
    ("no-challenge", "test_access.test_without_credentials_nothing_is_to_be_had", "AUTH-03"),
    ("publishable-sends", "test_access.test_a_publishable_key_reads_and_never_sends", "AUTH-04"),
    ("foreign-cursor-followed", "test_access.test_another_account_sees_nothing", "AUTH-05"),
    ("key-in-header", "test_tour.test_who_may", "AUTH-06"),
    ("body-escaped", "test_send.test_the_body_comes_back_unchanged", "SEND-11"),
    ("metadata-values-trimmed", "test_send.test_metadata_comes_back_equal", "SEND-10"),
    ("metadata-stringified", "test_send.test_metadata_comes_back_equal", "SEND-10-S"),
    ("body-trimmed", "test_send.test_the_body_comes_back_unchanged", "SEND-11-S"),
    ("unknown-conversation-kept", "test_send.test_a_refused_send_leaves_nothing_behind", "SEND-12"),
    ("json-array-unwrapped", "test_send.test_a_payload_that_is_no_json_object_is_refused", "SEND-13"),
    ("malformed-json-422", "test_send.test_a_payload_that_is_no_json_object_is_refused", "SEND-13-S"),
    ("too-long-kept", "test_send.test_a_refused_send_leaves_nothing_behind", "SEND-14"),
    ("identical-sends-merged", "test_send.test_identical_payloads_are_messages_of_their_own", "SEND-15"),
    ("client-sets-id", "test_send.test_the_client_cannot_set_what_the_server_owns", "SEND-16"),
    ("channel-of-account", "test_send.test_the_channel_follows_the_conversation", "SEND-17"),
    ("any-media-type", "test_send.test_a_payload_that_does_not_say_json_is_refused", "SEND-18"),
    ("metadata-shared", "test_send.test_metadata_comes_back_equal", "GET-02"),
    ("unknown-id-null", "test_retrieve.test_an_unknown_id_is_not_found", "GET-03"),
    ("inbound-unretrievable", "test_retrieve.test_every_listed_message_is_retrievable", "GET-04"),
    ("retrieve-once", "test_retrieve.test_retrieving_changes_nothing", "GET-05"),
    ("item-without-time", "test_retrieve.test_every_listed_message_is_retrievable", "LIST-02"),
    ("default-limit-20", "test_list.test_a_page_holds_25_messages_by_default", "LIST-03"),
    ("limit-cap-50", "test_list.test_a_page_holds_as_many_messages_as_asked_for", "LIST-04"),
    ("limit-text-500", "test_list.test_a_limit_out_of_range_is_never_a_way_around_it", "LIST-05"),
    ("limit-clamped", "test_list.test_a_limit_out_of_range_is_never_a_way_around_it", "LIST-05-S"),
    ("conversation-by-channel", "test_list.test_a_send_is_at_once_in_every_list_that_it_matches", "LIST-06"),
    ("direction-inverted", "test_list.test_the_direction_filter_keeps_one_direction", "LIST-07"),
    ("direction-unknown-ignored", "test_list.test_the_direction_filter_keeps_one_direction", "LIST-07-S"),
    ("filters-either", "test_pagination.test_filters_hold_on_every_page", "LIST-08"),
    ("list-hides-plain", "test_list.test_a_send_is_at_once_in_every_list_that_it_matches", "LIST-10"),
    ("unknown-parameter-500", "test_list.test_an_odd_query_is_no_server_error", "LIST-11"),
    ("ties-oldest-first", "test_properties.test_programs_of_sends_walks_and_looks", "PAGE-01"),
    ("has-more-when-full", "test_pagination.test_has_more_is_right_at_the_end", "PAGE-02"),
    ("order-by-update", "test_statuses.test_a_message_moves_forward_only", "PAGE-08"),
    ("time-follows-status", "test_statuses.test_a_message_moves_forward_only", "STAT-07"),
    ("list-behind", "test_statuses.test_a_message_moves_forward_only", "STAT-05"),
    ("never-read", "test_arrivals.test_where_messages_arrive", "STAT-06"),
    ("failed-without-error", "test_arrivals.test_where_messages_arrive", "STAT-04"),
    ("stack-trace", "test_tour.test_what_is_refused", "ERR-04"),
    ("json-quotes-unescaped", "test_send.test_the_body_comes_back_unchanged", "HTTP-01"),
    ("delete-refused-but-done", "test_tour.test_a_delete_deletes_nothing", "HTTP-02-M"),
    ("crowd-loses", "test_concurrency.test_sends_made_at_once_are_each_kept", "CONC-01"),
    ("object-capitalised", "test_send.test_conversation_and_body_alone_are_accepted", "SEND-02"),
    ("id-unprefixed", "test_send.test_conversation_and_body_alone_are_accepted", "SEND-02-S1"),
    ("created-at-hours-late", "test_send.test_conversation_and_body_alone_are_accepted", "SEND-02-S2"),
    ("type-defaults-to-template", "test_send.test_conversation_and_body_alone_are_accepted", "SEND-03"),
    ("type-any", "test_send.test_any_other_type_is_refused", "SEND-04"),
    ("limit-none", "test_send.test_a_body_holds_4096_characters_and_no_more", "SEND-05"),
    ("limit-in-bytes", "test_send.test_a_body_holds_4096_characters_and_no_more", "SEND-05-S"),
    ("conversation-defaults", "test_send.test_a_send_without_a_conversation_is_refused", "SEND-06"),
    ("body-missing-accepted", "test_send.test_a_send_without_a_body_is_refused", "SEND-07"),
    ("image-without-media", "test_send.test_an_image_needs_a_media_url", "SEND-08"),
    ("image-media-empty", "test_send.test_an_image_needs_a_media_url", "SEND-08-S"),
    ("type-written-out", "test_send.test_optional_fields_of_the_wrong_kind_are_refused", "SEND-09"),
    ("send-needs-metadata", "test_send.test_conversation_and_body_alone_are_accepted", "SEND-01"),
    ("retrieve-late", "test_retrieve.test_a_sent_message_is_retrievable_at_once", "GET-01"),
    ("retrieve-wrapped", "test_retrieve.test_a_sent_message_is_retrievable_at_once", "GET-01"),
    ("list-bare", "test_tour.test_what_is_there", "LIST-01"),
    ("has-more-text", "test_list.test_a_send_is_at_once_in_every_list_that_it_matches", "LIST-01"),
    ("ties-oldest-first", "test_properties.test_programs_of_sends_walks_and_looks", "PAGE-03"),
    ("cursor-must-end-page", "test_pagination.test_any_listed_message_serves_as_cursor", "PAGE-04"),
    ("filters-lost-after-first-page", "test_pagination.test_filters_hold_on_every_page", "PAGE-05"),
    ("page-offset", "test_pagination.test_arrivals_neither_repeat_nor_hide_what_was_there", "PAGE-06"),
    ("arrivals-hide-others", "test_pagination.test_arrivals_neither_repeat_nor_hide_what_was_there", "PAGE-06"),
    ("cursor-by-second", "test_pagination.test_a_walk_shows_every_message_once", "PAGE-07"),
    ("order-by-id", "test_pagination.test_a_walk_shows_every_message_once", "PAGE-09"),
    ("unknown-cursor-restarts", "test_pagination.test_a_cursor_that_is_no_message_is_refused", "PAGE-10"),
    ("send-says-accepted", "test_send.test_conversation_and_body_alone_are_accepted", "STAT-01"),
    ("list-says-capitals", "test_retrieve.test_every_listed_message_is_retrievable", "STAT-01"),
    ("read-then-delivered", "test_statuses.test_a_message_moves_forward_only", "STAT-02"),
    ("sent-then-queued", "test_statuses.test_a_message_moves_forward_only", "STAT-02"),
    ("failed-then-sent", "test_arrivals.test_where_messages_arrive", "STAT-03"),
    ("read-then-failed", "test_statuses.test_a_message_moves_forward_only", "STAT-03"),
    ("error-on-read", "test_statuses.test_a_message_moves_forward_only", "STAT-04-S"),
    ("unknown-cursor-500", "test_pagination.test_a_cursor_that_is_no_message_is_refused", "ERR-01"),
    ("error-bare", "test_tour.test_what_is_refused", "ERR-02"),
    ("unknown-id-400", "test_retrieve.test_an_unknown_id_is_not_found", "ERR-03"),
    ("content-type-html", "test_list.test_a_send_is_at_once_in_every_list_that_it_matches", "HTTP-01-S"),
    ("405-without-allow", "test_errors.test_other_methods_change_nothing", "HTTP-02"),
    ("busy-skips", "test_concurrency.test_a_walk_holds_while_others_send", "CONC-02"),
    ("busy-ends", "test_concurrency.test_a_walk_holds_while_others_send", "CONC-02"),
    ("busy-repeats", "test_concurrency.test_a_walk_holds_while_others_send", "CONC-02"),
]


@pytest.fixture(scope="module")
def correct() -> Iterator[Running]:
    """A correct server, other than those that the scripts were recorded on."""
    with run_in_thread() as running:
        yield running


@pytest.mark.parametrize(("fault", "driver", "requirement"), FAULTS, ids=[f"{each[0]}-{each[2]}" for each in FAULTS])
def test_a_script_fails_on_the_fault_and_passes_on_the_reference(
    fault: str, driver: str, requirement: str, correct: Running, tmp_path: Path
) -> None:
    """Both scripts exit 1 where the fault is and tell what was expected and got; where it is not they exit 0."""
    with run_in_thread(faults=[fault]) as broken:
        names = repro.write(tmp_path, found(broken, tmp_path, driver, requirement), broken.base_url)
        assert names == [f"repro/{requirement}.py", f"repro/{requirement}.sh"]
        failing = [outcome(tmp_path / name, broken.base_url) for name in names]
    with ThreadPoolExecutor(2) as pool:
        passing = list(pool.map(lambda name: outcome(tmp_path / name, correct.base_url), names))
    assert [each.returncode for each in failing] == [1, 1], [each.stdout + each.stderr for each in failing]
    assert all("expected " in each.stdout and "got " in each.stdout for each in failing)
    assert [each.returncode for each in passing] == [0, 0], [each.stdout + each.stderr for each in passing]


def test_the_script_of_a_list_that_leaves_a_conversation_out(correct: Running, tmp_path: Path) -> None:
    """LIST-09 is told apart from LIST-10 only by what other lists showed before: its script is the same."""
    driver = "test_list.test_the_direction_filter_keeps_one_direction"
    with run_in_thread(faults=["unfiltered-hides-quiet"]) as broken:
        violation = found(broken, tmp_path, driver, "LIST-10") | {"requirement": "LIST-09"}
        names = repro.write(tmp_path, violation, broken.base_url)
        assert [outcome(tmp_path / name, broken.base_url).returncode for name in names] == [1, 1]
    assert [outcome(tmp_path / name, correct.base_url).returncode for name in names] == [0, 0]


def test_every_requirement_has_a_script_that_was_proven() -> None:
    """Two have a test of their own."""
    proven = {requirement for _, _, requirement in FAULTS} | {"LIST-09", "HTTP-03"}
    assert proven == set(catalogue.load())


HOSTILE = (
    "\n$(touch owned)`touch owned`'\"; touch owned\n\r\u2028import os\u2029\x85\x0b'''\"\"\"\\"
    "\u202e\ud800\x00 %s %d {{x}} ${HOME}\nEOF\n'; touch owned; '"
)


def hostile(requirement: str, expected: str, got: str) -> dict[str, Any]:
    """A violation in which everything that a target may choose tries to break out."""
    message = {"id": HOSTILE, "conversation_id": HOSTILE, "body": "mc-abcdef-1 " + HOSTILE, "direction": "outbound"}
    raw = json.dumps({"conversation_id": HOSTILE, "body": "mc-abcdef-1 " + HOSTILE, "metadata": {HOSTILE: HOSTILE}})
    step = {
        "method": "POST",
        "target": "/v1/messages",
        "headers": [["Content-Type", "application/json"], ["Authorization", "Bearer $MESSAGES_API_KEY"]],
        "body": raw + "\x00\xff'%s\n$(touch owned)",
        "credential": "key",
        "began": 1.0,
        "ended": 2.0,
        "status": 201,
        "json": message,
    }
    target = "/v1/messages?starting_after=$(touch+owned)%0A'`touch owned`&direction='$(touch owned)&limit=2"
    page = {**step, "method": "GET", "target": target, "body": "", "json": {"data": [message]}, "status": 200}
    return {
        "requirement": requirement,
        "expected": expected,
        "got": got + HOSTILE,
        "steps": [f"1. send {HOSTILE}"],
        "flaky": "",
        "replay": [step, {**page, "began": 1.5, "ended": 3.0}, {**page, "began": 4.0, "ended": 5.0}],
    }


CHOSEN = [
    ("PAGE-01", HOSTILE, ""),
    ("GET-02", f"body of {HOSTILE} as the send returned it (queued): {HOSTILE}", ""),
    ("LIST-10", f"the list ({HOSTILE}) shows {HOSTILE}, sent", ""),
    ("SEND-14", "a refused send leaves no message behind", ""),
    ("STAT-05", f"{HOSTILE} stays sent or moves on, once {HOSTILE}", ""),
    ("STAT-06", f"a message in {HOSTILE} is read within 1 s", ""),
    ("STAT-01", HOSTILE, HOSTILE),
    ("AUTH-05", "nothing of another account's messages", ""),
    ("GET-05", "retrieving changes no status", ""),
]


@pytest.mark.parametrize(("requirement", "expected", "got"), CHOSEN, ids=[each[0] for each in CHOSEN])
def test_what_a_target_sent_is_data(
    requirement: str, expected: str, got: str, correct: Running, tmp_path: Path
) -> None:
    """Ids, bodies, sentences, a base URL: quotes, line ends and commands in them stand there quoted and do nothing."""
    url = "http://127.0.0.1:1/'$(touch owned)\n`touch owned`"
    names = repro.write(tmp_path, hostile(requirement, expected, got), url)
    assert len(names) == 2
    text = (tmp_path / names[0]).read_text(encoding="utf-8")
    imported = [each.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for each in node.names]
    assert set(imported) <= {"httpx", *repro._MODULES}
    for name in names:
        head = (tmp_path / name).read_text(encoding="utf-8").split("\n\n")[0]
        assert all(line.startswith("#") for line in head.splitlines())
        assert 1 < len(head.splitlines()) < 12
        assert outcome(tmp_path / name, "").returncode in (1, 2)  # nobody is at the recorded URL
        assert outcome(tmp_path / name, correct.base_url).returncode in (0, 1, 2)
    assert subprocess.run([SHELL, "-n", str(tmp_path / names[1])], check=False).returncode == 0
    assert not [*tmp_path.rglob("owned"), *Path.cwd().glob("owned")]


@pytest.mark.parametrize("suffix", ["py", "sh"])
def test_a_script_that_cannot_tell_says_so(suffix: str, correct: Running, tmp_path: Path) -> None:
    """Without a key, with one that is refused, and where nobody answers, the exit code is 2."""
    violation = hostile("SEND-03", 'type "text"', "")
    violation["replay"] = violation["replay"][:1]
    repro.write(tmp_path, violation, correct.base_url)
    script = tmp_path / "repro" / f"SEND-03.{suffix}"
    assert outcome(script, correct.base_url, SOMETHING="else").returncode == 2
    assert outcome(script, correct.base_url, MESSAGES_API_KEY="sk_test_wrong").returncode == 2
    assert outcome(script, "http://127.0.0.1:1", MESSAGES_API_KEY="sk_test_a").returncode == 2


def test_a_finding_that_no_script_can_show_has_none(tmp_path: Path) -> None:
    """A finding of which no request is known becomes no script, nor one that nobody knows a check for."""
    violation = hostile("PAGE-01", "this", "that")
    assert repro.write(tmp_path, {**violation, "replay": []}, "http://127.0.0.1:1") == []
    assert repro.write(tmp_path, {**violation, "requirement": "SEND-02"}, "http://127.0.0.1:1") == []


def test_a_script_meets_a_limit_and_looks_at_its_429(tmp_path: Path) -> None:
    """It fails where no Retry-After comes, passes where one does, and cannot tell where there is no limit."""
    violation = hostile("HTTP-03", "a 429 with Retry-After", "a 429 without one")
    with run_in_thread(faults=["429-without-retry-after"]) as broken:
        names = repro.write(tmp_path, violation, broken.base_url)
        assert [outcome(tmp_path / name, broken.base_url).returncode for name in names] == [1, 1]
    with run_in_thread(Settings(rate_limit_every=15)) as right:
        assert [outcome(tmp_path / name, right.base_url).returncode for name in names] == [0, 0]
