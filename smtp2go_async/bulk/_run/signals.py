"""Ctrl-C and SIGTERM during a run: what is under way is settled first, then they do what they always do."""

import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Protocol

import anyio
from anyio.lowlevel import checkpoint

_OURS = ("signal", "_signal", "asyncio.runners", "trio._core._ki", "builtins")
"""Modules whose handlers stand there when the program has set none of its own."""


class Stop(Protocol):
    """What is called when a signal came."""

    def __call__(self, *, at_once: bool = False) -> None:
        """End the work; ``at_once`` without waiting for what is under way."""
        ...


def _free(number: signal.Signals) -> bool:
    """Whether a signal does what Python lets it do; a program with a handler of its own (a web server) keeps it."""
    handler = signal.getsignal(number)
    if handler in (signal.SIG_DFL, signal.default_int_handler):
        return True
    if handler is None or isinstance(handler, int):
        return False
    inner = getattr(handler, "func", handler)
    return getattr(inner, "__module__", "") in _OURS


@contextlib.asynccontextmanager
async def ending_on_signals(stop: Stop) -> AsyncIterator[None]:
    """Call ``stop`` at the first Ctrl-C or SIGTERM, and do what the signal says when the work has ended.

    A second one does not wait for what is still under way.
    """
    numbers = [number for number in (signal.SIGINT, signal.SIGTERM) if _in_main_thread() and _free(number)]
    if not numbers:
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    came: list[int] = []
    error: BaseException | None = None
    try:
        async with anyio.create_task_group() as tasks:

            async def listen(*, task_status: anyio.abc.TaskStatus[None]) -> None:
                with anyio.open_signal_receiver(*numbers) as signals:
                    task_status.started()
                    async for number in signals:
                        came.append(number)
                        stop(at_once=len(came) > 1)

            await tasks.start(listen)
            try:
                yield
            except (Exception, KeyboardInterrupt, SystemExit) as problem:
                # Raised in there, it would come out in a group.
                error = problem
            tasks.cancel_scope.cancel()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came and _is_beside_the_main_task(before.get(signal.SIGINT)):
            # An error of this kind ends the loop before its main task has ended, and then threads are waited for that
            # nobody tells to stop. asyncio's own handler cancels the main task, and with it all that it waits for.
            signal.raise_signal(signal.SIGINT)
            await checkpoint()
        elif came:
            raise (KeyboardInterrupt() if came[0] == signal.SIGINT else SystemExit(128 + came[0])) from error
    if error is not None:
        raise error


@contextlib.contextmanager
def term_as_exit() -> Iterator[None]:
    """Let SIGTERM end a waiting call as Ctrl-C does, so that what is under way can be settled."""
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
