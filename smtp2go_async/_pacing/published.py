"""The published limits of three calls: each call has a place in a line, and counts from the moment at which it leaves.

A place is promised when a call arrives. But the call may be late for it, since the gate was closed, or all connections
were in use; those behind it are not, and together they would be too many. So what has left is counted by itself.
"""

import bisect
import math
from collections.abc import Mapping
from typing import Final

import attrs

SILENCE = 10.0
"""Seconds after which nobody waits any more for a call that says nothing."""

MIN_WAIT = 1e-6
"""Seconds; a shorter wait is a rounding error."""


@attrs.frozen
class Limit:
    """A published limit, kept as a bucket: half of a period's calls at once, the other half spread over the period.

    So no period has more calls than are allowed, and none has to wait for a whole period.
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
class Place:
    """The place of one call."""

    number: int
    at: float
    """When the call may leave, if nobody is late."""
    due: float
    """When the call should ask again."""


class Line:
    """The calls of one limited path that have not left, one behind the other. Its user sees to threads."""

    def __init__(self, limit: Limit) -> None:
        self._at_once, self._interval = limit.at_once, limit.interval
        self._number = 0
        self._promised = -math.inf
        """When the bucket will be empty again if all who have a place come."""
        self._drained = -math.inf
        """When it will be empty again after those that left."""
        self._standing: list[Place] = []

    def _seconds(self, drained: float, ahead: int, now: float) -> float:
        seconds = max(drained, now) + (ahead + 1) * self._interval - now - self._at_once * self._interval
        # Divided and multiplied, an interval can miss itself by some billionths.
        return seconds if seconds > MIN_WAIT else 0.0

    def next_place(self, now: float) -> float:
        """Return the seconds until the next place that nobody has."""
        return self._seconds(self._promised, 0, now)

    def reserve(self, now: float, patience: float) -> Place | None:
        """Reserve the next place, unless it comes too late."""
        seconds = self.next_place(now)
        if seconds > patience:
            return None
        self._promised = max(self._promised, now) + self._interval
        self._number += 1
        place = Place(self._number, now + seconds, now + seconds)
        self._standing.append(place)
        return place

    def wait(self, place: Place, now: float) -> float:
        """Return the seconds until a call may leave; those before it may leave then, too."""
        while self._standing and self._standing[0].due + SILENCE <= now and self._standing[0] is not place:
            # A call that does not come, perhaps since its event loop stands still, must not hold up those behind it.
            del self._standing[0]
        index = self._index(place)
        if index == len(self._standing) or self._standing[index] is not place:
            self._standing.insert(index, place)
        seconds = max(place.at - now, self._seconds(self._drained, index, now))
        place.due = now + seconds
        return seconds if seconds > MIN_WAIT else 0.0

    def leave(self, place: Place, now: float) -> None:
        """Let a call leave."""
        self._drop(place)
        self._drained = max(self._drained, now) + self._interval

    def come_back(self) -> None:
        """Take it back that a call left."""
        self._drained -= self._interval

    def give_back(self, place: Place, now: float) -> None:
        """Give the place of a call back that was not made, if it is the last one: others keep theirs."""
        self._drop(place)
        promised = place.at + self._at_once * self._interval
        if place.at > now and abs(promised - self._promised) < MIN_WAIT:
            self._promised -= self._interval

    def forget(self) -> None:
        """Forget those that stand in line: after a fork, they are the parent's."""
        self._standing.clear()

    def _drop(self, place: Place) -> None:
        index = self._index(place)
        if index < len(self._standing) and self._standing[index] is place:
            del self._standing[index]

    def _index(self, place: Place) -> int:
        return bisect.bisect_left(self._standing, place.number, key=_number_of)


def _number_of(place: Place) -> int:
    return place.number
