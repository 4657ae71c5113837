"""What every waiting group shares. Written by hand; the other files of this folder are not."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from .._runtime.loading import loading
from ._loop_thread import LoopThread

if TYPE_CHECKING:
    from .._paging import Paged
    from ..bulk.stream import OutcomeStream, SyncOutcomeStream

G = TypeVar("G")
P = ParamSpec("P")
T = TypeVar("T")


class SyncGroup(Generic[G]):
    """Forwards the calls of one group to its asynchronous original, on the loop of its own thread."""

    __slots__ = ("_async", "_thread")

    def __init__(self, awaited: G, thread: LoopThread) -> None:
        self._async = awaited
        self._thread = thread

    def _iterate(self, call: Callable[P, AsyncIterator[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        with loading:
            from .._paging import WaitedFor

        return WaitedFor(partial(self._run, cast("Paged[T]", call(*args, **kwargs)).next_page))

    def _run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._thread.run(call, *args, **kwargs)


class SyncSettlingGroup(SyncGroup[G]):
    """Forwards calls that settle what is under way before they end: Ctrl-C and SIGTERM wait for that.

    Their lists and what is told of them are the caller's code, and run in the thread that waits.
    """

    __slots__ = ()

    def _run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        with loading:
            from ..bulk._run.signals import term_as_exit

        with term_as_exit():
            return self._thread.run_settling(partial(call, *args, **kwargs))

    def _stream(self, call: "Callable[P, OutcomeStream]", *args: P.args, **kwargs: P.kwargs) -> "SyncOutcomeStream":
        with loading:
            from ..bulk.stream import SyncOutcomeStream

        return SyncOutcomeStream(call(*args, **kwargs), self._run)
