"""The thread that writes for all calls of a process."""

import os
import sqlite3
import threading
import time

import anyio
import pytest
from webhooks.stored import event_of

from smtp2go_async.errors import InboxError
from smtp2go_async.webhooks._sqlite import group_thread
from smtp2go_async.webhooks._sqlite.group_thread import Job
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox


@pytest.fixture
def inbox(tmp_path):
    made = SqliteInbox(tmp_path / "events.db")
    yield made
    made.sync.close()


class Gate:
    """Keeps the writing thread busy until it is opened, and counts the transactions."""

    def __init__(self, inbox):
        self.writer = inbox._core.writer
        self.commits = []
        self._inside, self._leave = threading.Event(), threading.Event()
        do = self.writer._do

        def counted(group):
            self.commits.append(len(group))
            do(group)

        self.writer._do = counted

    def close(self):
        def work(connection):
            self._inside.set()
            assert self._leave.wait(30)

        self.writer.submit(Job(work))
        assert self._inside.wait(30)

    def open(self):
        self._leave.set()


def test_calls_that_wait_share_a_transaction_over_event_loops_and_threads(inbox):
    gate = Gate(inbox)
    gate.close()
    added = []

    def loop(backend, start):
        async def add(number):
            added.append(await inbox.add(event_of(number)))

        async def main():
            async with anyio.create_task_group() as tasks:
                for number in range(start, start + 20):
                    tasks.start_soon(add, number)

        anyio.run(main, backend=backend)

    threads = [
        threading.Thread(target=loop, args=("asyncio", 0)),
        threading.Thread(target=loop, args=("asyncio", 100)),
        threading.Thread(target=loop, args=("trio", 200)),
        threading.Thread(target=lambda: added.append(inbox.sync.add(event_of(300)))),
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 30
    while len(gate.writer._jobs) < 61 and time.monotonic() < until:
        time.sleep(0.001)
    gate.open()
    for thread in threads:
        thread.join(30)
    assert added == [True] * 61
    assert gate.commits == [1, 61]


def test_a_group_wakes_an_event_loop_once(inbox):
    async def main():
        import asyncio

        gate = Gate(inbox)
        gate.close()
        loop = asyncio.get_running_loop()
        soon, calls = loop.call_soon_threadsafe, []
        loop.call_soon_threadsafe = lambda *call: calls.append(call) or soon(*call)
        async with anyio.create_task_group() as tasks:
            for number in range(30):
                tasks.start_soon(inbox.add, event_of(number))
            await anyio.wait_all_tasks_blocked()
            gate.open()
        assert len(calls) == 1

    anyio.run(main)


def test_a_cancelled_add_takes_nothing_from_the_others(backend, inbox):
    async def main():
        gate = Gate(inbox)
        gate.close()
        added = []

        async def add(number, scope):
            with scope:
                added.append((number, await inbox.add(event_of(number))))

        scopes = [anyio.CancelScope() for _ in range(10)]
        async with anyio.create_task_group() as tasks:
            for number, scope in enumerate(scopes):
                tasks.start_soon(add, number, scope)
            await anyio.wait_all_tasks_blocked()
            for scope in scopes[::2]:
                scope.cancel()
            await anyio.wait_all_tasks_blocked()
            gate.open()
        assert sorted(added) == [(number, True) for number in range(1, 10, 2)]
        # Whole, if they were stored at all.
        found = [one.event async for one in inbox.events()]
        assert {event.recipient for event in found} >= {f"jane{number}@example.com" for number in range(1, 10, 2)}
        assert all(event == event_of(int(event.id, 16)) for event in found)

    anyio.run(main, backend=backend)


def test_an_event_loop_that_has_ended_takes_nothing_from_the_others(inbox):
    gate = Gate(inbox)
    gate.close()

    async def give_up():
        with anyio.move_on_after(0.01):
            await inbox.add(event_of(1))

    anyio.run(give_up)
    anyio.run(give_up, backend="trio")
    gate.open()
    assert inbox.sync.add(event_of(2))
    assert inbox.sync.counts().waiting == 2


@pytest.mark.parametrize(
    "error", [sqlite3.DataError("string or blob too big"), ValueError("a mistake"), OverflowError("int too large")]
)
def test_an_event_that_can_t_be_written_fails_alone(inbox, error):
    gate = Gate(inbox)
    gate.close()
    jobs = [inbox._jobs.add(event_of(number)) for number in range(5)]

    def fails(connection):
        raise error

    jobs[2].work = fails
    for job in jobs:
        gate.writer.submit(job)
    gate.open()
    assert inbox.sync.add(event_of(9))
    assert [job.result for job in jobs] == [True, True, None, True, True]
    with pytest.raises(InboxError, match=type(error).__name__):
        jobs[2].outcome()
    assert inbox.sync.counts().waiting == 5


def test_each_call_of_a_group_that_failed_has_an_error_of_its_own(inbox, monkeypatch):
    gate = Gate(inbox)
    gate.close()
    jobs = [inbox._jobs.add(event_of(number)) for number in range(3)]
    for job in jobs:
        gate.writer.submit(job)
    database = inbox._core.writer._database
    monkeypatch.setattr(database, "_connected", lambda: (_ for _ in ()).throw(InboxError("inbox: no")))
    gate.open()
    with pytest.raises(InboxError):
        inbox.sync.add(event_of(4))
    assert len({id(job.error) for job in jobs}) == 3
    monkeypatch.undo()
    assert inbox.sync.add(event_of(1))


def test_a_transaction_holds_no_more_than_its_limits(inbox, monkeypatch):
    monkeypatch.setattr(group_thread, "MAX_GROUP_CALLS", 4)
    monkeypatch.setattr(group_thread, "MAX_GROUP_BYTES", 3_000)
    gate = Gate(inbox)
    gate.close()
    jobs = [inbox._jobs.add(event_of(number, subject="x" * (5_000 if number == 5 else 10))) for number in range(10)]
    for job in jobs:
        gate.writer.submit(job)
    gate.open()
    inbox.sync.add(event_of(99))
    assert gate.commits[:5] == [1, 4, 1, 1, 4] or gate.commits[:4] == [1, 4, 1, 1]
    assert all(job.outcome() for job in jobs)


def test_an_idle_thread_ends_and_the_next_call_starts_another(inbox, monkeypatch):
    monkeypatch.setattr(group_thread, "IDLE_SECONDS", 0.01)
    inbox.sync.add(event_of(1))
    thread = inbox._core.writer._thread
    if thread is not None:
        thread.join(10)
    assert inbox._core.writer._thread is None
    assert inbox.sync.add(event_of(2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_does_nothing_of_what_its_parent_waits_for(inbox, forked):
    gate = Gate(inbox)
    inbox.sync.add(event_of(0))
    child = forked(
        lambda: [len(inbox._core.writer._jobs), inbox._core.writer._thread is None, inbox.sync.add(event_of(1))]
    )
    assert child() == [0, True, True]
    assert gate.commits
    assert inbox.sync.counts().waiting == 2
