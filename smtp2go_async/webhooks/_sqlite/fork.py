"""Connections and forks. No connection is open while this process is forked, so a child inherits none.

SQLite remembers for each file of a process which locks the process has. A child would inherit that memory without the
locks: it would write without them, also by a connection of its own, and a parent that ends would delete the log (WAL)
that the child writes to. It is not enough to leave the inherited connections alone.
"""

import os
import sqlite3
import threading
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

MAX_WAIT_SECONDS: Final = 10.0
"""How long a fork waits for a transaction. Afterwards the child can't use the inbox, and the parent is not harmed."""


class Handle(Protocol):
    """A connection and the lock of its users."""

    lock: Any
    connection: sqlite3.Connection | None

    def close_now(self) -> None:
        """Close the connection, for a thread that has the lock."""
        ...

    def abandon(self) -> None:
        """Leave the connection open for ever."""
        ...

    def start_afresh(self) -> None:
        """Forget everything."""
        ...


class _Forks:
    """All handles of this process."""

    def __init__(self) -> None:
        self.handles: WeakKeyDictionary[Handle, str] = WeakKeyDictionary()
        self.inherited: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._held: list[Handle] = []

    def add(self, handle: Handle, path: str) -> None:
        with self._lock:
            self.handles[handle] = path

    def before(self) -> None:
        """Close all connections, and let no thread open any until the fork is over."""
        self._lock.acquire()
        for handle in list(self.handles):
            if handle.lock.acquire(timeout=MAX_WAIT_SECONDS):
                self._held.append(handle)
                handle.close_now()

    def after_in_parent(self) -> None:
        held, self._held = self._held, []
        for handle in held:
            handle.lock.release()
        self._lock.release()

    def after_in_child(self) -> None:
        for handle, path in list(self.handles.items()):
            if handle.connection is not None:
                # Closed in the child, it would take the parent's log away.
                handle.abandon()
                self.inherited |= {path}
            handle.start_afresh()
        self._held = []
        self._lock = threading.Lock()


_forks = _Forks()

# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_forks.before, after_in_parent=_forks.after_in_parent, after_in_child=_forks.after_in_child
    )


def closed_at_a_fork(handle: Handle, path: str) -> None:
    """Have a connection closed whenever this process is forked, for as long as its handle is alive."""
    _forks.add(handle, path)


def was_inherited(path: str) -> bool:
    """Whether a connection to a file was open in the parent when this process was forked from it."""
    return path in _forks.inherited
