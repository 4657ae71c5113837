"""A lock on a journal's file that is not lost when the program opens the file elsewhere, too, and closes it.

SQLite's own is lost then: the system takes it away with any descriptor of the file that its process closes, as when it
is copied for a backup. A second run got in, and sent everything again.
"""

import os

from ..errors import JournalError

try:
    import fcntl
except ImportError:
    # On Windows nothing takes a lock away from a program that has it.
    fcntl = None  # type: ignore[assignment]


class FileLock:
    """Held by one object in one process at a time, until it is released or the process ends."""

    def __init__(self) -> None:
        self._number: int | None = None

    def take(self, path: str) -> None:
        """Take it, or say who has it; the file is made if it is not there.

        Raises:
            JournalError: Somebody has it, or the file can't be opened.
        """
        if fcntl is None:
            return
        try:
            # For its owner alone: it says who gets e-mails.
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalError(f"journal: {path!r} can't be opened: {error.strerror or error}") from error
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(number)
            raise JournalError(f"journal: {path!r} can't be opened: it is in use by another run") from error
        except OSError:
            # A file system without such locks; SQLite's is left.
            os.close(number)
        else:
            self._number = number

    def release(self) -> None:
        """Let others have it."""
        number, self._number = self._number, None
        if number is not None and fcntl is not None:
            # A child that was forked a moment ago may still have its copy, and the lock is one for both.
            fcntl.flock(number, fcntl.LOCK_UN)
            os.close(number)

    def forget(self) -> None:
        """Close a forked child's copy; to unlock it would take the lock from the parent."""
        number, self._number = self._number, None
        if number is not None:
            os.close(number)
