"""Calls wait after many refusals in a row, and for the limits that the provider publishes."""

import anyio
import anyio.lowlevel
import pytest
from client.many_callers import GOOD, OPEN, call_of, client_of_a_provider
from faults.scripted import answer, refusal, scripted

from smtp2go_async import (
    ApiError,
    CallEffect,
    NotSentError,
    RateLimitError,
    RetryPolicy,
    ServerError,
)
from smtp2go_async.pacing import PacerState

REFUSED = refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong")


def test_after_twenty_refusals_in_a_row_calls_wait_and_then_go_on(backend, time):
    client, network = scripted(time, REFUSED)

    async def call():
        for _ in range(21):
            with pytest.raises(ApiError, match="wrong"):
                await call_of(client)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (21, [5.0])


def test_a_call_that_can_not_wait_after_many_refusals_fails_at_once(backend, time):
    client, network = scripted(time, REFUSED, retry=RetryPolicy.none())

    async def call():
        for _ in range(20):
            with pytest.raises(ApiError, match="wrong"):
                await call_of(client)
        with pytest.raises(RateLimitError, match="not tried: after a 429 or many refusals") as caught:
            await call_of(client)
        assert (caught.value.retry_after, caught.value.carried_out) == (5.0, False)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (20, [])


def test_server_errors_count_as_refusals_and_each_attempt_counts(backend, time):
    client, network = scripted(time, answer(500), retry=RetryPolicy(attempts=4, max_elapsed=1e6))

    async def call():
        for _ in range(5):
            with pytest.raises(ServerError):
                await call_of(client, effect=CallEffect.READ)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 20
    assert client.pacer.state == PacerState("cooling down", 5.0, 0, 0, 20)


def test_calls_of_a_path_with_a_published_limit_wait_for_it(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=60.0))

    async def call():
        for _ in range(4):
            await call_of(client, "/api_keys/add")

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (4, [20.0, 20.0])


def test_a_call_that_can_not_wait_for_the_limit_fails_at_once_and_sends_nothing(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=19.0))

    async def call():
        for _ in range(2):
            await call_of(client, "/api_keys/add")
        with pytest.raises(RateLimitError, match="the provider's limit for this call is used up") as caught:
            await call_of(client, "/api_keys/add")
        await call_of(client, "/api_keys/view")
        return caught.value

    error = anyio.run(call, backend=backend)
    assert (error.retry_after, error.carried_out, error.operation) == (20.0, False, "/api_keys/add")
    assert (len(network.requests), time.slept) == (3, [])
    assert client.pacer.state == OPEN


def test_repeats_count_for_the_limit_too(backend, time):
    client, network = scripted(time, NotSentError("no"), GOOD)

    async def call():
        await call_of(client, "/api_keys/add")
        with pytest.raises(RateLimitError):
            await call_of(client.with_options(retry=RetryPolicy.none()), "/api_keys/add")

    anyio.run(call, backend=backend)
    assert len(network.requests) == 2


def test_90_concurrent_searches_keep_to_the_limit(backend):
    client, provider, time = client_of_a_provider(retry=RetryPolicy(max_elapsed=1000.0))

    async def search():
        await call_of(client, "/activity/search", CallEffect.READ)

    anyio.run(time.run, *[search] * 90, backend=backend)
    made = provider.arrived
    assert len(made) == 90
    assert all(made[number + 60] - made[number] > 60.0 for number in range(30))
    assert made[-1] == pytest.approx(1120.0)
