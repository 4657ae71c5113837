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
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast

import attrs

from ._forking import tell_after_fork
from ._masking import shown_half_made
from ._published import MIN_WAIT, PUBLISHED_LIMITS, SILENCE, Line, Place

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

MOST_GIVEN_UP = 64
"""Calls that wait no more and may stay in the queue, however short it is."""

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
            _wake(let_go)
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
        self._end_those_that_ended()
        now, let_go = self._clock(), []
        self._pass_over_the_silent(now)
        while self._queue and self._has_room(now):
            turn = heapq.heappop(self._queue)[1]
            if turn._step is _Step.QUEUED:
                turn._step, turn._round, turn._heard = _Step.LET_GO, self._round, False
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
            if silent._step is _Step.LET_GO and not silent._heard and silent.loop is not None:
                for _, turn in self._queue:
                    if turn.loop is silent.loop and turn._step is _Step.QUEUED:
                        turn._step = _Step.ARRIVED
                self._tidy()

    def _tidy(self) -> None:
        """Take those out of the queue that wait no more."""
        self._queue = [entry for entry in self._queue if entry[1]._step is _Step.QUEUED]
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

    __slots__ = (
        *("_arrival", "_heard", "_life", "_line", "_pacer", "_path", "_place", "_round", "_step", "_writes"),
        *("loop", "wake"),
    )

    def __init__(self, pacer: Pacer, path: str) -> None:
        self._pacer = pacer
        self._path = path
        self._life = pacer._life
        self._arrival = next(pacer._arrivals)
        self._step = _Step.ARRIVED
        self._round = -1
        self._line: Line | None = None
        self._place: Place | None = None
        self._writes = False
        self._heard = False
        self.wake: Callable[[], None] | None = None
        """Called, in any thread, when the turn of a call that waits has come."""
        self.loop: object = None
        """What has to run for the call to go on."""

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
            seconds = self._wait_in_line(now, patience)
            if seconds:
                delay = Delay(seconds, "the provider's limit for this call is used up", certain=True)
                return delay, self._step_back()
        if self._step is _Step.LET_GO and self._round == pacer._round:
            self._heard = True
            return None, []
        if pacer._is_open:
            return None, []
        # Before this one stands in the queue: it is not silent.
        pacer._pass_over_the_silent(now)
        if self._step is not _Step.QUEUED:
            self._step = _Step.QUEUED
            heapq.heappush(pacer._queue, (self._arrival, self))
        let_go = pacer._let_go()
        if self in let_go:
            let_go.remove(self)
            self._heard = True
            return None, let_go
        return pacer._delay(), let_go

    def _wait_in_line(self, now: float, patience: float) -> float:
        """Return the seconds until a published limit lets the call leave."""
        if self._line is None:
            self._line = self._pacer._lines.setdefault(self._path, Line(PUBLISHED_LIMITS[self._path]))
        if self._place is None:
            # There is no place before now.
            self._place = self._line.reserve(now, max(patience, 0.0))
        return self._line.next_place(now) if self._place is None else self._line.wait(self._place, now)

    def _step_back(self) -> list["Turn"]:
        """Do not leave though the turn had come, and let others go."""
        if self._step is not _Step.LET_GO:
            return []
        self._step = _Step.ARRIVED
        self._pacer._counted.pop(self, None)
        return self._pacer._let_go()

    def depart(self, *, writing: bool = False) -> None:
        """Leave. Called again just before the first byte, it makes sure that the gate has not closed meanwhile.

        Args:
            writing: Whether the first byte is written next.

        Raises:
            HeldBackError: The call may not leave after all; ask again.
        """
        pacer = self._pacer
        with pacer._lock:
            leaves = self._leaves(writing=writing)
            let_go = [] if leaves else pacer._let_go()
        _wake(let_go)
        if not leaves:
            raise HeldBackError

    def _leaves(self, *, writing: bool) -> bool:
        pacer = self._pacer
        if self._life != pacer._life:
            return True
        if self._step is _Step.OUT:
            if self._round != pacer._round:
                self._come_back()
                return False
        elif (self._step is _Step.LET_GO and self._round == pacer._round) or (
            pacer._is_open and self._step is not _Step.QUEUED
        ):
            now = pacer._clock()
            if self._line is not None and self._place is not None:
                if self._line.wait(self._place, now):
                    # It comes later than its place was, and there were others in the meantime.
                    self._step_back()
                    return False
                self._line.leave(self._place, now)
            self._step, self._round = _Step.OUT, pacer._round
            pacer._in_flight += 1
            pacer._counted.pop(self, None)
            pacer._counted[self] = now
        else:
            if self._step is _Step.LET_GO:
                self._step = _Step.ARRIVED
            return False
        if writing and not self._writes:
            self._writes = True
            pacer._writing += 1
        return True

    def _come_back(self) -> None:
        """Be a call again that has not left."""
        pacer = self._pacer
        pacer._in_flight -= 1
        pacer._writing -= self._writes
        pacer._counted.pop(self, None)
        self._step, self._writes = _Step.ARRIVED, False
        if self._line is not None:
            self._line.come_back()

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
        """Give the turn back, whatever became of the call. Doing it twice does nothing.

        The collector may do it, for a call whose event loop is gone, in any thread and between any two steps.
        """
        _wake(self._released())

    def _released(self) -> list["Turn"]:
        pacer = self._pacer
        # No public way tells that; threading's own conditions ask the same.
        if cast("Any", pacer._lock)._is_owned():
            pacer._ended_late.append(self)
            return []
        with pacer._lock:
            # If this was the probe and no answer came (it was cancelled, or the network failed), the next call is it.
            return pacer._let_go() if self._end() or pacer._ended_late else []

    def _end(self) -> bool:
        """End, and tell whether others may have room now."""
        pacer = self._pacer
        step, self._step, self.wake = self._step, _Step.ENDED, None
        if self._life != pacer._life:
            return False
        if step is _Step.OUT:
            pacer._in_flight -= 1
            pacer._writing -= self._writes
        elif self._line is not None and self._place is not None:
            self._line.give_back(self._place, pacer._clock())
        if step is _Step.QUEUED:
            pacer._given_up += 1
            if pacer._given_up > MOST_GIVEN_UP and pacer._given_up * 2 > len(pacer._queue):
                pacer._tidy()
        if pacer._probe is self:
            pacer._probe = None
        return pacer._counted.pop(self, None) is not None or bool(pacer._queue)


def _wake(turns: Iterable[Turn]) -> None:
    """Wake calls whose turn has come. A call whose event loop is gone makes room for the next one."""
    waiting = deque(turns)
    while waiting:
        turn = waiting.popleft()
        # Taken once: the call may end meanwhile.
        wake = turn.wake
        if wake is not None:
            try:
                wake()
            except RuntimeError:
                waiting += turn._released()
