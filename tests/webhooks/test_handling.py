"""How handlers are run: side by side, in threads, for a limited time, whatever they raise."""

import contextvars
import functools
import threading

import anyio
import pytest
from webhooks.stored import event_of

from smtp2go_async.errors import HandlerError
from smtp2go_async.webhooks import _handling
from smtp2go_async.webhooks._handling import TooManyHangError, hanging_threads, is_exit, run_handlers

EVENT = event_of(1)


def run(*handlers, backend, seconds=30.0):
    anyio.run(functools.partial(run_handlers, handlers, EVENT, seconds=seconds), backend=backend)


def raises(error):
    def handler(event):
        raise error

    return handler


def async_raises(error):
    async def handler(event):
        await anyio.sleep(0)
        raise error

    return handler


def test_no_handler_is_nothing_to_do(backend):
    run(backend=backend)


def test_handlers_run_side_by_side(backend):
    async def main():
        met = anyio.Event(), anyio.Event()

        async def first(event):
            met[0].set()
            await met[1].wait()

        async def second(event):
            met[1].set()
            await met[0].wait()

        await run_handlers([first, second], EVENT, seconds=30)

    anyio.run(main, backend=backend)


def test_a_plain_handler_runs_in_a_thread_with_the_variables_of_its_context(backend):
    variable = contextvars.ContextVar("variable")
    seen = []

    async def main():
        variable.set("set around it")
        await run_handlers([lambda event: seen.append((variable.get(), threading.current_thread()))], EVENT)

    anyio.run(main, backend=backend)
    assert seen[0][0] == "set around it"
    assert seen[0][1] is not threading.current_thread()


def test_a_handler_that_raises_keeps_no_other_from_running(backend):
    called = []
    with pytest.raises(ExceptionGroup) as caught:
        run(raises(ValueError("a")), async_raises(KeyError("b")), called.append, backend=backend)
    assert {type(error) for error in caught.value.exceptions} == {ValueError, KeyError}
    assert called == [EVENT]


@pytest.mark.parametrize("make", [raises, async_raises])
@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize(
    "error", [ValueError("x"), StopIteration(3), StopAsyncIteration(), ExceptionGroup("x", [ValueError("y")])]
)
def test_an_error_of_a_handler_is_raised_as_it_is_unless_a_coroutine_can_t_raise_it(backend, make, error, others):
    expected = RuntimeError if isinstance(error, StopIteration) else type(error)
    with pytest.raises(expected):
        run(make(error), *[lambda event: None] * others, backend=backend)


@pytest.mark.parametrize("make", [raises, async_raises])
@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), BaseExceptionGroup("x", [ValueError(), SystemExit(3)])]
)
def test_an_exit_ends_the_other_handlers_and_comes_out_alone(backend, make, error, others):
    async def main():
        async def waits(event):
            await anyio.sleep_forever()

        with pytest.raises(type(error)) as caught:
            await run_handlers([make(error)] + [waits] * others, EVENT)
        assert caught.value is error

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("make", [raises, async_raises])
@pytest.mark.parametrize("others", [0, 1])
def test_another_error_that_no_except_clause_expects_is_the_handler_s_failure(backend, make, others):
    class Odd(BaseException):
        pass

    with pytest.raises(HandlerError, match="a handler raised Odd"):
        run(make(Odd()), *[lambda event: None] * others, backend=backend)


@pytest.mark.parametrize("others", [0, 1])
def test_a_handler_that_awaits_something_cancelled_has_failed(others):
    async def main():
        import asyncio

        async def handler(event):
            task = asyncio.create_task(asyncio.sleep(10))
            task.cancel()
            await task

        with pytest.raises(HandlerError, match="cancellation of its own"):
            await run_handlers([handler] + [lambda event: None] * others, EVENT, seconds=30)

    anyio.run(main)


def test_a_handler_that_cancels_its_own_task_has_failed_and_the_others_go_on():
    import asyncio

    async def cancels_itself(event):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    async def slow(event):
        await asyncio.sleep(0.01)
        returned.append(event)

    async def main():
        with pytest.raises(HandlerError, match="ended by a cancellation of its own"):
            await run_handlers([cancels_itself, slow], EVENT)

    returned = []
    asyncio.run(main())
    assert returned == [EVENT]


