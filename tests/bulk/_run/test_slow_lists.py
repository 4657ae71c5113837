"""Asynchronous lists that take their time: a queue, or a generator that waits for what became of the rows before."""

from functools import partial

import anyio
import pytest
from bulk.helpers import BAD_KEY, counted, emails, numbers

from smtp2go_async import BulkStoppedError


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Wait a hundredth of the time for more rows."""
    monkeypatch.setattr("smtp2go_async.bulk._run.row_source.MAX_READING_SECONDS", 0.005)
    monkeypatch.setattr("smtp2go_async.bulk._run.row_gatherer.MAX_GATHERING_SECONDS", 0.01)


@pytest.mark.parametrize("via", ["send", "batch"])
def test_a_row_that_stands_alone_is_sent_before_the_list_gives_the_next(via, go, client, path):
    async def main():
        async def source():
            for pair in emails(5):
                yield pair
                while told[-1:] != [pair[0]]:
                    await anyio.sleep(0.001)

        return await client.bulk.send(
            source(), via=via, journal=path, on_outcome=lambda outcome: told.append(outcome.reference)
        )

    told = []
    assert go(main).sent == 5
    assert counted(path) == {"sent": 5}


def test_a_number_that_stands_alone_is_sent_before_the_list_gives_the_next(go, client, provider):
    async def source():
        for number in numbers(3):
            before = len(provider.calls)
            yield number
            while len(provider.calls) == before:
                await anyio.sleep(0.001)

    assert go(client.bulk.send_sms, source(), "Hello").sent == 3


def test_rows_that_come_soon_after_each_other_go_together(go, client, provider, monkeypatch):
    monkeypatch.setattr("smtp2go_async.bulk._run.row_gatherer.MAX_GATHERING_SECONDS", 60.0)

    async def source():
        for pair in emails(20):
            await anyio.sleep(0.001)
            yield pair

    assert go(client.bulk.send, source(), via="batch").sent == 20
    assert len(provider.calls) == 1


@pytest.mark.parametrize("via", ["send", "batch"])
def test_the_list_is_asked_for_no_more_rows_than_go_into_calls(via, go, client, provider):
    """What was read ahead would be there for as long as a cool-down takes."""

    async def main():
        async def source():
            for pair in emails(100):
                asked.append(pair)
                yield pair

        asked = []
        provider.hold()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(client.bulk.send, source(), via=via, batch_size=10, concurrency=2))
            await provider.under_way(2)
            await anyio.wait_all_tasks_blocked()
            # One that was asked for and does not fit any more is kept for the next.
            assert len(asked) == 2 * (10 if via == "batch" else 1)
            provider.release()

    go(main)
    assert len(provider.arrived) == 100


def test_no_rows_are_read_ahead_for_a_call_that_leaves_with_fewer(go, client, provider):
    async def main():
        async def source():
            for pair in emails(100):
                asked.append(pair)
                yield pair
                while not provider.calls:
                    await anyio.sleep(0.001)

        asked = []
        provider.hold()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(client.bulk.send, source(), via="batch", concurrency=1))
            await provider.under_way(1)
            await anyio.sleep(0.01)
            # The row in the call, and the row that the list was asked for when the call was made.
            assert len(asked) == 2
            provider.release()

    go(main)
    assert len(provider.arrived) == 100


def test_a_scope_that_a_generator_has_open_stays_in_the_same_task(go, client):
    """Groups of tasks and timeouts can't be entered in one task and left in another."""

    async def source():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep, 0)
            with anyio.fail_after(60):
                for pair in emails(100):
                    await anyio.sleep(0)
                    yield pair

    assert go(client.bulk.send, source(), via="batch", batch_size=7).sent == 100


def test_an_end_does_not_wait_for_a_list_that_is_being_asked(go, client, provider, path):
    async def main():
        async def source():
            try:
                for pair in emails(3):
                    yield pair
                await anyio.sleep_forever()
            finally:
                ended.append(True)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(client.bulk.send, source(), via="batch", journal=path))
            while len(provider.arrived) < 3:
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()

    ended = []
    go(main)
    assert ended == [True]
    assert counted(path) == {"sent": 3}


def test_an_error_of_the_account_does_not_wait_for_the_list(go, client, provider):
    async def source():
        for pair in emails(3):
            yield pair
        await anyio.sleep_forever()

    provider.otherwise = BAD_KEY
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, source(), via="batch")


def test_a_stream_of_a_slow_list_in_batches_has_an_outcome_for_every_row(go, client, monkeypatch):
    """Its list is asked for the next row while outcomes of those before are given out, and is not given up for that."""
    monkeypatch.setattr("smtp2go_async.bulk.stream.MAX_PAGE_SECONDS", 0.01)

    async def main():
        async def source():
            for pair in emails(10):
                yield pair
                await anyio.sleep(0.02)

        return [outcome.reference async for outcome in client.bulk.stream(source(), via="batch")]

    assert sorted(go(main)) == sorted(reference for reference, _ in emails(10))


def test_an_error_of_a_slow_list_is_raised_after_its_rows_were_sent(go, client, provider, path):
    async def source():
        for pair in emails(5):
            yield pair
            await anyio.sleep(0.02)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        go(client.bulk.send, source(), via="batch", journal=path)
    assert counted(path) == {"sent": 5}
    assert len(provider.calls) > 1


@pytest.mark.parametrize("how", ["error", "cancelled"])
def test_a_generator_with_something_open_is_closed_by_the_task_that_asked_it(how, go, client, provider):
    async def source():
        try:
            with anyio.fail_after(60):
                for pair in emails(100):
                    yield pair
        finally:
            ended.append(True)

    async def main():
        send = partial(client.bulk.send, source(), via="batch", batch_size=5)
        if how == "error":
            provider.otherwise = BAD_KEY
            with pytest.raises(BulkStoppedError):
                await send()
            return
        provider.hold()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await provider.under_way(4)
            tasks.cancel_scope.cancel()
            provider.release()

    ended = []
    go(main)
    assert ended == [True]
