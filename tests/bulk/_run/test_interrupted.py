"""A blocking run that is interrupted: at any moment, by any signal, in the list, in `on_outcome`, and between."""

import asyncio
import gc
import os
import signal
import threading
import time
import weakref
from queue import SimpleQueue

import pytest
from bulk.helpers import counted, email, emails
from faults.server import Say

from smtp2go_async import Journal, SyncClient
from smtp2go_async._sync import _caller_work as module
from smtp2go_async._sync._loop_thread import LoopThread
from smtp2go_async.sandbox import Sandbox


class JobTimeoutError(Exception):
    """What a worker of a task queue raises by the handler of a signal."""


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        yield client


@pytest.fixture
def alarm():
    """Give a function after whose seconds an alarm raises its own error in this thread."""

    def ring(_number, _frame):
        raise JobTimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def settled(path, told, sandbox):
    """Whether nothing is lost: sent e-mails are in the journal and were passed on, and all others can still be sent."""
    found = counted(path) if os.path.exists(path) else {}
    assert found.keys() <= {"sent", "pending"}
    assert found.get("sent", 0) == len(sandbox.sent) == len(told)
    assert set(sandbox.counts("subject").values()) <= {1}


@pytest.mark.parametrize("kind", [KeyboardInterrupt, JobTimeoutError])
@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("place", ["woken", "told", "taken out"])
def test_an_interrupt_between_any_two_steps_is_raised_and_nothing_is_lost(
    place, number, kind, client, sandbox, path, monkeypatch
):
    """A signal is handled where the interpreter happens to be, also just after something was taken from a queue."""
    left = number

    def pass_by(this):
        nonlocal left
        left -= this == place
        if this == place and not left:
            raise kind

    class Queue(SimpleQueue):
        def get(self):
            super().get()
            pass_by("woken")

    class Errand(module.WorkItem):
        def run(self, blocked):
            super().run(blocked)
            pass_by("taken out")

        def report(self, error):
            if threading.current_thread() is threading.main_thread():
                pass_by("told")
            super().report(error)

    monkeypatch.setattr(module, "SimpleQueue", Queue)
    monkeypatch.setattr(module, "WorkItem", Errand)
    told = []
    with pytest.raises(kind):
        client.bulk.send(emails(200), via="batch", batch_size=4, journal=path, on_outcome=told.append)
    settled(path, told, sandbox)
    monkeypatch.undo()
    assert client.bulk.send(emails(200), journal=path).sent == 200 - len(told)
    assert set(sandbox.counts("subject").values()) == {1}


def test_an_interrupt_just_after_the_start_ends_the_run(client, sandbox, monkeypatch):
    begin = LoopThread._submit

    def interrupted(self, *args):
        begin(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(LoopThread, "_submit", interrupted)
    told = []
    with pytest.raises(KeyboardInterrupt):
        client.bulk.send(emails(100), on_outcome=told.append)
    monkeypatch.undo()
    sent = len(sandbox.sent)
    assert sent == len(told) < 100
    client.email.send(sender="a@example.com", to="b@example.com", subject="later", text_body="x")
    assert len(sandbox.sent) == sent + 1


def test_an_error_that_an_alarm_raises_ends_the_run_and_nothing_is_sent_after_it(client, sandbox, alarm, path):
    told = []

    async def rows():
        for pair in emails(10_000):
            await asyncio.sleep(0.005)
            yield pair

    alarm(0.1)
    with pytest.raises(JobTimeoutError):
        client.bulk.send(rows(), journal=path, on_outcome=told.append)
    settled(path, told, sandbox)
    # Its journal is free, and the run goes on.
    sent = len(sandbox.sent)
    assert client.bulk.send(emails(sent + 100), journal=path).sent == 100


def test_an_exit_in_the_list_gives_back_rows_that_wait_for_a_cool_down(faults, path):
    faults.then(Say(429), Say(429))

    def rows():
        yield from emails(2)
        # The other one may be held back by then.
        faults.wait_for(lambda: faults.count() >= 1)
        raise SystemExit(3)

    with SyncClient("api-" + "A" * 32, base_url=faults.url, timeout=10) as client, pytest.raises(SystemExit):
        client.bulk.send(rows(), journal=path)
    assert counted(path) == {"pending": 2}


@pytest.mark.parametrize("via", ["send", "batch"])
@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt, asyncio.CancelledError, StopIteration])
def test_each_outcome_is_passed_on_once_even_if_on_outcome_raises(kind, via, client, sandbox, path):
    told = []

    def tell(outcome):
        told.append(outcome.reference)
        if len(told) == 3:
            raise kind

    own = kind in (ZeroDivisionError, KeyboardInterrupt)
    with pytest.raises(kind if own else RuntimeError) as raised:
        client.bulk.send(emails(100), via=via, batch_size=20, journal=path, on_outcome=tell)
    assert own or kind.__name__ in str(raised.value)
    assert len(set(told)) == len(told) == len(sandbox.sent)
    settled(path, told, sandbox)


