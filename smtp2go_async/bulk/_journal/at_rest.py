"""The two files of a journal when a run begins: whether they are there, whole, and belong together.

SQLite takes an empty file for a new one, and a log that is not there, or of another file, for nothing to worry about.
What is found here is a `JournalError` that says what to do, before SQLite changes anything and anything is sent.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ...errors import JournalError
from .seal import HEAD_SIZE, LOG_HEADER, SALTS, SEAL_SIZE, Head, Seal

_IS_POSIX = hasattr(os, "pread")

OR_ELSE: Final = (
    "If that can't be done, look in the account's activity for what was sent, and begin a new journal with the others"
)


class FilesAtRest:
    """The files of one journal, from the moment at which it is opened.

    Args:
        shown: The path that the caller gave, by which errors name it.
    """

    def __init__(self, shown: str) -> None:
        self.shown = shown
        # The program may change its directory meanwhile, and a symbolic link may lead elsewhere. SQLite keeps its log
        # beside the file that a link leads to.
        self._named = os.path.abspath(shown)
        self.main: str = os.path.realpath(shown)
        self.log: str = f"{self.main}-wal"
        self._log_shown = repr(os.path.basename(self.log))
        self._number = -1
        self._head = Head(4096, 0, 0)
        self._seal = Seal()
        self._written = b""
        self.is_sealed: bool = False
        """Whether the file has a seal; one that is only being made has none yet."""
        # Held for an instant: several threads read and write the seal.
        self._reading = threading.Lock()

    # --- before SQLite opens it -----------------------------------------------------------------------------------

    def check_main(self) -> None:
        """Refuse a log without its file, before another file is made in its place.

        Raises:
            JournalError: There is a log, and no file.
        """
        if not os.path.exists(self.main) and _size_of(self.log):
            raise self._refused(
                f"is missing, and its log {self._log_shown} is there: the file was moved or deleted without its log. "
                f"Put the file back beside its log, and start again. {OR_ELSE}, once the log is deleted, too"
            )

    def is_empty(self, number: int) -> bool:
        """Whether there is nothing in the file.

        Args:
            number: The descriptor of the file, which is locked.

        Raises:
            JournalError: There is nothing in it, and something in its log.
        """
        # One byte is as good as nothing to SQLite.
        if os.fstat(number).st_size > 1:
            return False
        if _size_of(self.log):
            raise self._refused(
                f"is empty, and its log {self._log_shown} is not: the file was emptied. Put back a copy that belongs "
                f"to this log, and start again. {OR_ELSE}, once both are deleted"
            )
        return True

    def emptied(self) -> JournalError:
        """Make the error for a file that was there, and has nothing in it."""
        return self._refused(
            "is an empty file. If no run has sent anything with it, delete it and start again. If a run has, the "
            f"journal was emptied: put a copy back that was made after its last run. {OR_ELSE}"
        )

    def check(self, number: int) -> None:
        """Look at the files before SQLite does, which changes them.

        Args:
            number: The descriptor of the file, which is locked.

        Raises:
            JournalError: They don't belong together, or aren't whole.
        """
        self._number = number
        with self._told("opened"):
            status, named = os.fstat(number), os.stat(self._named)
        if not os.path.samestat(status, named):
            raise self._refused("can't be opened: another file has taken its place just now; start again")
        if status.st_nlink > 1:
            raise self._refused(linked(status.st_nlink))
        self.find_seal()
        log = self._salts_of_log()
        # With a log, SQLite may have been cut off when it had begun to make the file longer.
        needed = self._head.pages * self._head.page if log is None else self._seal.size
        if status.st_size < needed:
            raise self._refused(
                f"was cut short: it needs {needed:,} bytes and has {status.st_size:,}. Put back a copy that was made "
                f"after its last run, and start again. {OR_ELSE}"
            )
        if log is None or not self.is_sealed:
            return
        if self._seal.whole and self._seal.salts == log:
            # All of it is in the file. An older copy of it would be taken for newer than the file.
            with self._told("opened"):
                os.unlink(self.log)
        elif not self._seal.goes_with(log):
            raise self._refused(
                f"and the log {self._log_shown} beside it do not belong together: one of them is an older copy, or of "
                f"another journal. Put both back as the last run left them, and start again. {OR_ELSE}"
            )

    def find_seal(self) -> None:
        """Find the seal in the file, if there is one."""
        with self._reading:
            head = Head.read(self._read(self._number, 0, HEAD_SIZE))
            if head is not None:
                self._head = head
                self._written = self._read(self._number, head.seal_at, SEAL_SIZE)
                found = Seal.read(self._written)
                self.is_sealed = found is not None
                self._seal = found or self._seal

    def _salts_of_log(self) -> bytes | None:
        """Return the salts of the log; ``None`` if there is nothing in it."""
        with self._told("opened"), suppress(FileNotFoundError), open(self.log, "rb") as log:
            head = log.read(LOG_HEADER)
            if len(head) == LOG_HEADER:
                return head[16 : 16 + SALTS]
        return None

    # --- when SQLite has opened it --------------------------------------------------------------------------------

    def begin(self, number: int) -> None:
        """Compare what SQLite has read with the seal; before anything is written.

        Args:
            number: Commits that are there.

        Raises:
            JournalError: Some are missing.
        """
        if not self.is_sealed:
            raise self._refused(
                "is damaged, or was changed by another program. Put back a copy that was made after its last run. "
                f"{OR_ELSE}"
            )
        missing = self._seal.number - number
        if missing > 0:
            raise self._refused(
                f"is without its last commits ({missing:,}): its log {self._log_shown} was deleted, left behind, cut "
                f"short or damaged. Put the log back as the last run left it, and start again. {OR_ELSE}"
            )
        if self._salts_of_log() is None:
            # On the disk first: the salts of a new log are not known until something was written to it.
            self._seal = Seal(number, os.fstat(self._number).st_size)
            self._put()
            self._sync()

    def delete(self) -> None:
        """Delete the file, if it is still the one that is open."""
        with suppress(OSError):
            if os.path.samestat(os.stat(self.main), os.fstat(self._number)):
                os.unlink(self.main)

    # --- reading and writing --------------------------------------------------------------------------------------

    def _put(self) -> None:
        self._written = bytes(self._seal)
        try:
            if _IS_POSIX:
                os.pwrite(self._number, self._written, self._head.seal_at)
            else:
                os.lseek(self._number, self._head.seal_at, os.SEEK_SET)
                os.write(self._number, self._written)
        except OSError as error:
            raise self._cant("written", error) from error

    def _sync(self) -> None:
        with self._told("written"):
            os.fsync(self._number)

    def _read(self, number: int, place: int, count: int) -> bytes:
        try:
            if _IS_POSIX:
                return os.pread(number, count, place)
            os.lseek(number, place, os.SEEK_SET)
            return os.read(number, count)
        except OSError as error:
            raise self._cant("read", error) from error

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._cant(done, error) from error

    def _cant(self, done: str, error: OSError) -> JournalError:
        return self._refused(f"can't be {done}: {error.strerror or error}")

    def _refused(self, text: str) -> JournalError:
        return JournalError(f"journal: {self.shown!r} {text}")


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def linked(count: int) -> str:
    """Say what is wrong with a file that has so many names."""
    return (
        f"has {count} names (hard links), and its log belongs to one of them only: under another name, rows that were "
        "sent would be sent again. Delete the other names and start again; copy a journal when no run uses it"
    )
