"""The caller's own code that a call on the loop has run in the thread that waits for the call.

A signal can raise anything between any two steps of that thread. So a piece of work leaves the queue only when it is
done, and everything that the thread waits for can also be seen by looking, without being woken.
"""

import asyncio
import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from queue import SimpleQueue
from typing import Any, TypeVar

from .._runtime.caller_thread import InterruptedByCallerError, caller_thread, plain

T = TypeVar("T")


class WorkItem:
    """A function for the blocked thread to run. A signal can interrupt that anywhere, so `run` can be called again."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._started = False
        self._error: BaseException | None = InterruptedByCallerError("interrupted")
        self._loop = asyncio.get_running_loop()
        self._raised: asyncio.Future[BaseException | None] | None = self._loop.create_future()

    async def result(self) -> BaseException | None:
        """Wait until the function has run, and return what it raised."""
        assert self._raised is not None
        try:
            return await self._raised
        finally:
            # Break the cycle: the error's traceback holds frames, and the frames hold this.
            self._raised = None

    def run(self, blocked: "BlockedThread") -> None:
        """Run the function unless it was started before, and report what it raised: an exit to the blocked thread."""
        if not self._started:
            self._started = True
            try:
                self._work()
                self._error = None
            except Exception as error:
                self._error = plain(error, asyncio.CancelledError)
            except asyncio.CancelledError as error:
                # Not an Exception, and not an exit: it comes from a loop of the caller's own.
                self._error = plain(error, asyncio.CancelledError)
            except BaseException as error:
                blocked.exit = error
                self._error = InterruptedByCallerError(f"{type(error).__name__} in the list or on_outcome")
        self.report(self._error)
        self._error = None

    def report(self, error: BaseException | None) -> None:
        """Give the loop the result; only the first report counts."""
        # A RuntimeError says that the loop has ended, and then the result is not asked for any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._set, error)

    def _set(self, error: BaseException | None) -> None:
        if self._raised is not None and not self._raised.done():
            self._raised.set_result(error)


class BlockedThread:
    """A thread that waits for a call, and runs the caller's own code for it meanwhile."""

    def __init__(self, ident: int) -> None:
        self.ident = ident
        self._process = os.getpid()
        self._items: deque[WorkItem] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._lock = threading.Lock()
        self._left = False
        self._cancelled = False
        self._task: asyncio.Task[Any] | None = None
        self._ended = False
        self.exit: BaseException | None = None
        """The exception in the caller's code that is to end the program."""

    # --- on the loop ----------------------------------------------------------------------------------------------

    async def serve(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Make the call, with this thread as the thread for the caller's code."""
        self._task = asyncio.current_task()
        try:
            if self._cancelled:
                raise asyncio.CancelledError
            caller_thread.set(self)
            return await call()
        finally:
            self._end()

    async def do(self, work: Callable[[], object]) -> BaseException | None:
        """Have a function run in the blocked thread, and return what it raised."""
        item = WorkItem(work)
        with self._lock:
            if self._left:
                return InterruptedByCallerError("the thread that waited for this call was interrupted")
            self._items.append(item)
        self._wake.put(None)
        return await item.result()

    def end_if_not_started(self, _future: object) -> None:
        """End the waiting for a call that was cancelled before its first step."""
        if self._task is None:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._wake.put(None)

    # --- in the thread --------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Run what is asked for, until the call has ended."""
        while True:
            if os.getpid() != self._process:
                # Forked in the list or on_outcome: the call goes on in the parent.
                raise self.exit or RuntimeError("this process was forked by a run of its parent, and does not have it")
            if self._items:
                # Taken out only afterwards: a signal in between must not lose it.
                self._items[0].run(self)
                self._items.popleft()
            elif self._ended:
                return
            else:
                self._wake.get()

    def cancel(self) -> None:
        """Cancel the call; a call that has not started by now does not start."""
        self._cancelled = True
        task = self._task
        if task is None:
            self._ended = True
        else:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                task.get_loop().call_soon_threadsafe(task.cancel)

    def leave(self) -> None:
        """Run nothing more, and report that to all work that is or will be asked for."""
        # Break the cycle: both refer to the error that is raised, whose traceback holds the frames that hold this.
        self.exit = self._task = None
        if os.getpid() != self._process:
            # In a forked child: the loop's thread may have held the lock at the fork, and would never release it.
            return
        with self._lock:
            self._left = True
        for item in self._items:
            item.report(InterruptedByCallerError("the thread that waited for this call was interrupted"))
        self._items.clear()
