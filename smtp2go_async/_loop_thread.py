"""One event loop in one daemon thread, for callers that wait.

The loop and its connections stay, so a call costs a hop between threads and not a new loop: measured 1,700 calls a
second against 56 with `anyio.run` for each.
"""

import atexit
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from typing import ParamSpec, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from ._forking import tell_after_fork
from .errors import NotSentError, OutcomeUnknownError

P = ParamSpec("P")
T = TypeVar("T")

Closing = Callable[[], Awaitable[None]]

_STOPPING = 5.0
"""Seconds to wait for the thread at the end; it is a daemon, so it can't hold up the interpreter for longer."""

_CLOSED = "this client is closed"


class LoopThread:
    """Started by the first call, ended by `stop`, by the garbage collector or with the interpreter; anew after a fork.

    Args:
        closing: Awaited on the loop before it ends.
    """

    def __init__(self, closing: Closing) -> None:
        self._closing = closing
        self._closed = False
        self._finalizer: weakref.finalize[[BlockingPortal, threading.Thread, Closing], LoopThread] | None = None
        self._after_fork()
        tell_after_fork(self)

    def _after_fork(self) -> None:
        # The thread was not forked along. What it held belongs to the parent, so nothing is closed here.
        self._lock = threading.Lock()
        self._portal: BlockingPortal | None = None
        self._thread: threading.Thread | None = None
        if self._finalizer is not None:
            self._finalizer.detach()

    def run(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call on the loop and wait for it; Ctrl-C cancels it.

        Raises:
            NotSentError: The client is closed.
            OutcomeUnknownError: The client was closed by another thread while the call was under way.
            RuntimeError: Called from the loop's own thread, which would wait for itself for ever.
        """
        portal = self._portal or self._start()
        if threading.current_thread() is self._thread:
            raise RuntimeError("a SyncClient can't be used from inside one of its own calls; use an AsyncClient there")

        async def made() -> T:
            return await call(*args, **kwargs)

        try:
            future: Future[T] = portal.start_task_soon(made)
        except RuntimeError as error:
            # The portal stopped between these lines.
            raise NotSentError(_CLOSED) from error
        try:
            return future.result()
        except CancelledError as error:
            raise OutcomeUnknownError("the client was closed while this call was under way") from error
        except BaseException:
            # Either the call's own error, and then this does nothing, or an interrupt of the waiting thread.
            future.cancel()
            raise

    def _start(self) -> BlockingPortal:
        with self._lock:
            if self._closed:
                raise NotSentError(_CLOSED)
            if self._portal is None:
                ready: Future[BlockingPortal] = Future()
                thread = threading.Thread(target=_serve, args=(ready,), name="smtp2go-async", daemon=True)
                thread.start()
                self._portal, self._thread = ready.result(), thread
                # Not at exit: there it is waited for, and the collector must never wait.
                self._finalizer = weakref.finalize(self, _end, self._portal, thread, self._closing)
                self._finalizer.atexit = False
                _running.add(self)
            return self._portal

    def stop(self) -> None:
        """Close, and end the thread; calls under way are cancelled."""
        with self._lock:
            self._closed = True
            thread, self._portal = self._thread, None
        if self._finalizer is not None and thread is not None:
            self._finalizer()
            thread.join(_STOPPING)


_running: "weakref.WeakSet[LoopThread]" = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    for one in list(_running):
        one.stop()


def _end(portal: BlockingPortal, thread: threading.Thread, closing: Closing) -> None:
    """Have the loop end itself, without waiting for it."""
    if threading.current_thread() is thread:
        # The collector ran inside the loop, which can't give itself work in this way.
        threading.Thread(target=_end, args=(portal, thread, closing), daemon=True).start()
        return

    async def last() -> None:
        try:
            await closing()
        finally:
            await portal.stop(cancel_remaining=True)

    if thread.is_alive():
        portal.start_task_soon(last)


def _serve(ready: "Future[BlockingPortal]") -> None:
    async def main() -> None:
        async with BlockingPortal() as portal:
            ready.set_result(portal)
            await portal.sleep_until_stopped()

    try:
        anyio.run(main, backend="asyncio")
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)
