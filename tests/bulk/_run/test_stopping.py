"""A run that is cancelled: no more rows are taken, those under way are settled, and the others wait for the next run."""

import asyncio
import math
import threading
import time as blocking
from contextlib import nullcontext
from functools import partial

import anyio
import pytest
from bulk.helpers import BAD_KEY, LOST, counted, email, emails, states
from faults.scripted import close_gate

from smtp2go_async import BulkStoppedError, Journal, JournalError
from smtp2go_async.bulk._journal import group_commit


@pytest.fixture
def cancelled(backend):
    """Return a function that starts a call, cancels it once a condition holds, and goes on when it is gone."""

    def cancelled(call, when, then=lambda: None):
        async def main():
            with anyio.fail_after(20):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call)
                    await when()
                    tasks.cancel_scope.cancel()
                    then()

        anyio.run(main, backend=backend)

    return cancelled


def held(client, provider, path, **options):
    provider.released = None

    async def call():
        provider.hold()
        await client.bulk.send(emails(50), journal=path, **options)

    return call


def test_a_cancelled_run_settles_the_calls_under_way(cancelled, client, provider, path):
    cancelled(held(client, provider, path), lambda: provider.under_way(4), provider.release)
    assert counted(path) == {"sent": 4}
    assert len(provider.arrived) == 4


def test_a_call_under_way_in_a_cancelled_run_can_become_unknown(cancelled, client, provider, path):
    provider.otherwise = LOST
    cancelled(held(client, provider, path), lambda: provider.under_way(4), provider.release)
    assert counted(path) == {"unknown": 4}


def test_outcomes_after_a_run_was_cancelled_are_passed_on(cancelled, client, provider, path):
    told = []
    call = held(client, provider, path, on_outcome=told.append)
    cancelled(call, lambda: provider.under_way(4), provider.release)
    assert [outcome.status for outcome in told] == ["sent"] * 4


def test_the_journal_is_closed_when_a_cancelled_run_is_gone(cancelled, client, provider, path, tmp_path):
    cancelled(held(client, provider, path), lambda: provider.under_way(4), provider.release)
    assert [outcome.name for outcome in tmp_path.iterdir()] == ["run.journal"]


def test_a_cancelled_run_goes_on_later_and_each_email_arrives_once(cancelled, go, client, provider, path):
    cancelled(held(client, provider, path), lambda: provider.under_way(4), provider.release)
    provider.released = None
    report = go(client.bulk.send, emails(50), journal=path)
    assert (report.sent, report.skipped) == (46, 4)
    assert set(provider.arrived.values()) == {1}


def test_a_run_cancelled_by_asyncio_itself_does_not_wait_for_a_cool_down(client, provider, path):
    """As a SyncClient's call is at Ctrl-C: only the task that called knows of it."""
    close_gate(client, 600.0)

    async def main():
        waiting = asyncio.Event()

        async def sleep(_seconds):
            waiting.set()
            await anyio.sleep_forever()

        client._calls.sleep = sleep
        running = asyncio.create_task(client.bulk.send(emails(50), journal=path))
        await waiting.wait()
        running.cancel()
        done, _ = await asyncio.wait({running}, timeout=10)
        assert done, "it waited for the cool-down"
        assert running.cancelled()

    asyncio.run(main())
    assert provider.calls == []
    assert set(states(path).values()) == {"pending"}


def test_a_list_that_never_gives_its_next_email_does_not_hold_up_the_end(backend, client, provider, path):
    async def source():
        for pair in emails(3):
            yield pair
        waiting.set()
        await anyio.sleep_forever()

    waiting = None

    async def main():
        nonlocal waiting
        waiting = anyio.Event()
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: client.bulk.send(source(), journal=path))
                await waiting.wait()
                while len(provider.arrived) < 3:
                    await anyio.sleep(0.001)
                tasks.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert counted(path) == {"sent": 3}


def test_an_error_of_the_account_ends_a_run_whose_list_is_waited_for(go, client, provider):
    async def source():
        yield email()
        await anyio.sleep_forever()

    provider.otherwise = BAD_KEY
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, source())


def test_while_the_run_waits_for_its_list_known_outcomes_are_written_and_passed_on(backend, client, provider, path):
    """Otherwise a crash would make e-mails unknown whose response came long ago."""
    told = []

    async def main():
        async def source():
            for pair in emails(3):
                yield pair
            await anyio.sleep_forever()

        with Journal(path) as journal, anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(client.bulk.send, source(), journal=journal, on_outcome=told.append))
                while journal.counts()["sent"] < 3 or len(told) < 3:
                    await anyio.sleep(0.001)
                tasks.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert sorted(outcome.reference for outcome in told) == ["r1", "r2", "r3"]


