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

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from typing import Literal

import attrs

from ._masking import shown_half_made
from ._pacing.published import MIN_WAIT, SILENCE, Line
from ._pacing.turns import Delay, Step, Turn, wake_up
from ._runtime.forking import tell_after_fork

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
        self._life = 0
        # A line for each published limit that was met.
        self._lines: dict[str, Line] = {}
        self._after_fork()
        tell_after_fork(self)

    def _after_fork(self) -> None:
        # Taken twice by one thread when a handler of a signal looks at the state, or the collector ends a call.
        self._lock = threading.RLock()
        self._ended_late: list[Turn] = []
        # The parent's calls end in the parent. The child's copies of their turns are collected some day, and count for
        # nothing here.
        self._life += 1
        self._in_flight = 0
        self._writing = 0
        for line in self._lines.values():
            line.forget()
        self._queue: list[tuple[int, Turn]] = []
        self._given_up = 0
        # The calls that count against the limit, with the time at which each left or was let go, oldest first.
        self._counted: dict[Turn, float] = {}
        self._probe: Turn | None = None

    @property
    def state(self) -> PacerState:
        """What the pacer is doing at the moment."""
        if self._ended_late:
            with self._lock:
                let_go = self._let_go()
            wake_up(let_go)
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
            waiting = len(self._queue) - self._given_up
            return PacerState(phase, closed_for, self._under_way, limit, self._refusals, self._round, waiting)

    @property
    def most_at_a_time(self) -> int | None:
        """How many calls it makes sense to have under way, one of them to probe; ``None`` when that is not limited."""
        if self._open_at is not None:
            return 1
        return self._limit

    def turn(self, path: str) -> Turn:
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

    def _let_go(self) -> list[Turn]:
        """Let calls go in the order of their arrival, as many as may, and return them: they are yet to be woken."""
        self._end_those_that_ended()
        now, let_go = self._clock(), []
        self._pass_over_the_silent(now)
        while self._queue and self._has_room(now):
            turn = heapq.heappop(self._queue)[1]
            if turn._step is Step.QUEUED:
                turn._step, turn._round, turn._heard = Step.LET_GO, self._round, False
                if not self._is_open:
                    self._counted[turn] = now
                if self._open_at is not None:
                    self._probe = turn
                let_go.append(turn)
            else:
                self._given_up -= 1
        return let_go

    def _pass_over_the_silent(self, now: float) -> None:
        """Count a call no longer that is not answered: it must not hold up all the others.

        One that was woken and said nothing is in an event loop that stands still. The other calls of that loop leave
        the queue, so that not each of them is waited for; each stands in its old place as soon as it asks.
        """
        if self._limit is None or (self._open_at is not None and now < self._open_at):
            return
        while self._counted and next(iter(self._counted.values())) + SILENCE <= now:
            silent = next(iter(self._counted))
            del self._counted[silent]
            if silent._step is Step.LET_GO and not silent._heard and silent.loop is not None:
                for _, turn in self._queue:
                    if turn.loop is silent.loop and turn._step is Step.QUEUED:
                        turn._step = Step.ARRIVED
                self._tidy()

    def _tidy(self) -> None:
        """Take those out of the queue that wait no more."""
        self._queue = [entry for entry in self._queue if entry[1]._step is Step.QUEUED]
        heapq.heapify(self._queue)
        self._given_up = 0

    def _end_those_that_ended(self) -> None:
        while self._ended_late:
            self._ended_late.pop()._end()

    def _has_room(self, now: float) -> bool:
        if self._limit is None:
            return True
        if self._open_at is not None and now < self._open_at:
            return False
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
        self._answered = 0
        if self._limit is None:
            self._peak = max(2, self._under_way)
        # The limit first: a child that is forked in between, by another thread, has no gate that is closed without one.
        self._limit = max(1, (self._limit or self._under_way) // 2)
        self._open_at = until
        self._probe = None
        # Those that were let go and have not left wait again.
        self._counted = {turn: when for turn, when in self._counted.items() if turn._step is Step.OUT}

    def _block(self, retry_after: float | None) -> float:
        """Close the gate after a 429, and return for how long."""
        if retry_after is not None and retry_after > 0:
            wait = min(retry_after, MAX_COOL_DOWN)
        else:
            # Up to a tenth more, so that several processes behind one address don't come back together.
            wait = self._next_cool_down * (1.0 + 0.1 * self._draw())
            self._next_cool_down = min(self._next_cool_down * 2, MAX_COOL_DOWN)
        self._close(self._clock() + wait)
        return wait

    def _count_refusal(self) -> None:
        """Close the gate for a while after many refusals in a row."""
        self._refusals += 1
        if self._refusals % MAX_REFUSALS == 0 and self._open_at is None:
            pause, self._next_pause = self._next_pause, min(self._next_pause * 2, COOL_DOWN)
            self._close(self._clock() + pause)
