"""What every waiting group shares. Written by hand; the other files of this folder are not."""

from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, TypeVar

from .._loop_thread import LoopThread

G = TypeVar("G")
P = ParamSpec("P")
T = TypeVar("T")


class SyncGroup(Generic[G]):
    """Forwards the calls of one group to its asynchronous original, on the loop of its own thread."""

    __slots__ = ("_awaited", "_thread")

    def __init__(self, awaited: G, thread: LoopThread) -> None:
        self._awaited = awaited
        self._thread = thread

    def _run(self, call: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._thread.run(call, *args, **kwargs)
