"""What becomes of an event that was accepted: handlers, an inbox, errors, time, and senders that go away."""

import asyncio
import logging
import re
import threading
from contextlib import suppress

import anyio
import pytest
import trio
from webhooks.receiving import BODY, EVENT, HEADERS, FullInbox, ListInbox, Parts, receiver_of

from smtp2go_async import InvalidArgumentError

on = pytest.mark.parametrize
NAMED = f"the event 'bounce' of e-mail {EVENT['email_id']!r}"


def answer(receiver, body=BODY, backend="asyncio"):
    return anyio.run(receiver.receive, "POST", HEADERS, "", body, backend=backend)


def lines(caplog):
    """Return the lines of the log, with the numbers of lines of code as N."""
    return [(record.levelname, re.sub(r" line \d+\)", " line N)", record.getMessage())) for record in caplog.records]


@pytest.fixture(autouse=True)
def _log(caplog):
    caplog.set_level(logging.DEBUG, "smtp2go_async.webhooks")


def test_async_and_plain_handlers_run_within_the_request(backend, caplog):
    got = []

    async def later(event):
        await anyio.sleep(0)
        got.append(event.name)

    made = answer(receiver_of(later, lambda event: got.append(threading.current_thread())), backend=backend)
    assert made.status == 200
    assert "bounce" in got
    assert threading.main_thread() not in got
    assert lines(caplog) == [("DEBUG", f"{NAMED}: handled, 200")]


def test_a_handler_that_raises_is_500_and_the_log_has_no_address_and_no_traceback(backend, caplog):
    def fail(event):
        raise RuntimeError(f"no row for {event.recipient}\nkey api-{'A' * 32}")

    made = answer(receiver_of(fail), backend=backend)
    assert (made.status, made.body) == (500, b"not handled\n")
    assert lines(caplog) == [
        (
            "ERROR",
            f"{NAMED}: a handler raised RuntimeError: no row for ***@example.com key api-*** (fail, test_receiver_answers.py line N), 500",
        )
    ]
    assert caplog.records[0].exc_info is None


def test_the_errors_of_several_handlers_are_all_told(backend, caplog):
    def fail(event):
        raise KeyError("first")

    async def fail_too(event):
        raise OSError("second")

    got = []
    assert answer(receiver_of(fail, fail_too, got.append), backend=backend).status == 500
    assert len(got) == 1
    ((_, line),) = lines(caplog)
    assert "KeyError: 'first'" in line
    assert "OSError: second" in line


def test_an_error_whose_text_can_not_be_made_is_500(caplog):
    class OddError(Exception):
        def __str__(self):
            raise ZeroDivisionError

    def fail(event):
        raise OddError

    assert answer(receiver_of(fail)).status == 500
    assert "OddError (fail, test_receiver_answers.py line " in caplog.text


def test_a_handler_that_takes_too_long_is_cut_off_and_503(backend, caplog):
    ended = []

    async def hang(event):
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(event.name)

    made = answer(receiver_of(hang, handler_seconds=0.05), backend=backend)
    assert (made.status, made.body, made.headers["Retry-After"]) == (503, b"too slow\n", "30")
    assert ended == ["bounce"]
    assert lines(caplog) == [("ERROR", f"{NAMED}: the handlers took more than 0.05 s, 503")]


def test_a_plain_handler_that_takes_too_long_is_left_alone_and_503(backend):
    goes_on, ended = threading.Event(), threading.Event()

    def hang(event):
        goes_on.wait(30)
        ended.set()

    assert answer(receiver_of(hang, handler_seconds=0.05), backend=backend).status == 503
    assert not ended.is_set()
    goes_on.set()
    assert ended.wait(30)


def test_with_an_inbox_an_event_is_stored_and_no_handler_runs(backend, caplog):
    inbox, got = ListInbox(), []
    receiver = receiver_of(got.append, inbox=inbox)
    made = [answer(receiver, backend=backend) for _ in range(2)]
    assert [(one.status, one.body) for one in made] == [(200, b"stored\n")] * 2
    assert [event.body for event in inbox.added] == [BODY, BODY]
    assert got == []
    assert lines(caplog) == [("DEBUG", f"{NAMED}: stored, 200"), ("DEBUG", f"{NAMED}: was stored before, 200")]


