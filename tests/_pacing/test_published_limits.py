"""Three calls have published limits: are they kept whatever comes, and is nothing else held back?"""

import heapq
import math

import pytest
from _pacing.gates import Clock, enter
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async import Pacer
from smtp2go_async._pacing.gate import Delay
from smtp2go_async._pacing.published import PUBLISHED_LIMITS, Limit
from smtp2go_async._pacing.turns import Turn

PUBLISHED = [("/activity/search", 60, 60.0), ("/api_keys/add", 5, 60.0), ("/subaccount/add", 50, 3600.0)]


def enters(pacer, path):
    """Make a call if it may be made now."""
    turn = enter(pacer, path)
    if isinstance(turn, Delay):
        return False
    turn.accepted()
    turn.release()
    return True


def arrive(path, times, start=0.0, oversleep=0.0):
    """Play callers who come at these times and wait as told; return when their calls were made, in order."""
    clock = Clock(start)
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    coming = [(start + time, number) for number, time in enumerate(times)]
    heapq.heapify(coming)
    made = []
    while coming:
        clock.now, number = heapq.heappop(coming)
        turn = enter(pacer, path)
        if isinstance(turn, Turn):
            made.append(clock.now)
            turn.release()
        else:
            heapq.heappush(coming, (clock.now + turn.seconds + oversleep, number))
    return made


def most_in_any(seconds, made):
    """The most calls in any window of so many seconds, both of its ends included."""
    most, first = 0, 0
    for last, when in enumerate(made):
        while when - made[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_the_limits_are_those_of_the_reference_pages():
    assert {path: (limit.calls, limit.seconds) for path, limit in PUBLISHED_LIMITS.items()} == {
        path: (calls, seconds) for path, calls, seconds in PUBLISHED
    }


@pytest.mark.parametrize(
    ("path", "at_once", "interval"),
    [("/activity/search", 30, 2.0), ("/api_keys/add", 2, 20.0), ("/subaccount/add", 25, 144.0)],
)
def test_half_of_a_period_s_calls_may_come_at_once_and_then_one_each_interval(pacer, clock, path, at_once, interval):
    assert [enters(pacer, path) for _ in range(at_once + 1)] == [True] * at_once + [False]
    for _ in range(100):
        clock.now += interval
        assert enters(pacer, path)
        assert enter(pacer, path).seconds == pytest.approx(interval)


def test_the_delay_says_how_long_to_wait_and_why(pacer, clock):
    enters(pacer, "/api_keys/add")
    enters(pacer, "/api_keys/add")
    clock.now += 5
    assert enter(pacer, "/api_keys/add") == Delay(15.0, "the provider's limit for this call is used up", certain=True)


def test_asking_in_vain_uses_nothing_up(pacer, clock):
    enters(pacer, "/api_keys/add")
    enters(pacer, "/api_keys/add")
    for _ in range(1000):
        assert enter(pacer, "/api_keys/add").seconds == 20.0
    clock.now += 20.0
    assert enters(pacer, "/api_keys/add")


def test_asking_while_the_gate_is_closed_uses_nothing_up(pacer, clock):
    turn = enter(pacer, "/email/send")
    turn.rate_limited(1.0)
    turn.release()
    for _ in range(100):
        assert not enters(pacer, "/api_keys/add")
    clock.now += 1.0
    assert enters(pacer, "/api_keys/add")
    assert enters(pacer, "/api_keys/add")


def test_after_a_quiet_time_the_first_calls_may_come_at_once_again(pacer, clock):
    for _ in range(3):
        assert [enters(pacer, "/api_keys/add") for _ in range(3)] == [True, True, False]
        clock.now += 40.0


@pytest.mark.parametrize("path", ["/email/send", "/activity/searc", "/activity/search/", "/api_keys/edit", ""])
def test_other_calls_are_not_limited(pacer, path):
    assert all(enters(pacer, path) for _ in range(10_000))


def test_each_limit_is_kept_apart(pacer):
    while enters(pacer, "/api_keys/add"):
        pass
    assert enters(pacer, "/activity/search")
    assert enters(pacer, "/subaccount/add")
    assert enters(pacer, "/email/send")


def test_a_call_counts_whatever_became_of_it(pacer):
    first, second = enter(pacer, "/api_keys/add"), enter(pacer, "/api_keys/add")
    first.refused()
    first.release()
    second.release()
    assert not enters(pacer, "/api_keys/add")


def test_a_limit_that_is_used_up_does_not_touch_the_gate(pacer):
    while enters(pacer, "/api_keys/add"):
        pass
    assert (pacer.state.phase, pacer.state.limit, pacer.state.in_flight) == ("open", None, 0)


def test_a_clock_that_stands_still_lets_no_more_than_the_first_calls_through(pacer):
    assert sum(enters(pacer, "/activity/search") for _ in range(1000)) == 30


def test_a_clock_that_jumps_ahead_saves_nothing_up(pacer, clock):
    enters(pacer, "/activity/search")
    clock.now += 1e9
    assert sum(enters(pacer, "/activity/search") for _ in range(1000)) == 30


@pytest.mark.parametrize(("path", "calls", "seconds"), PUBLISHED)
def test_a_crowd_gets_through_as_fast_as_the_limit_allows(path, calls, seconds):
    made = arrive(path, [0.0] * calls * 3)
    assert most_in_any(seconds, made) == calls
    assert made[-1] == pytest.approx((3 * calls - PUBLISHED_LIMITS[path].at_once) * PUBLISHED_LIMITS[path].interval)


@pytest.mark.parametrize("calls", [2, 3, 5, 50, 60, 61])
def test_a_limit_as_a_bucket_never_has_more_in_a_period_than_the_limit(calls):
    limit = Limit(calls, 60.0)
    # At once, and then those that the bucket lets out in the period, both of its ends included.
    assert limit.at_once + math.floor(60.0 / limit.interval + 1e-9) == calls


def arrivals(calls, seconds):
    """Times of callers: crowds, steady streams and quiet times."""
    gaps = st.sampled_from([0.0, 1e-9, seconds / calls, seconds / 2, seconds]) | st.floats(0, seconds / 4)
    crowds = st.lists(st.tuples(gaps, st.integers(1, calls)), min_size=1, max_size=8)

    def times(crowds):
        now, found = 0.0, []
        for gap, size in crowds:
            now += gap
            found += [now] * size
        return found[: 3 * calls]

    return crowds.map(times)


@pytest.mark.parametrize(("path", "calls", "seconds"), PUBLISHED)
@examples(25)
@given(data=st.data())
def test_no_window_of_a_period_ever_has_more_calls_than_the_limit(path, calls, seconds, data):
    times = data.draw(arrivals(calls, seconds))
    start = data.draw(st.sampled_from([0.0, 1e6]) | st.floats(0, 1e6))
    oversleep = data.draw(st.sampled_from([0.0, 0.01, 3.0]))
    made = arrive(path, times, start, oversleep)
    assert len(made) == len(times), "every call is made in the end"
    assert most_in_any(seconds, made) <= calls


@pytest.mark.parametrize(("path", "calls", "seconds"), PUBLISHED)
@given(data=st.data())
def test_no_delay_is_longer_than_an_interval(path, calls, seconds, data):
    clock = Clock()
    pacer = Pacer(clock=clock)
    for gap in data.draw(st.lists(st.floats(0, seconds / calls), max_size=3 * calls)):
        clock.now += gap
        turn = enter(pacer, path)
        if isinstance(turn, Delay):
            assert 0 < turn.seconds <= PUBLISHED_LIMITS[path].interval + 1e-6