@pytest.mark.parametrize("others", [0, 1])
def test_a_task_of_asyncio_that_is_cancelled_is_cancelled(others):
    async def main():
        import asyncio

        started = asyncio.Event()

        async def handler(event):
            started.set()
            await asyncio.sleep(3600)

        task = asyncio.create_task(run_handlers([handler] + [lambda event: None] * others, EVENT, seconds=3600))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    anyio.run(main)


@pytest.mark.parametrize("others", [0, 1])
def test_an_async_handler_that_never_ends_is_cancelled(backend, others):
    cleaned = []

    async def never_ends(event):
        try:
            await anyio.sleep_forever()
        finally:
            cleaned.append(event)

    async def ends(event):
        pass

    with pytest.raises(HandlerError, match="a handler took longer than 0.01 seconds"):
        run(never_ends, *[ends] * others, backend=backend, seconds=0.01)
    assert cleaned == [EVENT]


def test_a_timeout_of_the_handler_s_own_stays_its_own(backend):
    with pytest.raises(TimeoutError):
        run(async_raises(TimeoutError()), backend=backend)


def test_a_plain_handler_that_never_ends_is_given_up_and_counted_until_it_ends(backend):
    end, ended = threading.Event(), threading.Event()

    def never_ends(event):
        end.wait(30)
        ended.set()

    before = hanging_threads()

    async def main():
        with pytest.raises(HandlerError, match="took longer"):
            await run_handlers([never_ends], EVENT, seconds=0.2)
        assert hanging_threads() == before + 1
        end.set()
        with anyio.fail_after(10):
            while hanging_threads() != before:
                await anyio.sleep(0.001)

    anyio.run(main, backend=backend)
    assert ended.is_set()


def test_when_too_many_hang_no_plain_handler_is_started_and_async_ones_are(backend, monkeypatch):
    monkeypatch.setattr(_handling, "MAX_HANGING_THREADS", 3)
    end, called = threading.Event(), []

    async def note(event):
        called.append(event)

    async def main():
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(hang)
        with pytest.raises(TooManyHangError, match="3 plain handlers go on after their time was over"):
            await run_handlers([called.append, note], EVENT, seconds=30)
        assert called == [EVENT]
        end.set()
        with anyio.fail_after(10):
            while hanging_threads():
                await anyio.sleep(0.001)
        await run_handlers([called.append], EVENT, seconds=30)

    async def hang():
        with pytest.raises(HandlerError, match="took longer"):
            await run_handlers([lambda event: end.wait(30)], EVENT, seconds=0.2)

    anyio.run(main, backend=backend)
    assert called == [EVENT] * 2


def test_threads_that_hang_leave_the_threads_of_the_program_alone(backend):
    """On trio, a thread that was given up holds its place in the limiter that all code shares."""
    end = threading.Event()

    async def main():
        default = anyio.to_thread.current_default_thread_limiter()
        with pytest.raises(HandlerError):
            await run_handlers([lambda event: end.wait(30)], EVENT, seconds=0.2)
        assert default.borrowed_tokens == 0
        end.set()

    anyio.run(main, backend=backend)


def test_a_coroutine_that_nobody_awaits_any_more_is_closed_without_a_warning(backend):
    end = threading.Event()

    async def never_awaited():
        raise AssertionError

    def late(event):
        end.wait(30)
        return never_awaited()

    async def main():
        with pytest.raises(HandlerError):
            await run_handlers([late], EVENT, seconds=0.2)
        end.set()
        with anyio.fail_after(10):
            while hanging_threads():
                await anyio.sleep(0.001)

    anyio.run(main, backend=backend)


def test_groups_of_errors_can_be_nested_deeper_than_functions_can_be_called():
    error = SystemExit(1)
    for _ in range(5_000):
        error = BaseExceptionGroup("x", [error])
    assert is_exit(error)
