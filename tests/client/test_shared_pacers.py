"""Clients, copies and threads that share a pacer; and the hooks of a caller's own httpx client."""

import json
import threading

import anyio
import anyio.lowlevel
import httpx
import pytest
from client.many_callers import GOOD, OPEN, RATE_LIMITED, call_of
from faults.scripted import close_gate, scripted

from smtp2go_async import (
    AsyncClient,
    NotSentError,
    Pacer,
    RateLimitError,
    RetryPolicy,
)


def test_clients_have_a_pacer_each_unless_they_are_given_one():
    pacer = Pacer()
    key = "api-" + "A" * 32
    assert AsyncClient(key).pacer is not AsyncClient(key).pacer
    assert AsyncClient(key, pacer=pacer).pacer is AsyncClient(key, pacer=pacer).pacer is pacer


def test_a_copy_with_options_shares_the_pacer(time):
    client, _ = scripted(time, GOOD)
    assert client.with_options(retry=RetryPolicy.none()).pacer is client.pacer


def closed_and_open(time, key, *, cool_down):
    """Make two clients that share a pacer; the first is to be closed, and has a transport of its own, which knows that."""
    pacer = Pacer(clock=time, draw=lambda: 0.0)
    closed = AsyncClient(key, pacer=pacer, retry=RetryPolicy.none())
    closed._calls.clock = time
    open_, network = scripted(time, GOOD, pacer=pacer, retry=RetryPolicy.none())
    if cool_down:
        close_gate(open_)
        time.now += 60.0
    return closed, open_, network


@pytest.mark.parametrize("cool_down", [False, True])
def test_a_closed_client_leaves_a_shared_pacer_as_it_was(cool_down, backend, time, key):
    closed, open_, network = closed_and_open(time, key, cool_down=cool_down)
    before = open_.pacer.state

    async def call():
        await closed.aclose()
        for _ in range(30):
            with pytest.raises(NotSentError, match="closed"):
                await call_of(closed)
        assert open_.pacer.state == before
        await call_of(open_)

    anyio.run(call, backend=backend)
    assert len(network.requests) == 1
    assert open_.pacer.state.phase == ("recovering" if cool_down else "open")


def test_closing_a_client_does_not_open_the_gate_of_the_others(backend, time, key):
    closed, open_, network = closed_and_open(time, key, cool_down=False)

    async def call():
        close_gate(closed)
        await closed.aclose()
        with pytest.raises(RateLimitError):
            await call_of(open_)

    anyio.run(call, backend=backend)
    assert network.requests == []


def test_clients_in_threads_with_a_loop_each_share_one_gate_and_leave_it_empty(backend):
    """These are real threads; which of them gets the 429 is random."""
    pacer = Pacer()
    lock, answers, arrived = threading.Lock(), [RATE_LIMITED if number == 150 else GOOD for number in range(10_000)], []
    outcomes, waits = [], []

    class Network:
        async def send(self, _request, depart):
            depart(writing=True)
            with lock:
                given = answers.pop(0)
                arrived.append(given.status)
            await anyio.lowlevel.checkpoint()
            return given

    async def calls():
        client = AsyncClient("api-" + "A" * 32, pacer=pacer, retry=RetryPolicy.none())
        client._calls.transport = Network()

        async def some():
            for _ in range(25):
                try:
                    await call_of(client)
                    outcomes.append(200)
                except RateLimitError as error:
                    outcomes.append(429)
                    waits.append(error.retry_after)

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(some)

    threads = [threading.Thread(target=lambda: anyio.run(calls, backend=backend)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(outcomes) == 600
    assert outcomes.count(200) == arrived.count(200)
    assert arrived.count(429) == 1
    assert all(0 < wait <= 66 for wait in waits)
    state = pacer.state
    assert (state.phase, state.in_flight) == ("cooling down", 0)


def test_the_state_can_be_read_from_a_hook_during_a_call(backend, key, time):
    """Reading takes the lock of the pacer, and no code holds that lock while a call is under way."""
    seen = []

    async def look(_request):
        seen.append(client.pacer.state.in_flight)

    def handler(_request):
        return httpx.Response(200, json=json.loads(GOOD.content))

    async def call():
        nonlocal client
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(handler), event_hooks={"request": [look]}
        ) as http_client:
            client = AsyncClient(key, http_client=http_client)
            await call_of(client)

    client = None
    anyio.run(call, backend=backend)
    assert seen == [1]
    assert client.pacer.state == OPEN


def test_a_hook_that_raises_leaves_nothing_under_way(backend, key):
    async def broken(_request):
        raise ZeroDivisionError

    async def call():
        transport = httpx.MockTransport(lambda _request: httpx.Response(200))
        async with httpx.AsyncClient(transport=transport, event_hooks={"request": [broken]}) as http_client:
            client = AsyncClient(key, http_client=http_client)
            with pytest.raises(ZeroDivisionError):
                await call_of(client)
            return client.pacer.state

    assert anyio.run(call, backend=backend) == OPEN
