"""`work` that is cancelled, whose store fails, or that meets an exit or a mistake in the program."""

import asyncio
import logging
import sqlite3
import threading
from collections import Counter

import anyio
import pytest
from webhooks.stored import event_of

from smtp2go_async.errors import InboxError
from smtp2go_async.webhooks._work import work
from smtp2go_async.webhooks.events import Event
from smtp2go_async.webhooks.inbox import InboxCounts
from smtp2go_async.webhooks.router import Router
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


def router_of(*handlers):
    router = Router()
    for handler in handlers:
        router.on(Event)(handler)
    return router


def run(backend, path, main):
    async def opened():
        async with SqliteInbox(path, busy_seconds=0.05) as inbox:
            with anyio.fail_after(30):
                await main(inbox)

    anyio.run(opened, backend=backend)


@pytest.mark.parametrize("kind", ["async", "plain"])
def test_a_cancelled_worker_cancels_its_handlers_and_their_events_wait(backend, path, kind):
    async def main(inbox):
        end, started = threading.Event(), []

        async def forever(event):
            started.append(event.id)
            await anyio.sleep_forever()

        def hangs(event):
            started.append(event.id)
            end.wait(30)

        for number in range(5):
            await inbox.add(event_of(number))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: work(inbox, router_of(forever if kind == "async" else hangs), concurrency=3))
            while len(started) < 3:
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
        end.set()
        assert await inbox.counts() == InboxCounts(waiting=5)
        attempts = Counter([one.attempts async for one in inbox.events()])
        assert attempts == {1: 3, 0: 2}
        again = []

        async def note(event):
            again.append((event.id, event.attempt))

        await work(inbox, router_of(note), until_empty=True)
        assert sorted(again) == [(event_of(n).id, 2 if event_of(n).id in started else 1) for n in range(5)]

    run(backend, path, main)


def test_a_task_of_asyncio_with_a_worker_is_cancelled_without_a_group_of_errors(path):
    async def main(inbox):
        import asyncio

        started = asyncio.Event()

        async def forever(event):
            started.set()
            await asyncio.sleep(3600)

        await inbox.add(event_of(1))
        task = asyncio.create_task(work(inbox, router_of(forever)))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await inbox.counts() == InboxCounts(waiting=1)

    run("asyncio", path, main)


@pytest.mark.parametrize("others", [0, 1])
def test_a_handler_that_cancels_its_own_task_has_failed_and_the_worker_goes_on(path, others):
    async def main(inbox):
        async def cancels_itself(event):
            if event.id.endswith("1"):
                asyncio.current_task().cancel()
                await asyncio.sleep(0)

        async def slow(event):
            await asyncio.sleep(0.01)
            returned.append(event.id)

        returned = []
        for number in range(1, 4):
            await inbox.add(event_of(number))
        await work(inbox, router_of(cancels_itself, *[slow] * others), until_empty=True, tries=2, first_retry_seconds=0)
        assert await inbox.counts() == InboxCounts(done=2, dead=1)
        (dead,) = [one async for one in inbox.events(state="dead")]
        assert (dead.attempts, dead.error) == (2, "HandlerError: a handler ended by a cancellation of its own")
        assert len(returned) == 4 * others

    run("asyncio", path, main)


def test_an_idle_worker_can_be_cancelled(backend, path):
    async def main(inbox):
        with anyio.move_on_after(0.05) as scope:
            await work(inbox, Router())
        assert scope.cancelled_caught

    run(backend, path, main)


@pytest.mark.parametrize("kind", ["async", "plain"])
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_an_exit_in_a_handler_ends_the_worker_as_it_is_and_the_event_waits(backend, path, kind, error):
    async def main(inbox):
        async def exits(event):
            await anyio.sleep(0)
            raise error

        def plain_exits(event):
            raise error

        async def other(event):
            await anyio.sleep_forever()

        for number in range(3):
            await inbox.add(event_of(number))
        with pytest.raises(type(error)) as caught:
            await work(inbox, router_of(exits if kind == "async" else plain_exits, other))
        assert caught.value is error
        assert (await inbox.counts()).waiting == 3

    run(backend, path, main)


def test_a_mistake_in_the_program_ends_the_worker_as_it_is(backend, path):
    async def main(inbox):
        async def broken(lease):
            raise ZeroDivisionError

        inbox.finish = broken
        await inbox.add(event_of(1))
        with pytest.raises(ZeroDivisionError):
            await work(inbox, Router())

    run(backend, path, main)


def test_a_locked_inbox_makes_a_worker_wait_longer_and_longer_and_go_on(backend, path, caplog):
    caplog.set_level(logging.INFO, "smtp2go_async.webhooks")
    slept = []

    async def main(inbox):
        await inbox.add(event_of(1))
        rows = sqlite3.connect(path, isolation_level=None)
        rows.execute("BEGIN IMMEDIATE")
        called = []

        async def sleep(seconds):
            slept.append(seconds)
            if len(slept) == 4:
                rows.execute("ROLLBACK")

        await work(inbox, router_of(called.append), until_empty=True, _sleep=sleep)
        rows.close()
        assert len(called) == 1

    run(backend, path, main)
    assert slept == [0.5, 1.0, 2.0, 4.0]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 4
    assert "the inbox can't be used, and is tried again in 0.5 seconds: inbox: " in caplog.text


def test_what_became_of_an_event_is_written_when_the_store_works_again(backend, path):
    async def main(inbox):
        fails, called = [True] * 3, []
        finish = inbox.finish

        async def finish_later(lease):
            if fails and fails.pop():
                raise InboxError("inbox: no")
            return await finish(lease)

        async def sleep(seconds):
            await anyio.sleep(0)

        inbox.finish = finish_later
        await inbox.add(event_of(1))
        await work(inbox, router_of(called.append), until_empty=True, _sleep=sleep)
        assert len(called) == 1
        assert await inbox.counts() == InboxCounts(done=1)

    run(backend, path, main)


def test_an_event_is_told_again_if_the_store_fails_until_the_lease_has_ended(backend, path, caplog):
    async def main(inbox):
        now, finish = [0.0], inbox.finish

        async def fails(lease):
            raise InboxError("inbox: no")

        async def sleep(seconds):
            now[0] += seconds

        inbox.finish = fails
        await inbox.add(event_of(1))
        await work(inbox, Router(), until_empty=True, handler_seconds=1, _sleep=sleep, _monotonic=lambda: now[0])
        assert await inbox.counts() == InboxCounts(leased=1)
        inbox.finish = finish

    run(backend, path, main)
    assert "the event 'delivered' of e-mail '1abcde-1' is told again, since the inbox can't be used" in caplog.text
