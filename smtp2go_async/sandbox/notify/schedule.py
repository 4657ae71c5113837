"""When a webhook that failed is tried again, as the provider documents it. No I/O."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

# Five tries in the first half hour, then every hour for a day, every 6 hours, and a last one after 12 hours. The
# provider speaks of at most 35 tries in 48 hours, and does not publish the times within the first half hour.
_MINUTES: Final = (0, 2, 7, 15, 30, *(30 + 60 * hour for hour in range(1, 24)), 30 * 60, 36 * 60, 48 * 60)

WAITS: Final = tuple(timedelta(minutes=later - earlier) for earlier, later in pairwise(_MINUTES))
"""How long after each failed try the next one follows; after the last wait there is no other."""

MAX_TRIES: Final = len(_MINUTES)


class RetryTimes:
    """The waits between tries.

    Args:
        time_factor: How many times faster than the provider: 60 makes a minute of an hour.

    Raises:
        ValueError: The factor is not more than 0.
    """

    def __init__(self, time_factor: float = 1.0) -> None:
        # The other way round, this would let NaN pass.
        if not 0 < time_factor < float("inf"):
            raise ValueError(f"time_factor: must be more than 0, not {time_factor}")
        self._factor = time_factor

    def wait_after(self, tries: int) -> timedelta | None:
        """Return how long to wait after this many failed tries, or `None` when there is no other try."""
        return WAITS[tries - 1] / self._factor if tries <= len(WAITS) else None
