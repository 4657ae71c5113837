"""When does the gate close after a 429, for how long, and when does it open?"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import Pacer
from smtp2go_async.pacing import COOL_DOWN, LONGEST_COOL_DOWN


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


def test_the_gate_is_open_until_a_429(pacer):
    assert pacer.closed_for() == 0.0


def test_a_429_closes_the_gate_for_the_least_that_the_provider_blocks(pacer):
    assert pacer.turned_away(None) == COOL_DOWN == 60.0
    assert pacer.closed_for() == 60.0


@pytest.mark.parametrize(("passed", "left"), [(0, 60), (1, 59), (59.5, 0.5), (60, 0), (61, 0), (10_000, 0)])
def test_the_gate_opens_when_the_cool_down_is_over(pacer, clock, passed, left):
    pacer.turned_away(None)
    clock.move(passed)
    assert pacer.closed_for() == left


@pytest.mark.parametrize(("drawn", "wait"), [(0.0, 60.0), (0.5, 63.0), (1.0, 66.0)])
def test_the_cool_down_is_up_to_a_tenth_longer_so_that_processes_do_not_come_back_together(clock, drawn, wait):
    assert Pacer(clock=clock, draw=lambda: drawn).turned_away(None) == pytest.approx(wait)


def test_a_429_after_a_cool_down_doubles_the_next_up_to_the_longest(pacer, clock):
    waits = []
    for _ in range(7):
        waits.append(pacer.turned_away(None))
        clock.move(waits[-1])
    assert waits == [60, 120, 240, 480, 960, 960, 960]
    assert LONGEST_COOL_DOWN == 960


def test_late_429s_of_calls_that_were_under_way_do_not_lengthen_the_cool_down(pacer, clock):
    pacer.turned_away(None)
    for _ in range(50):
        clock.move(1)
        assert pacer.turned_away(None) == pacer.closed_for()
    assert pacer.closed_for() == 10.0
    clock.move(10)
    assert pacer.closed_for() == 0.0
    assert pacer.turned_away(None) == 120.0


def test_a_late_retry_after_does_not_lengthen_it_either(pacer, clock):
    pacer.turned_away(5.0)
    clock.move(1)
    assert pacer.turned_away(500.0) == 4.0


# --- Retry-After -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.5, 1.0, 59.0, 61.0, 960.0])
def test_a_retry_after_is_obeyed(pacer, seconds):
    assert pacer.turned_away(seconds) == seconds
    assert pacer.closed_for() == seconds


@pytest.mark.parametrize("seconds", [None, 0.0, -3.0, -1e9, float("nan"), float("-inf")])
def test_a_retry_after_that_makes_no_sense_is_the_usual_cool_down(pacer, seconds):
    assert pacer.turned_away(seconds) == 60.0


@pytest.mark.parametrize("seconds", [961.0, 365 * 86400.0, float("inf")])
def test_a_retry_after_of_a_year_is_cut_to_the_longest_cool_down(pacer, seconds):
    assert pacer.turned_away(seconds) == 960.0


def test_a_retry_after_does_not_lengthen_the_cool_downs_that_follow(pacer, clock):
    clock.move(pacer.turned_away(10.0))
    assert pacer.turned_away(None) == 60.0


# --- after it ----------------------------------------------------------------------------------------------------


def test_a_call_that_is_let_through_after_it_makes_the_next_cool_down_the_shortest(pacer, clock):
    clock.move(pacer.turned_away(None))
    clock.move(pacer.turned_away(None))
    pacer.answered()
    assert pacer.closed_for() == 0.0
    assert pacer.turned_away(None) == 60.0


def test_a_call_that_was_under_way_and_is_answered_late_opens_nothing(pacer, clock):
    clock.move(pacer.turned_away(None))
    pacer.turned_away(None)
    clock.move(50)
    pacer.answered()
    assert pacer.closed_for() == 70.0
    clock.move(70)
    assert pacer.turned_away(None) == 240.0


def test_answers_while_the_gate_is_open_change_nothing(pacer):
    pacer.answered()
    pacer.answered()
    assert pacer.closed_for() == 0.0
    assert pacer.turned_away(None) == 60.0


def test_a_429_that_comes_while_another_call_is_noted_as_answered_is_not_forgotten(pacer, clock):
    class Late:
        """A lock for which the other thread's 429 is waiting."""

        def __enter__(self):
            pacer._lock = lock
            assert pacer.turned_away(None) == 120.0

        def __exit__(self, *_exc):
            pass

    clock.move(pacer.turned_away(None))
    lock, pacer._lock = pacer._lock, Late()
    pacer.answered()
    assert pacer.closed_for() == 120.0


def test_pacers_are_apart(clock):
    Pacer(clock=clock).turned_away(None)
    assert Pacer(clock=clock).closed_for() == 0.0


def test_by_default_time_is_real_and_jitter_is_random():
    waits = {Pacer().turned_away(None) for _ in range(20)}
    assert len(waits) > 1
    assert all(60 <= wait <= 66 for wait in waits)
    pacer = Pacer()
    pacer.turned_away(None)
    assert 59 < pacer.closed_for() <= 66


@given(
    st.lists(
        st.one_of(
            st.floats(0, 2000).map(lambda seconds: ("move", seconds)),
            (st.sampled_from([None, -3.0, 0.0, math.nan, math.inf]) | st.floats(0.001, 1e9)).map(
                lambda seconds: ("429", seconds)
            ),
            st.just(("200", None)),
        ),
        max_size=30,
    ),
    st.floats(0, 1),
)
def test_whatever_comes_the_gate_is_never_closed_for_longer_than_the_longest_and_always_opens(events, drawn):
    clock = Clock(0.0)
    pacer = Pacer(clock=clock, draw=lambda: drawn)
    for what, seconds in events:
        if what == "move":
            clock.move(seconds)
        elif what == "429":
            assert pacer.turned_away(seconds) > 0
            assert pacer.closed_for() > 0
        else:
            pacer.answered()
        assert 0 <= pacer.closed_for() <= 1.1 * LONGEST_COOL_DOWN
    clock.move(1.1 * LONGEST_COOL_DOWN)
    assert pacer.closed_for() == 0.0
