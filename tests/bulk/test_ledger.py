"""Many who write into one journal, and some of them given up in a way that no shield keeps off."""

import asyncio
import json
import threading

import pytest

from smtp2go_async import Journal, JournalError
from smtp2go_async.bulk.ledger import Ledger
from smtp2go_async.bulk.plan import Row


@pytest.fixture
def held(path):
    """Give a journal whose first write waits, what lets it go on, and what was written."""
    go_on, sizes = threading.Event(), []
    with Journal(path) as journal:
        write = journal.write

        def slow(lines):
            assert go_on.wait(5)
            sizes.append(len(json.loads(lines.claims)))
            write(lines)

        journal.write = slow
        yield journal, go_on, sizes


def run(work):
    async def main():
        async with asyncio.timeout(10):
            await work()

    asyncio.run(main())


async def started(ledger, *names):
    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(ledger.commit([Row(name)], [])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return tasks


def test_those_who_come_during_a_write_are_written_together(held):
    journal, go_on, sizes = held

    async def work():
        tasks = await started(Ledger(journal), *"abcd")
        go_on.set()
        await asyncio.gather(*tasks)

    run(work)
    assert sizes == [1, 3]
    assert [row.reference for row in journal.rows()] == list("abcd")


@pytest.mark.parametrize("given_up", [[1], [1, 2], [2], [3], [1, 3], [1, 2, 3]])
def test_those_who_wait_are_written_when_others_are_given_up(given_up, held):
    journal, go_on, sizes = held

    async def work():
        ledger = Ledger(journal)
        tasks = await started(ledger, *"abcd")
        for number in given_up:
            tasks[number].cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [task.cancelled() for task in tasks] == [number in given_up for number in range(4)]
        await ledger.commit([Row("e")], [])

    run(work)
    assert [row.reference for row in journal.rows()] == list("abcde")


def test_who_was_to_write_next_and_is_given_up_just_then_lets_another_one_write(held):
    journal, go_on, _ = held

    async def work():
        ledger = Ledger(journal)
        tasks = await started(ledger, *"abc")
        hand_over = ledger._hand_over

        def given_up():
            hand_over()
            ledger._hand_over = hand_over
            tasks[1].cancel()

        ledger._hand_over = given_up
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert tasks[1].cancelled()

    run(work)
    assert {row.reference for row in journal.rows()} >= {"a", "c"}


def test_those_whose_writer_was_given_up_are_told_that_nothing_is_known_to_be_written(held):
    journal, go_on, _ = held

    async def work():
        ledger = Ledger(journal)
        first, second, third = await started(ledger, *"abc")
        go_on.set()
        await first
        go_on.clear()
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.sleep(0.05)
        go_on.set()
        with pytest.raises(JournalError, match="given up"):
            await third
        await ledger.commit([Row("d")], [])

    run(work)
    assert "d" in {row.reference for row in journal.rows()}
