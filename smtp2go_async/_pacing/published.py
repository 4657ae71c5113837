"""The published limits of three calls: each call reserves a time to leave, and counts from the moment it leaves.

A time is promised when a call arrives. The call may still leave later, since the gate was closed or all connections
were in use. The calls behind it are not late, and all of them together would then be too many at once. So the calls
that have left are counted separately from the promises.
"""

import bisect
import math
from collections.abc import Mapping
from typing import Final

import attrs

MAX_SILENCE_SECONDS = 10.0
"""After this time a call that says nothing is not waited for any more."""

MIN_WAIT_SECONDS = 1e-6
"""A shorter wait is a rounding error."""


@attrs.frozen
class Limit:
    """A published limit, kept as a bucket: half of a period's calls at once, the other half spread over the period.

    So no period has more calls than are allowed, and no call has to wait for a whole period.
    """

    calls: int
    seconds: float

    @property
    def at_once(self) -> int:
        """How many calls may come at once after a quiet time."""
        return max(1, self.calls // 2)

    @property
    def interval(self) -> float:
        """Seconds between two calls after those."""
        return self.seconds / (self.calls - self.at_once)


PUBLISHED_LIMITS: Final[Mapping[str, Limit]] = {
    # From the reference pages of these calls. No other call has a published figure.
    "/activity/search": Limit(60, 60.0),
    "/api_keys/add": Limit(5, 60.0),
    "/subaccount/add": Limit(50, 3600.0),
}


@attrs.define(eq=False)
class Reservation:
    """The time at which a call may leave."""

    number: int
    at: float
    """When the call may leave, if no call before it is late."""
    due: float
    """When the call should ask again."""


class LimitQueue:
    """The calls of a limited path that have not left, in the order of their reservations.

    It has no lock: the lock of the gate guards it.
    """

    def __init__(self, limit: Limit) -> None:
        self._at_once, self._interval = limit.at_once, limit.interval
        self._number = 0
        self._promised_until = -math.inf
        """When the bucket will be empty again if all calls with a reservation leave."""
        self._drained_at = -math.inf
        """When the bucket will be empty again after the calls that have left."""
        self._standing: list[Reservation] = []

    def _seconds(self, drained: float, ahead: int, now: float) -> float:
        seconds = max(drained, now) + (ahead + 1) * self._interval - now - self._at_once * self._interval
        # Divided and multiplied, an interval can miss itself by some billionths.
        return seconds if seconds > MIN_WAIT_SECONDS else 0.0

    def seconds_until_free(self, now: float) -> float:
        """Return the seconds until the next time that is not reserved."""
        return self._seconds(self._promised_until, 0, now)

    def reserve(self, now: float, patience: float) -> Reservation | None:
        """Reserve the next free time, unless it comes too late."""
        seconds = self.seconds_until_free(now)
        if seconds > patience:
            return None
        self._promised_until = max(self._promised_until, now) + self._interval
        self._number += 1
        reservation = Reservation(self._number, now + seconds, now + seconds)
        self._standing.append(reservation)
        return reservation

    def wait(self, reservation: Reservation, now: float) -> float:
        """Return the seconds until a call may leave, with the calls before it leaving by then, too."""
        while (
            self._standing
            and self._standing[0].due + MAX_SILENCE_SECONDS <= now
            and self._standing[0] is not reservation
        ):
            # A call that does not come, perhaps since its event loop stands still, must not hold up the calls behind.
            del self._standing[0]
        index = self._index(reservation)
        if index == len(self._standing) or self._standing[index] is not reservation:
            self._standing.insert(index, reservation)
        seconds = max(reservation.at - now, self._seconds(self._drained_at, index, now))
        reservation.due = now + seconds
        return seconds if seconds > MIN_WAIT_SECONDS else 0.0

    def leave(self, reservation: Reservation, now: float) -> None:
        """Let a call leave."""
        self._drop(reservation)
        self._drained_at = max(self._drained_at, now) + self._interval

    def come_back(self) -> None:
        """Take back that a call left."""
        self._drained_at -= self._interval

    def give_back(self, reservation: Reservation, now: float) -> None:
        """Free the reservation of a call that was not made, if it is the last: the others keep their times."""
        self._drop(reservation)
        promised = reservation.at + self._at_once * self._interval
        if reservation.at > now and abs(promised - self._promised_until) < MIN_WAIT_SECONDS:
            self._promised_until -= self._interval

    def forget_calls(self) -> None:
        """Forget the calls that have not left: after a fork, they are the parent's."""
        self._standing.clear()

    def _drop(self, reservation: Reservation) -> None:
        index = self._index(reservation)
        if index < len(self._standing) and self._standing[index] is reservation:
            del self._standing[index]

    def _index(self, reservation: Reservation) -> int:
        return bisect.bisect_left(self._standing, reservation.number, key=_number_of)


def _number_of(reservation: Reservation) -> int:
    return reservation.number
