"""What is made again, how often and for how long."""

import anyio
import pytest
from faults.scripted import answer, refusal, scripted

from smtp2go_async import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    CallEffect,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    RetryPolicy,
    ServerError,
    Smtp2goError,
)

NOT_SENT = NotSentError("refused")
LOST = OutcomeUnknownError("reset")
LATE = ReplyTimeoutError("late")
DOWN = answer(503)
GOOD = answer()

READ, CONVERGES, ONCE = CallEffect.READ, CallEffect.CONVERGES, CallEffect.ONCE
on = pytest.mark.parametrize


def call_of(client, effect=ONCE):
    return client.call("POST", "/some/call", {"name": "value"}, effect=effect)


def outcome(backend, client, effect=ONCE):
    """Make one call and return its result or its error."""

    async def call():
        try:
            return await call_of(client, effect)
        except Smtp2goError as error:
            return error

    return anyio.run(call, backend=backend)


@on("effect", [READ, CONVERGES])
@on("failure", [NOT_SENT, LOST, LATE, DOWN], ids=["not sent", "lost", "late", "503"])
def test_a_call_that_can_be_made_twice_is_repeated(failure, effect, backend, time):
    client, network = scripted(time, failure, GOOD)

    assert outcome(backend, client, effect).request_id == "r-1"
    assert len(network.requests) == 2
    assert len(time.slept) == 1


@on("failure", [LOST, LATE, DOWN], ids=["lost", "late", "503"])
def test_a_call_that_does_two_things_when_made_twice_is_not_repeated_when_it_may_have_been_carried_out(
    failure, backend, time
):
    client, network = scripted(time, failure, GOOD)

    assert outcome(backend, client).carried_out is None
    assert len(network.requests) == 1
    assert time.slept == []


def test_a_call_that_was_not_sent_is_repeated_with_every_effect(backend, time):
    client, network = scripted(time, NOT_SENT, NOT_SENT, GOOD)

    assert outcome(backend, client).request_id == "r-1"
    assert len(network.requests) == 3


@on("failure", [LOST, LATE, DOWN], ids=["lost", "late", "503"])
def test_at_least_once_repeats_a_send_that_may_have_been_carried_out(failure, backend, time):
    client, network = scripted(time, failure, GOOD, retry=RetryPolicy(at_least_once=True))

    assert outcome(backend, client).request_id == "r-1"
    assert len(network.requests) == 2


def test_the_methods_of_the_groups_have_their_effects(backend, time, mail):
    """A send is made once; taking back and listing are repeated."""

    async def call():
        client, network = scripted(time, LOST)
        with pytest.raises(OutcomeUnknownError):
            await client.email.send(**mail())
        assert len(network.requests) == 1

        client, network = scripted(time, LOST, answer(data="Success"))
        await client.email.remove_scheduled("1")
        assert len(network.requests) == 2

        client, network = scripted(time, LOST, answer(data=[]))
        await client.email.search_scheduled()
        assert len(network.requests) == 2

    anyio.run(call, backend=backend)


def test_every_attempt_sends_the_same_request(backend, time):
    client, network = scripted(time, NOT_SENT, NOT_SENT, GOOD)

    outcome(backend, client)
    assert network.requests[0] is network.requests[1] is network.requests[2]


# --- bounds ------------------------------------------------------------------------------------------------------


@on("attempts", [1, 2, 4, 7])
def test_no_more_attempts_are_made_than_allowed(attempts, backend, time):
    client, network = scripted(time, LOST, retry=RetryPolicy(attempts=attempts, max_elapsed=1e9))

    assert type(outcome(backend, client, READ)) is OutcomeUnknownError
    assert len(network.requests) == attempts
    assert len(time.slept) == attempts - 1


def test_the_policy_none_makes_every_call_once(backend, time):
    client, network = scripted(time, NOT_SENT, retry=RetryPolicy.none())

    assert type(outcome(backend, client, READ)) is NotSentError
    assert len(network.requests) == 1


