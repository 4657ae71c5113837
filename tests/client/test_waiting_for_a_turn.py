"""A call waits for its turn as long as its policy allows, whatever the clock does."""

import anyio
import anyio.lowlevel
import pytest
from _pacing.gates import enter
from client.many_callers import GOOD, call_of
from faults.scripted import close_gate, scripted

from smtp2go_async import (
    RateLimitError,
    RetryPolicy,
)
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS


def test_waiting_for_a_turn_keeps_to_the_max_elapsed_of_the_policy(backend, time):
    """Behind a probe that never ends, a call asks for its turn again and again, until its time is over."""
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=1.0))
    close_gate(client)
    time.now += 60.0
    enter(client.pacer, "/the/probe")

    async def call():
        with pytest.raises(RateLimitError, match="one call tries first") as caught:
            await call_of(client)
        assert caught.value.carried_out is False

    anyio.run(call, backend=backend)
    assert network.requests == []
    assert sum(time.slept) == pytest.approx(1.0, abs=MAX_SILENCE_SECONDS)


def test_a_call_ends_even_with_a_clock_that_stands_still(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy(max_elapsed=100.0))
    close_gate(client)

    async def sleep(seconds):
        time.slept.append(seconds)
        assert len(time.slept) < 100, "the call waits for ever"
        await anyio.lowlevel.checkpoint()

    client._calls.sleep = sleep

    async def call():
        with pytest.raises(RateLimitError):
            await call_of(client)

    anyio.run(call, backend=backend)
    assert network.requests == []
    # Each of its four attempts waits once to enter, and once before the next.
    assert time.slept == [60.0] * 7


def test_a_clock_that_jumps_ahead_lets_a_waiting_call_go_as_the_probe(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy.patient())
    close_gate(client)

    async def sleep(seconds):
        time.slept.append(seconds)
        time.now += 1e9

    client._calls.sleep = sleep
    anyio.run(lambda: call_of(client), backend=backend)
    assert (len(network.requests), time.slept) == (1, [60.0])


def test_a_sleep_that_ends_too_early_only_makes_the_call_ask_again(backend, time):
    client, network = scripted(time, GOOD, retry=RetryPolicy.patient())
    close_gate(client)

    async def sleep(seconds):
        time.slept.append(seconds)
        time.now += min(seconds, 25.0)

    client._calls.sleep = sleep
    anyio.run(lambda: call_of(client), backend=backend)
    assert (len(network.requests), time.slept) == (1, [60.0, 35.0, 10.0])
