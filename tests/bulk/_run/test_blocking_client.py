"""Runs of a client that waits: the list is read, and `on_outcome` called, in the thread that waits."""

import asyncio
import signal
import sqlite3
import threading
from contextlib import closing

import pytest
from bulk.helpers import counted, email, emails, numbers
from faults.server import Fault

from smtp2go_async import EmailFile, Journal, NotSentError, SyncClient
from smtp2go_async.sandbox import Sandbox


@pytest.fixture
def blocking():
    with Sandbox() as sandbox, SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        yield client, sandbox


def test_a_blocking_client_iterates_as_well(blocking, path):
    client, sandbox = blocking
    found = [outcome.status for outcome in client.bulk.stream(emails(40), journal=path)]
    assert found == ["sent"] * 40
    assert set(sandbox.counts("subject").values()) == {1}


def test_a_blocking_iteration_can_be_left_and_the_journal_is_free(blocking, path):
    client, sandbox = blocking
    for outcome in client.bulk.stream(emails(40), journal=path):
        assert outcome.status == "sent"
        break
    report = client.bulk.send(emails(40), journal=path)
    assert report.sent + report.skipped == 40
    assert set(sandbox.counts("subject").values()) == {1}


def test_a_blocking_stream_that_is_closed_leaves_its_journal_free(blocking, path):
    client, sandbox = blocking
    with client.bulk.stream(emails(40), journal=path) as stream:
        assert next(stream).status == "sent"
    other = client.bulk.stream(emails(40), journal=path)
    assert next(other).status in ("sent", "skipped")
    other.close()
    report = client.bulk.send(emails(40), journal=path)
    assert report.sent + report.skipped == 40
    assert set(sandbox.counts("subject").values()) == {1}


def test_a_blocking_client_sends_and_reports(blocking, path):
    client, sandbox = blocking
    told = []
    report = client.bulk.send((email(f"r{n}") for n in range(60)), via="batch", journal=path, on_outcome=told.append)
    assert (report.sent, len(told), len(sandbox.sent)) == (60, 60, 60)


def test_a_blocking_client_sends_texts(blocking):
    client, sandbox = blocking
    report = client.bulk.send_sms([f"+120255501{n:02}" for n in range(100)], "Hello")
    assert (report.sent, len(sandbox.sms)) == (100, 100)


# --- whose thread it is ------------------------------------------------------------------------------------------


