"""Pagination: every message once, in one sequence (PAGE-01 to PAGE-09), also while others send (PAGE-06, CONC-02)."""

from __future__ import annotations

import pytest
from histories import A, B, Tape, breaks, holds, instant, unjudged

from conformance.model import Terms

LAGGING = Terms((A, B), consistency_seconds=1.0)


def many(count: int = 6, **options: object) -> Tape:
    """So many messages, sent one after the other."""
    tape = Tape(**options)
    for number in range(1, count + 1):
        tape.send(number)
    return tape


def tied(*groups: int) -> Tape:
    """Messages in groups of one instant each, named by how many there are in it."""
    tape, number = Tape(), 0
    for group, count in enumerate(groups):
        for _ in range(count):
            number += 1
            tape.send(number, created=instant(group))
    return tape


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_correct_walks_are_right_whatever_the_order_and_the_items(oldest_first, sparse):
    tape = many(9, oldest_first=oldest_first, sparse=sparse)
    tape.list()
    tape.walk(2)
    tape.walk(1, 3, 2, conversation="conv_a")
    tape.walk(3, direction="outbound")
    tape.list(limit=2, after=5)
    tape.list(limit=3, after=tape.order()[-1])
    assert tape.violated() == set()
    assert {"PAGE-01", "PAGE-02", "PAGE-03", "PAGE-04", "PAGE-05", "PAGE-07", "PAGE-09"} <= set(tape.observed())


@holds("PAGE-01")
def test_a_walk_shows_every_message_once():
    tape = many()
    tape.walk(2)
    return tape


@breaks("PAGE-01")
def test_a_walk_passes_over_a_message():
    tape = many()
    tape.list()
    tape.list(limit=2)
    tape.list([3, 2], True, limit=2, after=5)
    return tape


@breaks("PAGE-01", also=["PAGE-09"])
def test_a_walk_shows_a_message_again():
    tape = many()
    tape.list(limit=2)
    tape.list([6, 4], True, limit=2, after=5)
    return tape


@breaks("PAGE-01", also=["PAGE-09"])
def test_a_walk_does_not_end():
    tape = many(3)
    tape.list(limit=2)
    tape.list([1, 3], True, limit=2, after=2)
    return tape


@breaks("PAGE-02")
def test_has_more_promises_a_page_that_is_empty():
    tape = many(4)
    tape.list(limit=2)
    tape.list(limit=2, after=3, more=True)
    tape.list([], False, limit=2, after=1)
    return tape


@breaks("PAGE-02")
def test_has_more_is_false_though_messages_follow():
    tape = many(4)
    tape.list(limit=2, more=False, direction="outbound")
    tape.list(limit=2, after=3, direction="outbound")
    return tape


@breaks("PAGE-02")
def test_has_more_is_false_though_another_walk_shows_what_follows():
    tape = many(4)
    tape.list(conversation="conv_a")
    tape.list(limit=2, more=False, conversation="conv_a")
    return tape


@breaks("PAGE-02")
def test_an_empty_page_says_that_more_follows():
    tape = Tape()
    tape.list([], True)
    return tape


@holds("PAGE-02", "PAGE-04")
def test_the_count_is_a_multiple_of_the_limit():
    tape = many(4)
    tape.walk(2)
    tape.list([], False, limit=2, after=1)
    return tape


@breaks("PAGE-03")
def test_another_page_size_gives_another_sequence():
    tape = Tape()
    for number in range(1, 7):
        tape.send(number, created=instant(0))
    tape.list()
    tape.list([6, 4, 5], True, limit=3)
    return tape


@holds("PAGE-03")
def test_every_page_size_gives_the_same_sequence():
    tape = many()
    tape.walk(2)
    tape.walk(3)
    tape.walk(1, 2)
    return tape


@breaks("PAGE-04")
def test_the_cursor_is_on_its_page():
    tape = many()
    tape.list([4, 3], True, limit=2, after=4)
    return tape


@breaks("PAGE-04")
def test_a_cursor_passes_over_a_message():
    tape = many()
    tape.list()
    tape.list([2, 1], False, limit=2, after=4)
    return tape


@breaks("PAGE-04", also=["PAGE-09"])
def test_a_cursor_is_ignored():
    tape = many()
    tape.list()
    tape.list([6, 5], True, limit=2, after=4)
    return tape


@breaks("PAGE-04")
def test_a_listed_message_is_refused_as_cursor():
    tape = many()
    tape.list()
    tape.list(limit=2, after=4, code=400)
    return tape


@holds("PAGE-04")
def test_any_listed_message_serves_as_cursor():
    tape = many()
    tape.list()
    tape.list(limit=2, after=4)
    tape.list(after=1)
    return tape


@breaks("LIST-10")
def test_a_message_stands_twice_on_a_page():
    tape = many(3)
    tape.list([3, 2, 2, 1], False)
    return tape


# -- ties ------------------------------------------------------------------------------------------------------------


@holds("PAGE-07")
def test_messages_of_one_instant_stand_on_both_sides_of_a_boundary():
    tape = tied(1, 4, 1)
    tape.list()
    tape.walk(2)
    tape.walk(3)
    return tape


