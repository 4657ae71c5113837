"""A run that is iterated over."""

import gc
import threading

import anyio
import pytest
from bulk.helpers import BAD_KEY, counted, emails, states

from smtp2go_async import BulkStoppedError, Journal, JournalError
from smtp2go_async.bulk import stream as module


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    monkeypatch.setattr(module, "MAX_PAGE_OUTCOMES", 10)


async def all_of(stream):
    return [outcome async for outcome in stream]


def test_a_stream_gives_the_outcomes_of_all_emails(go, client):
    found = go(all_of, client.bulk.stream(emails(100)))
    assert sorted(outcome.reference for outcome in found) == sorted(f"r{n}" for n in range(1, 101))
    assert {outcome.status for outcome in found} == {"sent"}


def test_nothing_is_sent_before_the_first_outcome_is_asked_for(go, client, provider, tmp_path):
    async def work():
        client.bulk.stream(emails(5), journal=tmp_path / "x")
        await anyio.sleep(0)

    go(work)
    assert provider.calls == []
    assert list(tmp_path.iterdir()) == []


def test_while_the_caller_looks_at_an_outcome_no_call_is_under_way(go, client, provider, path):
    provider.takes = 0.001
    busy = []

    async def work():
        async for outcome in client.bulk.stream(emails(100), journal=path):
            calls = len(provider.calls)
            await anyio.sleep(0)
            busy.append((provider.in_flight, len(provider.calls) - calls, outcome.status))

    go(work)
    assert set(busy) == {(0, 0, "sent")}
    assert len(busy) == 100


def test_when_an_iteration_is_left_all_sent_emails_are_settled(go, client, provider, path):
    async def work():
        async for _ in client.bulk.stream(emails(100), journal=path):
            break

    go(work)
    gc.collect()
    found = states(path)
    assert {name for name, state in found.items() if state == "sent"} == set(provider.arrived)
    assert set(found.values()) == {"sent"}
    assert len(found) < 100


def test_an_iteration_that_was_left_leaves_the_journal_free(go, client, provider, path):
    """At once on asyncio; trio on Python 3.12 leaves it to the collector."""

    async def work():
        async for _ in client.bulk.stream(emails(100), journal=path):
            break
        gc.collect()
        return await client.bulk.send(emails(100), journal=path)

    report = go(work)
    assert report.sent + report.skipped == 100
    assert set(provider.arrived.values()) == {1}


def test_an_open_journal_is_free_for_another_run_when_an_iteration_was_left(go, client, path):
    async def work():
        with Journal(path) as journal:
            async for _ in client.bulk.stream(emails(100), journal=journal):
                break
            gc.collect()
            return await client.bulk.send(emails(100), journal=journal)

    assert go(work).total == 100


def test_closing_a_stream_frees_the_journal(go, client, path):
    async def work():
        stream = client.bulk.stream(emails(100), journal=path)
        async with stream:
            await anext(stream)
        with Journal(path) as journal:
            assert journal.is_open
        return [outcome async for outcome in stream]

    # What had come before it was closed is still given out.
    assert {outcome.status for outcome in go(work)} <= {"sent"}


def test_an_error_of_the_account_comes_after_all_outcomes(go, client, provider):
    provider.then(*[None] * 5)
    provider.otherwise = BAD_KEY
    found = []

    async def work():
        async for outcome in client.bulk.stream(emails(100)):
            found.append(outcome.status)

    with pytest.raises(BulkStoppedError) as caught:
        go(work)
    assert found == ["sent"] * 5
    assert caught.value.report.sent == 5


def test_an_error_of_the_list_comes_after_all_outcomes(go, client):
    def broken():
        yield from emails(25)
        raise OSError("the database went away")

    found = []

    async def work():
        async for outcome in client.bulk.stream(broken()):
            found.append(outcome.status)

    with pytest.raises(OSError, match="went away"):
        go(work)
    assert found == ["sent"] * 25


def test_an_error_of_the_journal_comes_after_all_outcomes(go, client, provider, path):
    found = []

    async def work():
        with Journal(path) as journal:
            commit = journal.write

            def failing(*rows):
                if len(provider.calls) >= 30:
                    raise JournalError("the disk is full")
                commit(*rows)

            journal.write = failing
            async for outcome in client.bulk.stream(emails(100), journal=journal):
                found.append(outcome.reference)

    with pytest.raises(JournalError, match="full"):
        go(work)
    assert sorted(found) == sorted(provider.arrived)


