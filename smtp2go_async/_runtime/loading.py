"""Imports that a fork waits for.

A module that another thread is importing at the moment of a fork stays half imported in the child: an import there gets
half a module, or waits for ever for a thread that the child does not have. This package imports late, so a first call
and a fork in another thread meet easily. Each late import, and everything else that is made once for a process,
is made within `loading`, and a fork waits until no thread is inside.

A module that has to do something before a fork and after it, as `logging` and `concurrent.futures.thread` do, must be
loaded earlier: if it is loaded while a fork waits, it does only the second half, and Python writes a complaint to
stderr. `client` imports both, so that this can't happen once a client was made.

Only modules that Python loads when it starts are imported here.
"""

import _thread
import os
import sys

_PACKAGE = __name__.partition(".")[0]

MAX_WAIT_SECONDS = 10.0
"""After this time a fork goes on: an import that takes longer may itself be waiting for the thread that forks."""


class _Loading:
    """A lock for ``with``, which its thread may take again, and which is free in a forked child."""

    def __init__(self) -> None:
        self._registered_after_logging: bool | None = None
        self._forget()

    def _forget(self) -> None:
        self._lock = _thread.RLock()
        self._taken: dict[int, list[bool]] = {}

    def __enter__(self) -> None:
        self._take()
        # Python calls the function that was registered last first, and so it must be this. `logging` takes its own
        # lock at a fork, and a thread inside `loading` may need that lock before it comes out.
        after = "logging" in sys.modules
        if after is not self._registered_after_logging and hasattr(os, "register_at_fork"):
            self._registered_after_logging = after
            os.register_at_fork(before=self._take, after_in_parent=self._give_back, after_in_child=self._forget)

    def __exit__(self, *_error: object) -> None:
        self._give_back()

    def _take(self) -> None:
        taken = self._lock.acquire(timeout=MAX_WAIT_SECONDS)
        self._taken.setdefault(_thread.get_ident(), []).append(taken)

    def _give_back(self) -> None:
        mine = self._taken.get(_thread.get_ident())
        # There is nothing if this thread was interrupted while it waited, or was forked inside.
        if mine:
            taken = mine.pop()
            if not mine:
                del self._taken[_thread.get_ident()]
            if taken:
                self._lock.release()


loading = _Loading()


def load(home: str, name: str) -> object:
    """Import a module of this package, such as ``bulk.journal``, and return what has this name in it."""
    with loading:
        # Imported by name and not with importlib, which would be loaded for nothing else.
        module = __import__(f"{_PACKAGE}.{home}", fromlist=[name])
        return getattr(module, name)
