"""Hold calls back: after a 429, after many refusals in a row, and before the published limits of three calls.

The provider blocks a whole address for at least a minute after too many calls or too many errors, and does not say for
how long. So one 429 closes the gate for every call that shares the pacer. When the cool-down is over one call goes
first, to probe; if it is answered, the others follow, at most half as many at a time as before, then more and more.

    open ──429──> cooling down ──time──> probing ──answered──> recovering ──grown back──> open
                       ^                    │ 429                  │ 429
                       └────────────────────┴──────────────────────┘

Calls that wait are let go in the order in which they arrived, and are woken when their turn comes. A call asks twice:
when it arrives, and again at the moment of leaving, since the gate may have closed while it waited for a connection.
A probe that is not answered does not hold up the others for longer than `SILENCE`.

Nothing here waits or sleeps, and nothing here knows an event loop.
"""

import enum
import heapq
import itertools
import math
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import attrs

from ._forking import tell_after_fork
from ._masking import shown_half_made

COOL_DOWN = 60.0
"""Seconds; the least that the provider blocks an address for (its page on rate limiting)."""

MAX_COOL_DOWN = 960.0
"""Seconds; the most that the doubling, or a Retry-After, leads to."""

MAX_REFUSALS = 20
"""Refusals in a row after which the client slows down: the provider also blocks for errors, and names no number.

A 5xx is one of them. A 429, and a call that got no answer, neither count nor end the row.
"""

REFUSAL_PAUSE = 5.0
"""Seconds of the first pause after that; it doubles with the next ones, up to the cool-down of a 429."""

SILENCE = 10.0
"""Seconds after which a call without an answer no longer counts as under way after a block, so that another may go."""

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

Phase = Literal["open", "cooling down", "probing", "recovering"]


@shown_half_made
@attrs.frozen
class PacerState:
    """What a pacer is doing."""

    phase: Phase
    closed_for: float
    """Seconds until the gate opens; 0 when it is not closed."""
    in_flight: int
    """Calls that left and have not ended."""
    limit: int | None
    """How many calls may be under way at a time; ``None`` when that is not limited."""
    refusals: int
    """How many calls in a row were refused."""
    cool_downs: int = attrs.field(default=0, eq=False)
    """How often the gate was closed so far."""
    waiting: int = attrs.field(default=0, eq=False)
    """Calls that wait for their turn."""


@attrs.frozen
class Delay:
    """A call may not leave yet."""

    seconds: float
    """When to ask again, unless the call is woken before."""
    reason: str
    certain: bool
    """Whether the call has to wait at least as long as that. If not, its turn may come at any time."""