# --- two runs at once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [True, False], ids=["one open journal", "one path"])
def test_two_runs_at_once_with_one_journal_are_refused(opened, go, client, provider, path):
    """Each would send what the other has not written yet."""
    refused = []

    async def send_with(journal):
        try:
            await client.bulk.send(emails(50), journal=journal)
        except JournalError as error:
            refused.append(str(error))
            provider.release()

    async def both():
        provider.hold()
        with Journal(path) if opened else nullcontext(path) as journal:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send_with, journal)
                tasks.start_soon(send_with, journal)

    go(both)
    assert len(refused) == 1
    assert "in use by another run" in refused[0]
    assert set(provider.arrived.values()) == {1}


def test_an_open_journal_can_be_used_for_one_run_after_the_other(go, client, path):
    with Journal(path) as journal:
        assert go(client.bulk.send, emails(5), journal=journal).sent == 5
        assert go(client.bulk.send, emails(8), journal=journal).sent == 3
        assert journal.is_open


def test_an_open_journal_can_be_used_again_after_a_run_that_failed(go, client, path):
    with Journal(path) as journal:
        with pytest.raises(TypeError):
            go(client.bulk.send, [email(), None], journal=journal)
        assert go(client.bulk.send, [email(), email("r2")], journal=journal).sent == 1


def test_no_rows_are_claimed_while_a_slow_on_outcome_runs(go, client, provider, path):
    """A crash there would make rows unknown that were never sent."""
    waiting = []
    with Journal(path) as journal:

        def tell(_):
            blocking.sleep(0.002)
            waiting.append({row.reference for row in journal.rows("claimed")} - set(provider.arrived))

        go(client.bulk.send, emails(60), via="batch", batch_size=10, concurrency=1, journal=journal, on_outcome=tell)
    # It is known to be slow from the second time on.
    assert waiting[0]
    assert not any(waiting[10:])


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_an_exit_in_the_list_is_raised_after_calls_under_way_are_settled(kind, go, client, provider, path):
    def rows():
        yield from emails(10)
        yield "no e-mail"
        raise kind

    with pytest.raises(kind):
        go(client.bulk.send, rows(), via="batch", batch_size=100, journal=path)
    assert counted(path).keys() <= {"sent", "pending"}


def test_rows_that_are_claimed_while_the_run_is_cancelled_go_back(backend, client, provider, path):
    """They are on the disk as claimed when it ends, but their e-mails have not left."""
    writing, go_on = threading.Event(), threading.Event()

    async def main():
        with Journal(path) as journal:
            write = journal.write

            def slow(lines):
                if lines.claims is not None:
                    writing.set()
                    assert go_on.wait(5)
                write(lines)

            journal.write = slow
            with anyio.fail_after(10):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(partial(client.bulk.send, emails(50), concurrency=1, journal=journal))
                    while not writing.is_set():
                        await anyio.sleep(0.001)
                    tasks.cancel_scope.cancel()
                    go_on.set()

    anyio.run(main, backend=backend)
    assert states(path) == {"r1": "pending"}
    assert provider.calls == []


def test_no_outcome_is_passed_on_twice_when_the_end_of_the_program_cancels_every_task(client, provider, path):
    """A shield does not keep that off, so a call is given up without its outcome; earlier outcomes were passed on."""
    told = []

    async def main():
        running = asyncio.create_task(
            client.bulk.send(
                emails(50), concurrency=1, journal=path, on_outcome=lambda outcome: told.append(outcome.reference)
            )
        )
        while len(told) < 5:
            await asyncio.sleep(0)
        provider.hold()
        await provider.under_way(1)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait({running}, timeout=10)
        assert running.done()

    asyncio.run(main())
    assert told == [f"r{number}" for number in range(1, len(told) + 1)]
    assert counted(path) == {"sent": len(told), "claimed": 1}


def test_a_log_that_can_not_be_applied_in_the_background_does_not_end_the_run(go, client, provider, path, monkeypatch):
    """All is on the disk, in the log, and the error is raised for the next reader."""
    asked = []

    def broken(most=math.inf):
        if most == math.inf:  # by who reads
            return apply_log()
        asked.append(most)
        raise JournalError("journal: can't be written: disk I/O error")

    monkeypatch.setattr(group_commit, "APPLY_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(group_commit, "APPLY_PAUSE_SECONDS_WHEN_BEHIND", 0.0)
    monkeypatch.setattr(group_commit, "MAX_BUSY_SHARE", math.inf)
    provider.takes = 0.01
    with Journal(path) as journal:
        apply_log, journal.apply_log = journal.apply_log, broken
        report = go(client.bulk.send, emails(50), journal=journal)
        assert asked == [group_commit.MAX_APPLIED_CHARACTERS]
        assert report.sent == 50
        assert journal.counts()["sent"] == 50
