"""`SqliteInbox`: what is stored, and what is not new."""

import datetime as dt
import os
import sqlite3

import anyio
import pytest
from webhooks.stored import NOON, TESTS, Clock, activity_of, add_all, end_all, event_of

from smtp2go_async.errors import ArgumentTypeError, InboxError, InvalidArgumentError
from smtp2go_async.webhooks.events import Delivered
from smtp2go_async.webhooks.inbox import Inbox, InboxCounts
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox


@pytest.fixture
def inbox(tmp_path):
    with SqliteInbox(tmp_path / "events.db").sync as opened:
        opened._jobs.clock = Clock()
        yield opened


def stored(inbox, state=None):
    return [(int(found.event.id, 16), found.state) for found in inbox.events(state=state)]


def test_the_inbox_has_what_the_protocol_says(tmp_path):
    assert isinstance(SqliteInbox(tmp_path / "events.db"), Inbox)


def test_the_same_event_is_new_once(backend, tmp_path):
    async def main():
        async with SqliteInbox(tmp_path / "events.db") as inbox:
            assert [await inbox.add(event_of(1)), await inbox.add(event_of(2)), await inbox.add(event_of(1))] == [
                True,
                True,
                False,
            ]
            assert await inbox.counts() == InboxCounts(waiting=2)
            found = [one async for one in inbox.events()]
            assert [one.event.recipient for one in found] == ["jane1@example.com", "jane2@example.com"]
            assert await inbox.seconds_until_due() == 0

    anyio.run(main, backend=backend)


def test_of_many_adds_of_one_event_at_the_same_time_a_single_one_is_new(backend, tmp_path):
    async def main():
        async with SqliteInbox(tmp_path / "events.db") as inbox:
            new = []

            async def add():
                new.append(await inbox.add(event_of(7)))

            async with anyio.create_task_group() as tasks:
                for _ in range(50):
                    tasks.start_soon(add)
            assert sum(new) == 1

    anyio.run(main, backend=backend)


def test_an_event_without_an_id_is_known_by_what_happened(inbox):
    assert inbox.add(event_of(1, id=None))
    assert not inbox.add(event_of(1, id=None, subject="written otherwise"))
    assert inbox.add(event_of(1, id=None, time="2026-03-24T08:23:25Z"))


def test_the_id_and_the_fingerprint_are_both_stored(inbox, tmp_path):
    event = event_of(1)
    inbox.add(event)
    rows = sqlite3.connect(tmp_path / "events.db")
    assert rows.execute("SELECT id, fingerprint, key FROM events").fetchall() == [
        (event.id, event.fingerprint, event.key)
    ]
    rows.close()


def test_an_event_is_stored_as_it_came(inbox):
    event = event_of(3)
    inbox.add(event)
    (found,) = inbox.events()
    assert found.event == event
    assert (found.event.body, found.event.content_type) == (event.body, event.content_type)
    assert found.event.received_at == dt.datetime.fromtimestamp(NOON, dt.UTC)
    assert (found.state, found.attempts, found.error) == ("waiting", 0, None)
    assert found.due_at == found.event.received_at


@pytest.mark.parametrize("odd", ["a\0b", "half \ud83d", "x" * 100_000, "🙂"])
@pytest.mark.parametrize("field", ["id", "email_id", "event", "rcpt"])
def test_odd_texts_are_stored_once_and_can_be_retried(inbox, field, odd):
    event = event_of(1, **{field: odd})
    assert inbox.add(event)
    assert not inbox.add(event)
    (lease,) = inbox.take(1, lease_seconds=10)
    assert lease.event.raw == event.raw
    inbox.fail(lease, f"{odd} failed", retry_seconds=None)
    assert inbox.retry([event.key]) == 1


