"""When does the gate close, for how long, who goes first when it opens, and how do the others follow?"""

import heapq
import math
import os
import sys
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import Pacer
from smtp2go_async.pacing import (
    ASK_AGAIN,
    COOL_DOWN,
    LONGEST_COOL_DOWN,
    MOST_REFUSALS,
    REFUSAL_PAUSE,
    PacerState,
    Ticket,
    Wait,
)

PATH = "/some/call"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pacer(clock):
    return Pacer(clock=clock, draw=lambda: 0.0)


@pytest.fixture
def switching():
    """Let Python switch between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def entered(pacer, count=None):
    """One call's ticket, or a list of several."""
    if count is not None:
        return [entered(pacer) for _ in range(count)]
    ticket = pacer.enter(PATH)
    assert isinstance(ticket, Ticket)
    return ticket


def turned_away(pacer, retry_after=None):
    ticket = entered(pacer)
    wait = ticket.turned_away(retry_after)
    ticket.leave()
    return wait


def let_through(pacer, times=1):
    for _ in range(times):
        ticket = entered(pacer)
        ticket.let_through()
        ticket.leave()


def refused(pacer, times=1):
    for _ in range(times):
        ticket = entered(pacer)
        ticket.refused()
        ticket.leave()


def no_news(pacer):
    """A call that was cancelled, or whose network failed."""
    entered(pacer).leave()


def wait_of(pacer, path=PATH):
    """What a call is told that may not enter."""
    turn = pacer.enter(path)
    assert isinstance(turn, Wait)
    return turn.seconds


def leave(tickets):
    for ticket in tickets:
        ticket.leave()


def closed(pacer, in_flight):
    """Close the gate while so many calls are under way, and let all of them end."""
    tickets = entered(pacer, in_flight)
    tickets[0].turned_away(None)
    leave(tickets)


def recovering(clock, in_flight):
    """A pacer whose probe was let through after a block that so many calls met."""
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    closed(pacer, in_flight)
    clock.move(COOL_DOWN)
    let_through(pacer)
    assert pacer.state.phase == "recovering"
    return pacer


# --- open --------------------------------------------------------------------------------------------------------


def test_a_new_pacer_is_open_and_limits_nothing(pacer):
    assert pacer.state == PacerState(phase="open", closed_for=0.0, in_flight=0, limit=None, refusals=0)


def test_any_number_of_calls_enter_until_a_429(pacer):
    tickets = entered(pacer, 1000)
    assert not any(ticket.probe for ticket in tickets)
    assert pacer.state == PacerState("open", 0.0, 1000, None, 0)


def test_answers_while_the_gate_is_open_change_nothing(pacer):
    let_through(pacer, 3)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)
    assert turned_away(pacer) == 60.0


def test_calls_are_counted_until_they_give_their_ticket_back(pacer):
    first, second = entered(pacer, 2)
    first.let_through()
    assert pacer.state.in_flight == 2
    first.leave()
    assert pacer.state.in_flight == 1
    second.leave()
    assert pacer.state.in_flight == 0


def test_a_ticket_that_is_given_back_twice_counts_once(pacer):
    first, second = entered(pacer, 2)
    leave([first, first, first])
    assert pacer.state.in_flight == 1
    leave([second, second])
    assert pacer.state.in_flight == 0


# --- closed by a 429 ---------------------------------------------------------------------------------------------


def test_a_429_closes_the_gate_for_the_least_that_the_provider_blocks(pacer):
    assert turned_away(pacer) == COOL_DOWN == 60.0
    assert pacer.state == PacerState("cooling down", 60.0, 0, 0, 0)


@pytest.mark.parametrize("path", [PATH, "/email/send", "/activity/search", ""])
def test_it_is_closed_for_calls_of_every_path(pacer, path):
    turned_away(pacer)
    assert wait_of(pacer, path) == 60.0


def test_it_is_closed_for_all_who_ask(pacer):
    turned_away(pacer)
    assert [wait_of(pacer) for _ in range(200)] == [60.0] * 200
    assert pacer.state.in_flight == 0


