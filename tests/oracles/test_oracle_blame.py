"""One fault, one requirement: what a fault brings with it is not laid at other rules' doors."""

from __future__ import annotations

from histories import GONE, Tape, breaks, holds, instant, unjudged

from conformance.model import Conversation, Credential, Terms

OTHER = Credential.OTHER_ACCOUNT
FAILING = Terms((Conversation("conv_a", "email", "failed"),), settle_seconds=2.0)
CLAIM = {"status": "read"}


def theirs(number: int = 9) -> Tape:
    """A tape on which the other account's key was shown a message of its own first."""
    tape = Tape()
    tape.foreign(number, "conv_theirs")
    tape.list(credential=OTHER)
    return tape


@breaks("AUTH-05")
def test_our_list_shows_what_the_other_account_was_shown():
    tape = theirs()
    tape.list()
    return tape


@breaks("AUTH-05")
def test_nothing_is_expected_of_a_message_that_is_not_ours():
    tape = theirs()
    tape.send(1)
    tape.list()
    tape.list([1])
    tape.list([], direction="inbound")
    return tape


@breaks("AUTH-05")
def test_a_message_that_both_accounts_are_shown_is_not_expected_of_ours():
    tape = Tape()
    tape.foreign(9, "conv_theirs")
    tape.list()
    tape.list(credential=OTHER)
    tape.list([], direction="inbound")
    return tape


@holds("LIST-10")
def test_an_id_of_ours_may_be_an_id_of_theirs():
    tape = Tape()
    tape.foreign(1, "conv_theirs", body="theirs")
    tape.list(credential=OTHER)
    tape.send(1)
    tape.list()
    return tape


@breaks("AUTH-05")
def test_a_message_is_shown_to_another_account_without_its_body():
    tape = Tape()
    tape.send(1)
    tape.retrieve(1, credential=OTHER, body="")
    return tape


@breaks("CONC-01", "ERR-01")
def test_a_plain_send_breaks_the_server_beside_another():
    tape = Tape()
    tape.send(1)
    tape.send(2, at=(1.0, 1.2))
    tape.send(3, code=500, at=(1.1, 1.3))
    return tape


@breaks("ERR-01")
def test_a_plain_send_breaks_the_server_once():
    tape = Tape()
    tape.send(1)
    tape.send(2, code=500)
    return tape


@breaks("SEND-11", "ERR-01")
def test_a_send_that_differs_from_what_was_accepted_breaks_the_server():
    tape = Tape()
    tape.send(1)
    tape.send(2, body="mc-tape-2 🚚", code=500)
    return tape


@breaks("SEND-15", "CONC-01")
def test_two_sends_at_once_share_an_id_and_nothing_else_follows_from_it():
    tape = Tape()
    tape.send(1, "conv_a", at=(0.0, 0.2))
    tape.send(2, "conv_b", at=(0.1, 0.3), answer={"id": "msg_1"})
    tape.retrieve(1)
    tape.list([1], conversation="conv_a")
    return tape


@breaks("SEND-02")
def test_a_send_is_answered_for_another_conversation():
    tape = Tape()
    tape.send(1, "conv_a", answer={"conversation_id": "conv_b", "channel": "email"})
    tape.change(1, conversation_id="conv_b", channel="email")
    tape.list(conversation="conv_a")
    tape.list(conversation="conv_b")
    return tape


@breaks("SEND-02", "SEND-10")
def test_metadata_hold_the_mark_of_an_earlier_send():
    tape = Tape()
    tape.send(1, metadata={"conformance": "mc-tape-1"})
    added = {"conformance": "mc-tape-1", "order": "x"}
    tape.send(2, metadata={"order": "x"}, answer={"metadata": added})
    tape.change(2, metadata=added)
    tape.list()
    return tape


@breaks("SEND-02")
def test_a_message_without_a_type_is_no_message_object():
    tape = Tape()
    tape.send(1, answer={"type": GONE})
    return tape


@breaks("GET-04")
def test_a_body_that_a_list_cuts_is_not_a_body_that_does_not_come_back():
    tape = Tape()
    tape.send(1, body="mc-tape-1 é and what follows")
    tape.list(differs={1: {"body": "mc-tape-1 é"}})
    return tape


