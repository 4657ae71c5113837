"""The two files of a journal, looked at from outside of SQLite: whether they are there, whole, and belong together.

SQLite itself goes on writing to a file that was deleted, and begins anew where one is empty. What is found here is a
`JournalError` that says what to do: before anything is sent, or in the middle of a run, which ends then.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

from ..errors import JournalError
from .log_end import LogEnd
from .seal import FRAME_HEADER, HEAD_SIZE, LOG_HEADER, SALTS, SEAL_SIZE, Head, Seal

LONGEST_LOG = 1000
"""Pages after which the log is worked into the file, as SQLite would do by itself."""

_OR_ELSE: Final = (
    "If that can't be done, look in the account's activity for what was sent, and begin a new journal with the others"
)


class Files:
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
        self._number = self._log_number = -1
        self._head = Head(4096, 0, 0)
        self._seal = Seal()
        self._written = b""
        self.is_sealed: bool = False
        """Whether the file has a seal; one that is only being made has none yet."""
        self._identities: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._sizes = [0, 0]
        self._is_new_log = True
        self._log_end = LogEnd()
        # Held for an instant: threads share the position in a descriptor.
        self._reading = threading.Lock()
        self._trouble: str | None = None
        self.is_full: bool = False
        """Whether it is time to work the log into the file."""
        self.is_lost: bool = False
        """Whether the file itself is not at its path any more, or not as it was. Then it is left as it is."""

    # --- before SQLite opens it -----------------------------------------------------------------------------------

    def need_main(self) -> None:
        """Refuse a log without its file, before another file is made in its place.

        Raises:
            JournalError: There is a log, and no file.
        """
        if not os.path.exists(self.main) and _size_of(self.log):
            raise self._refused(
                f"is missing, and its log {self._log_shown} is there: the file was moved or deleted without its log. "
                f"Put the file back beside its log, and start again. {_OR_ELSE}, once the log is deleted, too"
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
                f"to this log, and start again. {_OR_ELSE}, once both are deleted"
            )
        return True

    def emptied(self) -> JournalError:
        """Make the error for a file that was there, and has nothing in it."""
        return self._refused(
            "is an empty file. If no run has sent anything with it, delete it and start again. If a run has, the "
            f"journal was emptied: put a copy back that was made after its last run. {_OR_ELSE}"
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
            raise self._refused(_linked(status.st_nlink))
        self.find_seal()
        log = self._salts_of_log()
        # With a log, SQLite may have been cut off when it had begun to make the file longer.
        needed = self._head.pages * self._head.page if log is None else self._seal.size
        if status.st_size < needed:
            raise self._refused(
                f"was cut short: it needs {needed:,} bytes and has {status.st_size:,}. Put back a copy that was made "
                f"after its last run, and start again. {_OR_ELSE}"
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
                f"another journal. Put both back as the last run left them, and start again. {_OR_ELSE}"
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
                f"{_OR_ELSE}"
            )
        missing = self._seal.number - number
        if missing > 0:
            raise self._refused(
                f"is without its last {missing:,} commits: its log {self._log_shown} was deleted, left behind, cut "
                f"short or damaged. Put the log back as the last run left it, and start again. {_OR_ELSE}"
            )
        if self._salts_of_log() is None:
            # On the disk first: the salts of a new log are not known until something was written to it.
            self._seal = Seal(number, os.fstat(self._number).st_size)
            self._put()
            self._sync()

    def began(self, number: int) -> None:
        """Take the files for what they are now; something was written to the log since `begin`."""
        with self._told("opened"):
            self._log_number = os.open(self.log, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            found = [os.fstat(one) for one in (self._number, self._log_number)]
        self._identities = (_identity(found[0]), _identity(found[1]))
        self._sizes = [one.st_size for one in found]
        self._seal.size = self._sizes[0]
        self.wrote()
        self.note(number, is_quiet=True)

    # --- while a run uses it --------------------------------------------------------------------------------------

    def look(self) -> None:
        """Look whether both files are what they were.

        It takes some microseconds, and waits for no other thread: the event loop's may do it.

        Raises:
            JournalError: They aren't; from then on that is said each time.
        """
        if not self.are_intact():
            raise self.error()

    def error(self) -> JournalError:
        """Make the error for what `look` has found."""
        return self._refused(f"{self._trouble}")

    def are_intact(self) -> bool:
        """Whether both files are what they were."""
        if self._trouble is None and self._identities is not None:
            lost = self._trouble_of_main()
            self.is_lost = self.is_lost or lost is not None
            self._trouble = lost or self._trouble_of_log()
        return self._trouble is None

    def can_be_written(self) -> bool:
        """Look while nobody writes, and say whether the file itself is what it was, and all of its log is open."""
        if not self.are_intact() and not self.is_lost:
            # Its log was lost; the file may have been since then.
            self.is_lost = self._trouble_of_main() is not None
        if not self.is_lost:
            with self._reading:
                self._compare_end()
        return not self.is_lost

    def _trouble_of_main(self) -> str | None:
        assert self._identities is not None
        # Another thread may make it longer at this moment.
        least = self._sizes[0]
        try:
            found = os.stat(self._named)
        except (FileNotFoundError, NotADirectoryError):
            return (
                "is not there any more: it was moved or deleted while it was in use. Put it back beside its log "
                f"{self._log_shown}, and start again. {_OR_ELSE}"
            )
        except OSError as error:
            return f"can't be looked at any more ({error.strerror or error}). Mend that, and start again"
        if _identity(found) != self._identities[0]:
            return (
                "is another file now: it was replaced while it was in use. Put the file that was in use back beside "
                f"its log {self._log_shown}, and start again. {_OR_ELSE}"
            )
        with self._reading:
            is_same = self._read(self._number, self._head.seal_at, SEAL_SIZE) == self._written
        if found.st_size >= least and is_same:
            return None
        how = "emptied" if not found.st_size else "overwritten" if not is_same else "cut short"
        return (
            f"was {how} while it was in use. Put back a copy that belongs to its log {self._log_shown}, and start "
            f"again. {_OR_ELSE}"
        )

    def _trouble_of_log(self) -> str | None:
        assert self._identities is not None
        least = self._sizes[1]
        opened = os.fstat(self._log_number)
        if opened.st_size < least:
            return self._cut_short()
        self._sizes[1] = opened.st_size
        links = os.fstat(self._number).st_nlink
        if links > 1:
            return _linked(links)
        try:
            if _identity(os.stat(self.log)) == self._identities[1]:
                return None
            how = "replaced"
        except FileNotFoundError:
            how = "moved or deleted"
        except OSError as error:
            how = f"lost ({error.strerror or error})"
        return (
            f"is without its log {self._log_shown}, which was {how} while it was in use. What the log had is saved in "
            "the file when that is closed, unless the program is killed. Start again: the same run goes on"
        )

    def _cut_short(self) -> str:
        self.is_lost = True
        return (
            f"is without the end of its log {self._log_shown}, which was cut short while it was in use. Put both back "
            f"from a copy made after the last run, and start again. {_OR_ELSE}"
        )

    def wrote(self) -> None:
        """Tell that something was written to the log, at which SQLite may have begun it anew."""
        if self._is_new_log:
            with self._reading:
                self._seal.salts = self._read(self._log_number, 16, SALTS)
                self._seal.whole = self._is_new_log = False
                self._log_end.begun_anew(os.fstat(self._log_number).st_size)
        self._log_end.wrote()

    def note(self, number: int, *, is_quiet: bool) -> None:
        """Seal so many commits, which are on the disk.

        Args:
            number: Commits.
            is_quiet: Whether nobody writes to the log at this moment.

        Raises:
            JournalError: The files are not what they were.
        """
        self.look()
        with self._reading:
            if is_quiet:
                self._compare_end()
            self._seal.number = number
            if self._trouble is None:
                self._put()
        if self._trouble is not None:
            raise self.error()
        self.measure()

    def _compare_end(self) -> None:
        end = os.fstat(self._log_number).st_size
        if not self._log_end.is_good(end, self._head.page, partial(self._read, self._log_number)):
            self._trouble = self._cut_short()

    def failed(self) -> None:
        """Tell that something could not be written."""
        self._log_end.failed()

    def measure(self) -> None:
        """Look how long the log is."""
        # What comes after the last page of this log is left from the one before, with other salts.
        place = LOG_HEADER + (LONGEST_LOG - 1) * (FRAME_HEADER + self._head.page) + 8
        with self._reading:
            self.is_full = not self._is_new_log and self._read(self._log_number, place, SALTS) == self._seal.salts

    def became_whole(self, number: int) -> None:
        """Seal that the file has all that is in the log; on the disk before the log is begun anew."""
        with self._reading:
            self._seal.number, self._seal.whole = number, True
            self._sizes[0] = self._seal.size = os.fstat(self._number).st_size
            self._put()
            self._is_new_log, self.is_full = True, False
        self._sync()

    def close(self) -> None:
        """Let go of the log; the file is let go of with its lock."""
        number, self._log_number = self._log_number, -1
        if number >= 0:
            os.close(number)

    def delete(self) -> None:
        """Delete the file, if it is still the one that is open."""
        with suppress(OSError):
            if os.path.samestat(os.stat(self.main), os.fstat(self._number)):
                os.unlink(self.main)

    # --- reading and writing --------------------------------------------------------------------------------------

    def _put(self) -> None:
        self._written = bytes(self._seal)
        with self._told("written"):
            os.lseek(self._number, self._head.seal_at, os.SEEK_SET)
            os.write(self._number, self._written)

    def _sync(self) -> None:
        with self._told("written"):
            os.fsync(self._number)

    def _read(self, number: int, place: int, count: int) -> bytes:
        with self._told("read"):
            os.lseek(number, place, os.SEEK_SET)
            return os.read(number, count)

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._refused(f"can't be {done}: {error.strerror or error}") from error

    def _refused(self, text: str) -> JournalError:
        return JournalError(f"journal: {self.shown!r} {text}")


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _linked(count: int) -> str:
    return (
        f"has {count} names (hard links), and its log belongs to one of them only: under another name, rows that were "
        "sent would be sent again. Delete the other names and start again; copy a journal when no run uses it"
    )
