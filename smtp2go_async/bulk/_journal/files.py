"""The two files of a journal while a run uses it: whether they are still what they were.

SQLite goes on writing to a file that was deleted or moved, and to a log that was cut short. What is found here is a
`JournalError` that says what to do, and ends the run.
"""

import os
from functools import partial

from ...errors import JournalError
from .at_rest import OR_ELSE, FilesAtRest, linked
from .log_end import LogEnd
from .seal import FRAME_HEADER, LOG_HEADER, SALTS, SEAL_SIZE

MAX_LOG_FRAMES = 1000
"""Pages after which the log is worked into the file, as SQLite would do by itself."""


class Files(FilesAtRest):
    """The files of one journal, until it is closed."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self._log_number = -1
        self._identities: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._sizes = [0, 0]
        self._links = 1
        self._is_new_log = True
        self._log_end = LogEnd()
        self._trouble: str | None = None
        self.is_full: bool = False
        """Whether it is time to work the log into the file."""
        self.is_lost: bool = False
        """Whether the file itself is not at its path any more, or not as it was. Then it is left as it is."""

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
        if not self.is_lost and self._identities is not None:
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
                f"{self._log_shown}, and start again. {OR_ELSE}"
            )
        except OSError as error:
            return f"can't be looked at any more ({error.strerror or error}). Mend that, and start again"
        if _identity(found) != self._identities[0]:
            return (
                "is another file now: it was replaced while it was in use. Put the file that was in use back beside "
                f"its log {self._log_shown}, and start again. {OR_ELSE}"
            )
        self._links = found.st_nlink
        with self._reading:
            is_same = self._read(self._number, self._head.seal_at, SEAL_SIZE) == self._written
        if found.st_size >= least and is_same:
            return None
        how = "emptied" if not found.st_size else "overwritten" if not is_same else "cut short"
        return (
            f"was {how} while it was in use. Put back a copy that belongs to its log {self._log_shown}, and start "
            f"again. {OR_ELSE}"
        )

    def _trouble_of_log(self) -> str | None:
        assert self._identities is not None
        least = self._sizes[1]
        size = os.fstat(self._log_number).st_size
        if size < least:
            return self._cut_short()
        self._sizes[1] = size
        if self._links > 1:
            return linked(self._links)
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
            f"from a copy made after the last run, and start again. {OR_ELSE}"
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
        place = LOG_HEADER + (MAX_LOG_FRAMES - 1) * (FRAME_HEADER + self._head.page) + 8
        if self._sizes[1] > place and not self._is_new_log:
            with self._reading:
                self.is_full = self._read(self._log_number, place, SALTS) == self._seal.salts

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


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