@breaks("STAT-07")
def test_a_type_changes_with_the_status_on_every_way():
    tape = Tape()
    tape.send(1, type="template")
    tape.retrieve(1)
    tape.change(1, status="delivered", type="text")
    tape.list()
    tape.retrieve(1)
    return tape


@breaks("GET-04", "LIST-02")
def test_a_list_has_another_type_whatever_the_status():
    tape = Tape()
    tape.send(1, type="template")
    tape.change(1, status="delivered")
    tape.list(differs={1: {"type": "text"}})
    tape.retrieve(1)
    return tape


@unjudged("GET-04", "STAT-07")
def test_a_list_and_a_later_status_alone_do_not_tell_which_is_at_fault():
    tape = Tape()
    tape.send(1, type="template")
    tape.change(1, status="delivered")
    tape.list(differs={1: {"type": "text"}})
    return tape


@breaks("STAT-03")
def test_an_end_that_others_come_to_is_not_the_claim_of_a_client():
    tape = Tape(FAILING)
    tape.send(1)
    tape.change(1, status="failed", error="x")
    tape.retrieve(1)
    tape.change(1, status="read", error=None)
    tape.retrieve(1)
    tape.send(2, **CLAIM)
    tape.change(2, status="read")
    tape.retrieve(2)
    return tape


@breaks("SEND-16")
def test_a_claimed_status_is_no_outcome_and_no_status_of_the_servers():
    tape = Tape(FAILING)
    tape.send(1, status="archived", answer={"status": "archived"})
    tape.change(1, status="archived")
    tape.retrieve(1, at=(5.0, 5.1))
    return tape


@breaks("LIST-06")
def test_a_filter_that_leaks_spoils_what_it_is_combined_with():
    tape = Tape()
    tape.send(1, "conv_a")
    tape.list(conversation="conv_a")
    tape.send(2, "conv_b")
    tape.list([2, 1], conversation="conv_a")
    tape.list([2, 1], conversation="conv_a", direction="outbound")
    tape.list([2], True, conversation="conv_a", limit=1)
    tape.list([1], False, conversation="conv_a", limit=1, after=2)
    return tape


@breaks("LIST-10")
def test_what_was_never_listed_is_no_page_that_ends_early():
    tape = Tape()
    for number in range(1, 7):
        tape.send(number, created=instant(number))
    tape.list([6, 5, 4, 2], False, conversation="conv_a")
    tape.list([6, 5, 4, 2], False, conversation="conv_a", limit=4)
    return tape


@breaks("LIST-04", "CONC-02")
def test_a_page_is_short_only_while_a_send_is_under_way():
    tape = Tape()
    for number in range(1, 7):
        tape.send(number)
    tape.list(limit=6)
    tape.send(7, at=(2.0, 2.2))
    tape.list([4], limit=2, after=6, at=(2.05, 2.15))
    tape.list(limit=2, after=6, at=(3.0, 3.1))
    return tape


@breaks("PAGE-04", "PAGE-01")
def test_a_walk_that_loses_messages_anyhow_does_so_while_others_send():
    tape = Tape()
    for number in range(1, 9):
        tape.send(number)
    tape.list(limit=8)
    tape.list([5, 4], True, limit=2, after=7)
    tape.list(limit=2)
    tape.send(9)
    tape.list([5, 4], True, limit=2, after=7)
    return tape


@breaks("CONC-02")
def test_a_page_shows_a_message_twice_only_while_a_send_is_under_way():
    tape = Tape()
    for number in range(1, 7):
        tape.send(number)
    tape.send(7, at=(2.0, 2.2))
    tape.list([4, 4], True, limit=2, after=5, at=(2.05, 2.15))
    tape.list(at=(3.0, 3.1))
    return tape


@breaks("LIST-10")
def test_a_page_that_shows_a_message_twice_anyhow_does_so_while_a_send_is_under_way():
    tape = Tape()
    for number in range(1, 7):
        tape.send(number)
    tape.list([6, 5, 5, 4, 3, 2, 1])
    tape.send(7, at=(2.0, 2.2))
    tape.list([4, 4], True, limit=2, after=5, at=(2.05, 2.15))
    return tape
