"""How often and after which waits does a policy repeat?"""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import RetryPolicy


def test_the_usual_policy_makes_four_attempts_in_half_a_minute():
    policy = RetryPolicy()
    assert (policy.attempts, policy.max_elapsed, policy.first_wait, policy.max_wait) == (4, 30.0, 0.5, 8.0)


def test_no_policy_sends_twice_unless_it_is_asked_to():
    for policy in (RetryPolicy(), RetryPolicy.none(), RetryPolicy.patient()):
        assert policy.at_least_once is False


def test_none_makes_one_attempt_and_waits_for_nothing():
    assert (RetryPolicy.none().attempts, RetryPolicy.none().max_elapsed) == (1, 0.0)


def test_patient_outlasts_a_cool_down_several_times():
    policy = RetryPolicy.patient()
    assert policy.attempts > RetryPolicy().attempts
    assert policy.max_elapsed > 60 + 120 + 240


@pytest.mark.parametrize("attempts", [0, -1])
def test_there_is_at_least_one_attempt(attempts):
    with pytest.raises(ValueError, match=r"^attempts: must be 1 or more, where 1 means not to repeat, not "):
        RetryPolicy(attempts=attempts)


@pytest.mark.parametrize("attempts", [1.0, "4", True, None])
def test_attempts_are_a_whole_number(attempts):
    with pytest.raises(TypeError, match=r"^attempts: must be an int, not "):
        RetryPolicy(attempts=attempts)


@pytest.mark.parametrize("name", ["max_elapsed", "first_wait", "max_wait"])
@pytest.mark.parametrize("seconds", [0, 0.0, 1, 0.001, 1e9])
def test_waits_may_be_0_or_more(name, seconds):
    assert getattr(RetryPolicy(**{name: seconds}), name) == seconds


@pytest.mark.parametrize("name", ["max_elapsed", "first_wait", "max_wait"])
@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan")])
def test_waits_are_not_negative(name, seconds):
    with pytest.raises(ValueError, match=rf"^{name}: must be 0 or more seconds, not "):
        RetryPolicy(**{name: seconds})


@pytest.mark.parametrize("name", ["max_elapsed", "first_wait", "max_wait"])
@pytest.mark.parametrize("seconds", ["1", True, None])
def test_waits_are_numbers(name, seconds):
    with pytest.raises(TypeError, match=rf"^{name}: must be a float or an int, not "):
        RetryPolicy(**{name: seconds})


@pytest.mark.parametrize("value", ["false", "no", 0, 1, None])
def test_at_least_once_must_be_true_and_not_a_value_that_looks_true(value):
    with pytest.raises(TypeError, match=r"^at_least_once: "):
        RetryPolicy(at_least_once=value)


def test_at_least_once_can_not_be_given_by_position():
    with pytest.raises(TypeError):
        RetryPolicy(4, 30.0, 0.5, 8.0, True)


def test_a_policy_is_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        RetryPolicy().at_least_once = True


@pytest.mark.parametrize(
    ("attempt", "bound"), [(2, 0.5), (3, 1.0), (4, 2.0), (5, 4.0), (6, 8.0), (7, 8.0), (50, 8.0), (100_000, 8.0)]
)
def test_the_bound_of_the_wait_doubles_up_to_the_longest(attempt, bound):
    assert RetryPolicy().wait_before(attempt, draw=lambda: 1.0) == bound


@pytest.mark.parametrize(("drawn", "wait"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 2.0)])
def test_the_jitter_spreads_the_wait_over_the_whole_interval(drawn, wait):
    assert RetryPolicy().wait_before(4, draw=lambda: drawn) == wait


def test_waits_are_drawn_anew_each_time():
    waits = [RetryPolicy().wait_before(6) for _ in range(50)]
    assert len(set(waits)) > 1
    assert all(0 <= wait <= 8 for wait in waits)


def test_a_first_wait_over_the_longest_is_cut_to_it():
    assert RetryPolicy(first_wait=10.0, max_wait=3.0).wait_before(2, draw=lambda: 1.0) == 3.0


@given(
    st.integers(2, 10**6),
    st.floats(0, 1),
    st.floats(0, 1e6, allow_subnormal=False),
    st.floats(0, 1e6, allow_subnormal=False),
)
def test_no_wait_is_ever_over_the_bounds(attempt, drawn, first, most):
    wait = RetryPolicy(first_wait=first, max_wait=most).wait_before(attempt, draw=lambda: drawn)
    assert 0 <= wait <= most


@pytest.mark.parametrize("argument", ["first_wait", "max_wait"])
def test_an_infinite_wait_is_refused(argument):
    with pytest.raises(ValueError, match=argument):
        RetryPolicy(**{argument: float("inf")})
