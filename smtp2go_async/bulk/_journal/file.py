"""The file of a journal: opened by one program at a time, written and read, and closed."""

import ctypes
import math
import os
import random
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self

from ..._runtime.forking import tell_after_fork
from ..._values.checks import check_path
from ..._values.problems import invalid
from ...errors import JournalError
from .files_in_use import FilesInUse
from .lock import FileLock
from .log import Log, LogEntry
from .schema import SCHEMA_VERSION, TABLES
from .seal import Seal

MAX_CALL_SECONDS: Final = 3700.0
"""Seconds after its claim at which a call can still leave, since it may wait for cool-downs first."""

MAX_CHARACTERS_APPLIED_ON_CLOSE: Final = 250_000
"""Characters of the log, which take some 10 ms. The rest of a busy program's log is applied when the journal is opened
next."""

_MAX_TIME = 253_402_300_799.0
"""The last second of the year 9999, after which Python has no dates."""

_MAX_OPEN_TRIES = 4
"""How often a file that is in use is tried."""
_OPEN_RETRY_SECONDS = (0.01, 0.05)
"""Limits of the random pause between two tries."""


class JournalFile:
    """The SQLite file of a journal. `Journal` adds what is kept in it and why."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: str = check_path(path, "journal")
        if not self.path or self.path == ":memory:":
            # SQLite would open a temporary database, which is gone afterwards with everything it knew.
            raise invalid("journal", f"must be the path of a file, not {self.path!r}")
        self._make_lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = os.getpid()
        self._clock = time.time
        self._meta: dict[str, str] = {}
        self._log: Log | None = None
        self._files: FilesInUse | None = None
        self._file_lock = FileLock()

    # --- opening --------------------------------------------------------------------------------------------------

    def open(self) -> Self:
        """Open the file for this program alone. Rows that are found claimed become unknown.

        Raises:
            JournalError: It is in use or can't be opened, or its files are not what the last run left.
        """
        with self._lock:
            if self._connection is not None:
                self._checked_connection()
                return self
            files = FilesInUse(self.path)
            folder = os.path.dirname(files.main)
            if not os.path.isdir(folder):
                raise JournalError(f"journal: the folder of {self.path!r} does not exist")
            if os.path.isdir(files.main):
                raise JournalError(f"journal: {self.path!r} is a directory; a file is needed")
            # SQLite would only say "disk I/O error". The folder has to be writable since the WAL is made in it.
            for needed in (files.main, folder):
                if os.path.exists(needed) and not os.access(needed, os.W_OK):
                    shown = self.path if needed == files.main else needed
                    raise JournalError(f"journal: {shown!r} may not be written by this user")
            self._pid = os.getpid()
            self._take_file_lock(files)
            try:
                files.check_before_sqlite(self._file_lock.descriptor)
                self._connection = connection = self._connect(files)
                self._files = files
            except BaseException:
                files.close()
                if self._file_lock.has_made_file:
                    # Nothing has been claimed in it. Left there, it would look like a journal that was emptied.
                    files.delete_main()
                self._file_lock.release()
                raise
            # Since Python 3.13, a connection that the garbage collector finds open is a warning.
            self._finalizer = weakref.finalize(self, _close, connection, files, self._file_lock)
            tell_after_fork(self, JournalFile._after_fork)
            return self

    def _take_file_lock(self, files: FilesInUse) -> None:
        """Take the lock; the file is made if it does not exist."""
        files.check_main_exists()
        self._file_lock.has_made_file = False
        for tries_left in reversed(range(_MAX_OPEN_TRIES)):
            try:
                self._file_lock.take(files.main, self.path)
            except JournalError:
                # The program that has made the file gets it. Another program may hold the lock for a moment, only to
                # see that the new file is empty.
                if not (self._file_lock.has_made_file and tries_left):
                    raise
            else:
                try:
                    if not files.is_empty(self._file_lock.descriptor) or self._file_lock.has_made_file:
                        return
                except BaseException:
                    self._file_lock.release()
                    raise
                self._file_lock.release()
                if not tries_left:
                    raise files.emptied_error()
            # Another program may have made the file a moment ago, and not have written to it yet.
            time.sleep(random.uniform(*_OPEN_RETRY_SECONDS))  # noqa: S311

    def _connect(self, files: FilesInUse) -> sqlite3.Connection:
        for tries_left in reversed(range(_MAX_OPEN_TRIES)):
            with self._sqlite_errors("be opened"):
                connection = sqlite3.connect(files.main, timeout=0.0, isolation_level=None, check_same_thread=False)
                try:
                    self._start(connection, files)
                    return connection
                except sqlite3.OperationalError as error:
                    connection.close()
                    if "locked" not in str(error) or not tries_left:
                        raise
                except BaseException:
                    connection.close()
                    raise
            # Two programs that open the file at the same moment lock each other out. After pauses of different lengths,
            # the first to come back gets it.
            time.sleep(random.uniform(*_OPEN_RETRY_SECONDS))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    def _start(self, connection: sqlite3.Connection, files: FilesInUse) -> None:
        """Check what the file holds, and bring it up to date."""
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"meta", "rows"} <= tables:
            # Before the next line, which would already change the file.
            raise JournalError(f"journal: {self.path!r} is another kind of database, and is left alone")
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit is on the disk when it returns, even if the power fails then.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        # `Log` makes the checkpoints, since each has to be sealed. The WAL is never made shorter while it is in use,
        # since that is how damage is noticed.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA journal_size_limit = -1")
        try:
            # Tried here, since the log is applied only when e-mails have already been sent.
            connection.execute("SELECT 1 FROM json_each('[]')")
        except sqlite3.OperationalError as error:
            raise JournalError("journal: this Python's SQLite can't read JSON; 3.38 and newer can") from error
        connection.execute("BEGIN EXCLUSIVE")
        if not tables:
            self._create_tables(connection)
        self._meta = dict(connection.execute("SELECT name, value FROM meta"))
        if self._meta.get("schema") != str(SCHEMA_VERSION):
            raise JournalError(
                f"journal: {self.path!r} has the form {self._meta.get('schema')!r}; this version knows {SCHEMA_VERSION}"
            )
        # The exclusive lock remains. Within a transaction, each later statement would keep how to undo itself.
        connection.execute("COMMIT")
        if not files.is_sealed:
            # A new file. All of it goes into the file itself and the WAL is emptied before anything is claimed: from
            # then on, what is missing is noticed.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            files.find_seal()
        self._log = log = Log(connection, int(self._meta.get("folded", "0")), files)
        files.check_commits(log.number)
        # The first write: from it on, there is a WAL to watch.
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('opened', ?)", (f"{self.now():.0f}",))
        files.start_watching(log.number)
        self._files = files
        log.apply(math.inf)
        # The run that claimed these rows is gone, since this program holds the file, and what it sent had left by now.
        # The clock may be behind the clock of that run, hence the max.
        cut_off = (
            "UPDATE rows SET state = 'unknown', error = 'the run was cut off', "
            "settled = max(claimed, min(?, claimed + ?)) WHERE state = 'claimed'"
        )
        connection.execute(cut_off, (self.now(), MAX_CALL_SECONDS))
        self._meta = dict(connection.execute("SELECT name, value FROM meta"))

    def _create_tables(self, connection: sqlite3.Connection) -> None:
        for statement in TABLES:
            connection.execute(statement)
        values = {"schema": str(SCHEMA_VERSION), "id": secrets.token_hex(16), "begun": f"{self.now():.0f}"}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", values.items())
        connection.execute("INSERT INTO seal VALUES (?)", (bytes(Seal()),))
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'seal'").fetchone()
        connection.execute(f"PRAGMA user_version = {page}")

    def check_file(self) -> None:
        """Refuse a path at which there is no journal, where a new journal would be made only to find nothing in it."""
        if not os.path.exists(self.path):
            FilesInUse(self.path).check_main_exists()
            raise JournalError(f"journal: {self.path!r} does not exist")

    # --- closing --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file. Another program can use it then.

        Raises:
            JournalError: The file was moved, deleted or overwritten since it was written last. It is left as it is.
        """
        with self._lock:
            connection = self._connection
            if connection is not None and self._pid == os.getpid():
                files = self._open_files()
                was_lost = files.is_main_lost
                if files.is_safe_to_write():
                    with suppress(JournalError):
                        # Only a little, since the caller waits. The rest stays in the log, also on a full disk.
                        self.apply_log(MAX_CHARACTERS_APPLIED_ON_CLOSE)
                        self._open_log().checkpoint()
                self._connection = None
                self._finalizer.detach()
                _close(connection, files, self._file_lock)
                if files.is_main_lost and not was_lost:
                    raise files.problem_error()
            self._connection = None

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        except JournalError as problem:
            # The error of the with block says why the run ended, so this must not hide it.
            if error is None:
                raise
            error.add_note(f"smtp2go_async: {problem}")

    def _make_lock(self) -> None:
        # A single lock for all statements: SQLite keeps the last error for each connection, so the error of a statement
        # is gone when another thread's statement ends before Python has asked for it.
        self._lock = threading.RLock()

    def _after_fork(self) -> None:
        """Leave the file to the parent, in a child that was forked."""
        # Closing the connection in the child would copy the WAL into the file and delete it, while the parent goes on
        # writing to it: what the parent claims from then on would be gone if it were killed. So the connection is kept
        # even when the interpreter ends, for which it needs a reference that is never released.
        self._make_lock()
        self._file_lock.forget()
        if self._files is not None:
            self._files.close()
        if self._connection is not None and self._finalizer.detach():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    # --- reading and writing --------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether this program has opened the file."""
        return self._connection is not None

    def now(self) -> float:
        """Return the time. A wrong clock is allowed, within the years that a date can have."""
        # 0 would say that a row was never claimed.
        return min(max(self._clock(), 1.0), _MAX_TIME)

    def check_intact(self) -> None:
        """Check that the files are still the files that were opened.

        Raises:
            JournalError: They are not. The text says what to do.
        """
        self._checked_connection()
        self._open_files().check_intact()

    def write(self, entry: LogEntry) -> None:
        """Write all of an entry or nothing; it is on the disk when this returns.

        `seal` has to follow before anything is sent.
        """
        with self._lock, self._sqlite_errors("be written"):
            self._checked_connection()
            self._open_log().write(entry, self.now())
            if entry.list_head is not None:
                self._meta["list"] = entry.list_head

    def seal(self) -> None:
        """Seal what was written.

        Raises:
            JournalError: The files are no longer the files that were opened.
        """
        # Without waiting for a thread that applies the log: this may be the event loop's thread.
        is_quiet = self._lock.acquire(blocking=False)
        try:
            self._open_files().seal_commits(self._open_log().number, is_quiet=is_quiet)
        finally:
            if is_quiet:
                self._lock.release()

    def apply_log(self, max_characters: float = math.inf) -> bool:
        """Apply the oldest commits of the log to the rows, and return whether any are left.

        Args:
            max_characters: How much to apply; a commit that comes meanwhile has to wait for all of it.
        """
        with self._lock, self._sqlite_errors("be written"):
            self._checked_connection()
            return self._open_log().apply(max_characters)

    def _write_meta(self, values: Mapping[str, str]) -> None:
        self.check_intact()
        with self._sqlite_errors("be written"):
            self._checked_connection().executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        self._meta.update(values)
        self._open_log().note_write()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Use the open file, or open the file for as long as this takes."""
        with self._lock:
            was_open = self._connection is not None
            if not was_open:
                self.check_file()
            self.open()
            try:
                with self._sqlite_errors("be read"):
                    self.apply_log()
                    yield self._checked_connection()
            finally:
                if not was_open:
                    self.close()

    def _checked_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalError(f"journal: {self.path!r} is not open")
        if self._pid != os.getpid():
            raise JournalError(f"journal: {self.path!r} was opened before a fork; open it in this process instead")
        return self._connection

    @contextmanager
    def _sqlite_errors(self, doing: str) -> Iterator[None]:
        """Raise errors of SQLite as a `JournalError`."""
        try:
            yield
        except sqlite3.Error as error:
            if self._files is not None:
                self._files.note_failure()
            text = str(error)
            if "locked" in text:
                text = "it is in use by another run"
            elif "not a database" in text:
                text = "it is another kind of file"
            elif "malformed" in text:
                text = "it is damaged; put back a copy made after its last run"
            raise JournalError(f"journal: {self.path!r} can't {doing}: {text}") from error

    def _open_log(self) -> Log:
        assert self._log is not None
        return self._log

    def _open_files(self) -> FilesInUse:
        assert self._files is not None
        return self._files


def _close(connection: sqlite3.Connection, files: FilesInUse, file_lock: FileLock) -> None:
    # A function, since a finalizer that held a method would keep the journal alive.
    if not files.is_safe_to_write():
        # The files stay as if the program had been killed. Closed as usual, SQLite would write into a file that is
        # another file by now, and delete the WAL, without which the next run would not notice that anything is missing.
        # SQLite keeps a WAL in which it was interrupted, if there is something in it: hence a write first.
        with suppress(sqlite3.Error):
            connection.execute("UPDATE meta SET value = value WHERE name = 'id'")
        connection.interrupt()
    files.close()
    connection.close()
    file_lock.release()
