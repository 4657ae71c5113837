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
from typing import Self

from ..._runtime.forking import tell_after_fork
from ..._values.checks import check_path
from ...errors import JournalError
from .files import Files
from .lock import FileLock
from .schema import TABLES, Lines, Log
from .seal import Seal

SCHEMA = 4

MAX_CALL_SECONDS = 3700.0
"""Seconds after its claim at which a call can still leave: it may wait for cool-downs before it does."""

FOLDED_AT_END = 250_000
"""Characters; some 10 ms. What is left of a busy program's log is folded by whoever opens the journal next."""

_LAST_TIME = 253_402_300_799.0
"""The last second of the year 9999."""

_TRIES = 4
"""How often a file that is in use is opened anew."""
_BETWEEN_TRIES = (0.01, 0.05)
"""Seconds, at random."""


class JournalFile:
    """One SQLite file; what it says is `Journal`'s."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: str = check_path(path, "journal")
        if not self.path or self.path == ":memory:":
            # SQLite would take the first two for a journal that nobody keeps.
            raise ValueError(f"journal: {self.path!r} is not the path of a file")
        self._make_locks()
        self._connection: sqlite3.Connection | None = None
        self._pid = os.getpid()
        self._clock = time.time
        self._meta: dict[str, str] = {}
        self._log: Log | None = None
        self._files: Files | None = None
        self._file_lock = FileLock()

    def open(self) -> Self:
        """Open the file, and take it for this program alone. Rows found claimed become unknown.

        Raises:
            JournalError: It is in use or can't be opened, or its files are not what the last run left.
        """
        with self._lock:
            if self._connection is not None:
                self._here()
                return self
            files = Files(self.path)
            folder = os.path.dirname(files.main)
            if not os.path.isdir(folder):
                raise JournalError(f"journal: the folder of {self.path!r} does not exist")
            if os.path.isdir(files.main):
                raise JournalError(f"journal: {self.path!r} is a directory; a file is needed")
            # SQLite would say "disk I/O error". The folder, because it keeps its log beside the file.
            for needed in (files.main, folder):
                if os.path.exists(needed) and not os.access(needed, os.W_OK):
                    shown = self.path if needed == files.main else needed
                    raise JournalError(f"journal: {shown!r} may not be written by this user")
            self._pid = os.getpid()
            self._take(files)
            try:
                files.check(self._file_lock.number)
                self._connection = connection = self._connect(files)
                self._files = files
            except BaseException:
                files.close()
                if self._file_lock.made:
                    # Nothing has been claimed in it; left there, it would look like one that was emptied.
                    files.delete()
                self._file_lock.release()
                raise
            # Found by the collector, a connection that nobody closed is a warning since Python 3.13.
            self._finalizer = weakref.finalize(self, _close, connection, files, self._file_lock)
            tell_after_fork(self, JournalFile._after_fork)
            return self

    def _take(self, files: Files) -> None:
        """Take the lock; the file is made if it is not there."""
        files.check_main()
        self._file_lock.made = False
        for left in reversed(range(_TRIES)):
            try:
                self._file_lock.take(files.main, self.path)
            except JournalError:
                # Whoever has made it has it, unless another one just looks whether there is anything in it.
                if not (self._file_lock.made and left):
                    raise
            else:
                try:
                    if not files.is_empty(self._file_lock.number) or self._file_lock.made:
                        return
                except BaseException:
                    self._file_lock.release()
                    raise
                self._file_lock.release()
                if not left:
                    raise files.emptied()
            # Another program may have made it a moment ago, and have written nothing yet.
            time.sleep(random.uniform(*_BETWEEN_TRIES))  # noqa: S311

    def _connect(self, files: Files) -> sqlite3.Connection:
        for left in reversed(range(_TRIES)):
            with self._told("be opened"):
                connection = sqlite3.connect(files.main, timeout=0.0, isolation_level=None, check_same_thread=False)
                try:
                    self._begin(connection, files)
                    return connection
                except sqlite3.OperationalError as error:
                    connection.close()
                    if "locked" not in str(error) or not left:
                        raise
                except BaseException:
                    connection.close()
                    raise
            # Two that open it at the same moment lock each other out. One of them comes back first, and has it.
            time.sleep(random.uniform(*_BETWEEN_TRIES))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    def _make_locks(self) -> None:
        # One for all: SQLite tells what went wrong by the connection, so an error of one statement is gone when another
        # thread's statement ends before Python has asked.
        self._lock = threading.RLock()

    def _after_fork(self) -> None:
        # Closing it in the child would write the log into the file, and delete it while the parent goes on writing to
        # it: what the parent claims from then on would be gone if it were killed. So it is kept for ever, even when
        # the interpreter ends, for which a reference is needed that nobody gives back.
        self._make_locks()
        self._file_lock.forget()
        if self._files is not None:
            self._files.close()
        if self._connection is not None and self._finalizer.detach():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def _begin(self, connection: sqlite3.Connection, files: Files) -> None:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"meta", "rows"} <= tables:
            # Before anything is changed, and the next line would change the file.
            raise JournalError(f"journal: {self.path!r} is another kind of database, and is left alone")
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit is on the disk when it returns, even if the power fails then.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        # `Log` works SQLite's log into the file, since that has to be sealed. It is never cut short while it is in use.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA journal_size_limit = -1")
        try:
            # Asked for by the folding only when e-mails are on their way.
            connection.execute("SELECT 1 FROM json_each('[]')")
        except sqlite3.OperationalError as error:
            raise JournalError("journal: this Python's SQLite can't read JSON; 3.38 and newer can") from error
        connection.execute("BEGIN EXCLUSIVE")
        if not tables:
            self._make(connection)
        self._meta = dict(connection.execute("SELECT name, value FROM meta"))
        if self._meta.get("schema") != str(SCHEMA):
            raise JournalError(
                f"journal: {self.path!r} has the form {self._meta.get('schema')!r}; this version knows {SCHEMA}"
            )
        # The lock stays. Outside of a transaction, in which each statement would remember how to undo itself.
        connection.execute("COMMIT")
        if not files.is_sealed:
            # All of it in the file, and nothing in the log, before anything is claimed: what is lost then is noticed.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            files.find_seal()
        self._log = log = Log(connection, int(self._meta.get("folded", "0")), files)
        files.begin(log.number)
        # The run that claimed these is gone, since this program has the file for itself. What it sent had left by now.
        # The clock may be behind the one of that run.
        cut_off = (
            "UPDATE rows SET state = 'unknown', error = 'the run was cut off', "
            "settled = max(claimed, min(?, claimed + ?)) WHERE state = 'claimed'"
        )
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('opened', ?)", (f"{self.now():.0f}",))
        files.began(log.number)
        self._files = files
        log.fold(math.inf)
        connection.execute(cut_off, (self.now(), MAX_CALL_SECONDS))
        self._meta = dict(connection.execute("SELECT name, value FROM meta"))

    def _make(self, connection: sqlite3.Connection) -> None:
        for statement in TABLES:
            connection.execute(statement)
        values = {"schema": str(SCHEMA), "id": secrets.token_hex(16), "begun": f"{self.now():.0f}"}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", values.items())
        connection.execute("INSERT INTO seal VALUES (?)", (bytes(Seal()),))
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'seal'").fetchone()
        connection.execute(f"PRAGMA user_version = {page}")

    def now(self) -> float:
        """Return the time, which may be wrong, but never as if there were none, or too late for a date."""
        return min(max(self._clock(), 1.0), _LAST_TIME)

    def close(self) -> None:
        """Close the file. Another program can use it then.

        Raises:
            JournalError: The file was moved, deleted or overwritten after what was written last; it is left as it is.
        """
        with self._lock:
            connection = self._connection
            if connection is not None and self._pid == os.getpid():
                files = self._open_files()
                was_lost = files.is_lost
                if files.can_be_written():
                    with suppress(JournalError):
                        # Nobody waits here for much of it, nor for room on a full disk: it can stay in the log.
                        self.fold(FOLDED_AT_END)
                        self._open_log().work_in()
                self._connection = None
                self._finalizer.detach()
                _close(connection, files, self._file_lock)
                if files.is_lost and not was_lost:
                    raise files.error()
            self._connection = None

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        except JournalError as problem:
            if error is None:
                raise
            error.add_note(f"smtp2go_async: {problem}")

    @property
    def is_open(self) -> bool:
        """Whether this program has the file."""
        return self._connection is not None

    def _here(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalError(f"journal: {self.path!r} is not open")
        if self._pid != os.getpid():
            raise JournalError(f"journal: {self.path!r} was opened before a fork; open it in this process instead")
        return self._connection

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._files is not None:
                self._files.failed()
            text = str(error)
            if "locked" in text:
                text = "it is in use by another run"
            elif "not a database" in text:
                text = "it is another kind of file"
            elif "malformed" in text:
                text = "it is damaged; put back a copy made after its last run"
            raise JournalError(f"journal: {self.path!r} can't {doing}: {text}") from error

    def check_file(self) -> None:
        """Refuse a path at which no run was begun, where a journal would be made only to find nothing in it."""
        if not os.path.exists(self.path):
            Files(self.path).check_main()
            raise JournalError(f"journal: {self.path!r} does not exist")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Use the open file, or open it for as long as this takes."""
        with self._lock:
            was_open = self._connection is not None
            if not was_open:
                self.check_file()
            self.open()
            try:
                with self._told("be read"):
                    self.fold()
                    yield self._here()
            finally:
                if not was_open:
                    self.close()

    def _write_meta(self, values: Mapping[str, str]) -> None:
        self.look()
        with self._told("be written"):
            self._here().executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        self._meta.update(values)
        self._open_log().wrote()

    def look(self) -> None:
        """Look whether the files are still the ones that were opened.

        Raises:
            JournalError: They aren't; what to do is in its text.
        """
        self._here()
        self._open_files().look()

    def write(self, lines: Lines) -> None:
        """Write, all or nothing; on the disk when this returns. `seal` has to follow before anything is sent."""
        with self._lock, self._told("be written"):
            self._here()
            self._open_log().write(lines, self.now())
            if lines.list_begin is not None:
                self._meta["list"] = lines.list_begin

    def seal(self) -> None:
        """Seal what was written.

        Raises:
            JournalError: The files are not the ones that were opened any more.
        """
        # Without waiting for a thread that folds.
        is_quiet = self._lock.acquire(blocking=False)
        try:
            self._open_files().note(self._open_log().number, is_quiet=is_quiet)
        finally:
            if is_quiet:
                self._lock.release()

    def fold(self, most: float = math.inf) -> bool:
        """Fold into the rows what was written first, and return whether there is more.

        Args:
            most: Characters after which to stop: whoever wants to write meanwhile has to wait.
        """
        with self._lock, self._told("be written"):
            self._here()
            return self._open_log().fold(most)

    def _open_log(self) -> Log:
        assert self._log is not None
        return self._log

    def _open_files(self) -> Files:
        assert self._files is not None
        return self._files


def _close(connection: sqlite3.Connection, files: Files, file_lock: FileLock) -> None:
    if not files.can_be_written():
        # Left as if the program had been killed: SQLite would write into a file that is another one by now, and delete
        # the log, without which the next run would not notice that anything was there. It keeps a log that it was
        # interrupted at, if there is something in it.
        with suppress(sqlite3.Error):
            connection.execute("UPDATE meta SET value = value WHERE name = 'id'")
        connection.interrupt()
    files.close()
    connection.close()
    file_lock.release()
