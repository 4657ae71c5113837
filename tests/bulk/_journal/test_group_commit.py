"""Many calls write into the same journal, and some are cancelled in a way that no shield keeps off."""

import asyncio
import json
import threading

import anyio
import pytest

from smtp2go_async import Journal, JournalError
from smtp2go_async.bulk._journal import group_commit as module
from smtp2go_async.bulk._journal.group_commit import GroupCommit
from smtp2go_async.bulk._journal.row_states import Settled
from smtp2go_async.bulk._plan import Row


@pytest.fixture
def held_journal(path):
    """A journal whose first write waits, the event that lets it go on, and the sizes of all writes."""
    go_on, sizes = threading.Event(), []
    with Journal(path) as journal:
        write = journal.write

        def slow(entry):
            assert go_on.wait(5)
            sizes.append(len(json.loads(entry.claims)))
            write(entry)

        journal.write = slow
        yield journal, go_on, sizes


def run_on_asyncio(work):
    async def main():
        async with asyncio.timeout(10):
            await work()

    asyncio.run(main())


async def start_commits(group_commit, *names):
    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(group_commit.commit([Row(name)], [])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return tasks


def test_commits_that_come_during_a_write_are_written_together(held_journal):
    journal, go_on, sizes = held_journal

    async def work():
        tasks = await start_commits(GroupCommit(journal), *"abcd")
        go_on.set()
        await asyncio.gather(*tasks)

    run_on_asyncio(work)
    assert sizes == [1, 3]
    assert [row.reference for row in journal.rows()] == list("abcd")


def test_commits_with_many_rows_are_written_in_pairs_and_small_commits_together(held_journal):
    """While the rows of two calls are written, the bodies of two others are encoded."""
    journal, go_on, sizes = held_journal

    async def work():
        group_commit = GroupCommit(journal)
        calls = [[Row(f"{name}{number}") for number in range(600)] for name in "abcdef"]
        tasks = [asyncio.create_task(group_commit.commit(rows, [])) for rows in calls]
        tasks += await start_commits(group_commit, *"ghi")
        go_on.set()
        await asyncio.gather(*tasks)

    run_on_asyncio(work)
    assert sizes == [600, 1200, 1200, 603]


def test_the_next_writer_writes_its_own_entry_behind_any_number_of_abandoned_entries(held_journal):
    journal, go_on, _ = held_journal

    async def work():
        group_commit = GroupCommit(journal)
        calls = [[Row(f"{name}{number}") for number in range(1200)] for name in "abcdef"]
        tasks = []
        for rows in calls:
            tasks.append(asyncio.create_task(group_commit.commit(rows, [])))
            await asyncio.sleep(0)
        for task in tasks[1:4]:
            task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await group_commit.commit([Row("later")], [])

    run_on_asyncio(work)
    assert {row.reference[0] for row in journal.rows()} >= set("aefl")


def test_bad_rows_that_could_not_be_written_are_written_with_the_next(path):
    with Journal(path) as journal:
        group_commit, write = GroupCommit(journal), journal.write

        def full(_entry):
            journal.write = write
            raise JournalError("full")

        journal.write = full

        async def work():
            group_commit.add_bad([Settled("bad", "failed")])
            with pytest.raises(JournalError, match="full"):
                await group_commit.commit([Row("a")], [])
            await group_commit.commit([Row("b")], [])

        run_on_asyncio(work)
        assert [(row.reference, row.state) for row in journal.rows()] == [("bad", "failed"), ("b", "claimed")]


def test_nothing_is_written_while_the_log_is_applied(path):
    """SQLite forgets the error of a statement when another statement ends well."""
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()
    with Journal(path) as journal:

        class Log:
            number = 0

            def apply(self, max_characters):
                begun.set()
                assert go_on.wait(5)

            def write(self, entry, now):
                done.set()

        real, journal._log = journal._log, Log()
        threads = [threading.Thread(target=journal.apply_log)]
        threads[0].start()
        begun.wait(5)
        threads.append(threading.Thread(target=journal.commit, args=([Row("a")], [])))
        threads[1].start()
        assert not done.wait(0.05)
        go_on.set()
        for thread in threads:
            thread.join(5)
        assert done.is_set()
        journal._log = real


@pytest.mark.parametrize("cancelled", [[1], [1, 2], [2], [3], [1, 3], [1, 2, 3]])
def test_waiting_commits_are_written_when_other_calls_are_cancelled(cancelled, held_journal):
    journal, go_on, sizes = held_journal

    async def work():
        group_commit = GroupCommit(journal)
        tasks = await start_commits(group_commit, *"abcd")
        for number in cancelled:
            tasks[number].cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [task.cancelled() for task in tasks] == [number in cancelled for number in range(4)]
        await group_commit.commit([Row("e")], [])

    run_on_asyncio(work)
    assert [row.reference for row in journal.rows()] == list("abcde")


def test_a_writer_that_is_cancelled_at_its_turn_wakes_the_next(held_journal):
    journal, go_on, _ = held_journal

    async def work():
        group_commit = GroupCommit(journal)
        tasks = await start_commits(group_commit, *"abc")
        wake_next_writer = group_commit._wake_next_writer

        def cancelled():
            wake_next_writer()
            group_commit._wake_next_writer = wake_next_writer
            tasks[1].cancel()

        group_commit._wake_next_writer = cancelled
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert tasks[1].cancelled()

    run_on_asyncio(work)
    assert {row.reference for row in journal.rows()} >= {"a", "c"}


def test_commits_whose_writer_was_cancelled_raise_since_their_state_is_not_known(held_journal):
    journal, go_on, _ = held_journal

    write, second_writes = journal.write, threading.Event()

    def then(entry):
        second_writes.set()
        write(entry)

    def once(entry):
        journal.write = then
        write(entry)
        # The next write may start before any call learns that this write was made.
        go_on.clear()

    journal.write = once

    async def work():
        group_commit = GroupCommit(journal)
        first, second, third = await start_commits(group_commit, *"abc")
        go_on.set()
        await first
        while not second_writes.is_set():
            await asyncio.sleep(0.001)
        second.cancel()
        await asyncio.sleep(0.05)
        go_on.set()
        with pytest.raises(JournalError, match="ended before"):
            await third
        await group_commit.commit([Row("d")], [])

    run_on_asyncio(work)
    assert "d" in {row.reference for row in journal.rows()}


# --- applying the log in the background ----------------------------------------------------------------------------------------


class Clock:
    """A clock by which an event loop needs a part of the time for itself."""

    def __init__(self, part):
        self.now, self.used, self.part = 0.0, 0.0, part

    def monotonic(self):
        return self.now

    def thread_time(self):
        # Asked for before the event loop goes on, and after.
        self.now += 0.5
        self.used += 0.5 * self.part * 2
        return self.used


def applied_states(journal):
    """Count what is in the table itself; its methods apply the log first."""
    return dict(journal._connection.execute("SELECT state, count(*) FROM rows GROUP BY state"))


@pytest.mark.parametrize(("part", "state"), [(0.1, "sent"), (0.4, "sent"), (0.6, None), (1.0, None)])
def test_the_log_is_applied_in_the_background_unless_the_loop_is_busy(part, state, backend, path, monkeypatch):
    monkeypatch.setattr(module, "time", Clock(part))
    monkeypatch.setattr(module, "APPLY_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(module, "APPLY_PAUSE_SECONDS_WHEN_BEHIND", 0.001)
    monkeypatch.setattr(module, "MAX_APPLIED_CHARACTERS", 100)

    async def work(journal):
        group_commit = GroupCommit(journal)
        rows = [Row(f"r{number}") for number in range(30)]
        for row in rows:
            await group_commit.commit([row], [])
        await group_commit.commit([], [Settled(row.reference, "sent", "id", "request") for row in rows])
        scope = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(group_commit.apply_in_background, scope)
            with anyio.move_on_after(5 if state else 0.1):
                while applied_states(journal) != {state: 30}:
                    await anyio.sleep(0.005)
            scope.cancel()
        return applied_states(journal)

    with Journal(path) as journal:
        found = anyio.run(work, journal, backend=backend)
    assert found == ({state: 30} if state else {})
