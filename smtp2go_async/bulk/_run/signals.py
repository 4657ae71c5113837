"""Ctrl-C and SIGTERM during a run: calls under way are settled first, then the signals do what they always do."""

import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Protocol

import anyio
from anyio.lowlevel import checkpoint

_DEFAULT_HANDLER_MODULES = ("signal", "_signal", "asyncio.runners", "trio._core._ki", "builtins")
"""Modules whose handlers are in place when the program has set none of its own."""


class Stop(Protocol):
    """Called when a signal arrives."""

    def __call__(self, *, at_once: bool = False) -> None:
        """End the work; ``at_once`` without waiting for calls under way."""
        ...


def _has_default_handler(number: signal.Signals) -> bool:
    """Whether a signal may be handled here. A program with a handler of its own, such as a web server, keeps it."""
    handler = signal.getsignal(number)
    if handler in (signal.SIG_DFL, signal.default_int_handler):
        return True
    # None is a handler that was not set from Python; a number ignores the signal.
    if handler is None or isinstance(handler, int):
        return False
    # asyncio.run installs a partial.
    inner = getattr(handler, "func", handler)
    return getattr(inner, "__module__", "") in _DEFAULT_HANDLER_MODULES


@contextlib.asynccontextmanager
async def ending_on_signals(stop: Stop) -> AsyncIterator[None]:
    """Call ``stop`` at the first Ctrl-C or SIGTERM, and do what the signal means when the work has ended.

    After a second signal, calls under way are not waited for.
    """
    # Python sets handlers in the main thread only.
    both = (signal.SIGINT, signal.SIGTERM)
    numbers = [number for number in both if _in_main_thread() and _has_default_handler(number)]
    if not numbers:
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    arrived: list[int] = []
    error: BaseException | None = None
    try:
        async with anyio.create_task_group() as tasks:

            async def listen(*, task_status: anyio.abc.TaskStatus[None]) -> None:
                with anyio.open_signal_receiver(*numbers) as signals:
                    task_status.started()
                    async for number in signals:
                        arrived.append(number)
                        stop(at_once=len(arrived) > 1)

            await tasks.start(listen)
            try:
                yield
            except (Exception, KeyboardInterrupt, SystemExit) as problem:
                # Raised inside the task group, it would come out wrapped in an ExceptionGroup.
                error = problem
            tasks.cancel_scope.cancel()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if arrived and _is_beside_the_main_task(before.get(signal.SIGINT)):
            # KeyboardInterrupt and SystemExit would end the loop before its main task, which then can't tell its
            # threads to stop, while the end of the program waits for them. asyncio's own handler cancels the main task
            # and all that it awaits.
            signal.raise_signal(signal.SIGINT)
            await checkpoint()
        elif arrived:
            raise (KeyboardInterrupt() if arrived[0] == signal.SIGINT else SystemExit(128 + arrived[0])) from error
    if error is not None:
        raise error


@contextlib.contextmanager
def term_as_exit() -> Iterator[None]:
    """Let SIGTERM end a blocking call as Ctrl-C does, so that calls under way can be settled."""
    if not (_in_main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL):
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _is_beside_the_main_task(handler: object) -> bool:
    main = getattr(handler, "keywords", {}).get("main_task")
    return main is not None and id(main) != anyio.get_current_task().id


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
