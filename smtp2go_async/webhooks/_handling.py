"""How the handlers of an event are run: side by side, plain ones in threads, and each for a limited time."""

import functools
import inspect
import math
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from .._runtime.loading import loading
from ..errors import HandlerError
from ._failures import is_exit
from .events import Event

Handler = Callable[[Any], Awaitable[object] | object]

MAX_HANGING_THREADS: Final = 40
"""Plain handlers that may go on after their time was over. A thread can't be ended from outside, so with this many of
them no further plain handler is started."""


class TooManyHangError(HandlerError):
    """A plain handler was not started, since too many others go on after their time was over."""


class _Threads:
    """Counts the plain handlers of this process that were given up and go on nevertheless."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.hanging = 0

    def add(self, change: int) -> None:
        with self._lock:
            self.hanging += change


_threads = _Threads()


class _PlainCall:
    """A plain handler's run in a thread, which is counted while nobody waits for it any more."""

    def __init__(self, handler: Handler, event: Event) -> None:
        self._handler, self._event = handler, event
        self._lock = threading.Lock()
        self._has_started = self._has_ended = self._is_given_up = False
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Run the handler, and keep what it returned or raised: trio lets no thread return a coroutine."""
        with self._lock:
            if self._is_given_up:
                return
            self._has_started = True
        try:
            self.result = self._handler(self._event)
        except BaseException as error:
            # Not raised in this thread: an event loop can't be handed a StopIteration, and takes an exit for its own.
            self.error = error
        with self._lock:
            self._has_ended = True
            if self._is_given_up:
                _threads.add(-1)
                self._drop_result()

    def give_up(self) -> None:
        with self._lock:
            if not self._is_given_up:
                self._is_given_up = True
                if self._has_ended:
                    self._drop_result()
                elif self._has_started:
                    _threads.add(1)

    def _drop_result(self) -> None:
        # Nobody awaits a coroutine that the handler returned, of which Python would warn.
        if inspect.iscoroutine(self.result):
            self.result.close()


def hanging_threads() -> int:
    """Return how many plain handlers of this process were given up and go on nevertheless."""
    return _threads.hanging


async def run_handlers(handlers: Sequence[Handler], event: Event, *, seconds: float = math.inf) -> None:
    """Run all handlers of an event side by side, and return when all of them have ended.

    Args:
        handlers: The handlers.
        event: The event.
        seconds: How long each may take. Then an async handler is cancelled, and a plain one goes on in its thread, and
            nothing waits for it.

    Raises:
        Exception: What a handler raised; an `ExceptionGroup` if several did.
        HandlerError: A handler took too long, or a plain one was not started, since too many hang.
        BaseException: An exit, such as `SystemExit`, that a handler raised; the other handlers are cancelled.
    """
    # Late, so that a router can be made without an event loop.
    with loading:
        import anyio
    if len(handlers) == 1:
        await _run_handler(handlers[0], event, seconds)
        return
    if not handlers:
        return
    errors: list[Exception] = []
    exits: list[BaseException] = []

    async def run(handler: Handler) -> None:
        try:
            await _run_handler(handler, event, seconds)
        except anyio.get_cancelled_exc_class() as error:
            if is_cancelled_by_scope():
                raise
            # Let out, it would cancel the other handlers and pass unseen, as if all of them had returned.
            errors.append(_own_cancellation(error))
        except Exception as error:
            errors.append(error)
        except BaseException as error:
            if not is_exit(error):
                raise
            # Kept, since a task group would wrap it, and asyncio would end the loop in the middle of all other tasks.
            exits.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for handler in handlers:
            group.start_soon(run, handler)
    if exits:
        raise exits[0]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"{len(errors)} handlers of an event failed", errors)


async def _run_handler(handler: Handler, event: Event, seconds: float) -> None:
    import anyio

    cancelled = anyio.get_cancelled_exc_class()
    with anyio.move_on_after(seconds) as scope:
        try:
            result = handler(event) if _is_async(handler) else await _run_in_thread(handler, event)
            # A plain function can return a coroutine, as a lambda around an async function does.
            if inspect.isawaitable(result):
                await result
        except cancelled as error:
            if _is_being_cancelled(error):
                raise
            # The handler awaited a task that was cancelled. Let out as it is, it would count as a cancellation of this
            # task, and pass unseen through a task group: as if the handler had done its work.
            raise _own_cancellation(error) from error
        except (Exception, BaseExceptionGroup, SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            # Such as a GeneratorExit: it is the handler's failure, and no reason to end the program.
            raise HandlerError(f"a handler raised {type(error).__name__}") from error
    if scope.cancelled_caught:
        raise HandlerError(f"a handler took longer than {seconds:g} seconds")


def is_cancelled_by_scope() -> bool:
    """Whether a task is being cancelled by a scope around it.

    A task that was started here and holds no scope of others can be cancelled in another way by its handler alone.
    """
    import anyio

    return anyio.current_effective_deadline() == -math.inf


def _own_cancellation(error: BaseException) -> HandlerError:
    made = HandlerError("a handler ended by a cancellation of its own")
    made.__cause__ = error
    return made


def _is_being_cancelled(error: BaseException) -> bool:
    """Whether this task is being cancelled by a scope around it, or by the means of its event loop."""
    # Without an import: a program on trio may never have loaded it.
    asyncio: Any = sys.modules.get("asyncio")
    if is_cancelled_by_scope():
        return True
    if asyncio is None or not isinstance(error, asyncio.CancelledError):
        return True
    # A task of asyncio can be cancelled without a scope, and counts that.
    task = asyncio.current_task()
    return task is None or bool(task.cancelling())


async def _run_in_thread(handler: Handler, event: Event) -> object:
    with loading:
        from anyio import CapacityLimiter, to_thread
    if _threads.hanging >= MAX_HANGING_THREADS:
        raise TooManyHangError(
            f"{MAX_HANGING_THREADS} plain handlers go on after their time was over: give their work an end, such as a "
            "timeout, or more time with handler_seconds"
        )
    call = _PlainCall(handler, event)
    try:
        # A limiter of its own: on trio, threads that hang would use up the limiter that all other code shares.
        await to_thread.run_sync(call.run, abandon_on_cancel=True, limiter=CapacityLimiter(1))
    except BaseException:
        call.give_up()
        raise
    if call.error is not None:
        try:
            raise _raisable(call.error)
        finally:
            # The traceback holds this frame, and so would keep the call and the event in memory.
            del call
    return call.result


def _raisable(error: BaseException) -> BaseException:
    """Return an error that a coroutine can raise, as Python does for the body of a coroutine."""
    if isinstance(error, StopIteration):
        made = RuntimeError("a handler raised StopIteration")
        made.__cause__ = error
        return made
    return error


def _is_async(handler: object) -> bool:
    # inspect sees through functools.partial, and not through an object that can be called.
    while isinstance(handler, functools.partial):
        handler = handler.func
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(type(handler), "__call__", None))  # noqa: B004