class HeldBackError(Exception):
    """Raised at the moment of leaving when the gate has closed since the call was told that it may go."""


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
        self._arrivals = itertools.count()
        # The gate. A call that left before the gate was last closed belongs to an older round and does not close it
        # again.
        self._round = 0
        self._open_at: float | None = None
        self._limit: int | None = None
        self._peak = 0
        self._answered = 0
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
        # The parent's calls end in the parent. The child's copies of their turns are collected some day, and count for
        # nothing here.
        self._life += 1
        self._in_flight = 0
        self._writing = 0
        self._queue: list[tuple[int, Turn]] = []
        # The calls that count against the limit, with the time at which each left or was let go, oldest first.
        self._counted: dict[Turn, float] = {}
        self._probe: Turn | None = None

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
            waiting = sum(turn._step is _Step.QUEUED for _, turn in self._queue)
            return PacerState(phase, closed_for, self._under_way, limit, self._refusals, self._round, waiting)

    @property
    def most_at_a_time(self) -> int | None:
        """How many calls it makes sense to have under way, one of them to probe; ``None`` when that is not limited."""
        if self._open_at is not None:
            return 1
        return self._limit

    def turn(self, path: str) -> "Turn":
        """Let a call arrive. It goes before every call that arrives later, however long it waits and for what."""
        return Turn(self, path)

    # --- all of the following is called with the lock held ---

    @property
    def _is_open(self) -> bool:
        return self._open_at is None and self._limit is None

    @property
    def _under_way(self) -> int:
        """How many calls are under way: those that write or have written, if their transport tells that it writes.

        Some transports make a call wait for a connection in a place where nobody can see it.
        """
        return self._writing or self._in_flight

    def _let_go(self) -> list["Turn"]:
        """Let calls go in the order of their arrival, as many as may, and return them: they are yet to be woken."""
        now, let_go = self._clock(), []
        while self._queue and self._has_room(now):
            turn = heapq.heappop(self._queue)[1]
            if turn._step is _Step.QUEUED:
                turn._step, turn._round = _Step.LET_GO, self._round
                if not self._is_open:
                    self._counted[turn] = now
                if self._open_at is not None:
                    self._probe = turn
                let_go.append(turn)
        return let_go

    def _has_room(self, now: float) -> bool:
        if self._limit is None:
            return True
        if self._open_at is not None and now < self._open_at:
            return False
        while self._counted and next(iter(self._counted.values())) + SILENCE <= now:
            # A call that is not answered must not hold up all the others.
            del self._counted[next(iter(self._counted))]
        if self._open_at is not None:
            return self._probe not in self._counted
        return len(self._counted) < self._limit

    def _delay(self) -> Delay:
        now = self._clock()
        if self._open_at is not None and now < self._open_at:
            return Delay(self._open_at - now, "after a 429 or many refusals all calls wait", certain=True)
        first = self._probe if self._open_at is not None else next(iter(self._counted), None)
        silent_at = (self._counted.get(first, now) if first is not None else now) + SILENCE
        reason = (
            "few calls at a time are made after a block"
            if self._open_at is None
            else "one call tries first whether the block is over"
        )
        return Delay(max(silent_at - now, MIN_WAIT), reason, certain=False)

    def _reserve(self, path: str, patience: float) -> float | None:
        """Reserve the next place of a limited call, and return when it comes; ``None`` if that is too late."""
        limit, now = PUBLISHED_LIMITS[path], self._clock()
        drained = max(self._drained.get(path, now), now)
        wait = drained + limit.interval - now - limit.at_once * limit.interval
        # Divided and multiplied, an interval can miss itself by some billionths.
        wait = wait if wait > MIN_WAIT else 0.0
        if wait > patience:
            return None
        self._drained[path] = drained + limit.interval
        return now + wait

    def _next_place(self, path: str) -> float:
        """Return the seconds until a limited call has its next place."""
        limit, now = PUBLISHED_LIMITS[path], self._clock()
        return max(self._drained.get(path, now), now) + limit.interval - now - limit.at_once * limit.interval

    def _give_back(self, path: str, place: float) -> None:
        """Give the place of a limited call back that was not made, if it is the last one: others keep theirs."""
        limit = PUBLISHED_LIMITS[path]
        drained = place + limit.at_once * limit.interval
        if place > self._clock() and abs(drained - self._drained[path]) < MIN_WAIT:
            self._drained[path] -= limit.interval

    def _grow(self) -> None:
        """Raise the limit when as many calls as it allows at a time were answered.

        It doubles up to half of what was under way when the block began, and then grows by a quarter: from there on
        the next block may be near. So it takes about as many rounds as the limit has binary digits.
        """
        assert self._limit is not None
        self._answered += 1
        if self._answered < self._limit:
            return
        self._answered = 0
        doubled = self._limit * 2
        self._limit = doubled if doubled <= self._peak // 2 else self._limit + max(1, self._limit // 4)
        if self._limit >= self._peak:
            self._limit = None
            self._next_cool_down = COOL_DOWN
            self._next_pause = REFUSAL_PAUSE

    def _close(self, until: float) -> None:
        self._round += 1
        self._open_at = until
        self._answered = 0
        if self._limit is None:
            self._peak = max(2, self._under_way)
        self._limit = max(1, (self._limit or self._under_way) // 2)
        self._probe = None
        # Those that were let go and have not left wait again.
        self._counted = {turn: when for turn, when in self._counted.items() if turn._step is _Step.OUT}


class _Step(enum.Enum):
    """Where a call stands."""

    ARRIVED = 1
    QUEUED = 2
    LET_GO = 3
    OUT = 4
    ENDED = 5


class Turn:
    """One attempt of one call, from its arrival at the gate to its end.

    `ask` until it returns ``None``, then `depart` at the moment of leaving. What became of the call is told at most
    once, by `accepted`, `refused` or `rate_limited`, and then it is always given back by `release`.
    """

    __slots__ = ("_arrival", "_life", "_pacer", "_path", "_place", "_round", "_step", "_writes", "wake")

    def __init__(self, pacer: Pacer, path: str) -> None:
        self._pacer = pacer
        self._path = path
        self._life = pacer._life
        self._arrival = next(pacer._arrivals)
        self._step = _Step.ARRIVED
        self._round = -1
        self._place: float | None = None
        self._writes = False
        self.wake: Callable[[], None] | None = None
        """Called, in any thread, when the turn of a call that waits has come."""

    @property
    def is_probe(self) -> bool:
        """Whether the call tries whether a block is over."""
        pacer = self._pacer
        return pacer._open_at is not None and self._round == pacer._round and self._step in (_Step.LET_GO, _Step.OUT)

    def ask(self, patience: float = math.inf) -> Delay | None:
        """Ask whether the call may leave now; if not, it stands in the queue from now on.

        Args:
            patience: Seconds. A call of a limited endpoint that would have to wait for longer gets no place there.
        """
        pacer = self._pacer
        if pacer._open_at is None and pacer._limit is None and self._path not in PUBLISHED_LIMITS:
            # Nearly always; `depart` looks again.
            return None
        with pacer._lock:
            delay, let_go = self._ask(patience)
        _wake(let_go)
        return delay

    def _ask(self, patience: float) -> tuple[Delay | None, list["Turn"]]:
        pacer = self._pacer
        now = pacer._clock()
        if pacer._open_at is not None and now < pacer._open_at and pacer._open_at - now > patience:
            return pacer._delay(), []
        if self._path in PUBLISHED_LIMITS:
            if self._place is None:
                self._place = pacer._reserve(self._path, patience)
            place = now + pacer._next_place(self._path) if self._place is None else self._place
            if place - now > MIN_WAIT:
                return Delay(place - now, "the provider's limit for this call is used up", certain=True), []
        if pacer._is_open or (self._step is _Step.LET_GO and self._round == pacer._round):
            return None, []
        if self._step is not _Step.QUEUED:
            self._step = _Step.QUEUED
            heapq.heappush(pacer._queue, (self._arrival, self))
        let_go = pacer._let_go()
        if self in let_go:
            let_go.remove(self)
            return None, let_go
        return pacer._delay(), let_go

    def depart(self, *, writing: bool = False) -> None:
        """Leave. Called again just before the first byte, it makes sure that the gate has not closed meanwhile.

        Args:
            writing: Whether the first byte is written next.

        Raises:
            HeldBackError: The call may not leave after all; ask again.
        """
        pacer = self._pacer
        with pacer._lock:
            if self._life != pacer._life:
                return
            if self._step is _Step.OUT:
                if self._round != pacer._round:
                    pacer._in_flight -= 1
                    pacer._writing -= self._writes
                    pacer._counted.pop(self, None)
                    self._step, self._writes = _Step.ARRIVED, False
                    raise HeldBackError
            elif (self._step is _Step.LET_GO and self._round == pacer._round) or (
                pacer._is_open and self._step is not _Step.QUEUED
            ):
                self._step, self._round = _Step.OUT, pacer._round
                pacer._in_flight += 1
                pacer._counted.pop(self, None)
                pacer._counted[self] = pacer._clock()
            else:
                if self._step is _Step.LET_GO:
                    self._step = _Step.ARRIVED
                raise HeldBackError
            if writing and not self._writes:
                self._writes = True
                pacer._writing += 1

    def accepted(self) -> None:
        """Tell that the call was answered and not refused."""
        pacer = self._pacer
        if not pacer._refusals and pacer._is_open:
            return
        with pacer._lock:
            pacer._refusals = 0
            if self._round != pacer._round:
                return
            if pacer._open_at is not None:
                pacer._open_at = None
            elif pacer._limit is not None:
                pacer._grow()
            let_go = pacer._let_go()
        _wake(let_go)

    def refused(self) -> None:
        """Tell that the call was refused for what it is."""
        pacer = self._pacer
        with pacer._lock:
            pacer._refusals += 1
            if self._round == pacer._round:
                # A refusal is an answer: the block is over.
                pacer._open_at = None
            if pacer._refusals % MAX_REFUSALS == 0 and pacer._open_at is None:
                pause, pacer._next_pause = pacer._next_pause, min(pacer._next_pause * 2, COOL_DOWN)
                pacer._close(pacer._clock() + pause)
            let_go = pacer._let_go()
        _wake(let_go)

    def rate_limited(self, retry_after: float | None) -> float:
        """Tell that the call was turned away by a 429, and return the seconds until the gate opens.

        Args:
            retry_after: Seconds, if the provider ever says so; its rate limiter has been seen to send -3.
        """
        pacer = self._pacer
        with pacer._lock:
            now = pacer._clock()
            if self._round != pacer._round:
                # It left before the gate was closed: the block that it met is the one that closed it.
                return max(0.0, (pacer._open_at or now) - now)
            if retry_after is not None and retry_after > 0:
                wait = min(retry_after, MAX_COOL_DOWN)
            else:
                # Up to a tenth more, so that several processes behind one address don't come back together.
                wait = pacer._next_cool_down * (1.0 + 0.1 * pacer._draw())
                pacer._next_cool_down = min(pacer._next_cool_down * 2, MAX_COOL_DOWN)
            pacer._close(now + wait)
            return wait

    def release(self) -> None:
        """Give the turn back, whatever became of the call. Doing it twice does nothing."""
        pacer = self._pacer
        with pacer._lock:
            step, self._step = self._step, _Step.ENDED
            if self._life != pacer._life:
                return
            if step is _Step.OUT:
                pacer._in_flight -= 1
                pacer._writing -= self._writes
            elif self._place is not None:
                pacer._give_back(self._path, self._place)
            if pacer._counted.pop(self, None) is None and not pacer._queue:
                return
            # If this was the probe and no answer came (it was cancelled, or the network failed), the next call is it.
            let_go = pacer._let_go()
        _wake(let_go)


def _wake(turns: Sequence[Turn]) -> None:
    """Wake calls whose turn has come. A call whose event loop is gone makes room for the next one."""
    for turn in turns:
        if turn.wake is not None:
            try:
                turn.wake()
            except RuntimeError:
                turn.release()