@pytest.mark.parametrize(("passed", "left"), [(0, 60), (1, 59), (59.5, 0.5), (60, 0), (61, 0), (10_000, 0)])
def test_the_cool_down_is_over_when_its_time_has_passed(pacer, clock, passed, left):
    turned_away(pacer)
    clock.move(passed)
    assert pacer.state.closed_for == left
    assert pacer.state.phase == ("cooling down" if left else "probing")
    assert isinstance(pacer.enter(PATH), Wait if left else Ticket)


@pytest.mark.parametrize(("drawn", "wait"), [(0.0, 60.0), (0.5, 63.0), (1.0, 66.0)])
def test_the_cool_down_is_up_to_a_tenth_longer_so_that_processes_do_not_come_back_together(clock, drawn, wait):
    assert turned_away(Pacer(clock=clock, draw=lambda: drawn)) == pytest.approx(wait)


def test_the_jitter_comes_on_top_of_a_doubled_cool_down_too(clock):
    pacer = Pacer(clock=clock, draw=lambda: 1.0)
    clock.move(turned_away(pacer))
    assert turned_away(pacer) == pytest.approx(132.0)


def test_each_probe_that_is_turned_away_doubles_the_next_cool_down_up_to_the_longest(pacer, clock):
    waits = []
    for _ in range(7):
        waits.append(turned_away(pacer))
        clock.move(waits[-1])
    assert waits == [60, 120, 240, 480, 960, 960, 960]
    assert LONGEST_COOL_DOWN == 960


def test_late_429s_of_calls_that_were_under_way_do_not_lengthen_the_cool_down(pacer, clock):
    first, *others = entered(pacer, 51)
    first.turned_away(None)
    for ticket in others:
        clock.move(1)
        assert ticket.turned_away(None) == pacer.state.closed_for
    assert pacer.state.closed_for == 10.0
    clock.move(10)
    assert turned_away(pacer) == 120.0


def test_a_late_retry_after_does_not_lengthen_it_either(pacer, clock):
    first, second = entered(pacer, 2)
    first.turned_away(5.0)
    clock.move(1)
    assert second.turned_away(500.0) == 4.0


def test_a_429_that_comes_when_the_cool_down_is_over_does_not_close_the_gate_again(pacer, clock):
    """The call left before the block that it met; only one that left after it tells of another."""
    first, second = entered(pacer, 2)
    first.turned_away(None)
    clock.move(75)
    assert second.turned_away(None) == 0.0
    assert pacer.state.phase == "probing"
    let_through(pacer)
    assert second.turned_away(None) == 0.0
    assert pacer.state.phase == "recovering"


def test_a_late_answer_of_a_call_that_was_under_way_opens_nothing(pacer, clock):
    first, second = entered(pacer, 2)
    first.turned_away(None)
    clock.move(10)
    second.let_through()
    assert pacer.state.closed_for == 50.0
    clock.move(50)
    assert turned_away(pacer) == 120.0


def test_a_late_refusal_of_a_call_that_was_under_way_opens_nothing(pacer, clock):
    first, second = entered(pacer, 2)
    first.turned_away(None)
    clock.move(60)
    second.refused()
    assert pacer.state.phase == "probing"


def test_pacers_are_apart(clock):
    turned_away(Pacer(clock=clock))
    assert Pacer(clock=clock).state.phase == "open"


def test_by_default_time_is_real_and_jitter_is_random():
    waits = {turned_away(Pacer()) for _ in range(20)}
    assert len(waits) > 1
    assert all(60 <= wait <= 66 for wait in waits)
    pacer = Pacer()
    turned_away(pacer)
    assert 59 < pacer.state.closed_for <= 66


# --- Retry-After -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.5, 1, 1.0, 59.0, 61.0, 960.0])
def test_a_retry_after_is_obeyed_without_jitter(clock, seconds):
    pacer = Pacer(clock=clock, draw=lambda: 1.0)
    assert turned_away(pacer, seconds) == seconds
    assert pacer.state.closed_for == seconds


