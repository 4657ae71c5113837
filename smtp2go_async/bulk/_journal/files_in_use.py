"""The two files of a journal while a run uses it: whether they are still what they were.

SQLite goes on writing to a file that was deleted or moved, and to a WAL that was cut short. When that is noticed, a
`JournalError` says what to do, and ends the run.
"""

import os
from functools import partial
from typing import Final

from ...errors import JournalError
from .files_at_start import LAST_RESORT, FilesAtStart, hard_links_problem
from .seal import FRAME_HEADER_SIZE, SALTS_SIZE, SEAL_SIZE, WAL_HEADER_SIZE
from .wal_end import WalEnd

MAX_WAL_FRAMES: Final = 1000
"""Pages after which the WAL is checkpointed, as SQLite would do by itself."""


class FilesInUse(FilesAtStart):
    """The files of a journal, until it is closed."""

    def __init__(self, shown_path: str) -> None:
        super().__init__(shown_path)
        self._wal_descriptor = -1
        self._identities: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._min_main_size = self._min_wal_size = 0
        self._links = 1
        self._is_new_wal = True
        self._wal_end = WalEnd()
        self._problem: str | None = None
        self.needs_checkpoint: bool = False
        """Whether the WAL is long enough to be checkpointed."""
        self.is_main_lost: bool = False
        """Whether the file is no longer at its path, or no longer as it was. Then it is not written any more."""

    def start_watching(self, commits: int) -> None:
        """Remember what both files are now. SQLite has written to the WAL since `check_commits`, so it exists."""
        with self._os_errors("opened"):
            self._wal_descriptor = os.open(self.wal, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            main, wal = os.fstat(self._descriptor), os.fstat(self._wal_descriptor)
        self._identities = (_identity(main), _identity(wal))
        self._min_main_size, self._min_wal_size = main.st_size, wal.st_size
        self._seal.min_size = main.st_size
        self.note_write()
        self.seal_commits(commits, is_quiet=True)

    def check_intact(self) -> None:
        """Check that both files are what they were.

        This takes some microseconds and waits for no other thread, so the event loop's thread may call it.

        Raises:
            JournalError: They are not; each later call raises it again.
        """
        if not self.are_intact():
            raise self.problem_error()

    def problem_error(self) -> JournalError:
        """Return the error for what `are_intact` has found."""
        return self._error(f"{self._problem}")

    def are_intact(self) -> bool:
        """Whether both files are what they were."""
        if self._problem is None and self._identities is not None:
            problem_of_main = self._problem_of_main()
            self.is_main_lost = self.is_main_lost or problem_of_main is not None
            self._problem = problem_of_main or self._problem_of_wal()
        return self._problem is None

    def is_safe_to_write(self) -> bool:
        """Whether the file is what it was and no part of its WAL was lost. Call this only while no thread writes."""
        if not self.are_intact() and not self.is_main_lost:
            # The WAL was lost before, and then the file is not looked at by `are_intact`. It may be lost by now, too.
            self.is_main_lost = self._problem_of_main() is not None
        if not self.is_main_lost and self._identities is not None:
            with self._seal_lock:
                self._check_wal_end()
        return not self.is_main_lost

    def _problem_of_main(self) -> str | None:
        assert self._identities is not None
        # Read before the file is looked at: another thread may make the file longer at this moment.
        min_size = self._min_main_size
        try:
            found = os.stat(self._given_path)
        except (FileNotFoundError, NotADirectoryError):
            return (
                "is not there any more: it was moved or deleted while it was in use. Put it back beside its log "
                f"{self._shown_wal}, and start again. {LAST_RESORT}"
            )
        except OSError as error:
            return f"can't be looked at any more ({error.strerror or error}). Mend that, and start again"
        if _identity(found) != self._identities[0]:
            return (
                "is another file now: it was replaced while it was in use. Put the file that was in use back beside "
                f"its log {self._shown_wal}, and start again. {LAST_RESORT}"
            )
        self._links = found.st_nlink
        # A file that was overwritten in place, as cp does, keeps its identity and often its size. Its seal differs.
        with self._seal_lock:
            is_same = self._read(self._descriptor, self._header.seal_offset, SEAL_SIZE) == self._written_seal
        if found.st_size >= min_size and is_same:
            return None
        how = "emptied" if not found.st_size else "overwritten" if not is_same else "cut short"
        return (
            f"was {how} while it was in use. Put back a copy that belongs to its log {self._shown_wal}, and start "
            f"again. {LAST_RESORT}"
        )

    def _problem_of_wal(self) -> str | None:
        assert self._identities is not None
        min_size = self._min_wal_size
        size = os.fstat(self._wal_descriptor).st_size
        if size < min_size:
            return self._cut_short_problem()
        self._min_wal_size = size
        if self._links > 1:
            return hard_links_problem(self._links)
        try:
            if _identity(os.stat(self.wal)) == self._identities[1]:
                return None
            how = "replaced"
        except FileNotFoundError:
            how = "moved or deleted"
        except OSError as error:
            how = f"lost ({error.strerror or error})"
        return (
            f"is without its log {self._shown_wal}, which was {how} while it was in use. What the log had is saved in "
            "the file when that is closed, unless the program is killed. Start again: the same run goes on"
        )

    def _cut_short_problem(self) -> str:
        # A checkpoint would copy what is left of the WAL into the file, and hide that commits are missing.
        self.is_main_lost = True
        return (
            f"is without the end of its log {self._shown_wal}, which was cut short while it was in use. Put both back "
            f"from a copy made after the last run, and start again. {LAST_RESORT}"
        )

    def note_write(self) -> None:
        """Note that something was written to the WAL, at which SQLite may have started it again."""
        if self._is_new_wal:
            with self._seal_lock:
                self._seal.salts = self._read(self._wal_descriptor, 16, SALTS_SIZE)
                self._seal.is_complete = self._is_new_wal = False
                self._wal_end.restart(os.fstat(self._wal_descriptor).st_size)
        self._wal_end.note_write()

    def note_failure(self) -> None:
        """Note that something could not be written."""
        self._wal_end.note_failure()

    def seal_commits(self, commits: int, *, is_quiet: bool) -> None:
        """Write the seal for commits that are on the disk.

        Args:
            commits: The number of the last commit.
            is_quiet: Whether no thread writes to the WAL at this moment, so that its end can be checked.

        Raises:
            JournalError: The files are not what they were.
        """
        self.check_intact()
        with self._seal_lock:
            if is_quiet:
                self._check_wal_end()
            self._seal.commits = commits
            if self._problem is None:
                self._write_seal()
        if self._problem is not None:
            raise self.problem_error()
        self.measure_wal()

    def _check_wal_end(self) -> None:
        end = os.fstat(self._wal_descriptor).st_size
        if not self._wal_end.is_good(end, self._header.page_size, partial(self._read, self._wal_descriptor)):
            self._problem = self._cut_short_problem()

    def measure_wal(self) -> None:
        """Find out whether the WAL is long enough for a checkpoint."""
        # Its size does not tell: behind its last page, frames of the WAL before remain. Those have other salts.
        offset = WAL_HEADER_SIZE + (MAX_WAL_FRAMES - 1) * (FRAME_HEADER_SIZE + self._header.page_size) + 8
        if self._min_wal_size > offset and not self._is_new_wal:
            with self._seal_lock:
                self.needs_checkpoint = self._read(self._wal_descriptor, offset, SALTS_SIZE) == self._seal.salts

    def note_checkpoint(self, commits: int) -> None:
        """Seal that the file holds everything that is in the WAL."""
        with self._seal_lock:
            self._seal.commits, self._seal.is_complete = commits, True
            self._min_main_size = self._seal.min_size = os.fstat(self._descriptor).st_size
            self._write_seal()
            self._is_new_wal, self.needs_checkpoint = True, False
        # On the disk before SQLite starts the WAL again, which it does at the next write.
        self._sync()

    def close(self) -> None:
        """Close the WAL; the file itself is closed with its lock."""
        descriptor, self._wal_descriptor = self._wal_descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
