"""A lock on a journal's file that the program can't lose by opening and closing the file elsewhere, too.

SQLite's own lock is lost then: the system releases it when the process closes any descriptor of the file, as when the
file is copied for a backup. A second run got in that way, and sent everything again.
"""

import os
from contextlib import suppress

from ...errors import JournalError

try:
    import fcntl
except ImportError:
    # Not needed on Windows, where a program keeps a lock until it releases it.
    fcntl = None  # type: ignore[assignment]

_OPEN_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0)


class FileLock:
    """A lock that a single object holds at a time, until it releases the lock or its process ends."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self.has_made_file: bool = False
        """Whether `take` has made the file."""

    @property
    def descriptor(self) -> int:
        """The descriptor of the open file."""
        assert self._descriptor is not None
        return self._descriptor

    def take(self, path: str, shown_path: str) -> None:
        """Take the lock; the file is made if it does not exist.

        Args:
            path: The file.
            shown_path: How errors name the file.

        Raises:
            JournalError: Another object holds the lock, or the file can't be opened.
        """
        try:
            descriptor = self._open(path)
        except OSError as error:
            raise JournalError(f"journal: {shown_path!r} can't be opened: {error.strerror or error}") from error
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise JournalError(f"journal: {shown_path!r} can't be opened: it is in use by another run") from error
        except OSError:
            # Some network file systems have no such locks. SQLite's own lock remains.
            pass
        self._descriptor = descriptor

    def _open(self, path: str) -> int:
        try:
            # Readable by its owner alone: the file shows to whom e-mails go.
            descriptor = os.open(path, _OPEN_FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, _OPEN_FLAGS)
        self.has_made_file = True
        return descriptor

    def release(self) -> None:
        """Release the lock and close the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            if fcntl is not None:
                # Closing is not enough: a child that was forked a moment ago may still have its copy of the descriptor,
                # and both share the lock.
                with suppress(OSError):
                    fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def forget(self) -> None:
        """Close a forked child's copy. The child must not unlock it, which would take the lock from the parent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
