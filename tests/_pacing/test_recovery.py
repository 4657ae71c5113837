"""How many calls at a time follow the probe, and how soon is nothing limited any more?"""

from collections import Counter

import pytest
from _pacing.gates import (
    accepted,
    closed,
    drive,
    entered,
    no_news,
    rate_limited,
    recovering,
    refused,
    release,
    wait_of,
)

from smtp2go_async import Pacer
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async.pacing import PacerState


# --- recovery -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("in_flight", "limit"), [(1, 1), (2, 1), (3, 1), (4, 2), (9, 4), (10, 5), (200, 100)], ids=str)
def test_after_a_block_at_most_half_as_many_calls_are_under_way(clock, in_flight, limit):
    pacer = recovering(clock, in_flight)
    assert pacer.state == PacerState("recovering", 0.0, 0, limit, 0)
    turns = entered(pacer, limit)
    assert wait_of(pacer) == MAX_SILENCE_SECONDS
    turns[0].release()
    entered(pacer)
    assert wait_of(pacer) == MAX_SILENCE_SECONDS


def test_calls_that_are_still_under_way_from_before_count(pacer, clock):
    turns = entered(pacer, 10)
    turns[0].rate_limited(5.0)
    clock.move(5)
    accepted(pacer)
    assert pacer.state == PacerState("recovering", 0.0, 10, 5, 0)
    assert wait_of(pacer) == MAX_SILENCE_SECONDS - 5
    release(turns[:6])
    entered(pacer)
    assert wait_of(pacer) == MAX_SILENCE_SECONDS - 5
    clock.move(MAX_SILENCE_SECONDS - 5)
    entered(pacer, 4)
    assert wait_of(pacer) > 0


def test_the_limit_grows_by_one_each_time_that_as_many_as_it_were_let_through(clock):
    pacer = recovering(clock, 8)
    limits = []
    for _ in range(4 + 5 + 6 + 7):
        limits.append(pacer.state.limit)
        accepted(pacer)
    assert limits == [4] * 4 + [5] * 5 + [6] * 6 + [7] * 7


def test_the_gate_is_open_when_the_limit_is_back_where_it_was(clock):
    pacer = recovering(clock, 8)
    accepted(pacer, 4 + 5 + 6 + 6)
    assert pacer.state.phase == "recovering"
    accepted(pacer)
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)
    entered(pacer, 1000)


def test_after_a_block_met_by_a_single_call_the_second_response_opens_the_gate(clock):
    pacer = recovering(clock, 1)
    accepted(pacer)
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


def test_a_late_response_to_a_call_from_before_the_block_does_not_grow_the_limit(pacer, clock):
    turns = entered(pacer, 8)
    turns[0].rate_limited(None)
    clock.move(60)
    accepted(pacer)
    for turn in turns[1:]:
        turn.accepted()
        turn.release()
    assert pacer.state.limit == 4


def test_a_429_while_it_recovers_halves_the_limit_and_doubles_the_cool_down(clock):
    pacer = recovering(clock, 16)
    accepted(pacer, 8 + 9)
    assert pacer.state.limit == 10
    assert rate_limited(pacer) == 120.0
    assert pacer.state.limit == 0
    clock.move(120)
    accepted(pacer)
    assert pacer.state.limit == 5


def test_each_probe_that_is_turned_away_halves_it_too_down_to_one(clock):
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    closed(pacer, 16)
    for _ in range(6):
        clock.move(pacer.state.closed_for)
        rate_limited(pacer)
    clock.move(pacer.state.closed_for)
    accepted(pacer)
    assert pacer.state.limit == 1


def test_it_grows_back_to_the_number_before_the_first_of_several_blocks(clock):
    pacer = recovering(clock, 8)
    clock.move(rate_limited(pacer))
    accepted(pacer)
    assert pacer.state.limit == 2
    accepted(pacer, 2 + 4 + 5 + 6 + 6)
    assert pacer.state.phase == "recovering"
    accepted(pacer)
    assert pacer.state.phase == "open"


def test_successes_before_a_429_do_not_raise_the_limit(clock):
    pacer = recovering(clock, 8)
    accepted(pacer, 3)
    clock.move(rate_limited(pacer))
    accepted(pacer)
    accepted(pacer)
    assert pacer.state.limit == 2


def test_cool_downs_are_the_shortest_again_once_the_gate_is_open_and_not_before(clock):
    pacer = recovering(clock, 4)
    accepted(pacer, 2 + 2)
    clock.move(rate_limited(pacer))
    assert pacer._gate._next_cool_down == 240.0
    accepted(pacer, 1 + 1 + 2 + 3)
    assert pacer.state.phase == "open"
    assert rate_limited(pacer) == 60.0


def test_the_number_before_the_block_is_taken_anew_for_each_block_of_an_open_gate(clock):
    pacer = recovering(clock, 4)
    accepted(pacer, 2 + 3)
    closed(pacer, 40)
    clock.move(60)
    accepted(pacer)
    assert pacer.state.limit == 20


# --- many callers -------------------------------------------------------------------------------------------------------
def test_200_calls_during_a_cool_down_send_a_single_probe_and_then_all_get_through(pacer, clock):
    rate_limited(pacer)
    left = drive(pacer, clock, 200, blocked_until=0)
    assert len(left) == 200
    assert [probe for _, _, probe in left] == [True] + [False] * 199
    assert left[0][0] == 1060.0
    assert left[1][0] >= 1060.3, "not before the probe was answered"
    assert pacer.state == PacerState("open", 0.0, 0, None, 0)


def test_200_callers_send_one_probe_for_each_cool_down_that_the_block_outlasts(pacer, clock):
    rate_limited(pacer)
    left = drive(pacer, clock, 200, blocked_until=1000 + 60 + 120 + 240)
    assert [when for when, answer, _ in left if answer == 429] == pytest.approx([1060.0, 1180.3])
    assert [when for when, _, probe in left if probe] == pytest.approx([1060.0, 1180.3, 1420.6])
    assert Counter(answer for _, answer, _ in left)[200] == 200


def test_200_calls_under_way_at_a_block_send_a_single_probe(pacer, clock):
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