@holds("PAGE-07")
def test_messages_of_one_second_are_told_apart():
    tape = many()
    tape.walk(1)
    return tape


@breaks("PAGE-07", "PAGE-01")
def test_a_tie_is_lost_between_pages():
    """The cursor is compared by its instant: what shares it is passed over."""
    tape = tied(1, 4, 2)
    tape.list()
    tape.list(limit=3)
    tape.list([1], False, limit=3, after=5)
    return tape


@breaks("PAGE-07", "PAGE-01")
def test_a_tie_is_repeated_between_pages():
    tape = tied(1, 4, 2)
    tape.list()
    tape.list(limit=4)
    tape.list([5, 3, 2, 1], False, limit=4, after=4)
    return tape


@breaks("PAGE-07", "PAGE-04")
def test_a_tie_is_lost_behind_any_cursor():
    tape = tied(1, 4, 1)
    tape.list()
    tape.list([1], False, limit=3, after=4)
    return tape


@breaks("PAGE-04")
def test_a_tie_at_the_end_is_said_not_to_follow():
    """Nothing is shown behind the cursor and nothing is said to follow: the page does not begin where its cursor stands."""
    tape = tied(4, 1)
    tape.list()
    tape.list([], False, limit=3, after=3)
    return tape


# -- arrivals --------------------------------------------------------------------------------------------------------


@holds("PAGE-06")
def test_arrivals_do_not_disturb_a_walk():
    tape = many()
    tape.list(limit=2)
    tape.send(7)
    tape.list(limit=2, after=5)
    tape.send(8)
    tape.list(limit=2, after=3)
    return tape


@holds("PAGE-06")
def test_arrivals_at_the_end_of_a_list_come_last():
    tape = many(4, oldest_first=True)
    tape.list(limit=2)
    tape.send(5)
    tape.list(limit=2, after=2)
    tape.list(limit=2, after=4)
    return tape


@breaks("PAGE-06", also=["PAGE-09"])
def test_an_arrival_pushes_a_message_onto_the_next_page():
    tape = many()
    tape.list(limit=2)
    tape.send(7)
    tape.list([6, 4], True, limit=2, after=5)
    return tape


@breaks("PAGE-06")
def test_an_arrival_hides_a_message():
    tape = many()
    tape.list()
    tape.list(limit=2)
    tape.send(7)
    tape.list([3, 2], True, limit=2, after=5)
    return tape


@holds()
def test_messages_of_others_that_arrive_are_never_held_against_a_target():
    """They come between pages, on top, at the end, and with instants of long ago."""
    tape = many()
    tape.list()
    tape.list(limit=2)
    tape.foreign(20)
    tape.foreign(21, created_at=instant(0.35))
    tape.list(limit=2, after=5)
    tape.foreign(22, created_at=instant(-500))
    tape.list(limit=2, after=tape.order()[4])
    tape.list()
    tape.walk(3)
    return tape


@breaks("PAGE-01")
def test_a_message_of_another_that_was_listed_has_to_stay():
    tape = many(3)
    tape.foreign(20)
    tape.send(4)
    tape.send(5)
    tape.list()
    tape.list(limit=1)
    tape.list([4, 3], True, limit=2, after=5)
    return tape


# -- concurrency -----------------------------------------------------------------------------------------------------


@holds("CONC-02")
def test_a_walk_holds_while_another_sends():
    tape = many()
    tape.list()
    tape.clock = 2.0
    tape.list(limit=2, at=(2.0, 2.2))
    tape.send(7, at=(2.1, 2.3))
    tape.list(limit=2, after=5, at=(2.4, 2.5))
    return tape


@breaks("CONC-02")
def test_a_walk_passes_over_a_message_while_another_sends():
    tape = many()
    tape.list()
    tape.list(limit=2, at=(2.0, 2.2))
    tape.send(7, at=(2.1, 2.3))
    tape.list([3, 2], True, limit=2, after=5, at=(2.4, 2.5))
    return tape


@breaks("CONC-02", also=["PAGE-09"])
def test_a_walk_repeats_a_message_while_another_sends():
    tape = many()
    tape.list(limit=2, at=(2.0, 2.2))
    tape.send(7, at=(2.1, 2.3))
    tape.list([6, 4], True, limit=2, after=5, at=(2.4, 2.5))
    return tape


@holds()
def test_a_message_whose_send_has_not_ended_need_not_be_listed():
    tape = many(3)
    tape.send(4, at=(1.0, 2.0))
    tape.list([3, 2, 1], False, at=(1.5, 1.6))
    tape.list([3, 2, 1], False, at=(1.7, 1.8))
    tape.list(at=(2.1, 2.2))
    return tape


@holds()
def test_within_the_window_a_list_may_lack_what_was_sent():
    tape = Tape(LAGGING)
    for number in range(1, 7):
        tape.send(number)
    tape.clock = 3.0
    tape.send(7)
    tape.list([6, 5, 4, 3, 2, 1], False)
    tape.list()
    tape.list([6, 5, 4, 3, 2, 1], False, at=(3.5, 3.6))
    tape.list(at=(4.2, 4.3))
    return tape


