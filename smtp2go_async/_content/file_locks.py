"""A lock for each open file while it is copied: two threads that read the same file would each get a part of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from .._runtime.forking import tell_after_fork

_WAIT_SECONDS = 0.05
"""Seconds between two looks whether the content of a file that another thread copies is still needed."""


class FileLocks:
    """The locks of the files that are being copied in this process."""

    def __init__(self) -> None:
        self._start_afresh()
        # A thread that copied a file in the parent does not go on in a child, and would never unlock it there.
        tell_after_fork(self, FileLocks._start_afresh)

    def _start_afresh(self) -> None:
        self._guard = threading.Lock()
        # By the id of the file, since not every file can be hashed. A lock is referred to by the threads that use it
        # alone, and each of them keeps its file alive.
        self._locks: WeakValueDictionary[int, threading.Lock] = WeakValueDictionary()

    @contextmanager
    def hold(self, file: object, given_up: Callable[[], bool]) -> Iterator[bool]:
        """Wait until no other thread copies a file, and return whether that was so before the call was given up."""
        with self._guard:
            lock = self._locks.setdefault(id(file), threading.Lock())
        while not lock.acquire(timeout=_WAIT_SECONDS):
            if given_up():
                yield False
                return
        try:
            yield True
        finally:
            lock.release()