# --- the account's activity ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["webhook", "activity"])
@pytest.mark.parametrize(
    ("fields", "is_new"),
    [
        ({}, False),
        ({"time": "2026-03-24T08:23:21Z"}, False),
        ({"time": "2026-03-24T08:23:17Z"}, False),
        ({"time": None}, False),
        ({"time": "2026-03-24T08:23:22Z"}, True),
        ({"rcpt": "JANE1@example.com"}, False),
        ({"rcpt": "joe@example.com"}, True),
        ({"rcpt": None, "recipients": ["joe@example.com", "jane1@example.com"]}, False),
        ({"rcpt": None}, True),
        ({"email_id": "1abcde-2"}, True),
        ({"email_id": None}, True),
        ({"event": "bounce"}, True),
    ],
)
def test_an_event_of_both_sources_is_new_once(inbox, first, fields, is_new):
    events = [event_of(1), activity_of(1, **fields)]
    if first == "activity":
        events.reverse()
    assert [inbox.add(event) for event in events] == [True, is_new]


@pytest.mark.parametrize("make", [event_of, activity_of])
def test_two_events_of_one_source_in_the_same_moment_are_two_events(inbox, make):
    assert inbox.add(make(1, event="open"))
    assert inbox.add(make(1, event="open", id="b" * 32))


@pytest.mark.parametrize("first", ["webhook", "activity"])
@pytest.mark.parametrize(
    ("webhook", "activity", "is_new"),
    [
        ({"event": "click", "url": "https://a.example"}, {"event": "click", "url": "https://a.example"}, False),
        ({"event": "click", "url": "https://a.example"}, {"event": "click", "url": "https://b.example"}, True),
        ({"event": "click", "url": "https://a.example"}, {"event": "click"}, False),
        ({"event": "bounce", "bounce": "soft"}, {"event": "bounce", "bounce": "soft"}, False),
        ({"event": "bounce", "bounce": "soft"}, {"event": "bounce", "bounce": "hard"}, True),
        ({"event": "bounce"}, {"event": "bounce", "bounce": "hard"}, False),
    ],
)
def test_links_and_kinds_of_bounces_tell_events_of_both_sources_apart(inbox, first, webhook, activity, is_new):
    events = [event_of(1, **webhook), activity_of(1, **activity)]
    if first == "activity":
        events.reverse()
    assert [inbox.add(event) for event in events] == [True, is_new]


# --- all events ---------------------------------------------------------------------------------------------------


def test_events_come_oldest_first_over_many_pages_and_by_state(inbox):
    add_all(inbox, range(250))
    for lease in inbox.take(120, lease_seconds=10):
        inbox.finish(lease)
    assert stored(inbox) == [(number, "done" if number < 120 else "waiting") for number in range(250)]
    inbox._jobs.clock.now += 1
    assert stored(inbox, "done") == [(number, "done") for number in range(120)]
    assert stored(inbox, "waiting") == [(number, "waiting") for number in range(120, 250)]
    assert stored(inbox, "dead") == []


def test_an_event_that_changes_while_events_are_read_comes_once(inbox):
    add_all(inbox, range(150))
    inbox._jobs.clock.now += 1
    found = []
    for one in inbox.events(state="waiting"):
        if not found:
            inbox._jobs.clock.now += 1
            for lease in inbox.take(50, lease_seconds=10):
                inbox.fail(lease, "no", retry_seconds=60)
        found.append(one.event.key)
    assert len(found) == len(set(found)) == 150


def test_events_in_an_unknown_state_are_refused_before_anything_is_read(tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"state: must be one of .*not 'ded'; did you mean 'dead'\?"):
        SqliteInbox(tmp_path / "none" / "events.db").events(state="ded")


def test_dead_events_wait_again_and_their_tries_count_anew(inbox):
    for number in range(3):
        inbox.add(event_of(number))
        (lease,) = inbox.take(1, lease_seconds=10)
        inbox.fail(lease, "broken", retry_seconds=None)
    assert inbox.counts() == InboxCounts(dead=3)
    assert inbox.retry([event_of(1).key, "unknown"]) == 1
    (lease,) = inbox.take(5, lease_seconds=10)
    assert (lease.event.id, lease.event.attempt) == (event_of(1).id, 1)
    assert inbox.retry([]) == 0
    assert inbox.retry() == 2


