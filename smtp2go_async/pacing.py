"""Hold calls back: after a 429, after many refusals in a row, and before the published limits of three calls.

The provider blocks a whole address for at least a minute after too many calls or too many errors, and does not say for
how long. So one 429 closes the gate for every call that shares the pacer. When the cool-down is over one call goes
first, to probe; if it is let through, the others follow, at most half as many at a time as before, then more and more.

    open ──429──> cooling down ──time──> probing ──let through──> recovering ──grown back──> open
                       ^                    │ 429                     │ 429
                       └────────────────────┴─────────────────────────┘

Nothing here waits or sleeps: a call asks to `enter`, and is told how long to wait before it asks again.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

import attrs

from ._forking import tell_after_fork

COOL_DOWN = 60.0
"""Seconds; the least that the provider blocks an address for (its page on rate limiting)."""

LONGEST_COOL_DOWN = 960.0
"""Seconds; what the doubling, or a Retry-After, is capped at."""

MOST_REFUSALS = 20
"""Refusals in a row after which the client slows down: the provider also blocks for errors, and names no number.

A 5xx is one of them. A 429, and a call that got no answer, neither count nor end the row.
"""

REFUSAL_PAUSE = 5.0
"""Seconds of the first pause after that; it doubles with the next ones, up to the cool-down of a 429."""

ASK_AGAIN = 0.05
"""Seconds between two askings of a call that waits for another one to end."""


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

Phase = Literal["open", "cooling down", "probing", "recovering"]


@attrs.frozen
class PacerState:
    """What a pacer is doing."""

    phase: Phase
    closed_for: float
    """Seconds until the gate opens; 0 when it is not closed."""
    in_flight: int
    """Calls under way."""
    limit: int | None
    """How many may be; ``None`` when that is not limited."""
    refusals: int
    """How many calls in a row were refused."""
    cool_downs: int = attrs.field(default=0, eq=False)
    """How often the gate was closed so far."""


class Pacer:
    """One gate for all the calls of a client, or of several clients of one process: they share one address.

    Safe to share between threads and between event loops.

    Args:
        clock: Returns seconds that never go backwards.
        draw: Returns a random number from 0 to 1, for the jitter.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, draw: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._in_flight = 0
        # The gate. Calls that entered before it was closed last belong to an older round and don't close it again.
        self._round = 0
        self._open_at: float | None = None
        self._probing = False
        self._limit: int | None = None
        self._peak = 0
        self._grown = 0
        self._next_cool_down = COOL_DOWN
        self._refusals = 0
        self._next_pause = REFUSAL_PAUSE
        # When the bucket of each limited call is empty again.
        self._drained: dict[str, float] = {}
        self._life = 0
        self._after_fork()
        tell_after_fork(self)

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        # The parent's calls end in the parent. The child's copies of them are collected some day, and give tickets back
        # that count for nothing here.
        self._life += 1
        self._in_flight = 0
        self._probing = False

    @property
    def state(self) -> PacerState:
        """What the pacer is doing at the moment."""
        with self._lock:
            closed_for = 0.0 if self._open_at is None else max(0.0, self._open_at - self._clock())
            phase: Phase = "open"
            if closed_for:
                phase = "cooling down"
            elif self._open_at is not None:
                phase = "probing"
            elif self._limit is not None:
                phase = "recovering"
            limit = {"cooling down": 0, "probing": 1}.get(phase, self._limit)
            return PacerState(phase, closed_for, self._in_flight, limit, self._refusals, self._round)

    def enter(self, path: str) -> "Ticket | Wait":
        """Ask to make a call: a ticket, to be given back when it has ended, or how long to wait before asking again."""
        with self._lock:
            if self._open_at is not None:
                closed_for = self._open_at - self._clock()
                if closed_for > 0:
                    return Wait(closed_for, "after a 429 or many refusals all calls wait")
                if self._probing:
                    return Wait(ASK_AGAIN, "one call tries first whether the block is over")
            elif self._limit is not None and self._in_flight >= self._limit:
                return Wait(ASK_AGAIN, "few calls at a time are made after a block")
            if path in PUBLISHED_LIMITS and (wait := self._fill(path)) > 0:
                return Wait(wait, "the provider's limit for this call is used up")
            self._in_flight += 1
            self._probing = self._open_at is not None
            return Ticket(self, self._life, self._round, self._probing)

    def _fill(self, path: str) -> float:
        """Count a call of a limited path, or return the seconds until there is room for it."""
        limit, now = PUBLISHED_LIMITS[path], self._clock()
        drained = max(self._drained.get(path, now), now)
        wait = drained + limit.interval - now - limit.at_once * limit.interval
        # Divided and multiplied, an interval can miss itself by some billionths.
        if wait > 1e-6:
            return wait
        self._drained[path] = drained + limit.interval
        return 0.0

    def _leave(self, ticket: "Ticket") -> None:
        with self._lock:
            if ticket._left or ticket._life != self._life:
                return
            ticket._left = True
            self._in_flight -= 1
            if ticket.probe and ticket.round == self._round:
                # Without news from it (it was cancelled, or the network failed) the next call is the probe.
                self._probing = False

    def _let_through(self, ticket: "Ticket") -> None:
        if not self._refusals and self._limit is None and self._open_at is None:
            return
        with self._lock:
            self._refusals = 0
            if ticket.round != self._round:
                return
            if ticket.probe:
                self._open_at = None
            elif self._limit is not None:
                self._grow()

    def _grow(self) -> None:
        """Allow one call more at a time for each time that as many as now were let through."""
        assert self._limit is not None
        self._grown += 1
        if self._grown < self._limit:
            return
        self._grown = 0
        self._limit += 1
        if self._limit >= self._peak:
            self._limit = None
            self._next_cool_down = COOL_DOWN
            self._next_pause = REFUSAL_PAUSE

    def _turned_away(self, ticket: "Ticket", retry_after: float | None) -> float:
        with self._lock:
            now = self._clock()
            if ticket.round != self._round:
                # It left before the gate was closed: the block that it met is the one that closed it.
                return max(0.0, (self._open_at or now) - now)
            if retry_after is not None and retry_after > 0:
                wait = min(retry_after, LONGEST_COOL_DOWN)
            else:
                # Up to a tenth more, so that several processes behind one address don't come back together.
                wait = self._next_cool_down * (1.0 + 0.1 * self._draw())
                self._next_cool_down = min(self._next_cool_down * 2, LONGEST_COOL_DOWN)
            self._close(now + wait)
            return wait

    def _refused(self, ticket: "Ticket") -> None:
        with self._lock:
            self._refusals += 1
            if ticket.round == self._round and ticket.probe:
                # A refusal is an answer: the block is over.
                self._open_at = None
            if self._refusals % MOST_REFUSALS == 0 and self._open_at is None:
                pause, self._next_pause = self._next_pause, min(self._next_pause * 2, COOL_DOWN)
                self._close(self._clock() + pause)

    def _close(self, until: float) -> None:
        self._round += 1
        self._open_at = until
        self._probing = False
        self._grown = 0
        if self._limit is None:
            self._peak = max(2, self._in_flight)
        self._limit = max(1, (self._limit or self._in_flight) // 2)


@attrs.frozen
class Wait:
    """No entry now."""

    seconds: float
    reason: str


@attrs.define(eq=False)
class Ticket:
    """One call's entry. What became of the call is told once; giving it back twice does nothing."""

    _pacer: Pacer
    _life: int
    round: int
    probe: bool
    _left: bool = False

    def let_through(self) -> None:
        """Tell that the call was answered and not refused."""
        self._pacer._let_through(self)

    def refused(self) -> None:
        """Tell that the call was refused for what it is."""
        self._pacer._refused(self)

    def turned_away(self, retry_after: float | None) -> float:
        """Tell that the call was turned away by a 429, and get the seconds until the gate opens.

        Args:
            retry_after: Seconds, if the provider ever says so; its rate limiter has been seen to send -3.
        """
        return self._pacer._turned_away(self, retry_after)

    def leave(self) -> None:
        """Give the ticket back, whatever became of the call."""
        self._pacer._leave(self)
