"""Code of the caller's that a call runs while it goes on: the list of a bulk run, and what it is told.

Where the caller waits in a thread of its own, that code runs there and not beside the event loop: a database cursor may
belong to that thread, and Django refuses its ORM wherever a loop runs.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

import anyio


class CallerThread(Protocol):
    """What the thread that waits for a call does for it meanwhile."""

    async def do(self, work: Callable[[], object]) -> BaseException | None:
        """Have something done, and return what it raised."""
        ...


caller_thread: ContextVar[CallerThread | None] = ContextVar("smtp2go_async_errands", default=None)
"""Those of the call around; ``None`` where the caller awaits it."""


class InterruptedByCallerError(Exception):
    """The caller's thread was told to end. What a loop in another thread is told: the exit itself would end that."""


async def run_in_caller_thread(work: Callable[[], object]) -> BaseException | None:
    """Run the caller's own code in the caller's thread, and return what it raised.

    Not raised here: an exit (Ctrl-C, `sys.exit`) would end the loop with everything that is under way.
    """
    waiting = caller_thread.get()
    if waiting is not None:
        return await waiting.do(work)
    try:
        work()
    except BaseException as error:
        return plain(error, anyio.get_cancelled_exc_class())
    return None


def plain(error: BaseException, cancelled: type[BaseException]) -> BaseException:
    """Return an error that can be raised around a loop, which would take some for something of its own."""
    if isinstance(error, (cancelled, StopIteration, StopAsyncIteration)):
        made = RuntimeError(f"the list or on_outcome raised {type(error).__name__}")
        made.__cause__ = error
        return made
    return error


def is_exit(error: BaseException) -> bool:
    """Whether the program is to end."""
    return isinstance(error, InterruptedByCallerError) or not isinstance(error, Exception)