@holds()
def test_messages_that_were_sent_at_once_may_stand_in_the_order_of_their_keeping():
    """Newest first by number; what was sent at one time has the instant at which each request came in."""
    tape = many(8)
    tape.list()
    tape.send(9, at=(2.0, 2.3), created=instant(2.01))
    tape.send(10, at=(2.0, 2.3), created=instant(2.02))
    tape.send(11, at=(2.0, 2.3), created=instant(2.00))
    tape.send(12, at=(2.4, 2.5))
    tape.list([12, 11], True, limit=2)
    return tape


@breaks("PAGE-09")
def test_a_list_that_is_ordered_by_tenths_of_a_second_passes_over_nothing_before_that_is_seen():
    """What was made within the same tenth stands the other way round: no order was seen so fine."""
    tape = many(8)
    tape.list()
    for number, fraction in ((9, 0.01), (10, 0.02), (11, 0.03)):
        tape.send(number, at=(2 + fraction, 2.005 + fraction), created=instant(2 + fraction))
    tape.list([9], True, limit=1)
    tape.list([9, 10, 11, *range(8, 0, -1)], False)
    return tape


@holds("PAGE-09")
def test_a_list_may_be_grouped_by_conversation():
    """Oldest first within a conversation says nothing of where another one's messages stand."""
    tape = Tape(oldest_first=True)
    tape.send(1)
    for number in range(2, 12):
        tape.send(number, "conv_b")
    tape.list(conversation="conv_a")
    tape.list(range(2, 11), True, limit=9)
    return tape


# -- statuses and order ----------------------------------------------------------------------------------------------


@holds("PAGE-08")
def test_a_change_of_status_moves_nothing():
    tape = many()
    tape.list()
    tape.change(3, status="sent")
    tape.list()
    return tape


@breaks("PAGE-08", also=["PAGE-09"])
def test_a_change_of_status_moves_a_message():
    tape = many()
    tape.list()
    tape.change(3, status="sent")
    tape.list([3, 6, 5, 4, 2, 1], False)
    return tape


@breaks("PAGE-08", also=["PAGE-09"])
def test_a_walk_meets_a_message_again_that_moved_as_its_status_did():
    tape = many(oldest_first=True)
    tape.list(limit=3)
    tape.change(2, status="sent")
    tape.list([4, 5, 2], True, limit=3, after=3)
    return tape


@breaks("PAGE-03", also=["PAGE-09"])
def test_messages_change_places_though_no_status_moves():
    tape = many()
    tape.list()
    tape.list([6, 4, 5, 3, 2, 1], False)
    return tape


@breaks("PAGE-09")
def test_a_sequence_goes_to_and_fro_in_time():
    tape = many(3)
    tape.list([3, 1, 2], False)
    return tape


@holds("PAGE-09")
def test_either_direction_is_right():
    tape = many(oldest_first=True)
    tape.list()
    assert ("PAGE-09", "order of a list", "oldest first") in tape.choices()
    return tape


@unjudged("PAGE-09", "PAGE-01", "PAGE-03")
def test_a_single_message_proves_nothing_of_an_order():
    tape = many(1)
    tape.list()
    return tape


@holds()
def test_instants_tell_no_order_where_the_clock_was_set_back():
    """What was kept last has an instant between those of the fourth and the fifth: a page from the middle on does not hide it."""
    tape = tied(*[1] * 8)
    tape.list()
    tape.send(9, created=instant(3.5))
    tape.list([5, 4, 3], True, limit=3, after=6)
    return tape


@holds()
def test_within_the_window_the_next_page_may_not_have_caught_up():
    tape = Tape(LAGGING, oldest_first=True)
    for number in range(1, 5):
        tape.send(number)
    tape.clock = 5.0
    tape.list()
    tape.send(5)
    tape.list(limit=4)
    tape.list([], False, limit=4, after=4)
    return tape


@holds()
def test_a_cursor_from_another_conversation_is_no_part_of_the_list():
    """What a target answers to it is its choice; the list has not lost what was never in it."""
    tape = Tape()
    tape.send(1)
    tape.send(2, "conv_b")
    tape.list()
    tape.list([1], False, conversation="conv_a", after=2)
    tape.list(conversation="conv_a")
    return tape


@breaks("GET-04")
def test_a_list_that_tells_coarser_times_is_not_blamed_for_its_order():
    """Of a customer's message only the list's time is known, of ours the first known one is what the send told."""
    tape = Tape()
    tape.send(1, created=instant(0.1))
    tape.send(2, created=instant(1.7))
    tape.foreign(9, created_at=instant(1))
    tape.list([9, 2, 1], False, differs={1: {"created_at": instant(0)}, 2: {"created_at": instant(1)}})
    tape.retrieve(1)
    tape.retrieve(2)
    return tape


@breaks("PAGE-04")
def test_nothing_at_all_behind_a_message_that_others_follow_is_the_cursors_fault():
    tape = Tape()
    for number in (1, 2, 3):
        tape.send(number)
    tape.list(limit=3)
    tape.list([], False, limit=3, after=2)
    return tape