def test_an_event_that_can_not_be_stored_is_503_with_nothing_of_the_error_in_it(backend, caplog):
    made = answer(receiver_of(inbox=FullInbox()), backend=backend)
    assert (made.status, made.body, made.headers["Retry-After"]) == (503, b"not stored\n", "30")
    assert lines(caplog) == [
        (
            "ERROR",
            f"{NAMED}: the inbox raised InboxError: the disk of ***@example.com is full (add, receiving.py line N), 503",
        )
    ]


class Broken(ListInbox):
    def __init__(self, error):
        super().__init__()
        self.error = error

    async def add(self, event):
        raise self.error


def test_a_group_of_many_errors_is_cut(caplog):
    def fail(event):
        raise BaseExceptionGroup("many", [ExceptionGroup("some", [ValueError(str(n))] * 2) for n in range(50)])

    assert answer(receiver_of(fail)).status == 500
    assert caplog.messages == [
        f"{NAMED}: a handler raised ValueError: 0; ValueError: 0; ValueError: 1 and 97 more, 500"
    ]


def test_an_exit_in_a_group_of_errors_ends_the_program():
    def stop(event):
        raise BaseExceptionGroup("two", [SystemExit(3), ValueError()])

    with pytest.raises(BaseExceptionGroup):
        answer(receiver_of(stop))


@on("error", [OSError("disk"), KeyError(), TimeoutError(), ExceptionGroup("two", [OSError(), ValueError()])], ids=repr)
def test_any_error_of_an_inbox_of_somebody_else_is_503(error):
    assert answer(receiver_of(inbox=Broken(error))).status == 503


def test_an_inbox_that_takes_too_long_is_503(backend, caplog):
    class Slow(ListInbox):
        async def add(self, event):
            await anyio.sleep_forever()

    assert answer(receiver_of(inbox=Slow(), handler_seconds=0.05), backend=backend).status == 503
    assert lines(caplog)[0][1].endswith("the inbox took more than 0.05 s, 503")


def test_an_event_that_parse_fails_on_is_400_since_it_would_fail_again(monkeypatch, caplog):
    def fail(body, content_type):
        raise MemoryError("jane@example.com")

    monkeypatch.setattr("smtp2go_async.webhooks.receiver.parse", fail)
    assert answer(receiver_of()).status == 400
    assert "MemoryError: ***@example.com" in caplog.text


class Waiting(ListInbox):
    """An inbox whose commit waits until it is told to go on."""

    def __init__(self):
        super().__init__()
        self.is_asked, self.may_commit = anyio.Event(), anyio.Event()

    async def add(self, event):
        self.is_asked.set()
        await self.may_commit.wait()
        return await super().add(event)


def test_a_request_that_is_cancelled_by_its_server_is_stored_before_it_ends():
    async def main():
        inbox = Waiting()
        task = asyncio.ensure_future(receiver_of(inbox=inbox).receive("POST", HEADERS, "", BODY))
        await inbox.is_asked.wait()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        inbox.may_commit.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(inbox.added) == 1

    asyncio.run(main())


def test_a_timeout_around_a_request_does_not_cut_the_commit_off(backend):
    async def main():
        inbox = Waiting()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:

                async def commit():
                    with anyio.CancelScope(shield=True):
                        await inbox.is_asked.wait()
                        scope.cancel()
                        await anyio.sleep(0.01)
                        inbox.may_commit.set()

                group.start_soon(commit)
                with suppress(asyncio.CancelledError, trio.Cancelled):
                    await receiver_of(inbox=inbox).receive("POST", HEADERS, "", BODY)
                assert len(inbox.added) == 1
                await anyio.sleep(0)
        assert scope.cancelled_caught

    anyio.run(main, backend=backend)


