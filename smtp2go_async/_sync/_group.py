"""The base classes of the synchronous groups, and the thread of a client.

Written by hand, as is every file of this room that starts with an underscore; ``tools/make_sync.py`` writes the others.
"""

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from inspect import isfunction
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from .._runtime.loading import loading
from .._values.signatures import name_arguments
from ._loop_thread import LoopThread

if TYPE_CHECKING:
    from .._http.transport import HttpxClient
    from .._paging import Paged
    from ..bulk.stream import OutcomeStream, SyncOutcomeStream
    from ..client import AsyncClient

G = TypeVar("G")
P = ParamSpec("P")
T = TypeVar("T")


class SyncGroup(Generic[G]):
    """Forwards the calls of one group to its asynchronous original, on the loop of its own thread."""

    __slots__ = ("_async", "_thread")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, method in list(vars(cls).items()):
            if isfunction(method) and not name.startswith("_"):
                setattr(cls, name, name_arguments(method))

    def __init__(self, group: G, thread: LoopThread) -> None:
        self._async = group
        self._thread = thread

    def _iterate(self, call: Callable[P, AsyncIterator[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        with loading:
            from .._paging import SyncPaged

        return SyncPaged(partial(self._run, cast("Paged[T]", call(*args, **kwargs)).next_page))

    def _run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._thread.run(call, *args, **kwargs)


class SyncSettlingGroup(SyncGroup[G]):
    """Forwards calls that settle what is under way before they end: Ctrl-C and SIGTERM wait for that.

    The list of such a call and its ``on_outcome`` are the caller's code, and run in the thread that made the call.
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


def thread_for(client: "AsyncClient", http_client: "HttpxClient | None") -> LoopThread:
    """Return the thread of a client, which closes the client's connections, and the caller's, at its end."""
    return LoopThread(partial(_close, client, http_client, os.getpid()))


async def _close(client: "AsyncClient", http_client: "HttpxClient | None", process: int) -> None:
    await client.aclose()
    # In a forked child its connections are the parent's.
    if http_client is not None and os.getpid() == process:
        await http_client.aclose()
