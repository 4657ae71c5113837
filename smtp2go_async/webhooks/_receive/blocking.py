"""The receiver for code that does not await: each call runs an event loop of its own until it is done."""

import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import Future
from contextvars import Context
from functools import cache
from typing import Any, Final, TypeVar, Unpack

from ..._values.problems import wrong_type
from ..._values.signatures import name_arguments
from .answer import AnswerRequest, WebhookAnswer
from .head import Headers, Query
from .work_options import WorkOptions

T = TypeVar("T")

MAX_TURN_SECONDS: Final = 9.0
"""How long a request waits for the requests before it, under gevent. The provider waits 10 seconds for the answer."""


class SyncReceiver:
    """The methods of a `Receiver`, blocking: see `Receiver.sync`."""

    def __init__(self, shown: str, receive: AnswerRequest, work: Callable[..., Coroutine[Any, Any, None]]) -> None:
        self._shown, self._receive, self._work = shown, receive, work

    def __repr__(self) -> str:
        return f"{self._shown}.sync"

    def receive(self, method: str, headers: Headers, query: Query, body: bytes | Iterable[bytes]) -> WebhookAnswer:
        """Answer a request as `Receiver.receive` does; the body may come in parts, which are read one by one.

        Raises:
            TypeError: An argument is of another type, such as a body of text.
        """
        content: bytes | AsyncIterator[bytes]
        if isinstance(body, (bytes, bytearray, memoryview)):
            content = bytes(body)
        elif isinstance(body, Iterable) and not isinstance(body, str):
            content = _one_by_one(body)
        else:
            raise wrong_type("body", "bytes or an iterable of bytes", body)
        return run_blocking(lambda: self._receive(method, headers, query, content))

    @name_arguments
    def work(self, **options: Unpack[WorkOptions]) -> None:
        """Give stored events to the handlers, as `Receiver.work` does, until the thread is interrupted.

        Args:
            **options: See `WorkOptions`.
        """
        run_blocking(lambda: self._work(**options))


async def _one_by_one(body: Iterable[bytes]) -> AsyncIterator[bytes]:
    # It blocks the event loop, in which nothing else runs.
    for part in body:
        yield part


def run_blocking(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run async code to its end in this thread, or in another one if an event loop runs in this thread already."""
    import anyio

    if _are_threads_greenlets():
        return _run_in_turn(work)
    try:
        anyio.get_cancelled_exc_class()
    except anyio.NoEventLoopError:
        return anyio.run(work)
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(anyio.run(work))
        except BaseException as error:
            result.set_exception(error)

    # In a new context, since this one says that a loop is running.
    thread = threading.Thread(target=Context().run, args=(run,), name="smtp2go-receiver", daemon=True)
    thread.start()
    thread.join()
    return result.result()


def _are_threads_greenlets() -> bool:
    """Whether gevent has put greenlets in the place of threads: they share a thread, which can have 1 event loop."""
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def _run_in_turn(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    import anyio

    turns = _turns()
    if not turns.acquire(timeout=MAX_TURN_SECONDS):
        raise RuntimeError(
            "receiver.sync: under gevent a process does one thing at a time: run receiver.sync.work() in another"
        )
    try:
        return anyio.run(work)
    finally:
        turns.release()


@cache
def _turns() -> threading.Lock:
    # Made at its first use, when gevent has replaced the locks as well.
    return threading.Lock()