def test_the_list_and_on_outcome_can_not_close_the_client(client, sandbox, path):
    def rows():
        yield from emails(5)
        client.close()

    with pytest.raises(RuntimeError, match="can't be closed by the list or on_outcome"):
        client.bulk.send(rows(), journal=path)
    assert counted(path) == {"sent": 5}
    with pytest.raises(RuntimeError, match="can't be closed by the list or on_outcome"):
        client.bulk.send(emails(20), journal=path, on_outcome=lambda _: client.close())
    assert counted(path).keys() <= {"sent", "pending"}


def test_a_list_can_close_its_own_stream(client, sandbox):
    def rows():
        for count, pair in enumerate(emails(100)):
            if count == 20:
                stream.close()
            yield pair

    stream = client.bulk.stream(rows())
    assert len(list(stream)) == len(sandbox.sent) <= 20


def test_a_stream_that_outlives_its_client_can_be_closed_and_its_journal_is_free(sandbox, path):
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        stream = client.bulk.stream(emails(3000), journal=path)
        assert next(stream).status == "sent"
    stream.close()
    assert Journal(path).counts()["sent"] == len(sandbox.sent)


FORKS = """
    import os, sys, warnings
    from smtp2go_async import Email, SyncClient

    warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of a fork among threads

    def email(number):
        return Email(sender="a@example.com", to="b@example.com", subject=f"r{{number}}", text_body="x")

    def fork():
        global child
        child = os.fork()
        if child == 0:
            {ending}

    def rows():
        yield from map(email, range(3))
        if {in_list}:
            fork()
        if child:
            yield from map(email, range(3, 6))

    def tell(outcome):
        if not {in_list} and child is None:
            fork()

    child = None
    client = SyncClient("api-" + "A" * 32, base_url={url!r})
    try:
        report = client.bulk.send(rows(), on_outcome=tell)
    except RuntimeError as error:
        os._exit(7 if "was forked" in str(error) else 8)
    except SystemExit:
        os._exit(7)
    print(report.sent, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    client.close()
"""


@pytest.mark.parametrize("ending", ["return", "sys.exit()"])
@pytest.mark.parametrize("in_list", [True, False])
def test_a_child_that_is_forked_by_a_run_does_not_wait_for_it(in_list, ending, faults, script):
    said = script(FORKS.format(in_list=in_list, ending=ending, url=faults.url), development=False)
    assert said.split()[1] == "7"
    assert int(said.split()[0]) == faults.count() in (3, 6)


@pytest.mark.parametrize("kind", [ZeroDivisionError, SystemExit])
@pytest.mark.parametrize("place", ["list", "on_outcome"])
def test_an_error_keeps_nothing_of_its_run_in_memory(place, kind, client, path):
    class Rows:
        def __iter__(self):
            yield from emails(10)
            if place == "list":
                raise kind

    def tell(_):
        if place == "on_outcome":
            raise kind

    rows = Rows()
    found = [weakref.ref(rows), weakref.ref(tell)]
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(kind):
            client.bulk.send(rows, journal=path, on_outcome=tell)
        del rows, tell
        # The loop's thread lets go of it a moment later.
        until = time.monotonic() + 5
        while any(reference() is not None for reference in found):
            assert time.monotonic() < until, "only the collector would find it"
            time.sleep(0.001)
    finally:
        gc.enable()


def test_a_later_bad_row_does_not_hide_an_exit(client, path):
    def rows():
        yield email("r1")
        yield "no e-mail"
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        client.bulk.send(rows(), via="batch", journal=path)
