"""A connection to the file of an inbox: opened when it is needed, checked, closed at a fork and after a failure."""

import ctypes
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import quote

from ...errors import InboxError
from .fork import closed_at_a_fork, was_inherited
from .schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

MIN_SQLITE: Final = (3, 35)
"""Older ones do not know RETURNING."""

OPEN_PAUSE_SECONDS: Final = 0.02
"""Pause before a file is opened again that another process is making or closing, for which SQLite does not wait."""

MIN_FILE_BYTES: Final = 512
"""The size of SQLite's smallest page."""

MAX_WAL_BYTES: Final = 64 * 1024 * 1024
"""To which the WAL is cut after a checkpoint, if it had become longer."""

Identity = tuple[int, int]
Identities = tuple[Identity | None, ...]


class Database:
    """A connection to the file, used by a thread at a time.

    Args:
        path: The file, as the caller named it.
        busy_seconds: How long to wait while another process writes.
    """

    def __init__(self, path: str, busy_seconds: float) -> None:
        self.shown_path = path
        # Absolute, since the program may change its directory; SQLite keeps the WAL where a symbolic link leads to.
        self.path: str = os.path.realpath(path)
        self._busy_seconds = busy_seconds
        self._handle = _Handle()
        self._identities: Identities = ()
        self._min_sizes = (0, 0)
        """Bytes that the database and its WAL had."""
        self._is_doubtful = False
        """Whether they were found cut short, so that a part of the content may be missing."""
        self._is_synchronous: bool | None = None
        self.was_lost: bool = False
        """Whether the file or its log was found deleted. All connections of this process to it have to be closed then,
        before SQLite opens another log."""
        self._finalizer = weakref.finalize(self, _Handle.close, self._handle)
        closed_at_a_fork(self._handle, self.path)

    @contextmanager
    def transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """Write in a transaction, which ends with the block.

        Args:
            durable: Whether it has to survive a crash of the machine and not only of the process.

        Raises:
            InboxError: Nothing was written. The next transaction opens the file again if that can help.
        """
        with self._handle.lock, self._errors():
            connection = self._connected()
            self._check_files()
            if durable is not self._is_synchronous:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._is_synchronous = durable
            # IMMEDIATE, since SQLite does not wait at all when a transaction that has read wants to write.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite may have rolled it back already, as on a full disk.
                with suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise
            # A file that was deleted is written all the same, and what was written is gone with it.
            self._check_files()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read from the file.

        Raises:
            InboxError: It could not be read.
        """
        with self._handle.lock, self._errors():
            connection = self._connected()
            self._check_files()
            yield connection

    def close(self) -> None:
        """Close the connection, if there is one; the next use opens it again."""
        with self._handle.lock:
            self._handle.close_now()

    # --- opening --------------------------------------------------------------------------------------------------

    def _connected(self) -> sqlite3.Connection:
        if self._handle.connection is None:
            self._is_synchronous = None
            if was_inherited(self.path):
                raise InboxError(
                    f"inbox: {self.shown_path!r} was being written when this process was forked, and can't be used in "
                    "it: start the process anew, or fork before the inbox is used"
                )
            if sqlite3.sqlite_version_info < MIN_SQLITE:
                raise InboxError(f"inbox: needs SQLite 3.35 or newer, not {sqlite3.sqlite_version}")
            self._handle.connection = self._open()
        return self._handle.connection

    def _open(self) -> sqlite3.Connection:
        if os.path.isdir(self.path):
            raise InboxError(f"inbox: {self.shown_path!r} is a directory; a file is needed")
        if not os.path.isdir(os.path.dirname(self.path)):
            raise InboxError(f"inbox: the folder of {self.shown_path!r} does not exist")
        # SQLite would only say that it can't open the file. The folder is needed since the WAL is made in it.
        for needed in (self.path, os.path.dirname(self.path)):
            if os.path.exists(needed) and not os.access(needed, os.W_OK):
                raise InboxError(f"inbox: {needed!r} may not be written by this user")
        self._refuse_other_files()
        until = time.monotonic() + self._busy_seconds
        while True:
            connection = sqlite3.connect(
                self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
            try:
                self._start(connection)
                return connection
            except sqlite3.OperationalError as error:
                connection.close()
                if not _is_locked(error) or time.monotonic() > until:
                    raise
            except BaseException:
                connection.close()
                raise
            time.sleep(OPEN_PAUSE_SECONDS)

    def _refuse_other_files(self) -> None:
        """Refuse a file that is no inbox before anything is changed; a file that does not exist is made."""
        try:
            # Readable by its owner alone: the events show to whom e-mails went.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            return
        except FileExistsError:
            pass
        except OSError as error:
            raise InboxError(f"inbox: {self.shown_path!r} can't be made: {error.strerror or error}") from error
        if 0 < os.stat(self.path).st_size < MIN_FILE_BYTES:
            # SQLite takes a file of a single byte for an empty one.
            raise InboxError(f"inbox: {self.shown_path!r} is another kind of file, and is left alone")
        # Not by opening it with `open`: closing it again would release the locks that SQLite has on it in this process.
        # Immutable, since SQLite would otherwise make a WAL beside it, or apply the WAL that is there.
        connection = sqlite3.connect(f"file:{quote(self.path)}?mode=ro&immutable=1", uri=True)
        try:
            self._check_kind(connection)
        except sqlite3.DatabaseError as error:
            # The file alone can be cut off in the middle, as on a full disk, while its log has the rest.
            if "malformed" not in str(error):
                raise
        finally:
            connection.close()

    def _check_kind(self, connection: sqlite3.Connection) -> bool:
        """Return whether a file is an inbox; ``False`` if it is empty.

        Raises:
            InboxError: It is of another program or of a later version.
        """
        ((application,),) = connection.execute("PRAGMA application_id")
        ((version,),) = connection.execute("PRAGMA user_version")
        if not application and not version and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return False
        if application != APPLICATION_ID:
            raise InboxError(f"inbox: {self.shown_path!r} is another kind of database, and is left alone")
        if version != SCHEMA_VERSION:
            raise InboxError(
                f"inbox: {self.shown_path!r} has version {version} of the tables, of a later version of this library; "
                f"this version knows {SCHEMA_VERSION}, and leaves the file alone"
            )
        return True

    def _start(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file, and set the connection up."""
        connection.execute("PRAGMA synchronous = FULL")
        if not self._check_kind(connection):
            connection.execute("BEGIN IMMEDIATE")
            # Again, since another process may have made them meanwhile.
            if not self._check_kind(connection):
                for statement in TABLES:
                    connection.execute(statement)
            connection.execute("COMMIT")
        # Only now: the header, by which the file is recognised, then is in the file itself and not in the WAL.
        ((mode,),) = connection.execute("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise InboxError(f"inbox: {self.shown_path!r} is on a file system where SQLite can have no log (WAL)")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")
        # The first read: from it on there is a WAL.
        connection.execute("SELECT 1 FROM events LIMIT 1").fetchall()
        if self._is_doubtful:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(f"malformed: {found}")
            self._is_doubtful = False
        self._identities, self._min_sizes = self._found()

    # --- failures -------------------------------------------------------------------------------------------------

    def _found(self) -> tuple[Identities, tuple[int, int]]:
        """Return which files are at the paths, and the sizes of the database and of its WAL.

        The third file is the index of the WAL, which holds the locks. Where it was deleted, another process makes
        another index, and both processes write at the same time.
        """
        main, wal, index = (_stat(f"{self.path}{end}") for end in ("", "-wal", "-shm"))
        sizes = (0 if main is None else main.st_size, 0 if wal is None else wal.st_size)
        return (_identity(main), _identity(wal), _identity(index)), sizes

    def _check_files(self) -> None:
        identities, sizes = self._found()
        if identities == self._identities:
            # SQLite would go on writing behind the gap, and nobody could read what was stored. It cuts the WAL itself,
            # to its limit.
            if sizes[0] >= self._min_sizes[0] and sizes[1] >= min(self._min_sizes[1], MAX_WAL_BYTES):
                self._min_sizes = sizes
                return
            self._is_doubtful = True
            problem = "was cut short"
        else:
            problem = "was deleted or replaced"
            if identities[0] != self._identities[0]:
                # Closed as usual, SQLite would delete the log that is at this path now, of another file.
                self._handle.abandon()
        self._handle.close_now()
        self.was_lost = True
        raise InboxError(f"inbox: {self.shown_path!r}, or a file beside it, {problem} while it was in use")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise errors of SQLite as an `InboxError`."""
        try:
            yield
        except sqlite3.Error as error:
            text = str(error)
            if _is_locked(error):
                text = f"another program has locked it for {self._busy_seconds:g} seconds"
            else:
                if "not a database" in text:
                    text = "it is another kind of file"
                elif "malformed" in text:
                    text = "it is damaged; put back a copy, or delete it to start with an empty inbox"
                # Opened anew, a connection works again once the reason is gone.
                self._handle.close_now()
            made = InboxError(f"inbox: {self.shown_path!r} can't be used: {text}")
            made.retryable = _is_locked(error)
            raise made from error


class _Handle:
    """A connection with the lock of its users. It is closed with its `Database`, which it does not keep alive."""

    def __init__(self) -> None:
        self.start_afresh()

    def start_afresh(self) -> None:
        """Forget everything, in a forked child."""
        # A single user at a time: SQLite keeps the last error for each connection.
        self.lock = threading.RLock()
        self.connection: sqlite3.Connection | None = None

    def close_now(self) -> None:
        """Close the connection, for a thread that has the lock."""
        connection, self.connection = self.connection, None
        if connection is not None:
            # On a full disk, what is in the WAL stays there until the file is opened again.
            with suppress(sqlite3.Error):
                connection.close()

    def abandon(self) -> None:
        """Leave the connection open for ever, by a reference that is never released."""
        connection, self.connection = self.connection, None
        if connection is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))

    def close(self) -> None:
        """Close the connection, unless a thread keeps it for ever: when the interpreter ends, threads stand still."""
        if self.lock.acquire(timeout=5.0):
            try:
                self.close_now()
            finally:
                self.lock.release()


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _identity(found: os.stat_result | None) -> Identity | None:
    return None if found is None else (found.st_dev, found.st_ino)


def _is_locked(error: sqlite3.Error) -> bool:
    return "locked" in str(error) or "busy" in str(error)
