"""Every sight of a message agrees with those before it (GET-02, GET-04, GET-05, LIST-02, STAT-07, HTTP-02-M)."""

from __future__ import annotations

import pytest
from histories import GONE, Tape, breaks, holds

OTHER = {
    "conversation_id": "conv_x",
    "body": "another",
    "type": "template",
    "direction": "inbound",
    "channel": "sms",
    "metadata": {"other": "1"},
    "created_at": "2025-06-15T15:00:00Z",
}


@pytest.mark.parametrize("name", OTHER)
def test_retrieve_differs_from_the_send(name):
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, **{name: OTHER[name]})
    assert "GET-02" in tape.violated()
    assert tape.violated() <= {"GET-02", "SEND-17"}


@pytest.mark.parametrize("name", OTHER)
def test_a_list_differs_from_retrieve(name):
    tape = Tape()
    tape.foreign(9, direction="outbound")
    tape.list()
    tape.retrieve(9, **{name: OTHER[name]})
    assert "GET-04" in tape.violated()
    assert tape.violated() <= {"GET-04", "LIST-02", "SEND-17"}


@holds("GET-02", "GET-04", "STAT-07")
def test_every_sight_agrees_while_the_status_moves():
    tape = Tape()
    tape.send(1, metadata={"a": "1"})
    tape.retrieve(1)
    tape.list()
    tape.change(1, status="sent")
    tape.retrieve(1)
    tape.list()
    return tape


@holds("GET-02", "GET-04")
def test_one_instant_may_be_written_in_two_ways():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, created_at="2025-06-15T17:06:40.000+02:00")
    tape.list()
    return tape


@holds("GET-02")
def test_no_metadata_may_be_null_here_and_empty_there():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, metadata={})
    return tape


@breaks("STAT-07")
def test_the_body_changes_as_the_status_does():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.change(1, status="sent", body="mc-tape-1 hello (sent)")
    tape.retrieve(1)
    return tape


@breaks("STAT-07")
def test_created_at_changes_as_the_status_does():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.change(1, status="delivered", created_at="2025-06-15T15:06:41Z")
    tape.retrieve(1)
    return tape


@breaks("GET-02", "GET-05")
def test_a_second_retrieve_differs_from_the_first():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.retrieve(1, metadata={"seen": "yes"})
    return tape


@breaks("SEND-10", "GET-02")
def test_metadata_is_echoed_and_then_lost():
    tape = Tape()
    tape.send(1, metadata={"order_id": "1"})
    tape.retrieve(1, metadata=None)
    return tape


@breaks("SEND-11", "GET-02")
def test_a_body_is_echoed_and_then_mangled():
    tape = Tape()
    tape.send(1, body="🚚")
    tape.retrieve(1, body="????")
    return tape


@holds("HTTP-02-M")
def test_a_refused_change_changes_nothing():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.call("PATCH", "/v1/messages/msg_1", 405, {}, headers=[("Allow", "GET")], payload=b'{"body": "x"}')
    tape.retrieve(1)
    return tape


@breaks("HTTP-02-M")
def test_a_refused_change_changes_the_body():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.call("PATCH", "/v1/messages/msg_1", 405, {}, headers=[("Allow", "GET")], payload=b'{"body": "x"}')
    tape.retrieve(1, body="x")
    return tape


@breaks("HTTP-02-M")
def test_a_refused_delete_deletes():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1)
    tape.call("DELETE", "/v1/messages/msg_1", 405, {}, headers=[("Allow", "GET")])
    tape.retrieve(1, 404)
    return tape


@holds()
def test_sights_that_overlap_are_not_compared():
    """A retrieve that began before the send ended may know less than the send's answer."""
    tape = Tape()
    tape.send(1, at=(0.0, 1.0))
    tape.retrieve(1, at=(0.5, 0.9), body="an earlier draft")
    return tape


@holds("GET-02")
def test_a_field_that_a_sight_leaves_out_is_not_compared():
    tape = Tape(sparse=True)
    tape.send(1)
    tape.list()
    tape.retrieve(1)
    return tape


@breaks("GET-02", "SEND-10")
def test_a_retrieve_that_leaves_metadata_out_has_lost_it():
    tape = Tape()
    tape.send(1, metadata={"order_id": "ord_abc123"})
    tape.retrieve(1, metadata=GONE)
    return tape


@breaks("STAT-07")
def test_metadata_is_gone_once_a_message_is_delivered():
    tape = Tape()
    tape.send(1, metadata={"order_id": "ord_abc123"})
    tape.retrieve(1)
    tape.retrieve(1, status="delivered", metadata=GONE)
    return tape


@holds()
def test_no_metadata_may_be_told_in_any_way():
    tape = Tape()
    tape.send(1, answer={"metadata": {}})
    tape.retrieve(1, metadata=GONE)
    tape.retrieve(1, metadata=None)
    return tape
