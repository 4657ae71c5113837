"""An asynchronous list, which can take any time for its next row."""

import asyncio  # anyio can't say whether this task was cancelled, or something that it awaited
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import anyio

from ..._runtime.caller_thread import plain
from .list_rows import ListItem


class AsyncList:
    """Asks an asynchronous list for items.

    Where many rows go into a call, a task of its own does that: rows at hand need not wait for the next one, and an
    item that was asked for is never given up, which would end a generator. Where each row goes alone, switching tasks
    would only cost time.
    """

    def __init__(self, items: AsyncIterator[ListItem]) -> None:
        self._items = items
        self.received: deque[ListItem] = deque()
        """Items that are not taken yet."""
        self.ended: bool = False
        self.error: BaseException | None = None
        """What the list raised."""
        self.has_own_task: bool = False
        """Whether the list is asked in a task of its own, which runs `serve`."""
        # The task that takes rows sets the wanted number and `_asked`; the task that reads sets the other two events.
        self._wanted = 0
        self._asked = anyio.Event()
        self._received_some = anyio.Event()
        self._received_all = anyio.Event()
        self._asking = anyio.Lock()
        self._scope: anyio.CancelScope | None = None
        self._ends = False

    async def serve(self, is_over: Callable[[], bool]) -> None:
        """Ask the list for as many items as are wanted, until `end`.

        Args:
            is_over: Says then whether the list will be asked no more.
        """
        try:
            with anyio.CancelScope() as self._scope:
                over = True
                try:
                    while not (self.ended or self._ends):
                        await self._ask_for_wanted()
                    over = is_over()
                finally:
                    # A generator may have a timeout or a task group open. Those can't be left in another task, nor
                    # after a scope that was entered before them, so the list is closed here and not by the run.
                    if over:
                        await self.aclose()
        finally:
            self._scope, self._ends = None, False

    async def _ask_for_wanted(self) -> None:
        await self._asked.wait()
        self._asked = anyio.Event()
        async with self._asking:
            while len(self.received) < self._wanted and not self.ended:
                await self._ask()
                self._received_some.set()
        self._received_all.set()

    def end(self) -> None:
        """Let `serve` end, also when it has not begun, or the list takes long for an item."""
        self._ends = True
        # Only a list that is being asked is cancelled: between two rows the task ends by itself, and a generator can be
        # asked again later.
        if self._scope is not None and self._asking.locked():
            self._scope.cancel()
        else:
            self._asked.set()

    async def wait_until_idle(self) -> None:
        """Wait until the list has given the item that it was asked for last."""
        async with self._asking:
            pass

    async def take(self, limit: int, until: float, *, wait: bool) -> list[ListItem]:
        """Return up to ``limit`` items, as many as the list gives in time.

        Args:
            limit: How many.
            until: A time by the monotonic clock.
            wait: Wait for the first item in any case.
        """
        if self.has_own_task:
            await self._wait_for(limit, until, wait=wait)
        else:
            while len(self.received) < limit and not self.ended and not (self.received and time.monotonic() > until):
                await self._ask()
        return [self.received.popleft() for _ in range(min(limit, len(self.received)))]

    async def _wait_for(self, count: int, until: float, *, wait: bool) -> None:
        if len(self.received) >= count or self.ended:
            return
        self._received_some, self._received_all = anyio.Event(), anyio.Event()
        self._wanted = count
        self._asked.set()
        try:
            with anyio.move_on_after(until - time.monotonic()):
                await self._received_all.wait()
            if wait and not self.received and not self.ended:
                await self._received_some.wait()
        finally:
            # The list is asked for no more than this call takes: a row that is not sent soon need not be there.
            self._wanted = 0

    async def _ask(self) -> None:
        try:
            self.received.append(await anext(self._items))
        except StopAsyncIteration:
            self.ended = True
        except Exception as error:
            self.ended, self.error = True, error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Something that the list awaited was cancelled, and not this task. Raised from here, the error would end
            # the run in silence.
            self.ended, self.error = True, plain(error, asyncio.CancelledError)

    async def aclose(self) -> None:
        """Close the list, if it can be closed."""
        if isinstance(self._items, AsyncGenerator):
            await self._items.aclose()
