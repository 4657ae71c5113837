"""Many calls at once during a block: one probe goes, and all get through after it."""

import anyio
import anyio.lowlevel
import pytest
from client.many_callers import GOOD, OPEN, call_of, client_of_a_provider, record_call
from faults.scripted import close_gate, scripted

from smtp2go_async import (
    RetryPolicy,
)
from smtp2go_async._pacing.published import MAX_SILENCE_SECONDS
from smtp2go_async.pacing import PacerState


def test_200_calls_during_a_cool_down_send_one_probe_and_all_get_through_after_it(backend):
    client, provider, time = client_of_a_provider()
    close_gate(client)
    results = []
    anyio.run(time.run, *[lambda: record_call(client, results)] * 200, backend=backend)
    assert results == ["r-1"] * 200
    assert len(provider.arrived) == 200
    first, second = provider.arrived[:2]
    assert first == 1060.0
    assert second >= provider.answered[0][0] == 1060.3
    assert provider.too_many == []
    assert client.pacer.state == OPEN


def test_200_calls_under_way_when_a_block_starts_send_one_probe_for_each_cool_down(backend):
    client, provider, time = client_of_a_provider(blocked_for=90.0)
    results = []
    anyio.run(time.run, *[lambda: record_call(client, results)] * 200, backend=backend)
    assert results == ["r-1"] * 200
    assert provider.arrived[:200] == [1000.0] * 200
    assert provider.arrived[200:202] == pytest.approx([1060.3, 1180.6])
    assert provider.arrived[202] >= provider.answered[201][0]
    assert [status for _, status in provider.answered] == [429] * 201 + [200] * 200
    assert [late for late in provider.too_many if late[0] > 1000.0] == []
    assert (client.pacer.state.phase, client.pacer.state.in_flight) == ("recovering", 0)


def test_200_calls_that_can_not_wait_for_the_cool_down_send_nothing(backend):
    client, provider, time = client_of_a_provider(retry=RetryPolicy())
    close_gate(client)
    results = []
    anyio.run(time.run, *[lambda: record_call(client, results)] * 200, backend=backend)
    assert {(error.retry_after, error.carried_out) for error in results} == {(60.0, False)}
    assert len(results) == 200
    assert (provider.arrived, time.slept) == ([], [])


def test_calls_of_two_clients_that_share_a_pacer_send_one_probe_together(backend):
    first, provider, time = client_of_a_provider()
    second, _ = scripted(time, GOOD, retry=RetryPolicy.patient(), pacer=first.pacer)
    second._calls.transport = provider
    close_gate(first)
    results = []
    works = [lambda: record_call(first, results), lambda: record_call(second, results)] * 50
    anyio.run(time.run, *works, backend=backend)
    assert results == ["r-1"] * 100
    assert provider.arrived[1] >= provider.answered[0][0]


def test_when_the_probe_is_cancelled_another_call_is_the_probe(backend):
    client, provider, time = client_of_a_provider()
    close_gate(client)
    results = []

    async def cancelled():
        with anyio.CancelScope() as scope:

            async def cancel():
                await time.pass_time(60.1)
                assert client.pacer.state == PacerState("probing", 0.0, 1, 1, 0)
                scope.cancel()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cancel)
                await call_of(client)

    async def later():
        await time.pass_time(1.0)
        await record_call(client, results)

    anyio.run(time.run, cancelled, *[later] * 20, backend=backend)
    assert results == ["r-1"] * 20
    first, second, third = provider.arrived[:3]
    assert first == 1060.0
    assert 1060.1 <= second <= 1060.1 + MAX_SILENCE_SECONDS
    assert third >= second + provider.takes
    assert client.pacer.state.in_flight == 0


def test_a_probe_is_waited_for_and_not_overtaken_however_long_it_takes(backend):
    client, provider, time = client_of_a_provider()
    provider.takes = 10.0
    close_gate(client)
    results = []
    anyio.run(time.run, *[lambda: record_call(client, results)] * 10, backend=backend)
    assert results == ["r-1"] * 10
    assert provider.arrived[:2] == pytest.approx([1060.0, 1070.0], abs=2 * MAX_SILENCE_SECONDS)


def test_while_the_pacer_recovers_calls_over_the_limit_wait_their_turn(backend):
    client, provider, time = client_of_a_provider()

    async def sixteen_and_a_block():
        provider.blocked_until = time.now + 1.0
        results = []
        await time.run(*[lambda: record_call(client, results)] * 16)
        return results

    assert anyio.run(sixteen_and_a_block, backend=backend) == ["r-1"] * 16
    # 16 under way, halved to 8; the probe and 15 others were answered, and after 8 of them 2 more may go at a time.
    assert client.pacer.state == PacerState("recovering", 0.0, 0, 10, 0)
    assert [late for late in provider.too_many if late[0] > 1000.0] == []
