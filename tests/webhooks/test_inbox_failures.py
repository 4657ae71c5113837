"""An inbox whose file is foreign, damaged, deleted, locked, full or read-only."""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest
from webhooks.stored import TESTS, add_all, event_of

from smtp2go_async.errors import InboxError
from smtp2go_async.webhooks._sqlite import database
from smtp2go_async.webhooks._sqlite.database import Database
from smtp2go_async.webhooks.inbox import InboxCounts
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


@pytest.fixture
def inbox(path):
    with SqliteInbox(path, busy_seconds=0.2).sync as opened:
        yield opened


def content_of(folder):
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def make_database(path, *statements):
    rows = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        rows.execute(statement)
    rows.close()


# --- what is at the path ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE orders (number)"],
        ["PRAGMA journal_mode = WAL", "CREATE TABLE orders (number)"],
        ["PRAGMA user_version = 1"],
        ["PRAGMA application_id = 77"],
    ],
)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(path, tmp_path, statements):
    make_database(path, *statements)
    before = content_of(tmp_path)
    inbox = SqliteInbox(path)
    for _ in range(2):
        with pytest.raises(InboxError, match="is another kind of database, and is left alone"):
            inbox.sync.add(event_of(1))
        with pytest.raises(InboxError, match="is another kind of database"):
            inbox.sync.counts()
    inbox.sync.close()
    assert content_of(tmp_path) == before


def test_a_database_of_another_program_that_is_in_use_is_left_as_it_is(path, tmp_path):
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("CREATE TABLE orders (number)")
    rows.execute("INSERT INTO orders VALUES (1)")
    before = content_of(tmp_path)
    with pytest.raises(InboxError, match="another kind of"):
        SqliteInbox(path).sync.add(event_of(1))
    after = content_of(tmp_path)
    # SQLite notes there which part of the log a reader has seen.
    del after["events.db-shm"], before["events.db-shm"]
    assert after == before
    rows.execute("INSERT INTO orders VALUES (2)")
    rows.close()


def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(path, tmp_path):
    with SqliteInbox(path).sync as inbox:
        inbox.add(event_of(1))
    make_database(path, "PRAGMA user_version = 2")
    before = content_of(tmp_path)
    with pytest.raises(
        InboxError, match="has version 2 of the tables.*this version knows 1, and leaves the file alone"
    ):
        SqliteInbox(path).sync.add(event_of(2))
    assert content_of(tmp_path) == before


