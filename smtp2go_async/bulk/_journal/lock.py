"""A lock on a journal's file that is not lost when the program opens the file elsewhere, too, and closes it.

SQLite's own is lost then: the system takes it away with any descriptor of the file that its process closes, as when it
is copied for a backup. A second run got in, and sent everything again.
"""

import os
from contextlib import suppress

from ...errors import JournalError

try:
    import fcntl
except ImportError:
    # On Windows nothing takes a lock away from a program that has it.
    fcntl = None  # type: ignore[assignment]

_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0)


class FileLock:
    """Held by one object in one process at a time, until it is released or the process ends."""

    def __init__(self) -> None:
        self._number: int | None = None
        self.made: bool = False
        """Whether the file was made by `take`."""

    @property
    def number(self) -> int:
        """The descriptor of the open file."""
        assert self._number is not None
        return self._number

    def take(self, path: str, shown: str) -> None:
        """Take it, or say who has it; the file is made if it is not there.

        Args:
            path: The file.
            shown: What errors call it.

        Raises:
            JournalError: Somebody has it, or the file can't be opened.
        """
        try:
            number = self._opened(path)
        except OSError as error:
            raise JournalError(f"journal: {shown!r} can't be opened: {error.strerror or error}") from error
        try:
            if fcntl is not None:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(number)
            raise JournalError(f"journal: {shown!r} can't be opened: it is in use by another run") from error
        except OSError:
            # Some network file systems have no such locks. SQLite's own lock remains.
            pass
        self._number = number

    def _opened(self, path: str) -> int:
        try:
            # For its owner alone: it says who gets e-mails.
            number = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, _FLAGS)
        self.made = True
        return number

    def release(self) -> None:
        """Let others have it."""
        number, self._number = self._number, None
        if number is not None:
            if fcntl is not None:
                # A child that was forked a moment ago may still have its copy, and the lock is one for both.
                with suppress(OSError):
                    fcntl.flock(number, fcntl.LOCK_UN)
            os.close(number)

    def forget(self) -> None:
        """Close a forked child's copy; to unlock it would take the lock from the parent."""
        number, self._number = self._number, None
        if number is not None:
            os.close(number)
