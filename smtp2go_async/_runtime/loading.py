"""Imports that a fork waits for.

What another thread is importing at the moment of a fork stays half imported in the child: whoever imports it there gets
half a module, or waits for ever for a thread that the child does not have. This package imports late, so a first call
in one thread and a fork in another meet easily. Each late import, and what else is made once for a process, is made
within `loading`, and a fork waits until nobody is in there.

A module that has to do something before a fork and after it, as `logging` and `concurrent.futures.thread`, must be
loaded earlier: one that comes while a fork waits does only the second half, and Python writes a complaint to stderr.
`client` imports both, so that this can't happen once a client was made.

Nothing is imported here that Python has not loaded when it starts.
"""

import _thread
import os
import sys

MAX_WAIT = 10.0
"""Seconds after which nobody waits any more: an import that takes longer may be waiting for the one that forks."""


class _Loading:
    """A lock for ``with``, which the thread that has it may take again, and which is free in a forked child."""

    def __init__(self) -> None:
        self._registered_after_logging: bool | None = None
        self._forget()

    def _forget(self) -> None:
        self._lock = _thread.RLock()
        self._taken: dict[int, list[bool]] = {}

    def __enter__(self) -> None:
        self._take()
        # What is registered last is asked first, and so it must be this: logging takes its own lock at a fork, and who
        # is in here may need that one before he comes out.
        after = "logging" in sys.modules
        if after is not self._registered_after_logging and hasattr(os, "register_at_fork"):
            self._registered_after_logging = after
            os.register_at_fork(before=self._take, after_in_parent=self._give_back, after_in_child=self._forget)

    def __exit__(self, *_error: object) -> None:
        self._give_back()

    def _take(self) -> None:
        taken = self._lock.acquire(timeout=MAX_WAIT)
        self._taken.setdefault(_thread.get_ident(), []).append(taken)

    def _give_back(self) -> None:
        mine = self._taken.get(_thread.get_ident())
        # It has nothing when it was interrupted while it waited, and when it was forked in here.
        if mine:
            taken = mine.pop()
            if not mine:
                del self._taken[_thread.get_ident()]
            if taken:
                self._lock.release()


loading = _Loading()
