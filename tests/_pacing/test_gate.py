"""When does the gate close, and for how long?"""

import math

import pytest
from _pacing.gates import PATH, Clock, accepted, enter, entered, rate_limited, release, wait_of

from smtp2go_async import Pacer
from smtp2go_async._pacing.gate import COOL_DOWN_SECONDS, MAX_COOL_DOWN_SECONDS, Delay
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async._pacing.turns import Turn
from smtp2go_async.pacing import PacerState


# --- open ---------------------------------------------------------------------------------------------------------------
def test_a_new_pacer_is_open_and_limits_nothing(pacer):
    assert pacer.state == PacerState(phase="open", closed_for=0.0, in_flight=0, limit=None, refusals=0)


def test_any_number_of_calls_enter_until_a_429(pacer):
    turns = entered(pacer, 1000)
    assert not any(turn.is_probe for turn in turns)
    assert pacer.state == PacerState("open", 0.0, 1000, None, 0)


def test_responses_while_the_gate_is_open_change_nothing(pacer):
    accepted(pacer, 3)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)
    assert rate_limited(pacer) == 60.0


def test_calls_are_counted_until_they_give_their_turn_back(pacer):
    first, second = entered(pacer, 2)
    first.accepted()
    assert pacer.state.in_flight == 2
    first.release()
    assert pacer.state.in_flight == 1
    second.release()
    assert pacer.state.in_flight == 0


def test_a_turn_that_is_given_back_twice_counts_once(pacer):
    first, second = entered(pacer, 2)
    release([first, first, first])
    assert pacer.state.in_flight == 1
    release([second, second])
    assert pacer.state.in_flight == 0


# --- closed by a 429 ----------------------------------------------------------------------------------------------------
def test_a_429_closes_the_gate_for_the_least_that_the_provider_blocks(pacer):
    assert rate_limited(pacer) == COOL_DOWN_SECONDS == 60.0
    assert pacer.state == PacerState("cooling down", 60.0, 0, 0, 0)


@pytest.mark.parametrize("path", [PATH, "/email/send", "/activity/search", ""])
def test_it_is_closed_for_calls_of_every_path(pacer, path):
    rate_limited(pacer)
    assert wait_of(pacer, path) == 60.0


def test_the_gate_is_closed_for_all_calls(pacer):
    rate_limited(pacer)
    assert [wait_of(pacer) for _ in range(200)] == [60.0] * 200
    assert pacer.state.in_flight == 0


@pytest.mark.parametrize(("passed", "left"), [(0, 60), (1, 59), (59.5, 0.5), (60, 0), (61, 0), (10_000, 0)])
def test_the_cool_down_is_over_when_its_time_has_passed(pacer, clock, passed, left):
    rate_limited(pacer)
    clock.move(passed)
    assert pacer.state.closed_for == left
    assert pacer.state.phase == ("cooling down" if left else "probing")
    assert isinstance(enter(pacer, PATH), Delay if left else Turn)


@pytest.mark.parametrize(("drawn", "wait"), [(0.0, 60.0), (0.5, 63.0), (1.0, 66.0)])
def test_the_cool_down_is_up_to_a_tenth_longer_so_that_processes_do_not_come_back_together(clock, drawn, wait):
    assert rate_limited(Pacer(clock=clock, draw=lambda: drawn)) == pytest.approx(wait)


def test_the_jitter_comes_on_top_of_a_doubled_cool_down_too(clock):
    pacer = Pacer(clock=clock, draw=lambda: 1.0)
    clock.move(rate_limited(pacer))
    assert rate_limited(pacer) == pytest.approx(132.0)


def test_each_probe_that_is_turned_away_doubles_the_next_cool_down_up_to_the_longest(pacer, clock):
    waits = []
    for _ in range(7):
        waits.append(rate_limited(pacer))
        clock.move(waits[-1])
    assert waits == [60, 120, 240, 480, 960, 960, 960]
    assert MAX_COOL_DOWN_SECONDS == 960


def test_late_429s_of_calls_that_were_under_way_do_not_lengthen_the_cool_down(pacer, clock):
    first, *others = entered(pacer, 51)
    first.rate_limited(None)
    for turn in others:
        clock.move(1)
        assert turn.rate_limited(None) == pacer.state.closed_for
    assert pacer.state.closed_for == 10.0
    clock.move(10)
    assert rate_limited(pacer) == 120.0