def test_more_keys_than_a_statement_takes_are_retried(inbox):
    add_all(inbox, range(1_200))
    end_all(inbox, as_dead=True)
    assert inbox.retry({event_of(number).key for number in range(1_200)}) == 1_200


# --- prune --------------------------------------------------------------------------------------------------------


def done(inbox, *numbers):
    for number in numbers:
        inbox.add(event_of(number))
        (lease,) = inbox.take(1, lease_seconds=10)
        inbox.finish(lease)


def test_only_done_events_that_are_old_enough_are_pruned(inbox):
    done(inbox, 1)
    inbox.add(event_of(2))
    inbox.take(1, lease_seconds=1e6)
    inbox._jobs.clock.now += 100
    done(inbox, 3, 4)
    assert inbox.prune(dt.timedelta(seconds=50)) == 1
    assert stored(inbox) == [(2, "leased"), (3, "done"), (4, "done")]
    assert inbox.counts().total == 3


def test_a_late_repeat_of_a_pruned_event_is_not_new_for_three_days(inbox):
    done(inbox, 1)
    inbox._jobs.clock.now += 10
    assert inbox.prune(dt.timedelta()) == 1
    assert inbox.counts() == InboxCounts()
    inbox._jobs.clock.now += 3 * 86_400 - 20
    assert inbox.prune(dt.timedelta()) == 0
    assert not inbox.add(event_of(1))
    assert not inbox.add(activity_of(1))
    inbox._jobs.clock.now += 20
    assert inbox.prune(dt.timedelta()) == 0
    assert inbox.add(event_of(1))


def test_a_pruned_event_leaves_no_address_and_no_content(inbox, tmp_path):
    done(inbox, 1)
    inbox._jobs.clock.now += 10
    inbox.prune(dt.timedelta())
    rows = sqlite3.connect(tmp_path / "events.db")
    row = rows.execute("SELECT * FROM events").fetchone()
    rows.close()
    assert "example.com" not in repr(row)


def test_many_events_are_pruned_a_thousand_at_a_time(inbox):
    add_all(inbox, range(2_100))
    end_all(inbox)
    inbox._jobs.clock.now += 10
    assert inbox.prune(dt.timedelta()) == 2_100


# --- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda inbox: inbox.add({"event": "open"}), ArgumentTypeError, "event: must be an event, not a dict"),
        (lambda inbox: inbox.add(Delivered(name="delivered")), InvalidArgumentError, "event: must have the body"),
        (lambda inbox: inbox.take(0, lease_seconds=1), InvalidArgumentError, "count: must be 1 to 1,000, not 0"),
        (lambda inbox: inbox.take(1.5, lease_seconds=1), ArgumentTypeError, "count: must be an int"),
        (lambda inbox: inbox.take(1, lease_seconds=0), InvalidArgumentError, "lease_seconds: must be more than 0"),
        (lambda inbox: inbox.take(1, lease_seconds=float("nan")), InvalidArgumentError, "lease_seconds: must be fin"),
        (lambda inbox: inbox.finish("1:abc"), ArgumentTypeError, "lease: must be a Lease"),
        (lambda inbox: inbox.retry("key"), ArgumentTypeError, "keys: must be a list of keys"),
        (lambda inbox: inbox.retry([1]), ArgumentTypeError, r"keys\[0\]: must be a str"),
        (lambda inbox: inbox.prune(3), ArgumentTypeError, r"older_than: must be a datetime.timedelta, such as"),
        (lambda inbox: inbox.prune(dt.timedelta(-1)), InvalidArgumentError, "older_than: must not be negative"),
    ],
)
def test_an_impossible_argument_is_an_error_that_names_it(inbox, call, error, text):
    with pytest.raises(error, match=f"^{text}"):
        call(inbox)
    assert inbox.counts() == InboxCounts()


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        ("", InvalidArgumentError, "path: must be the path of a file"),
        (":memory:", InvalidArgumentError, "path: must be the path of a file"),
        (3, ArgumentTypeError, "path: must be the path of a file, not an int"),
        ("a\0b", InvalidArgumentError, "path: must be the path of a file"),
    ],
)
def test_an_impossible_path_is_refused(path, error, text):
    with pytest.raises(error, match=f"^{text}"):
        SqliteInbox(path)


