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
from ..errors import NotSentError, Smtp2goError
from ._run.run import Run
from ._run.session import RunSession
from ._run.signals import Stop, ending_on_signals
from .outcome import Outcome

MAX_PAGE_SECONDS = 1.0
"""For how long rows are taken before outcomes are given out."""
MAX_PAGE_OUTCOMES = 1000
"""How many outcomes are gathered before no more rows are taken."""


def _stop_of(run: Run) -> Stop:
    """Return a function that stops a run, and does not keep it in memory when the iteration is left."""
    reference = weakref.ref(run)

    def stop(*, at_once: bool = False) -> None:
        run = reference()
        if run is not None:
            run.stop(at_once=at_once)

    return stop


Wait = Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]
"""Runs a call of the client's, and blocks until it has ended."""

_reading_for: ContextVar["OutcomeStream | None"] = ContextVar("smtp2go_async_reading_for", default=None)
"""The stream whose list is read in this context. The list may close the stream."""


class OutcomeStream(AsyncIterator[Outcome]):
    """The outcomes of a run. While the caller looks at an outcome, no call is under way, so the loop may be left.

    The journal then stays open until the stream is closed (``async with``, `aclose`) or collected.
    """

    def __init__(self, session: RunSession) -> None:
        self._session = session
        self._run: Run | None = None
        self._gathered: list[Outcome] = []
        self._ready: Iterator[Outcome] = iter(())
        self._closed = False
        self._sent: anyio.Event | None = None
        """Set when the calls under way have ended; ``None`` while there are none."""
        self._error: Exception | None = None

    async def __anext__(self) -> Outcome:
        for outcome in self._ready:
            return outcome
        self._ready = iter(await self.next_page())
        for outcome in self._ready:
            return outcome
        raise StopAsyncIteration

    async def next_page(self) -> Sequence[Outcome]:
        """Send for about a second, and return the outcomes; none when all was sent."""
        if self._sent is not None:
            raise RuntimeError("two tasks or threads iterate over one stream; pass outcomes on from one of them")
        sent = self._sent = anyio.Event()
        token = _reading_for.set(self)
        try:
            while not self._gathered and not self._closed:
                await self._send()
            if self._closed:
                await self._close()
        finally:
            _reading_for.reset(token)
            self._sent = None
            sent.set()
        page, self._gathered = self._gathered, []
        return page

    async def _gather(self, outcomes: Sequence[Outcome]) -> None:
        self._gathered.extend(outcomes)

    async def _send(self) -> None:
        run = self._run
        if run is None:
            run = self._run = await self._session.__aenter__()
            if self._closed:
                # Another task has closed the stream while the journal was opened.
                return
        if self._error is None:
            await self._go(run)
        if (run.ended or self._error) and not self._gathered:
            # All outcomes were given out, so the error that ended the run can be raised.
            await self._close()
            try:
                if self._error is not None:
                    raise self._error
                run.check()
            except Smtp2goError as error:
                run.correct(error)
                raise

    async def _go(self, run: Run) -> None:
        until = time.monotonic() + MAX_PAGE_SECONDS
        try:
            async with ending_on_signals(_stop_of(run)):
                await run.go(
                    lambda: time.monotonic() > until or len(self._gathered) >= MAX_PAGE_OUTCOMES, notify=self._gather
                )
        except Exception as error:
            # Raised when the outcomes before it were given out.
            self._error = error
        except BaseException:
            await self._close()
            raise

    async def aclose(self) -> None:
        """End the run here, and close its journal; calls that another task has under way are settled first."""
        if self._sent is None:
            await self._close()
            return
        await self.stop()
        # A list that closes its own stream is read by the very iteration that would be waited for.
        if _reading_for.get() is not self:
            with anyio.CancelScope(shield=True):
                await self._sent.wait()

    async def stop(self) -> None:
        """Let the iteration under way end and close the stream."""
        self._closed = True
        if self._run is not None:
            self._run.stop()

    async def _close(self) -> None:
        self._closed = True
        if self._run is not None:
            run, self._run = self._run, None
            try:
                await self._session.__aexit__(None, None, None)
            except Smtp2goError as error:
                run.correct(error)
                raise

    def abandon(self) -> None:
        """Close the journal when the event loop is gone, and all calls under way with it."""
        self._closed = True
        if self._run is not None:
            self._run = None
            self._session.abandon()

    async def __aenter__(self) -> "OutcomeStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class SyncOutcomeStream(SyncPaged[Outcome]):
    """The outcomes of a run for a blocking client; otherwise as `OutcomeStream`, with `close` and ``with``."""

    def __init__(self, stream: OutcomeStream, wait: Wait) -> None:
        self._threads: list[int] = []
        # A function, since a bound method would keep the stream alive.
        super().__init__(partial(_next_page, stream, wait, self._threads))
        self._stream, self._wait = stream, wait

    def close(self) -> None:
        """End the run here, and close its journal."""
        # The list of the stream may close it, in a thread that is waiting for a page already. That page can't be
        # waited for there.
        is_in_page = threading.get_ident() in self._threads
        try:
            self._wait(self._stream.stop if is_in_page else self._stream.aclose)
        except NotSentError:
            # The client is closed, and its event loop is gone.
            self._stream.abandon()

    def __enter__(self) -> "SyncOutcomeStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _next_page(stream: OutcomeStream, wait: Wait, threads: list[int]) -> Sequence[Outcome]:
    """Wait for the next page, and note which thread waits."""
    threads.append(threading.get_ident())
    try:
        page: Sequence[Outcome] = wait(stream.next_page)
    finally:
        threads.pop()
    return page
