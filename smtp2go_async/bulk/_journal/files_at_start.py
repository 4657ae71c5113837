"""The two files of a journal when a run starts: whether they are there, whole, and belong together.

SQLite takes an empty file for a new database, and accepts a WAL that is missing or of another file. So the files are
checked before SQLite changes anything and before anything is sent. A `JournalError` says what is wrong and what to do.

Texts of errors call the WAL "its log", the word of SQLite's own pages.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ...errors import JournalError
from .seal import DATABASE_HEADER_SIZE, SALTS_SIZE, SEAL_SIZE, WAL_HEADER_SIZE, DatabaseHeader, Seal

_IS_POSIX = hasattr(os, "pread")

LAST_RESORT: Final = (
    "If that can't be done, look in the account's activity for what was sent, and start a new journal with the rest"
)
"""The advice for a file that can't be restored."""


class FilesAtStart:
    """The files of a journal, from the moment at which it is opened.

    Args:
        shown_path: The path that the caller gave, by which errors name the file.
    """

    def __init__(self, shown_path: str) -> None:
        self.shown_path = shown_path
        # Absolute, since the program may change its directory while the journal is open.
        self._given_path = os.path.abspath(shown_path)
        # SQLite keeps the WAL beside the file that a symbolic link leads to.
        self.main: str = os.path.realpath(shown_path)
        self.wal: str = f"{self.main}-wal"
        self._shown_wal = repr(os.path.basename(self.wal))
        self._descriptor = -1
        self._header = DatabaseHeader(4096, 0, 0)
        self._seal = Seal()
        self._written_seal = b""
        self.is_sealed: bool = False
        """Whether the file has a seal. A file that is still being made has none."""
        # Held only for an instant, since the event loop's thread takes it, too.
        self._seal_lock = threading.Lock()

    # --- before SQLite opens the file -----------------------------------------------------------------------------

    def check_main_exists(self) -> None:
        """Refuse a WAL without its file, before SQLite makes another file in its place.

        Raises:
            JournalError: There is a WAL, and no file.
        """
        if not os.path.exists(self.main) and _size_of(self.wal):
            raise self._error(
                f"is missing, and its log {self._shown_wal} is there: the file was moved or deleted without its log. "
                f"Put the file back beside its log, and start again. {LAST_RESORT}, once the log is deleted, too"
            )

    def is_empty(self, descriptor: int) -> bool:
        """Whether there is nothing in the file.

        Args:
            descriptor: Of the file, which is locked.

        Raises:
            JournalError: The file is empty, and its WAL is not.
        """
        # SQLite treats a file of a single byte as empty, too.
        if os.fstat(descriptor).st_size > 1:
            return False
        if _size_of(self.wal):
            raise self._error(
                f"is empty, and its log {self._shown_wal} is not: the file was emptied. Put back a copy that belongs "
                f"to this log, and start again. {LAST_RESORT}, once both are deleted"
            )
        return True

    def emptied_error(self) -> JournalError:
        """Return the error for a file that existed and has nothing in it."""
        return self._error(
            "is an empty file. If no run has sent anything with it, delete it and start again. If a run has, the "
            f"journal was emptied: put back a copy that was made after its last run. {LAST_RESORT}"
        )

    def check_before_sqlite(self, descriptor: int) -> None:
        """Check both files before SQLite opens them, since SQLite may change them.

        Args:
            descriptor: Of the file, which is locked.

        Raises:
            JournalError: The files don't belong together, or are not whole.
        """
        self._descriptor = descriptor
        with self._os_errors("opened"):
            locked, at_path = os.fstat(descriptor), os.stat(self._given_path)
        if not os.path.samestat(locked, at_path):
            raise self._error("can't be opened: another file has just taken its place; start again")
        if locked.st_nlink > 1:
            raise self._error(hard_links_problem(locked.st_nlink))
        self.find_seal()
        salts = self._wal_salts()
        # With a WAL, SQLite may have been cut off while it made the file longer, so the header's count may be too high.
        needed = self._header.page_count * self._header.page_size if salts is None else self._seal.min_size
        if locked.st_size < needed:
            raise self._error(
                f"was cut short: it needs {needed:,} bytes and has {locked.st_size:,}. Put back a copy that was made "
                f"after its last run, and start again. {LAST_RESORT}"
            )
        if salts is None or not self.is_sealed:
            return
        if self._seal.is_complete and self._seal.salts == salts:
            # The file holds everything that is in this WAL. SQLite would take an older copy of it for newer than the
            # file, and undo what came later.
            with self._os_errors("opened"):
                os.unlink(self.wal)
        elif not self._seal.belongs_to(salts):
            raise self._error(
                f"and the log {self._shown_wal} beside it do not belong together: one of them is an older copy, or of "
                f"another journal. Put both back as the last run left them, and start again. {LAST_RESORT}"
            )

    def find_seal(self) -> None:
        """Find the seal in the file, if there is one."""
        with self._seal_lock:
            header = DatabaseHeader.read(self._read(self._descriptor, 0, DATABASE_HEADER_SIZE))
            if header is not None:
                self._header = header
                self._written_seal = self._read(self._descriptor, header.seal_offset, SEAL_SIZE)
                found = Seal.read(self._written_seal)
                self.is_sealed = found is not None
                self._seal = found or self._seal

    def _wal_salts(self) -> bytes | None:
        """Return the salts of the WAL; ``None`` if there is nothing in it."""
        with self._os_errors("opened"), suppress(FileNotFoundError), open(self.wal, "rb") as wal:
            header = wal.read(WAL_HEADER_SIZE)
            if len(header) == WAL_HEADER_SIZE:
                return header[16 : 16 + SALTS_SIZE]
        return None

    # --- when SQLite has opened the file --------------------------------------------------------------------------

    def check_commits(self, commits: int) -> None:
        """Compare what SQLite has read with the seal, before anything is written.

        Args:
            commits: The number of the last commit that SQLite has read.

        Raises:
            JournalError: Commits are missing.
        """
        if not self.is_sealed:
            raise self._error(
                "is damaged, or was changed by another program. Put back a copy that was made after its last run. "
                f"{LAST_RESORT}"
            )
        missing = self._seal.commits - commits
        if missing > 0:
            raise self._error(
                f"is without its last commits ({missing:,}): its log {self._shown_wal} was deleted, left behind, cut "
                f"short or damaged. Put the log back as the last run left it, and start again. {LAST_RESORT}"
            )
        if self._wal_salts() is None:
            # SQLite draws the salts of a new WAL at its first write, so until then the seal has to accept any. It must
            # be on the disk before that write.
            self._seal = Seal(commits, os.fstat(self._descriptor).st_size)
            self._write_seal()
            self._sync()

    def delete_main(self) -> None:
        """Delete the file, if the file at its path is still the file that is open."""
        with suppress(OSError):
            if os.path.samestat(os.stat(self.main), os.fstat(self._descriptor)):
                os.unlink(self.main)

    # --- reading and writing --------------------------------------------------------------------------------------

    def _write_seal(self) -> None:
        self._written_seal = bytes(self._seal)
        try:
            if _IS_POSIX:
                os.pwrite(self._descriptor, self._written_seal, self._header.seal_offset)
            else:
                os.lseek(self._descriptor, self._header.seal_offset, os.SEEK_SET)
                os.write(self._descriptor, self._written_seal)
        except OSError as error:
            raise self._failed_to("written", error) from error

    def _sync(self) -> None:
        with self._os_errors("written"):
            os.fsync(self._descriptor)

    def _read(self, descriptor: int, offset: int, size: int) -> bytes:
        try:
            if _IS_POSIX:
                return os.pread(descriptor, size, offset)
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, size)
        except OSError as error:
            raise self._failed_to("read", error) from error

    @contextmanager
    def _os_errors(self, done: str) -> Iterator[None]:
        """Raise errors of the system as a `JournalError`."""
        try:
            yield
        except OSError as error:
            raise self._failed_to(done, error) from error

    def _failed_to(self, done: str, error: OSError) -> JournalError:
        return self._error(f"can't be {done}: {error.strerror or error}")

    def _error(self, text: str) -> JournalError:
        return JournalError(f"journal: {self.shown_path!r} {text}")


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def hard_links_problem(count: int) -> str:
    """Return the text of the error for a file with several names."""
    return (
        f"has {count} names (hard links), and its log belongs to one of them only: under another name, rows that were "
        "sent would be sent again. Delete the other names and start again; copy a journal when no run uses it"
    )