@pytest.mark.parametrize("content", [b"name,address\n" * 100, b"x", b"\0" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path, tmp_path, content):
    path.write_bytes(content)
    with pytest.raises(InboxError, match="another kind of"):
        SqliteInbox(path).sync.add(event_of(1))
    assert content_of(tmp_path) == {"events.db": content}


def test_an_empty_file_becomes_an_inbox(path):
    path.touch()
    with SqliteInbox(path).sync as inbox:
        assert inbox.add(event_of(1))


def test_a_path_is_a_path_and_no_uri(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SqliteInbox("file:events?mode=memory 100%#1.db").sync as inbox:
        inbox.add(event_of(1))
        monkeypatch.chdir("/")
        inbox.add(event_of(2))
    with SqliteInbox(tmp_path / "file:events?mode=memory 100%#1.db").sync as inbox:
        assert inbox.counts().waiting == 2


def test_a_directory_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(InboxError, match="is a directory; a file is needed"):
        SqliteInbox(tmp_path).sync.add(event_of(1))
    with pytest.raises(InboxError, match="the folder of '.*' does not exist"):
        SqliteInbox(tmp_path / "none" / "events.db").sync.add(event_of(1))


# --- while it is in use -------------------------------------------------------------------------------------------


def test_a_damaged_file_is_told_and_works_again_once_it_is_replaced(path, inbox):
    add_all(inbox, range(200))
    inbox.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(InboxError, match="it is damaged"), inbox:
        inbox.add(event_of(1000))
    with pytest.raises(InboxError, match="it is damaged"):
        inbox.counts()
    path.write_bytes(whole)
    assert inbox.add(event_of(1000))
    assert inbox.counts().waiting == 201


@pytest.mark.parametrize("what", ["deleted", "replaced", "moved"])
def test_a_file_that_is_gone_is_told_once_and_then_there_is_a_new_inbox(path, inbox, tmp_path, what):
    inbox.add(event_of(1))
    inbox.counts()
    if what == "deleted":
        path.unlink()
    elif what == "moved":
        path.rename(tmp_path / "moved.db")
    else:
        with SqliteInbox(tmp_path / "other.db").sync as other:
            other.add(event_of(7))
        (tmp_path / "other.db").replace(path)
    with pytest.raises(InboxError, match="was deleted or replaced while it was in use"):
        inbox.add(event_of(2))
    assert inbox.add(event_of(2))
    assert inbox.counts().waiting == (2 if what == "replaced" else 1)


def test_a_log_that_is_deleted_loses_no_event(path, inbox, tmp_path):
    inbox.add(event_of(1))
    inbox.counts()
    (tmp_path / "events.db-wal").unlink()
    with pytest.raises(InboxError, match="or a file beside it, was deleted"):
        inbox.add(event_of(2))
    inbox.add(event_of(2))
    inbox.close()
    with SqliteInbox(path).sync as again:
        assert again.counts().waiting == 2


WRITER = """
import sys
sys.path.insert(0, "tests")
from webhooks.stored import add_all
from smtp2go_async.errors import InboxError
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox
inbox = SqliteInbox(sys.argv[1]).sync
for line in sys.stdin:
    try:
        add_all(inbox, range(int(line), int(line) + 50))
        print("stored", flush=True)
    except InboxError as error:
        print(error, flush=True)
"""


@pytest.fixture
def writers(path):
    """Two processes that use the inbox."""
    command = [sys.executable, "-c", WRITER, path]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    yield [partial(ask, process) for process in started]
    for process in started:
        process.communicate(timeout=60)


def ask(process, number):
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    return process.stdout.readline()


def problem_of(path):
    rows = sqlite3.connect(path)
    try:
        return None if rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)] else "damaged"
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        rows.close()


def test_without_the_index_of_the_log_two_processes_do_not_write_at_the_same_time(path, tmp_path, writers):
    first, second = writers
    assert first(0) == "stored\n"
    (tmp_path / "events.db-shm").unlink()
    assert second(1000) == "stored\n"
    assert "or a file beside it, was deleted or replaced" in first(2000)
    assert [first(3000), second(4000), first(5000)] == ["stored\n"] * 3
    with SqliteInbox(path).sync as inbox:
        assert inbox.counts().waiting == 250
    assert problem_of(path) is None


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_log_that_is_cut_short_is_told_before_more_is_stored_behind_the_gap(path, tmp_path, writers, share):
    first, second = writers
    assert [first(0), second(1000)] == ["stored\n"] * 2
    log = tmp_path / "events.db-wal"
    os.truncate(log, int(log.stat().st_size * share))
    for writer in writers:
        assert "stored" not in writer(2000)
    assert [first(3000), second(4000)] == ["stored\n"] * 2
    with SqliteInbox(path).sync as inbox:
        numbers = {int(one.event.id, 16) for one in inbox.events()}
    assert numbers >= {*range(3000, 3050), *range(4000, 4050)}
    assert problem_of(path) is None


def test_a_file_that_is_cut_short_takes_no_more_events(path, inbox):
    add_all(inbox, range(50))
    os.truncate(path, 4096)
    with pytest.raises(InboxError, match="was cut short while it was in use"):
        inbox.add(event_of(100))
    for _ in range(2):
        with pytest.raises(InboxError, match="it is damaged; put back a copy"):
            inbox.add(event_of(100))


def test_a_log_that_sqlite_itself_cuts_to_its_limit_is_no_problem(path, monkeypatch):
    monkeypatch.setattr(database, "MAX_WAL_BYTES", 100_000)
    log, cuts = path.with_name("events.db-wal"), 0
    with SqliteInbox(path).sync as inbox:
        for number in range(10):
            add_all(inbox, range(100 * number, 100 * number + 99))
            size = log.stat().st_size
            rows = sqlite3.connect(path)
            rows.execute("PRAGMA wal_checkpoint(RESTART)")
            rows.close()
            # The first write after that starts the log anew, and SQLite cuts it then.
            assert inbox.add(event_of(100 * number + 99))
            cuts += log.stat().st_size < size
        assert inbox.counts().waiting == 1000
    assert cuts


