"""The turns of calls at the gate of a `Pacer`: one for each attempt, from its arrival to its end.

A turn looks into its pacer and the pacer into its turns: they are two halves of one thing, under one lock.
"""

import enum
import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import attrs

from .published import PUBLISHED_LIMITS, Line, Place

if TYPE_CHECKING:
    from ..pacing import Pacer

MAX_GIVEN_UP = 64
"""Calls that wait no more and may stay in the queue, however short it is."""


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


class Step(enum.Enum):
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

    # Not slots: with these as defaults a turn is made in half the time, and each attempt makes one.
    _step = Step.ARRIVED
    _round = -1
    _line: Line | None = None
    _place: Place | None = None
    _writes = False
    _heard = False
    wake: Callable[[], None] | None = None
    """Called, in any thread, when the turn of a call that waits has come."""
    loop: object = None
    """What has to run for the call to go on."""

    def __init__(self, pacer: "Pacer", path: str) -> None:
        self._pacer = pacer
        self._path = path
        self._life = pacer._life
        self._arrival = next(pacer._arrivals)

    @property
    def is_probe(self) -> bool:
        """Whether the call tries whether a block is over."""
        pacer = self._pacer
        return pacer._open_at is not None and self._round == pacer._round and self._step in (Step.LET_GO, Step.OUT)

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
        wake_up(let_go)
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
        if self._step is Step.LET_GO and self._round == pacer._round:
            self._heard = True
            return None, []
        if pacer._is_open:
            return None, []
        # Before this one stands in the queue: it is not silent.
        pacer._pass_over_the_silent(now)
        if self._step is not Step.QUEUED:
            self._step = Step.QUEUED
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
        if self._step is not Step.LET_GO:
            return []
        self._step = Step.ARRIVED
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
            if self._leaves(writing=writing):
                return
            let_go = pacer._let_go()
        wake_up(let_go)
        raise HeldBackError

    def _leaves(self, *, writing: bool) -> bool:
        pacer = self._pacer
        if self._life != pacer._life:
            return True
        if self._step is Step.OUT:
            if self._round != pacer._round:
                self._come_back()
                return False
        elif (pacer._open_at is None and pacer._limit is None and self._step is not Step.QUEUED) or (
            self._step is Step.LET_GO and self._round == pacer._round
        ):
            now = pacer._clock()
            if self._line is not None and self._place is not None:
                if self._line.wait(self._place, now):
                    # It comes later than its place was, and there were others in the meantime.
                    self._step_back()
                    return False
                self._line.leave(self._place, now)
            if self._step is Step.LET_GO:
                # To the end of those that are counted.
                pacer._counted.pop(self, None)
            self._step, self._round = Step.OUT, pacer._round
            pacer._in_flight += 1
            pacer._counted[self] = now
        else:
            if self._step is Step.LET_GO:
                self._step = Step.ARRIVED
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
        self._step, self._writes = Step.ARRIVED, False
        if self._line is not None:
            self._line.come_back()

    def accepted(self) -> None:
        """Tell that the call was answered and not refused."""
        pacer = self._pacer
        if not pacer._refusals and pacer._open_at is None and pacer._limit is None:
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
        wake_up(let_go)

    def refused(self) -> None:
        """Tell that the call was refused for what it is."""
        pacer = self._pacer
        with pacer._lock:
            if self._round == pacer._round:
                # A refusal is an answer: the block is over.
                pacer._open_at = None
            pacer._count_refusal()
            let_go = pacer._let_go()
        wake_up(let_go)

    def rate_limited(self, retry_after: float | None) -> float:
        """Tell that the call was turned away by a 429, and return the seconds until the gate opens.

        Args:
            retry_after: Seconds, if the provider ever says so; its rate limiter has been seen to send -3.
        """
        pacer = self._pacer
        with pacer._lock:
            if self._round == pacer._round:
                return pacer._block(retry_after)
            # It left before the gate was closed: the block that it met is the one that closed it.
            now = pacer._clock()
            return max(0.0, (pacer._open_at or now) - now)

    def release(self) -> None:
        """Give the turn back, whatever became of the call. Doing it twice does nothing.

        The collector may do it, for a call whose event loop is gone, in any thread and between any two steps.
        """
        let_go = self._released()
        if let_go:
            wake_up(let_go)

    def _released(self) -> list["Turn"]:
        pacer = self._pacer
        lock: Any = pacer._lock
        # No public way tells that; threading's own conditions ask the same.
        if lock._is_owned():
            pacer._ended_late.append(self)
            return []
        with lock:
            # If this was the probe and no answer came (it was cancelled, or the network failed), the next call is it.
            return pacer._let_go() if self._end() or pacer._ended_late else []

    def _end(self) -> bool:
        """End, and tell whether others may have room now."""
        pacer = self._pacer
        step, self._step, self.wake = self._step, Step.ENDED, None
        if self._life != pacer._life:
            return False
        if step is Step.OUT:
            pacer._in_flight -= 1
            pacer._writing -= self._writes
        elif self._line is not None and self._place is not None:
            self._line.give_back(self._place, pacer._clock())
        if step is Step.QUEUED:
            pacer._given_up += 1
            if pacer._given_up > MAX_GIVEN_UP and pacer._given_up * 2 > len(pacer._queue):
                pacer._tidy()
        if pacer._probe is self:
            pacer._probe = None
        return pacer._counted.pop(self, None) is not None or bool(pacer._queue)


def wake_up(turns: Iterable[Turn]) -> None:
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
