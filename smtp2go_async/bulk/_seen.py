"""The references that came before in a list, in little memory."""

import sqlite3
import weakref
from collections.abc import Sequence

_MAX_IN_MEMORY = 10_000
"""References in memory before they go to the disk."""

_FILTER_BITS = 1 << 24
"""2 MB. With a million references, a sixteenth of the new ones look known, and have to be looked up."""

_MAX_PER_STATEMENT = 500
"""References in a statement."""


class Seen:
    """The references of a list so far, on the disk when they are many: a set of a million would need 100 MB.

    Nearly every reference is new, so most must not need a look at the disk: a bit for each hash tells that a reference
    is certainly new.
    """

    def __init__(self) -> None:
        self._recent: set[str] = set()
        self._filter = bytearray(_FILTER_BITS // 8)
        self._connection: sqlite3.Connection | None = None

    def add(self, reference: str) -> bool:
        """Add a reference, and return whether it is new."""
        if reference in self._recent:
            return False
        position = hash(reference) % _FILTER_BITS
        byte, bit = position >> 3, 1 << (position & 7)
        if not self._filter[byte] & bit:
            self._filter[byte] |= bit
        elif self._is_stored(reference):
            return False
        self._recent.add(reference)
        if len(self._recent) >= _MAX_IN_MEMORY:
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
        for start in range(0, len(references), _MAX_PER_STATEMENT):
            some = references[start : start + _MAX_PER_STATEMENT]
            connection.execute(f"INSERT INTO seen VALUES {', '.join(['(?)'] * len(some))}", some)  # noqa: S608

    def _connect(self) -> sqlite3.Connection:
        # A database without a name is kept in memory and, when it grows, in a temporary file that has no name either.
        connection = self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Since Python 3.13, a connection that the garbage collector finds open is a warning.
        weakref.finalize(self, connection.close)
        # It is gone with the program, so nothing in it has to survive a crash.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -4096")
        connection.execute("CREATE TABLE seen (reference TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("BEGIN")
        return connection

    def close(self) -> None:
        """Forget all references."""
        self._recent.clear()
        self._filter = bytearray(0)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