def test_the_error_of_the_last_attempt_is_raised(backend, time):
    client, _ = scripted(time, LOST, LATE, DOWN, retry=RetryPolicy(attempts=3))

    assert type(outcome(backend, client, READ)) is ServerError


def test_waits_grow_to_their_bound_and_are_drawn_at_random(backend, time):
    policy = RetryPolicy(attempts=8, max_elapsed=1e9, first_wait=1.0, max_wait=6.0)
    client, _ = scripted(time, LOST, retry=policy)

    outcome(backend, client, READ)
    bounds = [1.0, 2.0, 4.0, 6.0, 6.0, 6.0, 6.0]
    assert len(time.slept) == len(bounds)
    assert all(0.0 <= wait <= bound for wait, bound in zip(time.slept, bounds, strict=True))
    assert len(set(time.slept)) == len(bounds)


def test_no_attempt_starts_after_max_elapsed(backend, time):
    policy = RetryPolicy(attempts=100, max_elapsed=30.0, first_wait=0.0)
    client, network = scripted(time, LOST, takes=12.0, retry=policy)

    outcome(backend, client, READ)
    # They begin at 0, 12 and 24 seconds.
    assert len(network.requests) == 3


def test_no_wait_starts_that_would_end_after_max_elapsed(backend, time):
    client, network = scripted(
        time, answer(429, retry_after=20.0), GOOD, retry=RetryPolicy(max_elapsed=25.0), takes=6.0
    )

    assert type(outcome(backend, client, READ)) is RateLimitError
    assert (len(network.requests), time.slept) == (1, [])


def test_a_wait_that_ends_within_max_elapsed_is_made(backend, time):
    client, network = scripted(
        time, answer(429, retry_after=20.0), GOOD, retry=RetryPolicy(max_elapsed=27.0), takes=6.0
    )

    assert outcome(backend, client, READ).request_id == "r-1"
    assert (len(network.requests), time.slept) == (2, [20.0])


# --- the budget --------------------------------------------------------------------------------------------------

TWICE = RetryPolicy(attempts=2, first_wait=0.0, max_elapsed=1e9)


@on(("failure", "repeats"), [(NOT_SENT, 100), (LOST, 50), (DOWN, 100)], ids=["not sent", "lost", "503"])
def test_when_all_calls_fail_the_budget_ends_the_repeats(failure, repeats, backend, time):
    client, network = scripted(time, failure, retry=TWICE)

    async def call():
        for _ in range(repeats + 10):
            with pytest.raises(Smtp2goError):
                await call_of(client, READ)

    anyio.run(call, backend=backend)
    assert len(network.requests) == (repeats + 10) + repeats


def test_calls_that_succeed_pay_for_repeats(backend, time):
    client, network = scripted(time, *[NOT_SENT] * 200, *[GOOD] * 10, NOT_SENT, retry=TWICE)

    async def call():
        for _ in range(100):
            with pytest.raises(NotSentError):
                await call_of(client, READ)
        for _ in range(10):
            await call_of(client, READ)
        for _ in range(5):
            with pytest.raises(NotSentError):
                await call_of(client, READ)

    anyio.run(call, backend=backend)
    # Ten that succeeded pay for two repeats.
    assert len(network.requests) == 200 + 10 + 5 + 2


def test_copies_draw_on_one_budget(backend, time):
    client, network = scripted(time, NOT_SENT, retry=TWICE)

    async def call():
        for _ in range(110):
            with pytest.raises(NotSentError):
                await call_of(client.with_options(timeout=1), READ)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 110 + 100


# --- what is never repeated --------------------------------------------------------------------------------------