@pytest.mark.parametrize("seconds", [-1, 3601, float("inf"), "8", True])
def test_an_impossible_busy_time_is_refused(seconds):
    with pytest.raises((InvalidArgumentError, ArgumentTypeError), match="^busy_seconds: must be "):
        SqliteInbox("events.db", busy_seconds=seconds)


# --- opening and closing ------------------------------------------------------------------------------------------


def test_nothing_is_opened_before_the_first_use(tmp_path):
    inbox = SqliteInbox(tmp_path / "events.db")
    assert repr(inbox) == f"<SqliteInbox {str(tmp_path / 'events.db')!r}>"
    assert repr(inbox.sync).startswith("<SyncSqliteInbox ")
    assert list(tmp_path.iterdir()) == []


def test_a_closed_inbox_says_so_and_can_be_opened_again(backend, tmp_path):
    async def main():
        inbox = SqliteInbox(tmp_path / "events.db")
        async with inbox:
            await inbox.add(event_of(1))
        assert [path.name for path in tmp_path.iterdir()] == ["events.db"]
        with pytest.raises(InboxError, match="it is closed"):
            await inbox.add(event_of(2))
        with pytest.raises(InboxError, match="it is closed"):
            await inbox.counts()
        async with inbox:
            assert not await inbox.add(event_of(1))

    anyio.run(main, backend=backend)


def test_both_forms_of_an_inbox_see_the_same_events(tmp_path):
    async def main():
        async with SqliteInbox(tmp_path / "events.db") as inbox:
            await inbox.add(event_of(1))
            assert [found.event.id for found in inbox.sync.events()] == [event_of(1).id]
            (lease,) = inbox.sync.take(1, lease_seconds=5)
            assert await inbox.finish(lease)

    anyio.run(main)


def test_an_inbox_that_is_dropped_open_warns_of_nothing_and_loses_nothing(script, tmp_path):
    source = f"""
    import gc, sys
    sys.path.insert(0, {str(TESTS)!r})
    from webhooks.stored import event_of
    from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox
    inbox = SqliteInbox(sys.argv[1])
    inbox.sync.add(event_of(1))
    print(inbox.sync.counts().waiting)
    """
    path = str(tmp_path / "events.db")
    assert script(source, path) == "1"
    with SqliteInbox(path).sync as inbox:
        assert inbox.counts().waiting == 1


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_the_file_is_readable_by_its_owner_alone(inbox, tmp_path):
    inbox.add(event_of(1))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_memory_stays_small_with_many_events(tmp_path):
    import tracemalloc

    with SqliteInbox(tmp_path / "events.db").sync as inbox:
        inbox.add(event_of(0))
        rows = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
        rows.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
            "INSERT INTO events SELECT number + i, key || i, state, due + i, delay, attempts, lease, received + i, source, id, "
            "fingerprint, name, email_id, time, recipients, detail, error, content_type, body FROM events, n"
        )
        rows.close()
        inbox._jobs.clock = Clock(NOON * 2)
        tracemalloc.start()
        assert inbox.counts().waiting == 100_001
        events = inbox.events(state="waiting")
        for _ in range(1_000):
            next(events)
        assert len(inbox.take(100, lease_seconds=60)) == 100
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000


def test_dead_events_are_pruned_if_asked_for_and_stay_known(inbox):
    add_all(inbox, range(3))
    end_all(inbox, as_dead=True)
    inbox._jobs.clock.now += 10
    assert inbox.prune(dt.timedelta(0)) == 0
    assert inbox.counts() == InboxCounts(dead=3)
    assert inbox.prune(dt.timedelta(0), dead=True) == 3
    assert inbox.counts() == InboxCounts()
    assert not inbox.add(event_of(1))
