"""The end of the WAL while a run uses it: whether the WAL was cut short, and has grown again since then."""

from collections.abc import Callable

from .seal import FRAME_HEADER_SIZE, WAL_HEADER_SIZE


class WalEnd:
    """What is known of the end of a WAL. SQLite continues where it stopped, and does not notice a gap before that.

    The end is known only once the WAL has grown since it was started again. Until then, frames of the WAL before stand
    behind it, and SQLite overwrites them sooner or later.
    """

    def __init__(self) -> None:
        self.restart(0)

    def restart(self, end: int) -> None:
        """Forget what is known, since SQLite has started the WAL again.

        Args:
            end: Bytes that the WAL has.
        """
        self._end = end
        self._last_frame = b""
        self._is_written = self._has_failed = False

    def note_write(self) -> None:
        """Remember that something was written since the last look."""
        self._is_written = True

    def note_failure(self) -> None:
        """Remember that a write failed: the WAL may end with a part of it, and that is no damage."""
        self._has_failed = True

    def is_good(self, end: int, page_size: int, read: Callable[[int, int], bytes]) -> bool:
        """Whether nothing is missing, as far as can be seen. Call this only while no thread writes.

        Args:
            end: Bytes that the WAL has.
            page_size: Bytes of a page.
            read: Reads from the WAL, given an offset and a number of bytes.
        """
        frame_size = FRAME_HEADER_SIZE + page_size
        is_good = True
        if self._last_frame:
            has_grown = end > self._end or not self._is_written
            # A WAL that was cut short and has grown again has something else where its last frame was.
            is_good = has_grown and read(self._end - frame_size, frame_size) == self._last_frame
        if end > self._end:
            self._last_frame, self._end = read(end - frame_size, frame_size), end
            # Between two commits the WAL has whole frames. Bytes 4 to 7 of a frame are zero unless it ends a commit.
            is_good = is_good and (end - WAL_HEADER_SIZE) % frame_size == 0 and any(self._last_frame[4:8])
        self._is_written = False
        return is_good or self._has_failed
