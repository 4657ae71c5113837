"""Leases of events: who has an event, until when, and what a clock that jumps does."""

import anyio
import pytest
from webhooks.stored import JSON, NOON, Clock, body_of, event_of, numbers_of

from smtp2go_async.errors import WebhookError
from smtp2go_async.webhooks.inbox import STATES, InboxCounts, Lease
from smtp2go_async.webhooks.parse import parse
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(tmp_path, clock):
    with SqliteInbox(tmp_path / "events.db").sync as opened:
        opened._jobs.clock = clock
        yield opened


def take(inbox, count=10, seconds=60.0):
    return inbox.take(count, lease_seconds=seconds)


def test_events_are_taken_oldest_first_and_by_one_worker(inbox, clock):
    for number in (3, 1, 2):
        inbox.add(event_of(number))
        clock.now += 1
    assert numbers_of(take(inbox, 2)) == [3, 1]
    assert numbers_of(take(inbox)) == [2]
    assert take(inbox) == []
    assert inbox.counts() == InboxCounts(leased=3)


def test_a_finished_event_is_done_and_its_lease_is_spent(inbox):
    inbox.add(event_of(1))
    (lease,) = take(inbox)
    assert lease.event.attempt == 1
    assert inbox.finish(lease)
    assert [inbox.finish(lease), inbox.give_back(lease), inbox.fail(lease, "x", retry_seconds=1)] == [False] * 3
    assert inbox.counts() == InboxCounts(done=1)


def test_a_failed_event_waits_and_counts_its_tries(inbox, clock):
    inbox.add(event_of(1))
    (lease,) = take(inbox)
    assert inbox.fail(lease, "ValueError: write to jane@example.com", retry_seconds=30)
    assert take(inbox) == []
    assert inbox.seconds_until_due() == 30
    (found,) = inbox.events()
    assert (found.state, found.attempts, found.error) == ("waiting", 1, "ValueError: write to ***@example.com")
    clock.now += 30
    (again,) = take(inbox)
    assert again.event.attempt == 2
    assert again.token != lease.token


def test_an_event_that_is_given_up_is_dead(inbox):
    inbox.add(event_of(1))
    (lease,) = take(inbox)
    assert inbox.fail(lease, "x" * 10_000, retry_seconds=None)
    assert take(inbox) == []
    (found,) = inbox.events(state="dead")
    assert (len(found.error), found.due_at) == (500, None)
    assert inbox.seconds_until_due() is None


def test_an_event_that_is_given_back_was_not_tried(inbox):
    inbox.add(event_of(1))
    inbox.add(event_of(2))
    first, _second = take(inbox)
    assert inbox.give_back(first)
    (lease,) = take(inbox)
    assert (numbers_of([lease]), lease.event.attempt) == ([1], 1)


def test_a_lease_that_has_ended_is_taken_by_another_and_was_a_try(inbox, clock):
    inbox.add(event_of(1))
    (late,) = take(inbox, seconds=60)
    clock.now += 59
    assert take(inbox) == []
    clock.now += 1
    (lease,) = take(inbox)
    assert lease.event.attempt == 2
    assert not inbox.finish(late)
    assert not inbox.give_back(late)
    assert inbox.counts() == InboxCounts(leased=1)
    assert inbox.finish(lease)


def test_a_late_worker_can_finish_while_no_other_has_the_event(inbox, clock):
    inbox.add(event_of(1))
    (late,) = take(inbox)
    clock.now += 3600
    assert inbox.finish(late)


@pytest.mark.parametrize("token", ["", "1", "1:", ":x", "x:y", "1:0123456789abcdef", "99999999999999999999:a", "²:a"])
def test_a_token_of_another_store_is_not_valid(inbox, token):
    inbox.add(event_of(1))
    take(inbox)
    assert not inbox.finish(Lease(event=event_of(1), token=token))
    assert inbox.counts() == InboxCounts(leased=1)


# --- clocks that jump ---------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_forward_ends_a_lease_early_and_the_late_finish_says_so(inbox, clock):
    inbox.add(event_of(1))
    (first,) = take(inbox)
    clock.now += 86_400
    (second,) = take(inbox)
    assert not inbox.finish(first)
    assert inbox.finish(second)
    assert take(inbox) == []


@pytest.mark.parametrize("jump", [10, 86_400, NOON])
def test_a_clock_that_is_put_back_keeps_no_event_waiting(inbox, clock, jump):
    inbox.add(event_of(1))
    inbox.add(event_of(2))
    (lease, _) = take(inbox, seconds=60)
    inbox.fail(lease, "x", retry_seconds=5)
    clock.now -= jump
    inbox.add(event_of(3))
    assert sorted(numbers_of(take(inbox))) == [1, 3]


