"""Hold calls back after a 429.

The provider blocks a whole address for at least a minute after too many calls or too many errors, and does not say for
how long. So one 429 closes the gate for every call that shares the pacer, until the cool-down is over.
"""

import random
import threading
import time
from collections.abc import Callable

from ._forking import tell_after_fork

COOL_DOWN = 60.0
"""Seconds; the least that the provider blocks an address for (its page on rate limiting)."""

LONGEST_COOL_DOWN = 960.0
"""Seconds; what the doubling, or a Retry-After, is capped at."""


class Pacer:
    """One gate for all the calls of a client, or of several clients of one process: they share one address.

    Args:
        clock: Returns seconds that never go backwards.
        draw: Returns a random number from 0 to 1, for the jitter.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, draw: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._after_fork()
        tell_after_fork(self)
        self._open_at = 0.0
        self._next_cool_down = COOL_DOWN

    def _after_fork(self) -> None:
        self._lock = threading.Lock()

    def closed_for(self) -> float:
        """Return the seconds until calls may go out again, 0 when they may now."""
        if not self._open_at:
            return 0.0
        return max(0.0, self._open_at - self._clock())

    def turned_away(self, retry_after: float | None) -> float:
        """Close the gate after a 429, and return the seconds until it opens.

        Calls that were under way when the gate closed come back with a 429 of their own; those don't lengthen it.

        Args:
            retry_after: Seconds, if the provider ever says so; its rate limiter has been seen to send -3.
        """
        with self._lock:
            now = self._clock()
            if self._open_at > now:
                return self._open_at - now
            if retry_after is not None and retry_after > 0:
                wait = min(retry_after, LONGEST_COOL_DOWN)
            else:
                # Up to a tenth more, so that several processes behind one address don't come back together.
                wait = self._next_cool_down * (1.0 + 0.1 * self._draw())
                self._next_cool_down = min(self._next_cool_down * 2, LONGEST_COOL_DOWN)
            self._open_at = now + wait
            return wait

    def answered(self) -> None:
        """Note that a call was let through, so the next cool-down starts from the shortest again."""
        if self._open_at and self._open_at <= self._clock():
            with self._lock:
                if self._open_at <= self._clock():
                    self._open_at = 0.0
                    self._next_cool_down = COOL_DOWN
