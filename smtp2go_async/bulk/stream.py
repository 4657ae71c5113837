"""A run that is iterated over."""

import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType

import anyio

from .._paging import WaitedFor
from ._signals import Stop, ending_on_signals
from .outcome import Outcome
from .run import Run

SECONDS = 1.0
"""For how long rows are taken before outcomes are given out."""
MOST = 1000
"""Outcomes gathered after which no more rows are taken."""


def _stop_of(run: Run) -> Stop:
    """Return what stops a run, and does not keep it in memory when the iteration is left."""
    found = weakref.ref(run)

    def stop(*, at_once: bool = False) -> None:
        one = found()
        if one is not None:
            one.stop(at_once=at_once)

    return stop


class OutcomeStream(AsyncIterator[Outcome]):
    """The outcomes of a run. While one is looked at, nothing is under way, and an iteration may be left at any time.

    Left early, the journal stays open until the stream is closed (``async with``, `aclose`) or collected.
    """

    def __init__(self, beginning: AbstractAsyncContextManager[Run]) -> None:
        self._beginning = beginning
        self._run: Run | None = None
        self._gathered: list[Outcome] = []
        self._ready: Iterator[Outcome] = iter(())
        self._closed = False
        self._sent: anyio.Event | None = None
        """Set when what is being sent has ended."""
        self._error: Exception | None = None

    async def __anext__(self) -> Outcome:
        for outcome in self._ready:
            return outcome
        self._ready = iter(await self.next_page())
        for outcome in self._ready:
            return outcome
        raise StopAsyncIteration

    async def next_page(self) -> Sequence[Outcome]:
        """Send for about a second, and return what became of that; nothing when all was sent."""
        if self._sent is not None:
            raise RuntimeError("two tasks or threads iterate over one stream; give each outcome on from one of them")
        self._sent = anyio.Event()
        try:
            while not self._gathered and not self._closed:
                await self._send()
        finally:
            self._sent.set()
            self._sent = None
        page, self._gathered = self._gathered, []
        return page

    async def _gather(self, outcomes: Sequence[Outcome]) -> None:
        self._gathered.extend(outcomes)

    async def _send(self) -> None:
        run = self._run
        if run is None:
            run = self._run = await self._beginning.__aenter__()
        if self._error is None:
            await self._go(run)
        if (run.ended or self._error) and not self._gathered:
            # All outcomes were given out, so what ended the run can be raised.
            await self._close()
            if self._error is not None:
                raise self._error
            run.check()

    async def _go(self, run: Run) -> None:
        until = time.monotonic() + SECONDS
        # Not for longer: whoever leaves the iteration would leave a circle behind, and the journal open.
        run.told = self._gather
        try:
            async with ending_on_signals(_stop_of(run)):
                await run.go(lambda: time.monotonic() > until or len(self._gathered) >= MOST)
        except Exception as error:
            self._error = error
        except BaseException:
            await self._close()
            raise
        finally:
            run.told = None

    async def aclose(self) -> None:
        """End the run here, and close its journal; what another task has under way is settled first."""
        self._closed = True
        if self._run is not None and self._sent is not None:
            self._run.stop()
            with anyio.CancelScope(shield=True):
                await self._sent.wait()
        await self._close()

    async def _close(self) -> None:
        self._closed = True
        if self._run is not None:
            self._run = None
            await self._beginning.__aexit__(None, None, None)

    async def __aenter__(self) -> "OutcomeStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class SyncOutcomeStream(WaitedFor[Outcome]):
    """The outcomes of a run, waited for; otherwise as `OutcomeStream`, with `close` and ``with``."""

    def __init__(self, next_page: Callable[[], Sequence[Outcome]], close: Callable[[], None]) -> None:
        super().__init__(next_page)
        self._close = close

    def close(self) -> None:
        """End the run here, and close its journal."""
        self._close()

    def __enter__(self) -> "SyncOutcomeStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
