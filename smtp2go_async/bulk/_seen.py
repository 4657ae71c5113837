"""Which references were there before in a list."""

import sqlite3
import weakref
from collections.abc import Sequence

_RECENT = 10_000
"""References in memory before they go to the disk."""

_MARKS = 1 << 24
"""Bits, 2 MB: with a million references one in sixteen looks as if it were there before, and is looked up."""

_TOGETHER = 500
"""References in one statement."""


class Seen:
    """The references of a list so far, on the disk when they are many: a set of a million would need 100 MB.

    Nearly each is new, so that most must not need a look at the disk.
    """

    def __init__(self) -> None:
        self._recent: set[str] = set()
        self._marks = bytearray(_MARKS // 8)
        self._connection: sqlite3.Connection | None = None

    def add(self, reference: str) -> bool:
        """Take a reference in; ``False`` when it was there already."""
        if reference in self._recent:
            return False
        place = hash(reference) % _MARKS
        byte, bit = place >> 3, 1 << (place & 7)
        if not self._marks[byte] & bit:
            self._marks[byte] |= bit
        elif self._is_stored(reference):
            return False
        self._recent.add(reference)
        if len(self._recent) >= _RECENT:
            self._store(sorted(self._recent))
            self._recent.clear()
        return True

    def _is_stored(self, reference: str) -> bool:
        if self._connection is None:
            return False
        found = self._connection.execute("SELECT 1 FROM seen WHERE reference = ?", (reference,))
        return found.fetchone() is not None

    def _store(self, references: Sequence[str]) -> None:
        connection = self._connection or self._connect()
        for start in range(0, len(references), _TOGETHER):
            some = references[start : start + _TOGETHER]
            connection.execute(f"INSERT INTO seen VALUES {', '.join(['(?)'] * len(some))}", some)  # noqa: S608

    def _connect(self) -> sqlite3.Connection:
        # No name: SQLite keeps it in memory, and in a file of its own, deleted already, when it grows.
        connection = self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Found by the collector, a connection that nobody closed is a warning since Python 3.13.
        weakref.finalize(self, connection.close)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -4096")
        connection.execute("CREATE TABLE seen (reference TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("BEGIN")
        return connection

    def close(self) -> None:
        """Forget all."""
        self._recent.clear()
        self._marks = bytearray(0)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
