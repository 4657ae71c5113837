"""A run that is iterated over."""

import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextvars import ContextVar
from functools import partial
from types import TracebackType
from typing import Any

import anyio

from .._paging import SyncPaged
from ..errors import NotSentError
from ._run.run import Run
from ._run.session import Beginning
from ._run.signals import Stop, ending_on_signals
from .outcome import Outcome

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


_within: ContextVar["OutcomeStream | None"] = ContextVar("smtp2go_async_within", default=None)
"""The stream whose list, which may close it, is read here."""


class OutcomeStream(AsyncIterator[Outcome]):
    """The outcomes of a run. While one is looked at, nothing is under way, and an iteration may be left at any time.

    Left early, the journal stays open until the stream is closed (``async with``, `aclose`) or collected.
    """

    def __init__(self, beginning: Beginning) -> None:
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
        sent = self._sent = anyio.Event()
        within = _within.set(self)
        try:
            while not self._gathered and not self._closed:
                await self._send()
            if self._closed:
                await self._close()
        finally:
            _within.reset(within)
            self._sent = None
            sent.set()
        page, self._gathered = self._gathered, []
        return page

    async def _gather(self, outcomes: Sequence[Outcome]) -> None:
        self._gathered.extend(outcomes)

    async def _send(self) -> None:
        run = self._run
        if run is None:
            run = self._run = await self._beginning.__aenter__()
            if self._closed:
                return
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
        if self._sent is None:
            await self._close()
            return
        await self.stop()
        if _within.get() is not self:
            with anyio.CancelScope(shield=True):
                await self._sent.wait()

    async def stop(self) -> None:
        """Let the iteration that is under way end and close."""
        self._closed = True
        if self._run is not None:
            self._run.stop()

    async def _close(self) -> None:
        self._closed = True
        if self._run is not None:
            self._run = None
            await self._beginning.__aexit__(None, None, None)

    def abandon(self) -> None:
        """Close the journal when the event loop is gone, and with it all that was under way."""
        self._closed = True
        if self._run is not None:
            self._run = None
            self._beginning.abandon()

    async def __aenter__(self) -> "OutcomeStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class SyncOutcomeStream(SyncPaged[Outcome]):
    """The outcomes of a run, waited for; otherwise as `OutcomeStream`, with `close` and ``with``."""

    def __init__(self, stream: OutcomeStream, wait: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]) -> None:
        self._threads: list[int] = []
        super().__init__(partial(_page, stream, wait, self._threads))
        self._stream, self._wait = stream, wait

    def close(self) -> None:
        """End the run here, and close its journal."""
        # By its own list: what waits for that can't be waited for.
        within = threading.get_ident() in self._threads
        try:
            self._wait(self._stream.stop if within else self._stream.aclose)
        except NotSentError:
            # The client is closed.
            self._stream.abandon()

    def __enter__(self) -> "SyncOutcomeStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _page(
    stream: OutcomeStream, wait: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any], threads: list[int]
) -> Sequence[Outcome]:
    """Wait for the next page, and note who waits. No method: the stream would know itself, and stay in memory."""
    threads.append(threading.get_ident())
    try:
        page: Sequence[Outcome] = wait(stream.next_page)
    finally:
        threads.pop()
    return page
