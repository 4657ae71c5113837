"""A limit of calls in a length of time, such as 5 a minute. No I/O; the time is passed in."""

from collections import deque
from datetime import datetime, timedelta

from .rules import RequestError


class RateLimit:
    """Counts calls, and refuses those above the limit with 429. May be used by one thread at a time.

    Args:
        most: How many calls are answered in any such length of time.
        seconds: The length of time.
    """

    def __init__(self, most: int, seconds: int) -> None:
        self._most = most
        self._seconds = seconds
        self._length = timedelta(seconds=seconds)
        self.clear()

    def clear(self) -> None:
        """Forget all calls."""
        self._calls: deque[datetime] = deque(maxlen=self._most)

    def count(self, now: datetime) -> None:
        """Count a call, or refuse it."""
        while self._calls and self._calls[0] <= now - self._length:
            self._calls.popleft()
        if len(self._calls) >= self._most:
            raise RequestError(
                429,
                "REQ_LIMIT_EXCEEDED",
                f"This endpoint is rate limited to {self._most} requests every {self._seconds} seconds",
            )
        self._calls.append(now)
