"""Is a failed call made again? Every cell of the table at the top of ``retry``, written out by hand."""

import pytest

from smtp2go_async import CallEffect, errors
from smtp2go_async.retry import Decision, Failure, decide, failure_of

REPEAT, WAIT, RAISE = Decision.REPEAT, Decision.REPEAT_AFTER_COOL_DOWN, Decision.RAISE
READ, CONVERGES, ONCE = CallEffect.READ, CallEffect.CONVERGES, CallEffect.ONCE


@pytest.mark.parametrize(
    ("failure", "effect", "decision"),
    [
        (Failure.NOT_SENT, READ, REPEAT),
        (Failure.NOT_SENT, CONVERGES, REPEAT),
        (Failure.NOT_SENT, ONCE, REPEAT),
        (Failure.RATE_LIMITED, READ, WAIT),
        (Failure.RATE_LIMITED, CONVERGES, WAIT),
        (Failure.RATE_LIMITED, ONCE, WAIT),
        (Failure.NO_RESPONSE, READ, REPEAT),
        (Failure.NO_RESPONSE, CONVERGES, REPEAT),
        (Failure.NO_RESPONSE, ONCE, RAISE),
        (Failure.SERVER, READ, REPEAT),
        (Failure.SERVER, CONVERGES, REPEAT),
        (Failure.SERVER, ONCE, RAISE),
        (Failure.ERROR_CODE, READ, RAISE),
        (Failure.ERROR_CODE, CONVERGES, RAISE),
        (Failure.ERROR_CODE, ONCE, RAISE),
        (Failure.REFUSED, READ, RAISE),
        (Failure.REFUSED, CONVERGES, RAISE),
        (Failure.REFUSED, ONCE, RAISE),
    ],
)
def test_the_table(failure, effect, decision):
    assert decide(failure, effect) is decision


@pytest.mark.parametrize("effect", [READ, CONVERGES, ONCE])
@pytest.mark.parametrize(
    ("failure", "decision"),
    [
        (Failure.NOT_SENT, REPEAT),
        (Failure.RATE_LIMITED, WAIT),
        (Failure.NO_RESPONSE, REPEAT),
        (Failure.SERVER, REPEAT),
        (Failure.ERROR_CODE, RAISE),
        (Failure.REFUSED, RAISE),
    ],
)
def test_at_least_once_moves_every_effect_into_the_left_column(failure, effect, decision):
    assert decide(failure, effect, at_least_once=True) is decision


def test_the_table_has_every_failure_and_every_effect():
    assert len(Failure) == 6
    assert len(CallEffect) == 3


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (errors.NotSentError("x"), Failure.NOT_SENT),
        (errors.OutcomeUnknownError("x"), Failure.NO_RESPONSE),
        (errors.ReplyTimeoutError("x"), Failure.NO_RESPONSE),
        (errors.RateLimitError("x"), Failure.RATE_LIMITED),
        (errors.ServerError("x"), Failure.SERVER),
        (errors.ServerError("x", status=500), Failure.SERVER),
        (errors.ServerError("x", status=500, code="API_EXCEPTION"), Failure.ERROR_CODE),
        (errors.ServerError("x", status=503, code="API_EXCEPTION"), Failure.SERVER),
        (errors.ApiError("x"), Failure.REFUSED),
        (errors.BadRequestError("x"), Failure.REFUSED),
        (errors.AuthenticationError("x"), Failure.REFUSED),
        (errors.PermissionDeniedError("x"), Failure.REFUSED),
        (errors.NotFoundError("x"), Failure.REFUSED),
        (errors.SendRefusedError("x"), Failure.REFUSED),
        (errors.ReplyError("x"), Failure.REFUSED),
        (errors.ReplyError("x", carried_out=True), Failure.REFUSED),
        (errors.WebhookError("x"), Failure.REFUSED),
        (errors.TransportError("x"), Failure.REFUSED),
        (errors.Smtp2goError("x"), Failure.REFUSED),
        (ConnectionError("not ours"), Failure.REFUSED),
        (TimeoutError("not ours"), Failure.REFUSED),
        (KeyboardInterrupt(), Failure.REFUSED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_is_in_one_row(error, failure):
    assert failure_of(error) is failure


def every_error():
    todo, found = [errors.Smtp2goError], []
    while todo:
        found.append(todo.pop())
        todo += found[-1].__subclasses__()
    return sorted((one for one in found if one.__module__ == errors.__name__), key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", every_error(), ids=lambda one: one.__name__)
def test_nothing_that_may_have_been_carried_out_is_done_twice(kind):
    error = kind("x")
    if decide(failure_of(error), ONCE) is not RAISE:
        assert error.carried_out is False
