"""An asynchronous list, which can take any time for its next row."""

import asyncio  # anyio can not tell who was cancelled: this task, or what it waited for
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import anyio

from ..._runtime.caller_thread import plain


class Pull:
    """Asks an asynchronous list for rows.

    In a task of its own where many rows go into one call: those that are there need not wait for the next one then, and
    a generator that was asked can't be given up without ending it. Where each goes alone, a hop would only cost.
    """

    def __init__(self, items: AsyncIterator[object]) -> None:
        self._items = items
        self.given: deque[object] = deque()
        """What nobody has taken yet."""
        self.ended: bool = False
        self.error: BaseException | None = None
        """What the list raised."""
        self.is_apart: bool = False
        """Whether it is asked in a task of its own, which `serve` is."""
        self._wanted = 0
        self._asked = anyio.Event()
        self._some = anyio.Event()
        self._all = anyio.Event()
        self._asking = anyio.Lock()
        self._scope: anyio.CancelScope | None = None
        self._ends = False

    async def serve(self, is_over: Callable[[], bool]) -> None:
        """Ask for what is wanted, until `end`.

        Args:
            is_over: Tells then whether the list will be asked no more. It is closed here: what a generator has open (a
                timeout, a group of tasks) can't be left in another task, nor behind a scope that was entered before.
        """
        try:
            with anyio.CancelScope() as self._scope:
                over = True
                try:
                    while not (self.ended or self._ends):
                        await self._ask_for_some()
                    over = is_over()
                finally:
                    if over:
                        await self.aclose()
        finally:
            self._scope, self._ends = None, False

    async def _ask_for_some(self) -> None:
        await self._asked.wait()
        self._asked = anyio.Event()
        async with self._asking:
            while len(self.given) < self._wanted and not self.ended:
                await self._ask()
                self._some.set()
        self._all.set()

    def end(self) -> None:
        """Let `serve` end, also when it has not begun, or the list takes its time."""
        self._ends = True
        if self._scope is not None and self._asking.locked():
            self._scope.cancel()
        else:
            self._asked.set()

    async def rest(self) -> None:
        """Wait until the list has given what it was asked for last."""
        async with self._asking:
            pass

    async def take(self, most: int, until: float, *, wait: bool) -> list[object]:
        """Return up to ``most``, and what is there of them at a time.

        Args:
            most: How many.
            until: A time by the monotonic clock.
            wait: Wait for the first in any case.
        """
        if self.is_apart:
            await self._wait_for(most, until, wait=wait)
        else:
            while len(self.given) < most and not self.ended and not (self.given and time.monotonic() > until):
                await self._ask()
        return [self.given.popleft() for _ in range(min(most, len(self.given)))]

    async def _wait_for(self, most: int, until: float, *, wait: bool) -> None:
        if len(self.given) >= most or self.ended:
            return
        self._some, self._all = anyio.Event(), anyio.Event()
        self._wanted = most
        self._asked.set()
        try:
            with anyio.move_on_after(until - time.monotonic()):
                await self._all.wait()
            if wait and not self.given and not self.ended:
                await self._some.wait()
        finally:
            # No more than was asked for: a row that is not sent soon need not be there.
            self._wanted = 0

    async def _ask(self) -> None:
        try:
            self.given.append(await anext(self._items))
        except StopAsyncIteration:
            self.ended = True
        except Exception as error:
            self.ended, self.error = True, error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Only something that the list waited for was cancelled, and raised on it would end the run in silence.
            self.ended, self.error = True, plain(error, asyncio.CancelledError)

    async def aclose(self) -> None:
        """Close the list, if it can be."""
        if isinstance(self._items, AsyncGenerator):
            await self._items.aclose()
