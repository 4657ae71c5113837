"""How many calls a run makes at a time: few at first, more while it goes well, fewer after a cool-down."""

from functools import partial

import anyio
import pytest
from bulk.helpers import BAD_KEY, TURNED_AWAY, counted, emails, states
from faults.scripted import close_gate

from smtp2go_async import BulkStoppedError, Journal, RateLimitError
from smtp2go_async.bulk._plan import FIRST_CONCURRENT_CALLS


@pytest.fixture
def started(backend):
    """Return a function that starts a call and then does something beside it."""

    def started(call, beside):
        async def main():
            with anyio.fail_after(20):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call)
                    await beside()

        anyio.run(main, backend=backend)

    return started


async def settled():
    """Wait until nothing moves that does not have to wait for the test."""
    await anyio.wait_all_tasks_blocked()
    await anyio.sleep(0.02)
    await anyio.wait_all_tasks_blocked()


def test_a_run_starts_with_few_calls_and_grows_to_its_concurrency(started, client, provider):
    found = []

    async def beside():
        provider.hold()
        for expected in (FIRST_CONCURRENT_CALLS, 2 * FIRST_CONCURRENT_CALLS, 10, 10):
            await provider.under_way(expected)
            await settled()
            found.append(provider.in_flight)
            provider.next_round()
        provider.release()

    started(partial(_after_holding, client, provider), beside)
    assert found == [4, 8, 10, 10]


async def _after_holding(client, provider, count=100, concurrency=10):
    while provider.released is None:
        await anyio.sleep(0)
    await client.bulk.send(emails(count), concurrency=concurrency)


def test_a_single_call_at_a_time_is_possible(go, client, provider, path):
    assert go(client.bulk.send, emails(20), concurrency=1, journal=path).sent == 20
    assert provider.most_in_flight == 1
    assert counted(path) == {"sent": 20}


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_a_concurrency_below_one_is_refused(wrong, go, client):
    with pytest.raises((ValueError, TypeError), match="concurrency"):
        go(client.bulk.send, emails(1), concurrency=wrong)


def test_after_a_block_the_pacer_limits_the_calls_that_a_run_makes_at_a_time(started, client, provider):
    """A run has no controller of its own: it grows as the gate opens."""
    found = []

    async def beside():
        provider.hold()
        await provider.under_way(FIRST_CONCURRENT_CALLS)
        while provider.in_flight < 16:
            await settled()
            provider.next_round()
        await settled()
        close_gate(client, 1.0)
        provider.next_round()
        for _ in range(4):
            await settled()
            found.append((provider.in_flight, client.pacer.state.limit))
            provider.next_round()
        provider.release()

    started(partial(_after_holding, client, provider, 400, 16), beside)
    # One call probes; then half of the 17 that were under way follow, and a quarter more with each round.
    assert found == [(1, 1), (8, 8), (10, 10), (12, 12)]


async def blocked_with_eight_calls_under_way(client, provider):
    """Let a run come to eight calls at a time, and the gate be closed while all of them are under way."""
    # Longer than the journal needs for each: else there are never eight under way.
    provider.takes = 0.02
    while provider.most_in_flight < 8:
        await anyio.sleep(0.001)
    provider.hold()
    await provider.under_way(8)
    close_gate(client, 60.0)
    provider.release()


def test_during_a_block_only_a_single_row_waits_claimed(backend, client, provider, path):
    client._calls.sleep = lambda _seconds: anyio.sleep_forever()

    async def main():
        with Journal(path) as journal, anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(client.bulk.send, emails(300), concurrency=8, journal=journal))
                await blocked_with_eight_calls_under_way(client, provider)
                while provider.in_flight:
                    await anyio.sleep(0.001)
                await anyio.sleep(0.05)
                assert journal.counts()["claimed"] == 1
                tasks.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert set(states(path).values()) == {"sent", "pending"}


def test_workers_that_become_too_many_at_the_same_time_do_not_all_leave(backend, client, provider, path):
    """Each writes its last outcome before it is gone, and if it counted until then the others would leave as well."""
    reports = []

    async def main():
        async def send():
            reports.append(await client.bulk.send(emails(300), concurrency=8, journal=path))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                await blocked_with_eight_calls_under_way(client, provider)

    anyio.run(main, backend=backend)
    assert reports[0].sent == 300
    assert counted(path) == {"sent": 300}


def test_cool_downs_are_outlasted_and_no_email_is_lost_or_doubled(go, client, provider, time, path):
    provider.otherwise = lambda _fields: TURNED_AWAY if 1050 <= time.now < 1800 or len(provider.calls) == 30 else None
    assert go(client.bulk.send, emails(200), journal=path).sent == 200
    assert set(provider.arrived.values()) == {1}


def test_a_block_without_end_ends_the_run_and_its_rows_go_back(go, client, provider, path):
    provider.then(*[None] * 5)
    provider.otherwise = TURNED_AWAY
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(50), journal=path)
    assert isinstance(caught.value.__cause__, RateLimitError)
    assert counted(path)["sent"] == 5
    assert set(states(path).values()) == {"sent", "pending"}


def test_a_stop_in_a_cool_down_gives_the_rows_back_and_ends_at_once(backend, client, provider, path):
    """One call of the run finds that the key is no good, while others wait."""
    close_gate(client, 600.0)
    waiting = anyio.Event()

    async def sleep(_seconds):
        waiting.set()
        await anyio.sleep_forever()

    client._calls.sleep = sleep

    async def main():
        with anyio.move_on_after(10) as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: client.bulk.send(emails(50), journal=path))
                await waiting.wait()
                tasks.cancel_scope.cancel()
        assert not scope.cancelled_caught, "it waited for the cool-down"

    anyio.run(main, backend=backend)
    assert provider.calls == []
    assert set(states(path).values()) == {"pending"}


def test_after_an_error_of_the_account_calls_that_wait_do_not_go_on(backend, client, provider, path):
    client._calls.sleep = lambda _seconds: anyio.sleep_forever()
    provider.then(TURNED_AWAY)
    provider.otherwise = BAD_KEY

    async def main():
        provider.hold()

        async def beside():
            await provider.under_way(FIRST_CONCURRENT_CALLS)
            provider.release()

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(beside)
                with pytest.raises(BulkStoppedError):
                    await client.bulk.send(emails(50), journal=path)

    anyio.run(main, backend=backend)
    assert len(provider.calls) <= FIRST_CONCURRENT_CALLS
    assert set(states(path).values()) == {"pending"}
