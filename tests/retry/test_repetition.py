"""What `Repetition` decides about each failed attempt of a call; without a client, a clock or an event loop."""

import pytest

from smtp2go_async import (
    BadRequestError,
    CallEffect,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
    ServerError,
)
from smtp2go_async.retry import Failure, Repetition, RetryBudget, decide, failure_of

READ, CONVERGES, ONCE = CallEffect.READ, CallEffect.CONVERGES, CallEffect.ONCE
NOT_SENT, UNKNOWN = NotSentError("x"), OutcomeUnknownError("x")


def repetition(effect=ONCE, budget=None, **policy):
    return Repetition(RetryPolicy(**policy), effect, RetryBudget() if budget is None else budget)


# --- should_repeat ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_least_once", [False, True])
@pytest.mark.parametrize("effect", CallEffect)
@pytest.mark.parametrize(
    "error",
    [
        NOT_SENT,
        NotSentError("x", final=True),
        UNKNOWN,
        RateLimitError("x"),
        ServerError("x", status=503),
        ServerError("x", status=500, code="API_EXCEPTION"),
        BadRequestError("x", status=400),
    ],
    ids=lambda error: failure_of(error).value,
)
def test_a_call_is_repeated_where_the_table_says_so(error, effect, at_least_once):
    expected = decide(failure_of(error), effect, at_least_once=at_least_once).value != "raise"

    assert repetition(effect, at_least_once=at_least_once).should_repeat(error) is expected


@pytest.mark.parametrize("error", [None, ValueError("x"), KeyboardInterrupt()])
def test_a_result_and_errors_of_other_kinds_end_the_call(error):
    assert repetition(READ).should_repeat(error) is False


# --- wait -------------------------------------------------------------------------------------------------------


def test_after_a_429_the_wait_is_the_cool_down():
    assert repetition().wait(RateLimitError("x", retry_after=61.5), 1) == 61.5
    assert repetition().wait(RateLimitError("x"), 1) == 0.0


@pytest.mark.parametrize(("attempt", "bound"), [(1, 4.0), (2, 8.0), (3, 10.0), (50, 10.0)])
def test_after_another_failure_the_wait_is_the_policys_for_the_next_attempt(attempt, bound):
    waits = [repetition(first_wait=4.0, max_wait=10.0).wait(NOT_SENT, attempt) for _ in range(500)]

    assert 0.9 * bound < max(waits) <= bound


# --- stop -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("attempt", "stops"), [(1, False), (2, False), (3, True), (4, True)])
def test_the_attempts_of_the_policy_are_the_most(attempt, stops):
    assert repetition(attempts=3).stop(NOT_SENT, attempt, 0.0) is stops


@pytest.mark.parametrize(("elapsed", "stops"), [(0.0, False), (30.0, False), (30.1, True)])
def test_no_attempt_starts_after_max_elapsed(elapsed, stops):
    assert repetition(max_elapsed=30.0).stop(NOT_SENT, 1, elapsed) is stops


def test_each_repeat_takes_from_the_budget_until_it_is_used_up():
    budget = RetryBudget()
    call = repetition(budget=budget, attempts=1000)

    attempt = 1
    while not call.stop(NOT_SENT, attempt, 0.0):
        attempt += 1
    assert attempt == 1 + RetryBudget.CAPACITY // RetryBudget.REPEAT_COST
    assert budget.tokens == 0


@pytest.mark.parametrize(("attempts", "elapsed"), [(1, 0.0), (4, 1e9)])
def test_a_call_that_ends_anyway_takes_nothing_from_the_budget(attempts, elapsed):
    budget = RetryBudget()

    assert repetition(budget=budget, attempts=attempts).stop(NOT_SENT, 1, elapsed) is True
    assert budget.tokens == RetryBudget.CAPACITY


def test_waiting_out_a_cool_down_takes_nothing_from_the_budget():
    budget = RetryBudget()
    assert failure_of(RateLimitError("x")) is Failure.RATE_LIMITED

    assert repetition(budget=budget).stop(RateLimitError("x"), 1, 0.0) is False
    assert budget.tokens == RetryBudget.CAPACITY


# --- final_error ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [NOT_SENT, UNKNOWN, RateLimitError("x"), BadRequestError("x", status=400)])
def test_a_call_that_failed_once_ends_with_its_error(error):
    call = repetition()
    call.should_repeat(error)

    assert call.final_error(error, "/email/send") is error


def test_a_call_that_was_not_sent_after_an_unknown_attempt_is_unknown():
    call = repetition(at_least_once=True)
    assert call.should_repeat(UNKNOWN)
    call.should_repeat(NOT_SENT)

    final = call.final_error(NOT_SENT, "/email/send")
    assert isinstance(final, OutcomeUnknownError)
    assert (final.operation, final.carried_out) == ("/email/send", None)
    assert "the last attempt was not sent" in str(final)


@pytest.mark.parametrize("kind", [BadRequestError, RateLimitError])
def test_a_refusal_after_an_unknown_attempt_does_not_say_that_nothing_was_done(kind):
    call, refusal = repetition(CONVERGES), kind("x", status=400)
    assert refusal.carried_out is False
    call.should_repeat(UNKNOWN)
    call.should_repeat(refusal)

    assert call.final_error(refusal, "/some/call") is refusal
    assert refusal.carried_out is None
    assert refusal.__notes__ == ["An earlier attempt of this call got no response and may have been carried out."]


def test_a_read_keeps_its_last_error_whatever_came_before():
    call, refusal = repetition(READ), BadRequestError("x", status=400)
    call.should_repeat(UNKNOWN)
    call.should_repeat(refusal)

    assert call.final_error(refusal, "/some/call") is refusal
    assert refusal.carried_out is False
