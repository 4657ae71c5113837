"""An inbox and several processes and threads: two workers, a forked child, a process that is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest
from webhooks.stored import TESTS, add_all, numbers_of

from smtp2go_async.webhooks.inbox import InboxCounts
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

START = f"""
import os, signal, sys, threading, time, warnings
# Python 3.12 and later warn of a fork in a process with threads, which is the matter here.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
sys.path.insert(0, {str(TESTS)!r})
from webhooks.stored import event_of, numbers_of
from smtp2go_async.errors import InboxError
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox
inbox = SqliteInbox(sys.argv[1]).sync
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.db"


def program(source, path, *arguments):
    command = [sys.executable, "-c", START + source, path, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(running, given="\n"):
    out, problems = running.communicate(given, timeout=60)
    assert problems == ""
    return out


def check(path, *numbers):
    rows = sqlite3.connect(path)
    assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows.close()
    with SqliteInbox(path).sync as inbox:
        assert sorted(int(found.event.id, 16) for found in inbox.events()) == sorted(numbers)


WORKER = """
print("ready", flush=True)
sys.stdin.readline()
while leases := inbox.take(7, lease_seconds=60):
    print(*numbers_of(leases))
    assert all([inbox.finish(lease) for lease in leases])
"""


def test_workers_in_two_processes_share_the_events_and_never_meet_a_lock(path):
    with SqliteInbox(path).sync as inbox:
        add_all(inbox, range(500))
    workers = [program(WORKER, path) for _ in range(2)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    taken = [[int(word) for word in said(worker, "").split()] for worker in workers]
    assert sorted(taken[0] + taken[1]) == list(range(500))
    assert all(taken)
    with SqliteInbox(path).sync as inbox:
        assert inbox.counts() == InboxCounts(done=500)


def test_workers_in_two_threads_with_an_inbox_each_never_get_the_same_event(path):
    with SqliteInbox(path).sync as inbox:
        add_all(inbox, range(300))
    taken = [[], []]

    def run(mine):
        with SqliteInbox(path).sync as inbox:
            while leases := inbox.take(5, lease_seconds=60):
                mine += numbers_of(leases)

    threads = [threading.Thread(target=run, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken[0] + taken[1]) == list(range(300))


ADDER = """
print("ready", flush=True)
sys.stdin.readline()
print(sum(inbox.add(event_of(number)) for number in range(100)))
"""


def test_processes_that_make_the_file_and_add_the_same_events_at_once_store_each_once(path):
    adders = [program(ADDER, path) for _ in range(3)]
    for adder in adders:
        assert adder.stdout.readline() == "ready\n"
    for adder in adders:
        adder.stdin.write("\n")
        adder.stdin.flush()
    assert sum(int(said(adder, "")) for adder in adders) == 100
    check(path, *range(100))


def test_what_was_added_survives_a_process_that_is_killed(path):
    source = """
number = 0
while True:
    number += inbox.add(event_of(number))
    print(number, flush=True)
"""
    running = program(source, path)
    last = 0
    while last < 20:
        last = int(running.stdout.readline())
    running.kill()
    last = max([last, *map(int, running.stdout.read().split())])
    running.communicate()
    with SqliteInbox(path).sync as inbox:
        assert inbox.counts().waiting in (last, last + 1)


# --- forks --------------------------------------------------------------------------------------------------------


@needs_fork
@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)", "inbox.close(); sys.exit(0)", "del inbox; sys.exit(0)"])
@pytest.mark.parametrize("first", ["", "inbox.add(event_of(2)); "])
def test_a_forked_child_that_ends_takes_nothing_from_its_parent(path, first, end):
    source = f"""
inbox.add(event_of(1))
inbox.counts()
child = os.fork()
if child == 0:
    {first}{end}
assert os.waitpid(child, 0)[1] == 0
inbox.add(event_of(3))
assert inbox.counts().waiting == {3 if first else 2}
os.kill(os.getpid(), signal.SIGKILL)
"""
    running = program(source, path)
    assert said(running) == ""
    assert running.returncode == -signal.SIGKILL
    check(path, 1, 3, *([2] if first else []))


@needs_fork
def test_a_child_goes_on_writing_when_its_parent_has_ended(path):
    """A parent that closes the last connection deletes the log; a child that inherited its locks would write into it."""
    source = """
inbox.add(event_of(1))
inbox.counts()
reading, writing = os.pipe()
if os.fork():
    os.close(reading)
    inbox.add(event_of(2))
    inbox.close()
    sys.exit(0)
os.close(writing)
inbox.add(event_of(3))
os.read(reading, 1)
inbox.add(event_of(4))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert said(program(source, path)) == ""
    check(path, 1, 2, 3, 4)


@needs_fork
def test_forks_in_the_middle_of_writes_of_threads_harm_nothing(path):
    source = """
def add(start):
    for number in range(start, start + 60):
        inbox.add(event_of(number))
threads = [threading.Thread(target=add, args=(100 * start,)) for start in range(3)]
for thread in threads:
    thread.start()
for number in range(8):
    child = os.fork()
    if child == 0:
        inbox.add(event_of(1000 + number))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
for thread in threads:
    thread.join()
print(inbox.counts().waiting)
"""
    assert said(program(source, path)) == "188\n"
    check(path, *(100 * start + number for start in range(3) for number in range(60)), *range(1000, 1008))


@needs_fork
def test_a_fork_that_can_t_wait_for_a_transaction_leaves_the_file_to_the_parent(path):
    source = """
from smtp2go_async.webhooks._sqlite import fork
fork.MAX_WAIT_SECONDS = 0.01
inbox.add(event_of(1))
job = inbox._jobs.add(event_of(2))
work, inside, leave = job.work, threading.Event(), threading.Event()
def slow(connection):
    inside.set()
    leave.wait()
    return work(connection)
job.work = slow
inbox._core.writer.submit(job)
inside.wait()
child = os.fork()
if child == 0:
    try:
        SqliteInbox(sys.argv[1]).sync.add(event_of(3))
    except InboxError as error:
        print(error, flush=True)
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
leave.set()
inbox.add(event_of(4))
"""
    assert "was being written when this process was forked" in said(program(source, path))
    check(path, 1, 2, 4)