def test_the_journal_is_closed_after_the_last_outcome(go, client, path):
    async def work():
        stream = client.bulk.stream(emails(30), journal=path)
        found = [outcome async for outcome in stream]
        with Journal(path):
            return found

    assert len(go(work)) == 30


def test_a_stream_goes_on_with_emails_that_were_not_sent(go, client, provider, path):
    go(client.bulk.send, emails(30), journal=path)
    found = go(all_of, client.bulk.stream(emails(50), journal=path))
    assert [outcome.status for outcome in found].count("skipped") == 30
    assert [outcome.status for outcome in found].count("sent") == 20
    assert set(provider.arrived.values()) == {1}


def test_a_cancelled_stream_settles_the_calls_under_way(backend, client, provider, path):
    async def main():
        provider.hold()
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(all_of, client.bulk.stream(emails(50), journal=path))
                await provider.under_way(4)
                tasks.cancel_scope.cancel()
                provider.release()

    anyio.run(main, backend=backend)
    assert counted(path) == {"sent": 4}


def test_wrong_arguments_are_refused_when_the_stream_is_made(client):
    with pytest.raises(TypeError, match="emails: must be a list"):
        client.bulk.stream(3)


def test_a_page_whose_time_is_up_before_it_starts_does_not_hang(go, client, monkeypatch):
    """Whether it is up is looked at twice before the first call."""
    times = iter([1.0, 1.0, 2.0])
    real = module.time.monotonic

    class Clock:
        @staticmethod
        def monotonic():
            return next(times, None) or real()

    monkeypatch.setattr(module, "time", Clock)
    monkeypatch.setattr(module, "MAX_PAGE_SECONDS", 0.5)
    assert len(go(all_of, client.bulk.stream(emails(3)))) == 3


def test_a_second_task_that_iterates_over_the_same_stream_gets_an_error(go, client, provider):
    provider.hold()
    found = []

    async def work():
        stream = client.bulk.stream(emails(20))

        async def take():
            found.extend([outcome async for outcome in stream])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            await provider.under_way(4)
            with pytest.raises(RuntimeError, match="iterate over one stream"):
                await anext(stream)
            provider.released.set()

    go(work)
    assert len(found) == 20


def test_a_stream_that_another_task_closes_is_settled_first(go, client, provider, path):
    provider.hold()
    found = []

    async def work():
        async with client.bulk.stream(emails(20), journal=path) as stream, anyio.create_task_group() as tasks:

            async def take():
                found.extend([outcome async for outcome in stream])

            tasks.start_soon(take)
            await provider.under_way(4)
            tasks.start_soon(stream.aclose)
            await anyio.sleep(0.01)
            provider.released.set()
        # Its journal is free.
        report = await client.bulk.send(emails(20), journal=path)
        assert (report.sent, report.skipped) == (16, 4)

    go(work)
    assert [outcome.status for outcome in found] == ["sent"] * 4


def test_a_stream_that_is_closed_while_it_starts_sends_nothing_and_frees_its_journal(go, client, provider, path):
    begun, go_on = threading.Event(), threading.Event()

    class Checked(list):
        def check(self):
            begun.set()
            assert go_on.wait(5)

    async def work():
        stream = client.bulk.stream(Checked(emails(20)), journal=path)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(all_of, stream)
            while not begun.is_set():
                await anyio.sleep(0.001)
            tasks.start_soon(stream.aclose)
            await anyio.sleep(0.01)
            go_on.set()
        assert not provider.calls
        assert (await client.bulk.send(emails(20), journal=path)).sent == 20

    go(work)


@pytest.mark.parametrize("via", ["send", "batch"])
def test_an_asynchronous_list_can_close_its_own_stream(via, go, client, provider):
    async def rows():
        for count, pair in enumerate(emails(50)):
            if count == 20:
                await stream.aclose()
            yield pair

    async def work():
        nonlocal stream
        stream = client.bulk.stream(rows(), via=via, batch_size=7)
        return await all_of(stream)

    stream = None
    assert len(go(work)) == len(provider.arrived) <= 20