def test_one_cancelled_request_does_not_cancel_another(backend):
    async def main():
        inbox, receiver, made = Waiting(), None, []
        receiver = receiver_of(inbox=inbox)

        async def other():
            made.append(await receiver.receive("POST", HEADERS, "", BODY))

        async with anyio.create_task_group() as others:
            others.start_soon(other)
            async with anyio.create_task_group() as group:
                group.start_soon(receiver.receive, "POST", HEADERS, "", BODY)
                await inbox.is_asked.wait()
                group.cancel_scope.cancel()
                inbox.may_commit.set()
        assert [one.status for one in made] == [200]
        assert len(inbox.added) == 2

    anyio.run(main, backend=backend)


def test_a_handler_is_not_cut_off_half_way_by_a_sender_that_goes_away(backend):
    steps = []

    async def main():
        async def handle(event):
            steps.append("begun")
            begun.set()
            await anyio.sleep(0.01)
            steps.append("ended")

        begun = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(receiver_of(handle).receive, "POST", HEADERS, "", BODY)
            await begun.wait()
            group.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert steps == ["begun", "ended"]


def test_a_request_that_is_cancelled_while_its_body_comes_leaves_nothing(backend):
    async def main():
        inbox, begun = ListInbox(), anyio.Event()

        async def body():
            yield BODY
            begun.set()
            await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            group.start_soon(receiver_of(inbox=inbox).receive, "POST", HEADERS, "", body())
            await begun.wait()
            group.cancel_scope.cancel()
        assert inbox.added == []

    anyio.run(main, backend=backend)


@on("error", [KeyboardInterrupt, SystemExit])
def test_a_handler_can_end_the_program(error):
    async def stop(event):
        raise error

    with pytest.raises(error):
        answer(receiver_of(stop))


def test_the_name_and_the_key_of_an_event_are_masked_in_the_log(caplog):
    body = b'{"event": "x\\njane@example.com", "id": "jane@example.com\\u001b[31m' + b"y" * 5000 + b'"}'
    assert answer(receiver_of(), body).status == 200
    ((_, line),) = lines(caplog)
    assert "jane" not in line
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 300


def test_blocking_code_has_the_same_methods(backend):
    got = []
    receiver = receiver_of(got.append)
    body = [BODY[:10], BODY[10:]]
    assert receiver.sync.receive("POST", HEADERS, "", BODY) == receiver.sync.receive("POST", HEADERS, "", iter(body))
    assert receiver.sync.receive("GET", HEADERS, "", BODY).status == 405
    assert len(got) == 2

    async def within_a_loop():
        return receiver.sync.receive("POST", HEADERS, "", body)

    assert anyio.run(within_a_loop, backend=backend).status == 200
    with pytest.raises(TypeError, match="^body: must be bytes"):
        receiver.sync.receive("POST", HEADERS, "", "text")


def test_blocking_code_reads_no_more_than_the_longest_body():
    parts = iter([b" " * 65_536] * 100)
    assert receiver_of().sync.receive("POST", HEADERS, "", parts).status == 413
    assert len([*parts]) == 83


def test_an_error_within_a_running_loop_is_raised_where_it_was_called(backend):
    async def main():
        receiver_of().sync.receive("POST", None, "", BODY)

    with pytest.raises(TypeError, match="^headers: must be"):
        anyio.run(main, backend=backend)


def test_without_an_inbox_there_is_nothing_to_work_on(backend):
    with pytest.raises(InvalidArgumentError, match="^inbox: must be given to the Receiver"):
        anyio.run(receiver_of().work, backend=backend)
    with pytest.raises(InvalidArgumentError, match="^inbox: must be given to the Receiver"):
        receiver_of().sync.work()


def test_the_body_is_not_read_before_the_head_was_accepted(backend):
    parts = Parts(BODY)
    receiver = receiver_of()
    made = anyio.run(receiver.receive, "POST", {"Content-Type": "application/json"}, "", parts, backend=backend)
    assert (made.status, parts.read) == (401, 0)