def test_an_event_that_is_written_into_a_deleted_file_is_not_told_as_stored(path, inbox):
    inbox.add(event_of(1))
    job = inbox._jobs.add(event_of(2))
    work = job.work

    def delete_and_work(connection):
        path.unlink()
        return work(connection)

    job.work = delete_and_work
    with pytest.raises(InboxError, match="was deleted or replaced"):
        inbox._write(job)


def test_a_locked_file_is_an_error_after_the_busy_time_and_works_afterwards(path, inbox):
    inbox.add(event_of(1))
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxError, match="another program has locked it for 0.2 seconds") as error:
        inbox.add(event_of(2))
    assert error.value.retryable
    assert inbox.counts().waiting == 1
    rows.execute("ROLLBACK")
    rows.close()
    assert inbox.add(event_of(2))


def test_on_a_full_disk_the_events_that_fit_are_stored_and_the_others_are_errors(inbox, monkeypatch):
    add_all(inbox, range(100))
    start, room = Database._start, 50

    def start_with_little_room(self, connection):
        start(self, connection)
        connection.execute(f"PRAGMA max_page_count = {room}")

    monkeypatch.setattr(Database, "_start", start_with_little_room)
    inbox._core.writer._database.close()
    jobs = [inbox._jobs.add(event_of(1000 + number, subject="x" * 1_000_000 * (number == 3))) for number in range(6)]
    for job in jobs[:-1]:
        inbox._core.writer.submit(job)
    inbox._write(jobs[-1])
    assert [job.error is None for job in jobs] == [True, True, True, False, True, True]
    with pytest.raises(InboxError, match="full"):
        jobs[3].outcome()
    assert inbox.counts().waiting == 105
    room = 1_000_000
    inbox._core.writer._database.close()
    assert inbox.add(event_of(1003, subject="x" * 1_000_000))


FULL_DISK = f"""
import resource, signal, sys
sys.path.insert(0, {str(TESTS)!r})
from webhooks.stored import event_of
from smtp2go_async.errors import InboxError
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox
inbox = SqliteInbox(sys.argv[1]).sync
inbox.add(event_of(0))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
stored = refused = 0
for number in range(1, 200):
    try:
        stored += inbox.add(event_of(number, subject="x" * 5000))
    except InboxError as error:
        refused += 1
assert stored and refused, (stored, refused)
assert inbox.counts().waiting == stored + 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert all(inbox.add(event_of(number)) for number in range(200, 210))
print(stored + 11)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits here")
def test_files_that_may_not_grow_give_errors_for_the_events_that_are_not_stored(path):
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stderr == ""
    rows = sqlite3.connect(path)
    assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert rows.execute("SELECT count(*) FROM events").fetchall() == [(int(ended.stdout),)]
    rows.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("shown", ["file", "folder"])
def test_a_file_or_a_folder_that_may_not_be_written_is_named(path, tmp_path, shown):
    with SqliteInbox(path).sync as inbox:
        inbox.add(event_of(1))
    # The folders that pytest made, of which pytest-xdist makes a further one.
    shared = Path(tempfile.gettempdir())
    for folder in (folder for folder in (tmp_path, *tmp_path.parents) if shared in folder.parents):
        folder.chmod(0o755)
    tmp_path.chmod(0o777 if shown == "file" else 0o755)
    path.chmod(0o444 if shown == "file" else 0o666)
    source = f"""
import os, sys
sys.path.insert(0, {str(TESTS)!r})
from webhooks.stored import event_of
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox
inbox = SqliteInbox(sys.argv[1]).sync
event = event_of(2)
os.setuid(65534)
try:
    inbox.add(event)
except Exception as error:
    print(type(error).__name__, error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", source, path], capture_output=True, text=True, timeout=60, check=False
    )
    named = path if shown == "file" else tmp_path
    assert ended.stdout == f"InboxError inbox: {str(named)!r} may not be written by this user\n", ended.stderr
    path.chmod(0o600)
    with SqliteInbox(path).sync as inbox:
        assert inbox.counts() == InboxCounts(waiting=1)
