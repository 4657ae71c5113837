"""How the handlers of an event are run: side by side, plain ones in threads, and bounded."""

import inspect
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from ..errors import HandlerError
from .events import Event

Handler = Callable[[Any], Awaitable[object] | object]

MAX_HANGING_THREADS: Final = 40
"""Plain handlers that may go on after their time was over. A thread can't be ended from outside, so with this many of
them no further plain handler is started."""


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
        self._has_ended = False
        self._is_given_up = False

    def run(self) -> object:
        try:
            return self._handler(self._event)
        finally:
            with self._lock:
                self._has_ended = True
                if self._is_given_up:
                    _threads.add(-1)

    def give_up(self) -> None:
        with self._lock:
            if not self._has_ended:
                self._is_given_up = True
                _threads.add(1)


async def run_handlers(handlers: Sequence[Handler], event: Event) -> None:
    """Run all handlers of an event side by side, and return when all of them have ended.

    Raises:
        Exception: What a handler raised; an `ExceptionGroup` if several did.
        HandlerError: A plain handler was not started, since too many hang.
    """
    if len(handlers) == 1:
        await _run_handler(handlers[0], event)
        return
    # Late, so that parsing and storing need no event loop.
    import anyio

    errors: list[Exception] = []

    async def run(handler: Handler) -> None:
        try:
            await _run_handler(handler, event)
        except Exception as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for handler in handlers:
            group.start_soon(run, handler)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"{len(errors)} handlers of an event failed", errors)


async def _run_handler(handler: Handler, event: Event) -> None:
    result = handler(event) if _is_async(handler) else await _run_in_thread(handler, event)
    # A plain function can return a coroutine, as a lambda around an async function does.
    if inspect.isawaitable(result):
        await result


async def _run_in_thread(handler: Handler, event: Event) -> object:
    from anyio import to_thread

    if _threads.hanging >= MAX_HANGING_THREADS:
        raise HandlerError(
            f"{MAX_HANGING_THREADS} plain handlers go on after their time was over: give their work an end, such as a "
            "timeout, or more time with handler_seconds"
        )
    call = _PlainCall(handler, event)
    try:
        return await to_thread.run_sync(call.run, abandon_on_cancel=True)
    except BaseException:
        call.give_up()
        raise


def _is_async(handler: object) -> bool:
    # inspect sees through functools.partial, and not through an object that can be called.
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(vars(type(handler)).get("__call__"))