def test_a_clock_that_is_put_back_while_no_worker_runs_keeps_no_event_waiting(tmp_path):
    path = tmp_path / "events.db"
    with SqliteInbox(path).sync as inbox:
        inbox._jobs.clock = Clock(NOON + 86_400)
        inbox.add(event_of(1))
    with SqliteInbox(path).sync as inbox:
        inbox._jobs.clock = Clock(NOON)
        assert numbers_of(take(inbox)) == [1]


def test_a_clock_that_is_put_back_takes_no_lease_from_a_worker_and_the_lease_still_ends(inbox, clock):
    inbox.add(event_of(1))
    (lease,) = take(inbox, seconds=60)
    clock.now -= 86_400
    assert take(inbox) == []
    clock.now += 59
    assert take(inbox) == []
    clock.now += 1
    assert numbers_of(take(inbox)) == [1]
    assert not inbox.finish(lease)


@pytest.mark.parametrize("jump", [10, 86_400])
def test_a_clock_that_is_put_back_hides_no_event(inbox, clock, jump):
    for number in range(5):
        inbox.add(event_of(number))
    done, dead, waiting, _ = take(inbox, 4)
    inbox.finish(done)
    inbox.fail(dead, "x", retry_seconds=None)
    inbox.fail(waiting, "x", retry_seconds=5)
    clock.now -= jump
    found = {state: [one.event.id for one in inbox.events(state=state)] for state in STATES}
    assert {state: len(ids) for state, ids in found.items()} == {"waiting": 2, "leased": 1, "done": 1, "dead": 1}


def test_another_process_with_the_old_time_is_noticed_after_a_minute(inbox, clock):
    monotonic = inbox._jobs.monotonic = Clock(0.0)
    assert take(inbox) == []
    clock.now += 86_400
    inbox.add(event_of(1))
    clock.now -= 86_400
    assert take(inbox) == []
    clock.now += 61
    monotonic.now += 61
    assert numbers_of(take(inbox)) == [1]


@pytest.mark.parametrize("now", [0.0, -5.0, 1e18])
def test_a_clock_beyond_all_dates_is_no_reason_to_fail(inbox, clock, now):
    clock.now = now
    assert inbox.add(event_of(1))
    (lease,) = take(inbox)
    assert lease.event.received_at.year in (1970, 9999)


# --- bodies that can't be read any more ---------------------------------------------------------------------------


@pytest.mark.parametrize("error", [WebhookError("no word of jane@example.com"), ValueError("a mistake in parse")])
def test_a_body_that_is_refused_when_it_is_taken_is_dead_and_harms_no_other(inbox, error):
    def refuses(body, content_type):
        if b"jane2@" in body:
            raise error
        return parse(body, content_type)

    for number in (1, 2, 3):
        inbox.add(event_of(number))
    inbox._jobs.parse = refuses
    assert numbers_of(take(inbox)) == [1, 3]
    (found,) = inbox.events(state="dead")
    assert found.error.startswith(f"it can't be read any more: {type(error).__name__}: ")
    assert "jane@" not in found.error
    assert (found.event.name, found.event.email_id, found.event.body) == ("delivered", "1abcde-2", body_of(2))
    inbox._jobs.parse = parse
    assert inbox.retry() == 1
    assert numbers_of(take(inbox)) == [2]


def test_an_event_is_read_anew_when_it_is_taken(inbox):
    inbox.add(event_of(1))
    inbox._jobs.parse = lambda body, content_type: parse(body_of(1, event="open"), JSON)
    (lease,) = take(inbox)
    assert (type(lease.event).__name__, lease.event.body) == ("Opened", body_of(1))


# --- cancellation and waiting -------------------------------------------------------------------------------------


def test_a_take_that_is_cancelled_gives_the_events_back(backend, tmp_path):
    async def main():
        async with SqliteInbox(tmp_path / "events.db") as inbox:
            await inbox.add(event_of(1))
            with anyio.CancelScope() as scope:
                scope.cancel()
                await inbox.take(1, lease_seconds=3600)
            (lease,) = await inbox.take(1, lease_seconds=60)
            assert lease.event.attempt == 1

    anyio.run(main, backend=backend)


def test_a_wait_ends_when_this_process_stores_an_event(backend, tmp_path):
    async def main():
        async with SqliteInbox(tmp_path / "events.db") as inbox:
            woken = anyio.Event()

            async def wait():
                await inbox.wait(3600)
                woken.set()

            with anyio.fail_after(10):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(wait)
                    await anyio.wait_all_tasks_blocked()
                    assert not woken.is_set()
                    await inbox.add(event_of(1))
                    await woken.wait()
                # The event waits, so there is nothing to wait for.
                await inbox.wait(3600)
                inbox.sync.wait(3600)

    anyio.run(main, backend=backend)


def test_a_wait_ends_after_its_time(backend, tmp_path):
    async def main():
        async with SqliteInbox(tmp_path / "events.db") as inbox:
            await inbox.wait(0.001)
            inbox.sync.wait(0.001)

    anyio.run(main, backend=backend)
