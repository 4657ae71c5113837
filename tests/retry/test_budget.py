"""When most calls fail, do repeats stop instead of multiplying?"""

import threading

import pytest

from smtp2go_async.retry import Failure, RetryBudget


def empty(budget, failure=Failure.SERVER):
    taken = 0
    while budget.take(failure):
        taken += 1
    return taken


def test_a_budget_starts_full():
    assert RetryBudget().tokens == 500


@pytest.mark.parametrize(
    ("failure", "repeats"), [(Failure.NOT_SENT, 100), (Failure.SERVER, 100), (Failure.NO_RESPONSE, 50)]
)
def test_a_full_budget_pays_for_a_fixed_number_of_repeats(failure, repeats):
    budget = RetryBudget()
    assert empty(budget, failure) == repeats
    assert budget.tokens == 0
    assert budget.take(failure) is False


def test_a_repeat_that_can_not_be_paid_costs_nothing():
    budget = RetryBudget()
    empty(budget)
    for _ in range(9):
        budget.put_back()
    assert budget.take(Failure.NO_RESPONSE) is False
    assert budget.tokens == 9
    assert budget.take(Failure.SERVER) is True
    assert budget.tokens == 4


def test_waiting_out_a_cool_down_is_free_even_from_an_empty_budget():
    budget = RetryBudget()
    empty(budget)
    assert budget.take(Failure.RATE_LIMITED) is True
    assert budget.tokens == 0


def test_every_success_puts_one_token_back():
    budget = RetryBudget()
    empty(budget)
    for _ in range(4):
        budget.put_back()
    assert budget.take(Failure.SERVER) is False
    budget.put_back()
    assert budget.take(Failure.SERVER) is True


def test_a_budget_is_never_more_than_full():
    budget = RetryBudget()
    budget.put_back()
    assert budget.tokens == 500
    budget.take(Failure.SERVER)
    for _ in range(50):
        budget.put_back()
    assert budget.tokens == 500


def test_when_every_call_fails_the_repeats_are_soon_a_vanishing_share():
    budget = RetryBudget()
    repeats = sum(budget.take(Failure.SERVER) for _ in range(10_000))
    assert repeats == 100


def test_when_one_call_in_ten_fails_every_repeat_is_paid():
    budget = RetryBudget()
    for call in range(10_000):
        if call % 10 == 0:
            assert budget.take(Failure.SERVER)
        else:
            budget.put_back()


def test_threads_that_share_a_budget_do_not_overdraw_it():
    budget = RetryBudget()
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(empty(budget))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(taken) == 100


def test_two_budgets_share_nothing():
    empty(RetryBudget())
    assert RetryBudget().tokens == 500
