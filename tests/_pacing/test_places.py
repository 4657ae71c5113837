"""Calls that wait for a published limit: who has which place, and what if one is late, gives up, or says nothing?"""

import pytest
from _pacing.gates import entered, rate_limited, release

from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS, PUBLISHED_LIMITS
from smtp2go_async._pacing.turns import HeldBackError


def test_calls_that_wait_for_a_published_limit_have_places_in_the_order_of_their_arrival(pacer, clock):
    turns = [pacer.turn("/api_keys/add") for _ in range(5)]
    assert [getattr(turn.ask(), "seconds", 0.0) for turn in turns] == [0.0, 0.0, 20.0, 40.0, 60.0]
    turns[0].depart()
    turns[1].depart()
    clock.move(20)
    assert [getattr(turn.ask(), "seconds", 0.0) for turn in turns[2:]] == [0.0, 20.0, 40.0]


def test_a_call_without_the_patience_for_a_published_limit_takes_no_place(pacer):
    turns = [pacer.turn("/api_keys/add") for _ in range(5)]
    delays = [turn.ask(30.0) for turn in turns]
    assert [getattr(delay, "seconds", 0.0) for delay in delays] == [0.0, 0.0, 20.0, 40.0, 40.0]


def test_the_last_place_that_is_given_back_is_free_again(pacer):
    turns = [pacer.turn("/api_keys/add") for _ in range(4)]
    for turn in turns:
        turn.ask()
    turns[3].release()
    assert pacer.turn("/api_keys/add").ask().seconds == 40.0


def test_a_place_in_the_middle_is_not_given_away_again(pacer):
    turns = [pacer.turn("/api_keys/add") for _ in range(5)]
    for turn in turns:
        turn.ask()
    turns[2].release()
    assert pacer.turn("/api_keys/add").ask().seconds == 80.0


def test_a_call_that_has_no_patience_at_all_counts_too(pacer):
    turns = [pacer.turn("/api_keys/add") for _ in range(5)]
    assert [turn.ask(-0.1) is None for turn in turns] == [True, True, False, False, False]


@pytest.mark.parametrize("path", ["/activity/search", "/api_keys/add", "/subaccount/add"])
@pytest.mark.parametrize("late", ["a block", "no connection"])
def test_calls_that_are_late_for_their_places_do_not_come_all_at_once(path, late, pacer, clock):
    limit = PUBLISHED_LIMITS[path]
    waiting = [pacer.turn(path) for _ in range(3 * limit.calls)]
    delays = {turn: turn.ask() for turn in waiting}
    began, left, connected = clock.now, [], late == "a block"
    if connected:
        rate_limited(pacer, 60.0)
    while waiting:
        clock.move(limit.interval / 4)
        connected = connected or clock.now - began > limit.seconds
        for turn in list(waiting):
            try:
                if turn.ask() is None and connected:
                    turn.depart()
                    turn.accepted()
                    turn.release()
                    waiting.remove(turn)
                    left.append((clock.now, list(delays).index(turn)))
            except HeldBackError:
                pass
    assert [number for _, number in left] == sorted(number for _, number in left)
    times = [when for when, _ in left]
    assert all(later - first > limit.seconds - 1e-3 for first, later in zip(times, times[limit.calls :]))


def test_a_silent_call_with_a_reservation_holds_up_the_calls_behind_it_for_a_limited_time(pacer, clock):
    silent = [pacer.turn("/api_keys/add") for _ in range(4)]
    for turn in silent:
        turn.ask()
    clock.move(60 + MAX_SILENCE_SECONDS)
    assert pacer.turn("/api_keys/add").ask() is None
    # The silent ones speak again, and have their places before those that came later.
    assert silent[0].ask() is None


def test_a_call_of_a_limited_path_that_is_called_off_before_it_writes_counts_once(pacer, clock):
    first, second = [pacer.turn("/api_keys/add") for _ in range(2)]
    for turn in (first, second):
        assert turn.ask() is None
        turn.depart()
    other = entered(pacer)
    other.rate_limited(1.0)
    with pytest.raises(HeldBackError):
        second.depart(writing=True)
    release([first, other])
    clock.move(1)
    assert second.ask() is None
    second.depart(writing=True)
    second.accepted()
    assert pacer.turn("/api_keys/add").ask().seconds == pytest.approx(19.0)
