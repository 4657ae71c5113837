"""After a 429 nothing touches the network until the cool-down is over."""

import anyio
import pytest
from faults.scripted import answer, close_gate, close_gate_again, scripted

from smtp2go_async import CallEffect, Pacer, RateLimitError, RetryPolicy

RATE_LIMITED = answer(429)
GOOD = answer()


def call_of(client, effect=CallEffect.ONCE):
    return client.call("POST", "/some/call", effect=effect)


@pytest.mark.parametrize("effect", list(CallEffect))
def test_a_call_that_can_not_outlast_the_cool_down_fails_at_once_and_says_how_long_it_is(effect, backend, time):
    client, network = scripted(time, RATE_LIMITED, GOOD)

    async def call():
        with pytest.raises(RateLimitError) as caught:
            await call_of(client, effect)
        return caught.value

    error = anyio.run(call, backend=backend)
    assert error.retry_after == 60.0
    assert error.status == 429
    assert error.carried_out is False
    assert (len(network.requests), time.slept) == (1, [])


def test_later_calls_send_nothing_until_the_cool_down_is_over(backend, time):
    client, network = scripted(time, RATE_LIMITED, GOOD)

    async def call():
        with pytest.raises(RateLimitError):
            await call_of(client)
        for left in (60.0, 50.0, 40.0):
            with pytest.raises(RateLimitError, match=f"another {left:.0f} s") as caught:
                await call_of(client.with_options(timeout=1))
            assert caught.value.retry_after == left
            time.now += 10.0
        assert len(network.requests) == 1
        time.now += 30.0
        await call_of(client)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 2
    assert time.slept == []


def test_a_patient_call_waits_until_the_cool_down_is_over(backend, time):
    client, network = scripted(time, RATE_LIMITED, GOOD, retry=RetryPolicy.patient())

    async def call():
        return await call_of(client)

    assert anyio.run(call, backend=backend).request_id == "r-1"
    assert (len(network.requests), time.slept) == (2, [60.0])


def test_a_patient_call_waits_for_a_gate_that_another_call_closed(backend, time):
    client, network = scripted(time, RATE_LIMITED, GOOD)

    async def call():
        with pytest.raises(RateLimitError):
            await call_of(client)
        await call_of(client.with_options(retry=RetryPolicy.patient()))

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (2, [60.0])


def test_a_call_waits_again_when_the_gate_was_closed_again_while_it_waited(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy.patient())
    close_gate(client, None)
    sleep = client._calls.sleep

    async def closed_again(seconds):
        await sleep(seconds)
        if len(time.slept) == 1:
            close_gate_again(client, 30.0)

    client._calls.sleep = closed_again

    async def call():
        await call_of(client)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (1, [60.0, 30.0])


def test_waiting_for_the_gate_keeps_to_the_max_elapsed_of_the_policy(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=100.0))
    close_gate(client, None)
    sleep = client._calls.sleep

    async def closed_again(seconds):
        await sleep(seconds)
        close_gate_again(client, 60.0)

    client._calls.sleep = closed_again

    async def call():
        with pytest.raises(RateLimitError):
            await call_of(client)

    anyio.run(call, backend=backend)
    assert (network.requests, time.slept) == ([], [60.0])


def test_each_cool_down_in_a_row_is_longer_than_the_one_before(backend, time):
    client, network = scripted(time, RATE_LIMITED, RATE_LIMITED, RATE_LIMITED, GOOD, retry=RetryPolicy.patient())

    async def call():
        await call_of(client)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (4, [60.0, 120.0, 240.0])


def test_a_short_retry_after_is_waited_out_by_an_ordinary_call(backend, time):
    client, network = scripted(time, answer(429, retry_after=5.0), GOOD)

    async def call():
        await call_of(client)

    anyio.run(call, backend=backend)
    assert (len(network.requests), time.slept) == (2, [5.0])


@pytest.mark.parametrize("said", [-3.0, 0.0, None])
def test_without_a_usable_retry_after_the_cool_down_is_the_usual_one(said, backend, time):
    client, _ = scripted(time, answer(429, retry_after=said))

    async def call():
        with pytest.raises(RateLimitError) as caught:
            await call_of(client)
        assert caught.value.retry_after == 60.0

    anyio.run(call, backend=backend)


def test_a_429_of_one_client_holds_back_the_others_that_share_its_pacer(backend, time):
    pacer = Pacer(clock=time, draw=lambda: 0.0)
    first, _ = scripted(time, RATE_LIMITED, pacer=pacer)
    second, network = scripted(time, GOOD, pacer=pacer)
    alone, other_network = scripted(time, GOOD)

    async def call():
        with pytest.raises(RateLimitError):
            await call_of(first)
        with pytest.raises(RateLimitError):
            await call_of(second)
        await call_of(alone)

    anyio.run(call, backend=backend)
    assert (len(network.requests), len(other_network.requests)) == (0, 1)


def test_calls_that_were_under_way_together_wait_for_one_cool_down(backend, time):
    """They come back with a 429 each, which does not make the cool-down longer."""
    client, network = scripted(time, *[RATE_LIMITED] * 5, GOOD)
    said = []

    async def one():
        with pytest.raises(RateLimitError) as caught:
            await call_of(client)
        said.append(caught.value.retry_after)

    async def call():
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(one)

    anyio.run(call, backend=backend)
    assert said == [60.0] * 5
    assert len(network.requests) == 5


def test_a_429_costs_nothing_of_the_retry_budget(backend, time):
    client, _ = scripted(time, RATE_LIMITED, RATE_LIMITED, GOOD, retry=RetryPolicy.patient())

    async def call():
        await call_of(client)

    anyio.run(call, backend=backend)
    assert client._calls.budget.tokens == client._calls.budget.CAPACITY