def test_a_late_retry_after_does_not_lengthen_it_either(pacer, clock):
    first, second = entered(pacer, 2)
    first.rate_limited(5.0)
    clock.move(1)
    assert second.rate_limited(500.0) == 4.0


def test_a_429_that_comes_when_the_cool_down_is_over_does_not_close_the_gate_again(pacer, clock):
    """The call left before the block that it met; only one that left after it tells of another."""
    first, second = entered(pacer, 2)
    first.rate_limited(None)
    clock.move(75)
    assert second.rate_limited(None) == 0.0
    assert pacer.state.phase == "probing"
    accepted(pacer)
    assert second.rate_limited(None) == 0.0
    assert pacer.state.phase == "recovering"


def test_a_late_response_of_a_call_that_was_under_way_opens_nothing(pacer, clock):
    first, second = entered(pacer, 2)
    first.rate_limited(None)
    clock.move(10)
    second.accepted()
    assert pacer.state.closed_for == 50.0
    clock.move(50)
    assert rate_limited(pacer) == 120.0


def test_a_late_refusal_of_a_call_that_was_under_way_opens_nothing(pacer, clock):
    first, second = entered(pacer, 2)
    first.rate_limited(None)
    clock.move(60)
    second.refused()
    assert pacer.state.phase == "probing"


def test_pacers_are_apart(clock):
    rate_limited(Pacer(clock=clock))
    assert Pacer(clock=clock).state.phase == "open"


def test_by_default_time_is_real_and_jitter_is_random():
    waits = {rate_limited(Pacer()) for _ in range(20)}
    assert len(waits) > 1
    assert all(60 <= wait <= 66 for wait in waits)
    pacer = Pacer()
    rate_limited(pacer)
    assert 59 < pacer.state.closed_for <= 66


# --- Retry-After --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seconds", [0.5, 1, 1.0, 59.0, 61.0, 960.0])
def test_a_retry_after_is_obeyed_without_jitter(clock, seconds):
    pacer = Pacer(clock=clock, draw=lambda: 1.0)
    assert rate_limited(pacer, seconds) == seconds
    assert pacer.state.closed_for == seconds


@pytest.mark.parametrize("seconds", [None, 0, 0.0, -3, -3.0, -1e9, math.nan, -math.inf])
def test_a_retry_after_that_makes_no_sense_is_the_usual_cool_down(pacer, seconds):
    assert rate_limited(pacer, seconds) == 60.0


@pytest.mark.parametrize("seconds", [961.0, 365 * 86400.0, 1e300, math.inf])
def test_a_retry_after_of_a_year_is_cut_to_the_longest_cool_down(pacer, seconds):
    assert rate_limited(pacer, seconds) == 960.0


def test_a_retry_after_does_not_lengthen_the_cool_downs_that_follow(pacer, clock):
    clock.move(rate_limited(pacer, 10.0))
    assert rate_limited(pacer) == 60.0


# --- clocks -------------------------------------------------------------------------------------------------------------
def test_a_clock_that_jumps_ahead_opens_the_gate_for_one_probe_only(pacer, clock):
    rate_limited(pacer)
    clock.move(1e12)
    assert entered(pacer).is_probe
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


def test_a_clock_that_jumps_ahead_during_the_probe_changes_nothing(pacer, clock):
    rate_limited(pacer)
    clock.move(60)
    probe = entered(pacer)
    clock.move(1e6)
    assert probe.rate_limited(None) == 120.0
    assert pacer.state.closed_for == 120.0


def test_a_clock_that_stands_still_keeps_the_gate_closed_and_breaks_nothing(pacer):
    rate_limited(pacer)
    assert {wait_of(pacer) for _ in range(1000)} == {60.0}
    assert pacer.state.in_flight == 0


@pytest.mark.parametrize("now", [0.0, -5.0, 1e15])
def test_the_clock_may_start_anywhere(now):
    clock = Clock(now)
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    first, second = entered(pacer, 2)
    assert first.rate_limited(None) == second.rate_limited(None) == 60.0
    release([first, second])
    clock.move(60)
    accepted(pacer, 2)
    assert pacer.state.phase == "open"
