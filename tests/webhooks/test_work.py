"""`work`: events get to their handlers, at least once, and what failed is tried again."""

import logging
import re
import threading
import time

import anyio
import pytest
from webhooks.stored import Clock, event_of

from smtp2go_async.errors import ArgumentTypeError, HandlerError, InvalidArgumentError
from smtp2go_async.webhooks import _handling
from smtp2go_async.webhooks._failures import shown
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


async def filled(inbox, count):
    async with anyio.create_task_group() as tasks:
        for number in range(count):
            tasks.start_soon(inbox.add, event_of(number))


def run(backend, path, main):
    async def opened():
        async with SqliteInbox(path) as inbox:
            with anyio.fail_after(30):
                await main(inbox)

    anyio.run(opened, backend=backend)


def test_every_event_gets_to_its_handlers(backend, path):
    async def main(inbox):
        called, threads = [], []

        async def note(event):
            called.append(event.id)

        def plain(event):
            threads.append(event.id)

        await filled(inbox, 40)
        await work(inbox, router_of(note, plain), until_empty=True)
        assert sorted(called) == sorted(threads) == [event_of(number).id for number in range(40)]
        assert await inbox.counts() == InboxCounts(done=40)

    run(backend, path, main)


def test_an_event_that_no_handler_is_for_is_done(backend, path):
    async def main(inbox):
        await filled(inbox, 3)
        await work(inbox, Router(), until_empty=True)
        assert await inbox.counts() == InboxCounts(done=3)

    run(backend, path, main)


def test_no_more_events_are_worked_on_than_allowed_and_as_many_as_allowed(backend, path):
    async def main(inbox):
        running = most = 0

        async def handler(event):
            nonlocal running, most
            running += 1
            most = max(most, running)
            await anyio.sleep(0.001)
            running -= 1

        await filled(inbox, 30)
        await work(inbox, router_of(handler), concurrency=7, until_empty=True)
        assert most == 7

    run(backend, path, main)


def test_a_worker_that_waits_is_woken_by_an_event_of_its_process(backend, path):
    async def main(inbox):
        called = anyio.Event()

        async def handler(event):
            called.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work, inbox, router_of(handler))
            await anyio.wait_all_tasks_blocked()
            await anyio.sleep(0.02)
            started = time.monotonic()
            await inbox.add(event_of(1))
            await called.wait()
            # Well below the time after which events of other processes are looked for.
            assert time.monotonic() - started < 0.8
            tasks.cancel_scope.cancel()

    run(backend, path, main)


def test_a_worker_finds_events_of_other_processes(backend, path, monkeypatch):
    monkeypatch.setattr("smtp2go_async.webhooks._work.POLL_SECONDS", 0.01)

    async def main(inbox):
        called = anyio.Event()

        async def handler(event):
            called.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work, inbox, router_of(handler))
            await anyio.wait_all_tasks_blocked()
            async with SqliteInbox(path) as other:
                await other.add(event_of(1))
            await called.wait()
            tasks.cancel_scope.cancel()

    run(backend, path, main)


# --- what failed --------------------------------------------------------------------------------------------------


def test_a_failed_event_is_tried_again_after_growing_waits_until_it_is_dead(backend, path, caplog):
    caplog.set_level(logging.INFO, "smtp2go_async.webhooks")

    async def main(inbox):
        inbox._jobs.clock = clock = Clock()
        attempts, waits = [], []

        async def handler(event):
            attempts.append(event.attempt)
            raise ValueError(f"can't reach {event.recipient}")

        await inbox.add(event_of(1))
        while (seconds := await inbox.seconds_until_due()) is not None:
            waits.append(round(seconds, 3))
            clock.now += seconds + 0.001
            await work(inbox, router_of(handler), until_empty=True, tries=6, max_retry_seconds=30, _random=lambda: 0.5)
        assert attempts == [1, 2, 3, 4, 5, 6]
        assert waits == [0, 5, 10, 20, 30, 30]
        (dead,) = [one async for one in inbox.events(state="dead")]
        assert re.fullmatch(r"ValueError: can't reach \*{3}@example.com \(handler, test_work.py line \d+\)", dead.error)

    run(backend, path, main)
    levels = [record.levelname for record in caplog.records]
    # People who have set no level see that something fails, and the repeats of it do not flood them.
    assert levels == ["WARNING"] + ["INFO"] * 4 + ["WARNING"]
    assert (
        caplog.records[0]
        .getMessage()
        .startswith(
            "the event 'delivered' of e-mail '1abcde-1' is tried again in 5.0 seconds: "
            "ValueError: can't reach ***@example.com (handler, test_work.py line "
        )
    )
    assert "is dead after 6 tries: ValueError" in caplog.records[-1].getMessage()
    assert "jane" not in caplog.text


def test_at_debug_the_log_has_the_traceback_of_a_failed_try_without_addresses(path, caplog):
    caplog.set_level(logging.DEBUG, "smtp2go_async.webhooks")

    async def main(inbox):
        def handler(event):
            raise LookupError(f"no row for {event.recipient}")

        await inbox.add(event_of(1))
        await work(inbox, router_of(handler), until_empty=True)

    run("asyncio", path, main)
    assert "Traceback (most recent call last)" in caplog.text
    assert "in handler" in caplog.text
    assert "jane" not in caplog.text


@pytest.mark.parametrize(("random", "expected"), [(0.0, 4.5), (1.0, 5.5)])
def test_waits_differ_a_little_at_random(path, random, expected):
    async def main(inbox):
        inbox._jobs.clock = Clock()

        async def handler(event):
            raise ValueError

        await inbox.add(event_of(1))
        await work(inbox, router_of(handler), until_empty=True, _random=lambda: random)
        assert round(await inbox.seconds_until_due(), 3) == expected

    run("asyncio", path, main)


