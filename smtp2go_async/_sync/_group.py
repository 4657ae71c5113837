"""What every waiting group shares. Written by hand; the other files of this folder are not."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from .._loop_thread import LoopThread

if TYPE_CHECKING:
    from .._paging import Paged

G = TypeVar("G")
P = ParamSpec("P")
T = TypeVar("T")


class _WaitedFor(Iterator[T]):
    """Iterates over what an asynchronous search gives, a page at a time: a hop between threads costs more than an item.

    Not a generator, which would be at its end after the first error; this can go on after one.
    """

    def __init__(self, next_page: Callable[[], Sequence[T]]) -> None:
        self._next_page = next_page
        self._ready: Iterator[T] = iter(())

    def __next__(self) -> T:
        for item in self._ready:
            return item
        self._ready = iter(self._next_page())
        return next(self._ready)


class SyncGroup(Generic[G]):
    """Forwards the calls of one group to its asynchronous original, on the loop of its own thread."""

    __slots__ = ("_awaited", "_thread")

    def __init__(self, awaited: G, thread: LoopThread) -> None:
        self._awaited = awaited
        self._thread = thread

    def _iterate(self, call: Callable[P, AsyncIterator[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return _WaitedFor(partial(self._run, cast("Paged[T]", call(*args, **kwargs)).next_page))

    def _run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._thread.run(call, *args, **kwargs)


class SyncSettlingGroup(SyncGroup[G]):
    """Forwards calls that settle what is under way before they end: Ctrl-C and SIGTERM wait for that.

    Their lists and what is told of them are the caller's code, and run in the thread that waits.
    """

    __slots__ = ()

    def _run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        from ..bulk._signals import term_as_exit

        with term_as_exit():
            return self._thread.run_settling(partial(call, *args, **kwargs))
