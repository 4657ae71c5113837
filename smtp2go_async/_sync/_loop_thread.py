"""An event loop in a daemon thread, for blocking clients.

The loop and its connections stay, so a call costs a hop between threads and not a new loop. Handing a call over by
asyncio costs less than by the portal of anyio: measured 1.2 times a bare httpx call against 1.5 times.
"""

import asyncio
import atexit
import contextlib
import contextvars
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, ParamSpec, TypeVar

import anyio
import attrs

from .._runtime.forking import tell_after_fork
from .._runtime.loading import loading
from .._runtime.warning import called_from, place_of_caller
from ..errors import NotSentError, OutcomeUnknownError
from ._blocking import Places, warn_of_a_blocked_loop
from ._caller_work import BlockedThread

P = ParamSpec("P")
T = TypeVar("T")

Closing = Callable[[], Coroutine[Any, Any, None]]

_MAX_STOP_SECONDS = 5.0
"""How long to wait for the thread at the end; it is a daemon, so it can't hold up the interpreter for longer."""


class LoopThread:
    """Started by the first call, ended by `stop`, by the garbage collector or with the interpreter; anew after a fork.

    Args:
        closing: Awaited on the loop before it ends.
    """

    def __init__(self, closing: Closing) -> None:
        self._closing = closing
        self._closed = False
        self._warned_of: Places = set()
        self._finalizer: weakref.finalize[[_Loop, threading.Thread], LoopThread] | None = None
        self._after_fork()
        tell_after_fork(self, LoopThread._after_fork)

    def _after_fork(self) -> None:
        # A fork does not copy the thread. What it held belongs to the parent, so nothing is closed here.
        self._lock = threading.Lock()
        self._loop: _Loop | None = None
        self._thread: threading.Thread | None = None
        self._blocked: list[BlockedThread] = []
        if self._finalizer is not None:
            self._finalizer.detach()

    def run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call on the loop and wait for it; Ctrl-C cancels it.

        Raises:
            NotSentError: The client is closed.
            OutcomeUnknownError: The client was closed by another thread while the call was under way.
            RuntimeError: Called from the loop's own thread, which would wait for itself for ever.
        """
        future = self._submit(call, *args, **kwargs)
        try:
            return _result_of(future)
        except BaseException:
            # After the call's own error this does nothing. After an interrupt of this thread it cancels the call.
            future.cancel()
            raise

    def run_settling(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Make a call that has the caller's own code run in this thread, and wait for it.

        An exception that interrupts this thread while it waits (Ctrl-C, or any other from a signal handler) cancels the
        call, and is raised when the call has settled what is under way; a second interrupt does not wait. An exit in
        the caller's code does the same.

        Raises:
            NotSentError: As for `run`, and so are the others.
        """
        blocked = BlockedThread(threading.get_ident())
        future = None
        self._blocked.append(blocked)
        try:
            future = self._submit(blocked.serve, call)
            future.add_done_callback(blocked.end_if_not_started)
            blocked.work()
            if blocked.exit is not None:
                raise blocked.exit
            return _result_of(future)
        except BaseException:
            blocked.cancel()
            if blocked.exit is None:
                # The call settles what is under way, and may need this thread for that.
                blocked.work()
            raise
        finally:
            with contextlib.suppress(ValueError):  # a forked child has forgotten it
                self._blocked.remove(blocked)
            blocked.leave()
            # Break the cycle: the error's traceback holds this frame.
            del blocked, future

    def _submit(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        if threading.current_thread() is self._thread:
            raise RuntimeError("a SyncClient can't be used from inside one of its own calls; use an AsyncClient there")
        warn_of_a_blocked_loop(self._warned_of)
        # Handed over under the lock, so that `stop` comes before it or after it: a call that reaches the loop after
        # the order to end would never get its result.
        with self._lock:
            loop = self._loop or self._start()
            context = contextvars.copy_context()
            context.run(_forget_outer_library)
            context.run(called_from.set, place_of_caller())
            return context.run(asyncio.run_coroutine_threadsafe, call(*args, **kwargs), loop.running)

    def _start(self) -> "_Loop":
        if self._closed:
            raise NotSentError("this client is closed", final=True)
        ready: Future[_Loop] = Future()
        # In an empty context: a Python without the GIL would give the thread the context of the caller.
        work = contextvars.Context().run
        args = (_serve, ready, self._closing)
        thread = threading.Thread(target=work, args=args, name="smtp2go-async", daemon=True)
        # The loop's thread imports what it runs on, and a fork must wait for that.
        with loading:
            try:
                thread.start()
            except RuntimeError as error:
                raise NotSentError("the interpreter is ending, and starts no more threads", final=True) from error
            self._loop, self._thread = ready.result(), thread
        # Not at exit: `_stop_all` waits for the thread there, and the garbage collector must never wait.
        self._finalizer = weakref.finalize(self, _end, self._loop, thread)
        self._finalizer.atexit = False
        _running.add(self)
        return self._loop

    def stop(self) -> None:
        """Close, and end the thread; calls under way are cancelled.

        Raises:
            RuntimeError: Called by the list or on_outcome of a run, which would wait for itself.
        """
        if any(blocked.ident == threading.get_ident() for blocked in self._blocked):
            raise RuntimeError("a SyncClient can't be closed by the list or on_outcome of its own run")
        with self._lock:
            self._closed = True
            thread, self._loop = self._thread, None
            # Detached and not called: when the interpreter ends, calling a finalizer does nothing any more.
            found = self._finalizer.detach() if self._finalizer is not None else None
        if found is not None:
            _end(*found[2])
        if thread is not None:
            thread.join(_MAX_STOP_SECONDS)


def _result_of(future: "Future[T]") -> T:
    try:
        return future.result()
    except CancelledError as error:
        raise OutcomeUnknownError("the client was closed while this call was under way") from error
    finally:
        # Break the cycle: the future holds the error, and the error's traceback holds this frame.
        del future


_running: "weakref.WeakSet[LoopThread]" = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    for loop_thread in list(_running):
        loop_thread.stop()


@attrs.frozen
class _Loop:
    """A loop that runs until it is told to end."""

    running: asyncio.AbstractEventLoop
    ended: anyio.Event


def _end(loop: _Loop, thread: threading.Thread) -> None:
    """Have the loop close and end itself, without waiting for it."""
    if thread.is_alive():
        loop.running.call_soon_threadsafe(loop.ended.set)


def _forget_outer_library() -> None:
    """Take trio's name out of this context: anyio puts it there, and httpx would take this loop for trio's."""
    sniffio = sys.modules.get("sniffio")
    if sniffio is not None:
        sniffio.current_async_library_cvar.set(None)


def _serve(ready: "Future[_Loop]", closing: Closing) -> None:
    async def main() -> None:
        ended = anyio.Event()
        ready.set_result(_Loop(asyncio.get_running_loop(), ended))
        await ended.wait()
        # The calls are cancelled before closing, which would miss a connection that is only being made. Tasks that the
        # calls have started are cancelled too, since they may be shielded. Each task takes its first step before it is
        # cancelled; otherwise anyio leaves a coroutine behind that was never awaited.
        own = {asyncio.current_task()}
        cancelled: set[asyncio.Task[Any]] = set()
        while started := asyncio.all_tasks() - cancelled - own:
            await asyncio.sleep(0)
            for task in started:
                task.cancel()
            cancelled |= started
        await asyncio.gather(*cancelled, return_exceptions=True)
        await closing()

    try:
        anyio.run(main, backend="asyncio")
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        elif not (isinstance(error, RuntimeError) and ready.result().ended.is_set()):
            raise
        # Otherwise the loop had done its work: asyncio ends the threads that look up names by starting another thread,
        # and Python 3.12 starts none while the interpreter is ending.