def test_an_event_that_fails_once_is_done_at_the_second_try(backend, path):
    async def main(inbox):
        attempts = []

        def handler(event):
            attempts.append(event.attempt)
            if event.attempt == 1:
                raise OSError("down")

        await inbox.add(event_of(1))
        await work(inbox, router_of(handler), until_empty=True, first_retry_seconds=0)
        assert attempts == [1, 2]
        assert await inbox.counts() == InboxCounts(done=1)

    run(backend, path, main)


def test_until_empty_leaves_what_is_tried_later_and_what_others_have(backend, path):
    async def main(inbox):
        async def handler(event):
            raise ValueError

        await filled(inbox, 2)
        await inbox.take(1, lease_seconds=60)
        await work(inbox, router_of(handler), until_empty=True, first_retry_seconds=3600)
        assert await inbox.counts() == InboxCounts(waiting=1, leased=1)

    run(backend, path, main)


@pytest.mark.parametrize("kind", ["async", "plain"])
def test_a_handler_that_never_ends_is_a_failed_try(backend, path, kind):
    async def main(inbox):
        end = threading.Event()

        async def forever(event):
            await anyio.sleep_forever()

        def hangs(event):
            end.wait(30)

        await inbox.add(event_of(1))
        await work(inbox, router_of(forever if kind == "async" else hangs), until_empty=True, handler_seconds=0.02)
        end.set()
        (found,) = [one async for one in inbox.events()]
        assert (found.state, found.attempts) == ("waiting", 1)
        assert found.error == "HandlerError: a handler took longer than 0.02 seconds"

    run(backend, path, main)


def test_when_too_many_plain_handlers_hang_events_wait_and_a_warning_says_so(backend, path, monkeypatch, caplog):
    monkeypatch.setattr(_handling, "MAX_HANGING_THREADS", 2)

    monkeypatch.setattr(_handling._threads, "hanging", 2)

    async def main(inbox):
        called, slept = [], []

        async def sleep(seconds):
            slept.append(seconds)
            _handling._threads.hanging = 0

        await inbox.add(event_of(1))
        # With until_empty it returns, since the handlers may hang for ever.
        await work(inbox, router_of(called.append), until_empty=True)
        assert await inbox.counts() == InboxCounts(waiting=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: work(inbox, router_of(called.append), _sleep=sleep))
            while (await inbox.counts()).done == 0:
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
        (done,) = [one async for one in inbox.events(state="done")]
        # It was given back twice, which was no try.
        assert (len(called), done.attempts, slept) == (1, 1, [5.0])

    run(backend, path, main)
    assert [record.getMessage() for record in caplog.records if "hang" in record.getMessage()] == [
        (
            "too many plain handlers hang; the next events wait: 2 plain handlers go on after their time was over: give "
            "their work an end, such as a timeout, or more time with handler_seconds"
        )
    ] * 2


def test_an_event_whose_workers_always_died_is_dead_without_another_try(backend, path, caplog):
    async def main(inbox):
        inbox._jobs.clock = clock = Clock()
        await inbox.add(event_of(1))
        for _ in range(3):
            await inbox.take(1, lease_seconds=60)
            clock.now += 61
        called = []
        await work(inbox, router_of(called.append), until_empty=True, tries=3)
        (dead,) = [one async for one in inbox.events(state="dead")]
        assert dead.error == "the workers that had it ended in the middle"
        assert called == []

    run(backend, path, main)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


# --- texts of errors ----------------------------------------------------------------------------------------------


class Unprintable(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("to jane@example.com\nwith api-" + "A" * 32), "ValueError: to ***@example.com with api-***"),
        (ValueError(), "ValueError"),
        (Unprintable(), "tests.webhooks.test_work.Unprintable"),
        (KeyError("x" * 5000), "KeyError: '" + "x" * 299),
        (
            ExceptionGroup("a", [ExceptionGroup("b", [ValueError("1"), KeyError(2)]), OSError("3"), OSError("4")]),
            "ValueError: 1; KeyError: 2; OSError: 3 and 1 more",
        ),
        (HandlerError("a handler took longer than 1 seconds"), "HandlerError: a handler took longer than 1 seconds"),
    ],
)
def test_an_error_is_shown_short_and_without_addresses_and_keys(error, text):
    assert shown(error) == text


# --- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            {"inbox": "events.db"},
            ArgumentTypeError,
            r"inbox: must be an inbox, such as SqliteInbox\(path\) or an object with every method of Inbox, not a str",
        ),
        ({"router": print}, ArgumentTypeError, "router: must be a Router"),
        ({"concurrency": 0}, InvalidArgumentError, "concurrency: must be 1 to 1,000, not 0"),
        ({"tries": 0}, InvalidArgumentError, "tries: must be 1 or more, not 0"),
        ({"tries": 1.5}, ArgumentTypeError, "tries: must be an int"),
        ({"first_retry_seconds": -1}, InvalidArgumentError, "first_retry_seconds: must be 0 to 2,592,000 seconds"),
        ({"max_retry_seconds": float("inf")}, InvalidArgumentError, "max_retry_seconds: must be finite"),
        ({"handler_seconds": 0}, InvalidArgumentError, "handler_seconds: must be 0.001 to 2,592,000 seconds"),
        ({"until_empty": 1}, ArgumentTypeError, "until_empty: must be a bool"),
    ],
)
def test_an_impossible_argument_is_an_error_before_anything_is_taken(path, arguments, error, text):
    async def main():
        given = {"inbox": SqliteInbox(path), "router": Router(), **arguments}
        with pytest.raises(error, match=f"^{text}"):
            await work(**given)

    anyio.run(main)
    assert not path.exists()