@on("effect", [READ, CONVERGES, ONCE])
@on(
    ("said", "error"),
    [
        (answer(401), AuthenticationError),
        (refusal(400, "INVALID_IN_PAYLOAD", "Invalid api_key"), AuthenticationError),
        (refusal(403, "API_EXCEPTION", "API Key not found"), AuthenticationError),
        (refusal(500, "API_EXCEPTION", "An API User matching the passed 'api_key' was not found"), AuthenticationError),
        (refusal(403, "ENDPOINT_PERMISSION_DENIED", "You do not have permission"), PermissionDeniedError),
        (refusal(400, "NON_VALIDATING_IN_PAYLOAD", "no"), BadRequestError),
        (answer(404), NotFoundError),
        (answer(400), ApiError),
        (answer(413), ApiError),
        (answer(302), ReplyError),
    ],
    ids=lambda value: value.status if hasattr(value, "status") else None,
)
def test_a_refusal_is_not_repeated(said, error, effect, backend, time):
    client, network = scripted(time, said, GOOD, retry=RetryPolicy(at_least_once=True))

    assert type(outcome(backend, client, effect)) is error
    assert len(network.requests) == 1


def test_a_call_on_a_closed_client_fails_at_once(backend, client_of, time, mail):
    """Waiting does not open it again."""
    client = client_of(retry=RetryPolicy())
    client._calls.clock, client._calls.sleep = time, time.sleep

    async def call():
        await client.aclose()
        with pytest.raises(NotSentError, match="closed"):
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert time.slept == []


# --- what an earlier attempt may have done -----------------------------------------------------------------------


def notes_of(error):
    return " ".join(getattr(error, "__notes__", []))


@on(
    "said",
    [refusal(400, "API_EXCEPTION", "schedule_id not found"), answer(404), refusal(400, "X", "already there")],
    ids=["not found", "404", "already there"],
)
def test_a_refusal_after_a_lost_response_says_that_the_first_attempt_may_have_been_carried_out(said, backend, time):
    client, _ = scripted(time, LOST, said)

    async def call():
        with pytest.raises(ApiError) as caught:
            await client.email.remove_scheduled("1")
        return caught.value

    assert "may have been carried out" in notes_of(anyio.run(call, backend=backend))


@on("first", [None, NOT_SENT], ids=["at once", "after one that was not sent"])
def test_a_refusal_without_a_lost_response_before_it_has_no_note(first, backend, time):
    turns = [answer(404)] if first is None else [first, answer(404)]
    client, _ = scripted(time, *turns)

    error = outcome(backend, client, CONVERGES)
    assert (error.carried_out, notes_of(error)) == (False, "")


def test_a_refusal_of_a_call_that_changes_nothing_has_no_note(backend, time):
    client, _ = scripted(time, LOST, answer(404))

    assert notes_of(outcome(backend, client, READ)) == ""


@on("effect", [CONVERGES, ONCE])
@on("last", [NOT_SENT, answer(429), answer(400), answer(401)], ids=["not sent", "429", "400", "401"])
def test_no_error_denies_what_an_earlier_attempt_may_have_done(last, effect, time):
    """``carried_out`` is about the call: ``False`` invites a second send, where the first may have been carried out."""
    client, _ = scripted(time, LOST, last, retry=RetryPolicy(at_least_once=True))

    error = outcome("asyncio", client, effect)
    assert error.carried_out is None


def test_not_sent_after_a_lost_response_is_not_reported_as_not_sent(time):
    """Callers branch on the type: an `except NotSentError` sends again."""
    client, _ = scripted(time, LOST, NOT_SENT, retry=RetryPolicy(at_least_once=True))

    error = outcome("asyncio", client, ONCE)
    assert error.carried_out is None
    assert not isinstance(error, NotSentError)


def test_the_body_given_to_call_must_be_a_mapping(backend, time):
    client, network = scripted(time, GOOD)

    async def call():
        with pytest.raises(TypeError, match="^body: must be a mapping"):
            await client.call("POST", "/some/call", ["name"], effect=READ)

    anyio.run(call, backend=backend)
    assert network.requests == []