@pytest.mark.parametrize("seconds", [None, 0, 0.0, -3, -3.0, -1e9, math.nan, -math.inf])
def test_a_retry_after_that_makes_no_sense_is_the_usual_cool_down(pacer, seconds):
    assert turned_away(pacer, seconds) == 60.0


@pytest.mark.parametrize("seconds", [961.0, 365 * 86400.0, 1e300, math.inf])
def test_a_retry_after_of_a_year_is_cut_to_the_longest_cool_down(pacer, seconds):
    assert turned_away(pacer, seconds) == 960.0


def test_a_retry_after_does_not_lengthen_the_cool_downs_that_follow(pacer, clock):
    clock.move(turned_away(pacer, 10.0))
    assert turned_away(pacer) == 60.0


# --- the probe ---------------------------------------------------------------------------------------------------


def test_when_the_cool_down_is_over_one_call_goes_first_and_the_others_wait_for_it(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    turns = [pacer.enter(PATH) for _ in range(200)]
    assert isinstance(turns[0], Ticket)
    assert turns[0].probe
    assert {turn.seconds for turn in turns[1:]} == {ASK_AGAIN}
    assert pacer.state == PacerState("probing", 0.0, 1, 1, 0)


def test_the_others_wait_for_as_long_as_the_probe_takes(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    entered(pacer)
    clock.move(10_000)
    assert wait_of(pacer) == ASK_AGAIN


def test_calls_that_are_still_under_way_do_not_keep_the_probe_from_going(pacer, clock):
    tickets = entered(pacer, 50)
    tickets[0].turned_away(None)
    clock.move(60)
    assert entered(pacer).probe
    assert pacer.state.in_flight == 51


def test_a_probe_that_is_let_through_lets_the_others_follow(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    let_through(pacer)
    assert pacer.state.phase == "recovering"
    assert not entered(pacer).probe


def test_the_others_follow_as_soon_as_the_answer_is_there_and_one_more_for_the_probe_s_own_place(pacer, clock):
    closed(pacer, 8)
    clock.move(60)
    probe = entered(pacer)
    probe.let_through()
    entered(pacer, 3)
    assert wait_of(pacer) == ASK_AGAIN
    probe.leave()
    entered(pacer)


def test_a_probe_that_is_turned_away_closes_the_gate_for_the_others_again(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    probe = entered(pacer)
    clock.move(1)
    assert probe.turned_away(None) == 120.0
    probe.leave()
    assert wait_of(pacer) == 120.0
    clock.move(120)
    assert entered(pacer).probe
    assert wait_of(pacer) == ASK_AGAIN


def test_a_probe_that_is_refused_was_let_through_the_block_is_over(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    refused(pacer)
    assert pacer.state == PacerState("recovering", 0.0, 0, 1, 1)


def test_after_a_probe_without_news_the_next_call_is_the_probe(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    for _ in range(5):
        probe = entered(pacer)
        assert probe.probe
        assert wait_of(pacer) == ASK_AGAIN
        probe.leave()
        assert pacer.state == PacerState("probing", 0.0, 0, 1, 0)
    let_through(pacer)
    assert pacer.state.phase == "recovering"


def test_a_probe_without_news_does_not_change_the_next_cool_down(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    no_news(pacer)
    assert turned_away(pacer) == 120.0


def test_an_old_call_that_ends_while_the_probe_is_out_does_not_let_a_second_one_out(pacer, clock):
    first, second = entered(pacer, 2)
    first.turned_away(None)
    clock.move(60)
    entered(pacer)
    leave([first, second])
    assert wait_of(pacer) == ASK_AGAIN


def test_the_probe_of_an_earlier_round_given_back_late_does_not_let_a_second_one_out(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    early = entered(pacer)
    clock.move(early.turned_away(None))
    entered(pacer)
    early.leave()
    assert wait_of(pacer) == ASK_AGAIN


def test_a_probe_given_back_twice_does_not_let_a_second_one_out(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    probe = entered(pacer)
    probe.leave()
    entered(pacer)
    probe.leave()
    assert wait_of(pacer) == ASK_AGAIN


def test_a_call_that_must_wait_for_a_published_limit_is_not_the_probe(pacer, clock):
    leave([pacer.enter("/api_keys/add") for _ in range(2)])
    turned_away(pacer, 1.0)
    clock.move(1)
    assert wait_of(pacer, "/api_keys/add") == 19.0
    assert entered(pacer).probe


# --- recovery ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("in_flight", "limit"), [(1, 1), (2, 1), (3, 1), (4, 2), (9, 4), (10, 5), (200, 100)], ids=str)
def test_after_a_block_at_most_half_as_many_calls_are_under_way(clock, in_flight, limit):
    pacer = recovering(clock, in_flight)
    assert pacer.state == PacerState("recovering", 0.0, 0, limit, 0)
    tickets = entered(pacer, limit)
    assert wait_of(pacer) == ASK_AGAIN
    tickets[0].leave()
    entered(pacer)
    assert wait_of(pacer) == ASK_AGAIN


def test_calls_that_are_still_under_way_from_before_count(pacer, clock):
    tickets = entered(pacer, 10)
    tickets[0].turned_away(None)
    clock.move(60)
    let_through(pacer)
    assert pacer.state == PacerState("recovering", 0.0, 10, 5, 0)
    assert wait_of(pacer) == ASK_AGAIN
    leave(tickets[:6])
    entered(pacer)
    assert wait_of(pacer) == ASK_AGAIN


def test_the_limit_grows_by_one_each_time_that_as_many_as_it_were_let_through(clock):
    pacer = recovering(clock, 8)
    limits = []
    for _ in range(4 + 5 + 6 + 7):
        limits.append(pacer.state.limit)
        let_through(pacer)
    assert limits == [4] * 4 + [5] * 5 + [6] * 6 + [7] * 7


def test_the_gate_is_open_when_the_limit_is_back_where_it_was(clock):
    pacer = recovering(clock, 8)
    let_through(pacer, 4 + 5 + 6 + 6)
    assert pacer.state.phase == "recovering"
    let_through(pacer)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)
    entered(pacer, 1000)


def test_after_a_block_that_one_call_met_the_second_answer_opens_the_gate(clock):
    pacer = recovering(clock, 1)
    let_through(pacer)
    assert pacer.state.phase == "open"


def test_a_refused_call_does_not_grow_the_limit_and_does_not_shrink_it(clock):
    pacer = recovering(clock, 8)
    refused(pacer, 15)
    assert pacer.state.limit == 4


def test_a_call_without_news_does_not_grow_the_limit(clock):
    pacer = recovering(clock, 8)
    for _ in range(50):
        no_news(pacer)
    assert pacer.state.limit == 4


def test_a_late_answer_to_a_call_from_before_the_block_does_not_grow_the_limit(pacer, clock):
    tickets = entered(pacer, 8)
    tickets[0].turned_away(None)
    clock.move(60)
    let_through(pacer)
    for ticket in tickets[1:]:
        ticket.let_through()
        ticket.leave()
    assert pacer.state.limit == 4


def test_a_429_while_it_recovers_halves_the_limit_and_doubles_the_cool_down(clock):
    pacer = recovering(clock, 16)
    let_through(pacer, 8 + 9)
    assert pacer.state.limit == 10
    assert turned_away(pacer) == 120.0
    assert pacer.state.limit == 0
    clock.move(120)
    let_through(pacer)
    assert pacer.state.limit == 5


def test_each_probe_that_is_turned_away_halves_it_too_down_to_one(clock):
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    closed(pacer, 16)
    for _ in range(6):
        clock.move(pacer.state.closed_for)
        turned_away(pacer)
    clock.move(pacer.state.closed_for)
    let_through(pacer)
    assert pacer.state.limit == 1


def test_it_grows_back_to_the_number_before_the_first_of_several_blocks(clock):
    pacer = recovering(clock, 8)
    clock.move(turned_away(pacer))
    let_through(pacer)
    assert pacer.state.limit == 2
    let_through(pacer, 2 + 3 + 4 + 5 + 6 + 6)
    assert pacer.state.phase == "recovering"
    let_through(pacer)
    assert pacer.state.phase == "open"


def test_what_was_let_through_before_a_429_does_not_count_after_it(clock):
    pacer = recovering(clock, 8)
    let_through(pacer, 3)
    clock.move(turned_away(pacer))
    let_through(pacer)
    let_through(pacer)
    assert pacer.state.limit == 2


def test_cool_downs_are_the_shortest_again_once_the_gate_is_open_and_not_before(clock):
    pacer = recovering(clock, 4)
    let_through(pacer, 2 + 2)
    clock.move(turned_away(pacer))
    assert pacer._next_cool_down == 240.0
    let_through(pacer, 1 + 1 + 2 + 3)
    assert pacer.state.phase == "open"
    assert turned_away(pacer) == 60.0


def test_the_number_before_the_block_is_taken_anew_for_each_block_of_an_open_gate(clock):
    pacer = recovering(clock, 4)
    let_through(pacer, 2 + 3)
    closed(pacer, 40)
    clock.move(60)
    let_through(pacer)
    assert pacer.state.limit == 20


# --- many refusals in a row --------------------------------------------------------------------------------------


def test_too_many_refusals_in_a_row_close_the_gate(pacer):
    refused(pacer, MOST_REFUSALS - 1)
    assert pacer.state == PacerState("open", 0.0, 0, None, 19)
    refused(pacer)
    assert pacer.state == PacerState("cooling down", REFUSAL_PAUSE, 0, 0, 20)
    assert REFUSAL_PAUSE == 5.0


def test_a_success_in_between_starts_the_count_anew(pacer):
    for _ in range(10):
        refused(pacer, 19)
        let_through(pacer)
        assert pacer.state == PacerState("open", 0.0, 0, None, 0)


def test_a_429_is_no_refusal_and_no_success(pacer, clock):
    """It has a gate of its own; it neither adds to the refusals in a row nor ends the row."""
    refused(pacer, 5)
    turned_away(pacer)
    assert pacer.state.refusals == 5


def test_a_call_without_news_neither_adds_to_the_row_nor_ends_it(pacer):
    refused(pacer, 5)
    no_news(pacer)
    assert pacer.state.refusals == 5


def test_after_the_pause_one_call_goes_first_like_after_a_429(pacer, clock):
    refused(pacer, 20)
    clock.move(5)
    probe = entered(pacer)
    assert probe.probe
    assert wait_of(pacer) == ASK_AGAIN
    probe.let_through()
    assert pacer.state == PacerState("recovering", 0.0, 1, 1, 0)


def test_while_refusals_go_on_each_twenty_make_the_pause_twice_as_long_up_to_a_cool_down(pacer, clock):
    pauses = []
    for _ in range(7):
        refused(pacer, 20)
        pauses.append(pacer.state.closed_for)
        clock.move(pauses[-1])
    assert pauses == [5, 10, 20, 40, 60, 60, 60]


def test_pauses_are_the_shortest_again_once_the_gate_is_open(pacer, clock):
    for _ in range(2):
        refused(pacer, 20)
        clock.move(pacer.state.closed_for)
    let_through(pacer, 2)
    assert pacer.state.phase == "open"
    refused(pacer, 20)
    assert pacer.state.closed_for == 5.0


def test_pauses_do_not_lengthen_the_cool_down_of_a_429(pacer, clock):
    refused(pacer, 20)
    clock.move(5)
    assert turned_away(pacer) == 60.0


def test_refusals_of_calls_that_were_under_way_do_not_lengthen_the_pause(pacer):
    for ticket in entered(pacer, 100):
        ticket.refused()
        ticket.leave()
    assert pacer.state == PacerState("cooling down", 5.0, 0, 0, 100)


def test_refusals_while_a_429_holds_all_back_do_not_lengthen_the_cool_down(pacer):
    tickets = entered(pacer, 30)
    tickets[0].turned_away(None)
    for ticket in tickets[1:]:
        ticket.refused()
    assert pacer.state.closed_for == 60.0


def test_a_refused_probe_that_is_the_twentieth_in_a_row_begins_the_pause(pacer, clock):
    refused(pacer, 19)
    clock.move(turned_away(pacer))
    refused(pacer)
    assert pacer.state == PacerState("cooling down", 5.0, 0, 0, 20)


def test_a_pause_halves_the_number_of_calls_under_way_too(pacer, clock):
    tickets = entered(pacer, 10)
    refused(pacer, 20)
    leave(tickets)
    clock.move(5)
    let_through(pacer)
    assert pacer.state.limit == 5


# --- clocks ------------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_ahead_opens_the_gate_for_one_probe_only(pacer, clock):
    turned_away(pacer)
    clock.move(1e12)
    assert entered(pacer).probe
    assert wait_of(pacer) == ASK_AGAIN


def test_a_clock_that_jumps_ahead_during_the_probe_changes_nothing(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    probe = entered(pacer)
    clock.move(1e6)
    assert probe.turned_away(None) == 120.0
    assert pacer.state.closed_for == 120.0


def test_a_clock_that_stands_still_keeps_the_gate_closed_and_breaks_nothing(pacer):
    turned_away(pacer)
    assert {wait_of(pacer) for _ in range(1000)} == {60.0}
    assert pacer.state.in_flight == 0


@pytest.mark.parametrize("now", [0.0, -5.0, 1e15])
def test_the_clock_may_start_anywhere(now):
    clock = Clock(now)
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    first, second = entered(pacer, 2)
    assert first.turned_away(None) == second.turned_away(None) == 60.0
    leave([first, second])
    clock.move(60)
    let_through(pacer, 2)
    assert pacer.state.phase == "open"


# --- many callers ------------------------------------------------------------------------------------------------


def drive(pacer, clock, callers, blocked_until, takes=0.3):
    """Play callers who ask, wait as told, call, and try again while they are turned away.

    Returns when each call left and the answer it got.
    """
    # What happens next, in the order of time: (when, number for a tie, caller, ticket to answer or None to ask).
    coming = [(clock(), number, number, None) for number in range(callers)]
    ties = callers
    left = []
    while coming:
        when, _, caller, ticket = heapq.heappop(coming)
        clock.now = max(clock.now, when)
        state = pacer.state
        assert state.in_flight == sum(1 for _, _, _, out in coming if out is not None) + (ticket is not None)
        again = None
        if ticket is not None:
            if ticket.answer == 429:
                again = ticket.one.turned_away(None)
            else:
                ticket.one.let_through()
            ticket.one.leave()
        else:
            turn = pacer.enter(PATH)
            if isinstance(turn, Wait):
                again = turn.seconds
            else:
                call = Call(turn, 429 if clock() < blocked_until else 200)
                left.append((clock(), call.answer, turn.probe))
                ties += 1
                heapq.heappush(coming, (clock() + takes, ties, caller, call))
        if again is not None:
            ties += 1
            heapq.heappush(coming, (clock() + again, ties, caller, None))
    return left


class Call:
    def __init__(self, one, answer):
        self.one, self.answer = one, answer


def test_200_callers_who_come_during_a_cool_down_send_one_probe_and_then_all_get_through(pacer, clock):
    turned_away(pacer)
    left = drive(pacer, clock, 200, blocked_until=0)
    assert len(left) == 200
    assert [probe for _, _, probe in left] == [True] + [False] * 199
    assert left[0][0] == 1060.0
    assert left[1][0] >= 1060.3, "not before the probe was answered"
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)


def test_200_callers_send_one_probe_for_each_cool_down_that_the_block_outlasts(pacer, clock):
    turned_away(pacer)
    left = drive(pacer, clock, 200, blocked_until=1000 + 60 + 120 + 240)
    assert [when for when, answer, _ in left if answer == 429] == pytest.approx([1060.0, 1180.3])
    assert [when for when, _, probe in left if probe] == pytest.approx([1060.0, 1180.3, 1420.6])
    assert Counter(answer for _, answer, _ in left)[200] == 200


def test_200_callers_who_were_under_way_send_one_probe(pacer, clock):
    left = drive(pacer, clock, 200, blocked_until=1010)
    assert [answer for _, answer, _ in left] == [429] * 200 + [200] * 200
    assert [probe for _, _, probe in left].count(True) == 1
    assert left[200][2]
    assert left[201][0] > left[200][0]


def test_200_callers_follow_the_probe_at_most_half_as_many_at_a_time(pacer, clock):
    left = drive(pacer, clock, 200, blocked_until=1010)
    after = sorted(when for when, _, probe in left[200:] if not probe)
    most = max(sum(1 for other in after if when - 0.3 < other <= when) for when in after)
    # The limit of 100 grows only by what is let through in one go.
    assert most == 100


# --- threads -----------------------------------------------------------------------------------------------------


def in_threads(count, work):
    """Run work in threads that start together, and raise what went wrong in one."""
    start, wrong = threading.Barrier(count), []

    def run(number):
        start.wait()
        try:
            work(number)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []


@pytest.mark.usefixtures("switching")
def test_of_50_threads_that_ask_together_one_is_the_probe(pacer, clock):
    for _ in range(20):
        turned_away(pacer)
        clock.move(pacer.state.closed_for)
        turns = []
        in_threads(50, lambda _: turns.append(pacer.enter(PATH)))
        (probe,) = [turn for turn in turns if isinstance(turn, Ticket)]
        assert probe.probe
        probe.leave()


@pytest.mark.usefixtures("switching")
def test_threads_never_exceed_the_limit(clock):
    pacer = recovering(clock, 10)
    lock, now, most = threading.Lock(), 0, 0

    def work(_):
        nonlocal now, most
        for _ in range(300):
            turn = pacer.enter(PATH)
            if isinstance(turn, Ticket):
                with lock:
                    now += 1
                    most = max(most, now)
                assert 0 < pacer.state.in_flight <= 5
                with lock:
                    now -= 1
                turn.leave()

    in_threads(12, work)
    assert 1 <= most <= 5
    assert pacer.state == PacerState("recovering", 0.0, 0, 5, 0)


@pytest.mark.usefixtures("switching")
def test_two_threads_that_give_one_ticket_back_count_once(pacer):
    other = entered(pacer)
    for _ in range(50):
        ticket = entered(pacer)
        in_threads(4, lambda _, ticket=ticket: ticket.leave())
        assert pacer.state.in_flight == 1
    other.leave()


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("seed", range(5))
def test_whatever_threads_do_the_counts_end_at_zero_and_the_gate_can_open(seed):
    import random

    clock = Clock()
    pacer = Pacer(clock=clock, draw=lambda: 0.0)

    def work(number):
        draw = random.Random(f"{seed} {number}")
        for _ in range(300):
            turn = pacer.enter(draw.choice([PATH, "/activity/search"]))
            state = pacer.state
            assert state.in_flight >= 0
            assert state.limit is None or state.limit >= 0
            if isinstance(turn, Wait):
                assert turn.seconds > 0
                clock.now += 1.0
                continue
            outcome = draw.choice(["through"] * 4 + ["refused", "429", "none"])
            if outcome == "through":
                turn.let_through()
            elif outcome == "refused":
                turn.refused()
            elif outcome == "429":
                turn.turned_away(draw.choice([None, 5.0]))
            turn.leave()
            turn.leave()

    in_threads(8, work)
    assert pacer.state.in_flight == 0
    clock.move(2 * LONGEST_COOL_DOWN)
    let_through(pacer, 100)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)


def test_a_429_that_comes_while_another_call_is_noted_as_let_through_is_not_forgotten(clock):
    pacer = recovering(clock, 4)
    ticket, other = entered(pacer, 2)

    class Late:
        """A lock for which the other thread's 429 is waiting."""

        def __enter__(self):
            pacer._lock = lock
            assert other.turned_away(None) == 120.0

        def __exit__(self, *_exc):
            pass

    lock, pacer._lock = pacer._lock, Late()
    ticket.let_through()
    assert pacer.state.closed_for == 120.0


# --- fork --------------------------------------------------------------------------------------------------------

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@forks
def test_a_child_has_none_of_the_parent_s_calls_under_way_and_the_parent_keeps_them(pacer, forked):
    entered(pacer, 3)
    assert forked(lambda: pacer.state.in_flight)() == 0
    assert pacer.state.in_flight == 3


@forks
def test_a_child_does_not_wait_for_the_parent_s_probe(pacer, clock, forked):
    turned_away(pacer)
    clock.move(60)
    entered(pacer)
    assert forked(lambda: [pacer.state.phase, entered(pacer).probe, wait_of(pacer)])() == ["probing", True, ASK_AGAIN]
    assert wait_of(pacer) == ASK_AGAIN


@forks
def test_a_child_keeps_to_the_cool_down_that_the_parent_began(pacer, forked):
    turned_away(pacer)
    assert forked(lambda: wait_of(pacer))() == 60.0


@forks
def test_a_child_forked_while_another_thread_held_the_lock_can_use_the_pacer(pacer, forked):
    with pacer._lock:
        result = forked(lambda: [entered(pacer).probe, pacer.state.in_flight])
    assert result() == [False, 1]


def test_what_the_child_gives_back_of_the_parent_s_calls_counts_for_nothing(pacer):
    """The frames of the parent's calls were copied; the child's collector ends them some day."""
    parents = entered(pacer, 3)
    pacer._after_fork()
    own = entered(pacer)
    leave(parents)
    assert pacer.state.in_flight == 1
    own.leave()
    assert pacer.state.in_flight == 0


def test_the_parent_s_probe_given_back_in_the_child_does_not_let_a_second_one_out(pacer, clock):
    turned_away(pacer)
    clock.move(60)
    parents = entered(pacer)
    pacer._after_fork()
    entered(pacer)
    parents.leave()
    assert wait_of(pacer) == ASK_AGAIN


# --- whatever comes ----------------------------------------------------------------------------------------------

NEWS = st.one_of(
    st.tuples(st.just("move"), st.floats(0, 2000)),
    st.tuples(st.just("429"), st.sampled_from([None, -3.0, 0.0, math.nan, math.inf]) | st.floats(0.001, 1e9)),
    st.tuples(st.sampled_from(["200", "400", "none"]), st.integers(0, 30)),
    st.tuples(st.just("enter"), st.sampled_from([PATH, "/activity/search", "/api_keys/add"])),
)


@given(st.lists(NEWS, max_size=60), st.floats(0, 1))
def test_whatever_comes_the_gate_opens_again_and_the_counts_are_right(events, drawn):
    clock = Clock(0.0)
    pacer = Pacer(clock=clock, draw=lambda: drawn)
    out = []
    for what, detail in events:
        if what == "move":
            clock.move(detail)
        elif what == "enter":
            before = pacer.state
            turn = pacer.enter(detail)
            if isinstance(turn, Ticket):
                out.append(turn)
                assert before.closed_for == 0
                assert turn.probe == (before.phase == "probing")
                assert before.phase != "recovering" or before.in_flight < before.limit
            else:
                assert turn.seconds > 0
                assert turn.reason
        elif out:
            ticket = out.pop(detail % len(out) if isinstance(detail, int) else 0)
            if what == "429":
                assert 0 <= ticket.turned_away(detail) <= 1.1 * LONGEST_COOL_DOWN
            elif what == "200":
                ticket.let_through()
            elif what == "400":
                ticket.refused()
            ticket.leave()
        state = pacer.state
        assert state.in_flight == len(out)
        assert 0 <= state.closed_for <= 1.1 * LONGEST_COOL_DOWN
        assert (state.phase == "cooling down") == (state.closed_for > 0) == (state.limit == 0)
        assert (state.phase == "open") == (state.limit is None)
        assert state.phase != "probing" or sum(ticket.probe and ticket.round == pacer._round for ticket in out) <= 1
    leave(out)
    clock.move(1.1 * LONGEST_COOL_DOWN)
    let_through(pacer, 2000)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)