@pytest.fixture
def readers():
    """A database whose cursors work in this thread only."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE readers (number INTEGER PRIMARY KEY, told TEXT)")
        database.executemany("INSERT INTO readers VALUES (?, NULL)", [(number,) for number in range(120)])
        yield database


@pytest.mark.parametrize("via", ["send", "batch"])
def test_the_list_can_read_and_on_outcome_can_write_the_same_database(via, blocking, readers, path):
    client, sandbox = blocking

    def tell(outcome):
        readers.execute("UPDATE readers SET told = ? WHERE number = ?", (outcome.status, outcome.reference))

    found = readers.execute("SELECT number FROM readers")
    rows = ((str(number), email(f"r{number}")) for (number,) in found)
    report = client.bulk.send(rows, via=via, journal=path, on_outcome=tell)
    assert report.sent == len(sandbox.sent) == 120
    assert readers.execute("SELECT DISTINCT told, count(*) FROM readers").fetchall() == [("sent", 120)]


def test_a_database_can_be_read_for_a_stream_and_for_texts(blocking, readers):
    client, _ = blocking
    found = readers.execute("SELECT number FROM readers")
    assert len(list(client.bulk.stream(email(f"r{number}") for (number,) in found))) == 120
    found = readers.execute("SELECT number FROM readers")
    assert client.bulk.send_sms((numbers(1, number)[0] for (number,) in found), "Hello").sent == 120


def test_no_event_loop_runs_around_the_list_and_on_outcome(blocking, tmp_path):
    """Django refuses its ORM where one does."""
    client, _ = blocking
    threads = set()

    def look(*_):
        threads.add(threading.current_thread())
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return email("r1")

    class Rows:
        def __iter__(self):
            look()
            yield look()

    def closes():
        try:
            yield email("x")
            yield "no e-mail"
        finally:
            look()

    (tmp_path / "readers.csv").write_text("number\n1\n2\n")
    client.bulk.send(Rows(), on_outcome=look)
    client.bulk.send(EmailFile(tmp_path / "readers.csv", look), on_outcome=look)
    with pytest.raises(TypeError, match="row 2"):
        client.bulk.send(closes(), on_outcome=look)
    assert threads == {threading.current_thread()}


def test_the_list_and_on_outcome_may_use_the_same_client(blocking):
    client, sandbox = blocking

    def rows():
        for number in range(5):
            client.email.send(
                sender="a@example.com", to="b@example.com", subject=f"by the list {number}", text_body="x"
            )
            yield email(f"r{number}")

    def tell(outcome):
        client.email.send(
            sender="a@example.com", to="b@example.com", subject=f"told {outcome.reference}", text_body="x"
        )

    client.bulk.send(rows(), on_outcome=tell)
    assert len(sandbox.sent) == 15
    assert set(sandbox.counts("subject").values()) == {1}


# --- errors and exits --------------------------------------------------------------------------------------------


def interrupted():
    signal.raise_signal(signal.SIGINT)


def exiting():
    raise SystemExit(3)


def terminated():
    signal.raise_signal(signal.SIGTERM)


def dividing():
    return 1 / 0


ENDINGS = [
    (interrupted, KeyboardInterrupt),
    (exiting, SystemExit),
    (terminated, SystemExit),
    (dividing, ZeroDivisionError),
]


@pytest.mark.parametrize(("end", "kind"), ENDINGS)
def test_an_exit_in_the_list_reaches_the_caller_and_sent_emails_are_settled(end, kind, blocking, path):
    client, sandbox = blocking

    def rows():
        yield from emails(30)
        end()

    with pytest.raises(kind):
        client.bulk.send(rows(), journal=path)
    found = counted(path)
    # After an exit nothing is begun any more; after an error all that came before it is sent.
    assert found.keys() <= {"sent", "pending"}
    assert found["sent"] == len(sandbox.sent)
    assert found["sent"] == 30 or not issubclass(kind, Exception)
    assert client.bulk.send(emails(40), journal=path).sent == 40 - found["sent"]
    assert set(sandbox.counts("subject").values()) == {1}


@pytest.mark.parametrize(("end", "kind"), ENDINGS)
def test_an_exit_in_on_outcome_reaches_the_caller_and_sent_emails_are_settled(end, kind, blocking, path):
    client, sandbox = blocking
    told = []

    def tell(outcome):
        told.append(outcome)
        if len(told) == 5:
            end()

    with pytest.raises(kind):
        client.bulk.send(emails(200), journal=path, on_outcome=tell)
    assert set(counted(path)) <= {"sent", "pending"}
    assert counted(path)["sent"] == len(sandbox.sent) == len(told) < 200
    assert client.bulk.send(emails(200), journal=path).sent == 200 - len(told)
    assert set(sandbox.counts("subject").values()) == {1}


def test_a_second_interrupt_does_not_wait_for_the_code_of_the_caller(faults, path):
    """The caller has gone, and the run ends for itself: it must not wait for somebody who never comes."""
    faults.then(*[Fault.STALL] * 4)
    with SyncClient("api-" + "A" * 32, base_url=faults.url, timeout=60) as client:

        def rows():
            yield from emails(3)
            faults.wait_for(lambda: faults.count() == 3)
            # Not before the first: on a busy machine it would come before any call has left.
            timer.start()
            interrupted()

        timer = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            client.bulk.send(rows(), journal=path, on_outcome=print)
        timer.join()
    with pytest.raises(NotSentError):
        client.email.send(sender="a@example.com", to="b@example.com", subject="x", text_body="x")
    with Journal(path) as journal:
        assert journal.counts()["unknown"] == 3
