"""Wait until a call's turn has come, in whichever event loop the call runs."""

from collections.abc import Awaitable, Callable

import anyio
from anyio.lowlevel import current_token

from .turns import Turn


class Waker:
    """An event of the running event loop that any thread can set."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self.loop: object = current_token().native_token
        # The same function under its names in asyncio and in trio. Both raise a RuntimeError when the loop has ended.
        self._soon = getattr(self.loop, "call_soon_threadsafe", None) or getattr(self.loop, "run_sync_soon")  # noqa: B009

    @property
    def is_woken(self) -> bool:
        """Whether it was set."""
        return self._event.is_set()

    def wake(self) -> None:
        """Set it.

        Raises:
            RuntimeError: The loop has ended.
        """
        self._soon(self._event.set)

    async def wait(self, seconds: float, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Wait until it is set, or until ``sleep`` returns or raises."""
        problem: Exception | None = None

        async def nap() -> None:
            nonlocal problem
            try:
                await sleep(seconds)
            except Exception as error:
                # Kept, since raised in here it would come out in an exception group.
                problem = error
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(nap)
            await self._event.wait()
            tasks.cancel_scope.cancel()
        if problem is not None:
            raise problem


def waker_for(turn: Turn) -> Waker:
    """Return the waker that the gate uses when the turn of this call has come."""
    waker = Waker()
    turn.wake, turn.loop = waker.wake, waker.loop
    return waker
