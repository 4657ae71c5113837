"""Does every error say whether the same call can succeed later by itself, and never so where that could send twice?"""

import copy
import json
import pickle

import anyio
import pytest
from errors.test_pickle import drawn, kinds

from smtp2go_async import AsyncClient, CallEffect, RetryPolicy, errors
from smtp2go_async._operation import Operation
from smtp2go_async.errors import (
    BulkStoppedError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    ServerError,
    Smtp2goError,
)
from smtp2go_async.retry import Decision, decide, failure_of

on = pytest.mark.parametrize


@on(
    ("kind", "retryable"),
    [
        ("Smtp2goError", False),
        ("InvalidArgumentError", False),
        ("ArgumentTypeError", False),
        ("TransportError", False),
        ("NotSentError", True),
        ("OutcomeUnknownError", False),
        ("ReplyTimeoutError", False),
        ("ReplyError", False),
        ("ApiError", False),
        ("BadRequestError", False),
        ("AuthenticationError", False),
        ("PermissionDeniedError", False),
        ("NotFoundError", False),
        ("RateLimitError", True),
        ("ServerError", False),
        ("SendRefusedError", False),
        ("PagingError", False),
        ("BulkStoppedError", False),
        ("JournalError", False),
        ("WebhookError", False),
        ("InboxError", False),
        ("HandlerError", False),
    ],
)
def test_an_error_alone_says_what_holds_for_a_send(kind, retryable):
    assert getattr(errors, kind)("no").retryable is retryable


@on("kind", kinds(), ids=lambda kind: kind.__name__)
def test_the_column_of_the_tree_is_what_the_errors_say(kind):
    says = drawn()[kind.__name__][3]
    assert kind("no").retryable is (says in ("yes", "unless final"))


@on("kind", kinds(), ids=lambda kind: kind.__name__)
def test_the_rule_is_the_column_for_sends_of_the_table_of_repeats(kind):
    error = kind("no")
    assert error.retryable is (decide(failure_of(error), CallEffect.ONCE) is not Decision.RAISE)


@on("kind", kinds(), ids=lambda kind: kind.__name__)
@on("carried_out", [True, None])
def test_a_call_that_may_have_been_carried_out_is_not_retryable(kind, carried_out):
    error = kind("no")
    error.carried_out = carried_out
    assert error.retryable is False


def test_a_final_error_is_not_retryable():
    assert NotSentError("this client is closed", final=True).retryable is False


WAYS = {
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
    "copy": copy.copy,
    "args": lambda error: type(error)(*json.loads(json.dumps(error.args))),
    "object": lambda error: Smtp2goError.from_dict(json.loads(json.dumps(error.to_dict()))),
}


@on("way", WAYS.values(), ids=WAYS)
@on("known", [True, False, None])
@on("kind", kinds(), ids=lambda kind: kind.__name__)
def test_it_comes_along_through_pickle_and_json(kind, known, way):
    error = kind("no")
    if known is not None:
        error.retryable = known
    again = way(error)
    assert again.retryable is error.retryable
    assert way(again).retryable is error.retryable
    assert again.args == error.args


def test_the_object_for_json_has_it_for_programs_in_other_languages():
    assert NotSentError("no").to_dict()["retryable"] is True
    assert BulkStoppedError("no").to_dict()["retryable"] is False


def test_an_object_can_not_say_anything_but_true_or_false():
    with pytest.raises(TypeError, match=r"^retryable: must be a bool, not a str$"):
        Smtp2goError.from_dict({"kind": "NotSentError", "retryable": "yes"})


def test_a_rate_limit_says_when_to_call_again_and_who_waits_for_it():
    text = str(RateLimitError("too many calls", retry_after=61.5))
    assert text == "too many calls (retry_after: 62 s; RetryPolicy.patient() waits up to 15 minutes)"
    assert str(RateLimitError("too many calls")) == "too many calls"
    assert RetryPolicy.patient().max_elapsed == 15 * 60


# --- what the client knows beside the error ----------------------------------------------------------------------

READ, CONVERGES, ONCE = CallEffect.READ, CallEffect.CONVERGES, CallEffect.ONCE


@on(
    ("problem", "effects"),
    [
        (NotSentError("no"), {READ, CONVERGES, ONCE}),
        (NotSentError("no", final=True), set()),
        (RateLimitError("no", retry_after=60.0), {READ, CONVERGES, ONCE}),
        (OutcomeUnknownError("no"), {READ, CONVERGES}),
        (ServerError("no", status=503), {READ, CONVERGES}),
        (ServerError("no", status=500, code="API_EXCEPTION"), set()),
        (ReplyError("no", status=200), set()),
        (errors.AuthenticationError("no", status=401), set()),
        (errors.NotFoundError("no", status=404), set()),
        (errors.BadRequestError("no", status=400), set()),
    ],
    ids=lambda value: type(value).__name__,
)
@on("effect", CallEffect)
def test_a_call_that_can_be_made_twice_is_worth_another_try_after_an_unknown_outcome(problem, effects, effect):
    error = raised_by_a_call([copy.copy(problem)], effect, RetryPolicy.none())
    assert error.retryable is (effect in effects)


@on(("effect", "retryable"), [(CONVERGES, True), (ONCE, False)])
def test_an_earlier_attempt_without_an_answer_counts_too(effect, retryable):
    policy = RetryPolicy(attempts=2, first_wait=0.0, at_least_once=True)
    error = raised_by_a_call([OutcomeUnknownError("no"), NotSentError("no")], effect, policy)
    assert (type(error), error.carried_out, error.retryable) == (OutcomeUnknownError, None, retryable)
    error = raised_by_a_call([OutcomeUnknownError("no"), RateLimitError("no", retry_after=0.0)], effect, policy)
    assert (type(error), error.carried_out, error.retryable) == (RateLimitError, None, retryable)


class FailingTransport:
    """Ends each attempt with the next of some errors."""

    def __init__(self, problems):
        self.problems = list(problems)

    async def send(self, _request, _depart):
        raise self.problems.pop(0)

    async def aclose(self):
        pass


def raised_by_a_call(problems, effect, policy):
    """Make a call whose attempts end in these errors, and return what it raises."""

    async def main():
        async with AsyncClient("api-" + "A1b2" * 8, retry=policy) as client:
            client._calls.transport = FailingTransport(problems)
            with pytest.raises(Smtp2goError) as caught:
                await client._calls.call(Operation("/x", dict, effect=effect), {})
            return caught.value

    return anyio.run(main)
