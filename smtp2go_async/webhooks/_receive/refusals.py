"""Answers that refuse a request, and how often they are written to the log."""

import threading
import time
from collections.abc import Callable
from typing import Final

import attrs

from ..._runtime.forking import tell_after_fork


@attrs.frozen
class RefusalError(Exception):
    """A request that is not accepted: the status and the text of the answer."""

    status: int
    reason: str


MAX_LINES_A_MINUTE: Final = 10
"""Lines in the log of each kind, such as those of an answer 401. Anybody can send bad requests, and their number must
not fill a disk."""


class LineLimit:
    """Counts the lines that each kind of refusal has written in this minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start_afresh()
        # Servers fork their processes when the receiver was made already, and a lock may be held at that moment.
        tell_after_fork(self, LineLimit._start_afresh)

    def _start_afresh(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[object, _Minute] = {}

    def take(self, kind: object) -> int | None:
        """Return ``None`` if there are enough lines of this kind, else how many were left out before this one."""
        now = self._clock()
        with self._lock:
            minute = self._minutes.get(kind)
            left_out = 0
            if minute is None or now >= minute.ends_at:
                left_out = minute.left_out if minute is not None else 0
                minute = self._minutes[kind] = _Minute(now + 60)
            if minute.lines >= MAX_LINES_A_MINUTE:
                minute.left_out += 1
                return None
            minute.lines += 1
            return left_out


@attrs.define
class _Minute:
    ends_at: float
    lines: int = 0
    left_out: int = 0
