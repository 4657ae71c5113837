"""The end of SQLite's log while a run uses it: whether the log was cut short, and has grown again since then."""

from collections.abc import Callable

from .seal import FRAME_HEADER, LOG_HEADER


class LogEnd:
    """What is known of the end of a log. SQLite writes on where it stopped, and does not know of a gap before that.

    The end is known only once the log has grown since it was begun anew: what is left behind it from the log before is
    overwritten sooner or later.
    """

    def __init__(self) -> None:
        self.begun_anew(0)

    def begun_anew(self, end: int) -> None:
        """Forget what is known; the log has so many bytes."""
        self._end = end
        self._frame = b""
        self._is_written = self._has_failed = False

    def wrote(self) -> None:
        """Tell that something was written."""
        self._is_written = True

    def failed(self) -> None:
        """Tell that something could not be written: the log may end with a part of that."""
        self._has_failed = True

    def is_good(self, end: int, page: int, read: Callable[[int, int], bytes]) -> bool:
        """Whether nothing is missing, as far as that can be seen; asked while nobody writes.

        Args:
            end: Bytes that the log has.
            page: Bytes of a page.
            read: Reads from the log: from where, and how many bytes.
        """
        size = FRAME_HEADER + page
        is_good = True
        if self._frame:
            has_grown = end > self._end or not self._is_written
            is_good = has_grown and read(self._end - size, size) == self._frame
        if end > self._end:
            self._frame, self._end = read(end - size, size), end
            # Between two commits it has whole frames, and the last one says that it is the last of its commit.
            is_good = is_good and (end - LOG_HEADER) % size == 0 and any(self._frame[4:8])
        self._is_written = False
        return is_good or self._has_failed
