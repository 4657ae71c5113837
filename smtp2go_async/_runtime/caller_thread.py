"""Code of the caller's that a call runs while it goes on: the list of a bulk run, and its callbacks.

With a blocking client this code runs in the caller's thread and not beside the event loop: a database cursor may belong
to that thread, and Django refuses its ORM wherever a loop runs.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

import anyio


class CallerThread(Protocol):
    """The caller's thread, which is blocked by a call and runs the caller's code for it meanwhile."""

    async def do(self, work: Callable[[], object]) -> BaseException | None:
        """Have a function run in the thread, and return what it raised."""
        ...


caller_thread: ContextVar[CallerThread | None] = ContextVar("smtp2go_async_caller_thread", default=None)
"""The blocked thread of the call around; ``None`` where the caller awaits the call."""


class InterruptedByCallerError(Exception):
    """The caller's thread has to end. Raised in the loop of another thread, which the exit itself would end."""


async def run_in_caller_thread(work: Callable[[], object]) -> BaseException | None:
    """Run the caller's own code in the caller's thread, and return what it raised.

    It is not raised here: an exit (Ctrl-C, `sys.exit`) would end the loop with everything that is under way.
    """
    thread = caller_thread.get()
    if thread is not None:
        return await thread.do(work)
    # The caller awaits the call, so this already is the caller's thread.
    try:
        work()
    except BaseException as error:
        return plain(error, anyio.get_cancelled_exc_class())
    return None


def plain(error: BaseException, cancelled: type[BaseException]) -> BaseException:
    """Return an error that can be raised around a loop, which would take some errors for something of its own."""
    if isinstance(error, (cancelled, StopIteration, StopAsyncIteration)):
        made = RuntimeError(f"the list or on_outcome raised {type(error).__name__}")
        made.__cause__ = error
        return made
    return error


def is_exit(error: BaseException) -> bool:
    """Whether the program is to end."""
    return isinstance(error, InterruptedByCallerError) or not isinstance(error, Exception)
