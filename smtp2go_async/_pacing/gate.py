"""The gate of a `Pacer`: whether it is open, how many calls may be under way, and which calls wait.

A turn of a call (`turns.Turn`) reads and changes the gate, and the gate lets turns go: both under the gate's lock. Only
`wake` and `take_back` are called without the lock; everything else needs it.
"""

import enum
import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

import attrs

from .._runtime.forking import tell_after_fork
from .published import MAX_SILENCE_SECONDS, MIN_WAIT_SECONDS, LimitQueue

COOL_DOWN_SECONDS = 60.0
"""The least that the provider blocks an address for (its page on rate limiting)."""

MAX_COOL_DOWN_SECONDS = 960.0
"""The most that the doubling, or a Retry-After, leads to."""

MAX_REFUSALS_IN_A_ROW = 20
"""After so many refusals the client slows down: the provider also blocks for errors, and names no number.

A 5xx is a refusal. A 429, and a call that got no response, neither count nor end the row.
"""

REFUSAL_PAUSE_SECONDS = 5.0
"""The first pause after that; it doubles with the next ones, up to the cool-down of a 429."""

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


class TurnState(enum.Enum):
    """How far a call has come."""

    ARRIVED = 1
    QUEUED = 2
    LET_GO = 3
    DEPARTED = 4
    ENDED = 5


class GateTurn(Protocol):
    """The part of a turn that the gate needs."""

    state: TurnState
    round: int
    heard: bool
    """Whether the call has asked since it was let go."""
    wake: Callable[[], None] | None
    loop: object

    def end(self) -> bool:
        """End, and return whether other calls may have room now."""
        ...


class Gate:
    """The state that all turns of a pacer share. It does not wait or sleep, and knows no event loop."""

    def __init__(self, clock: Callable[[], float], draw: Callable[[], float]) -> None:
        self.clock = clock
        self._draw = draw
        self.arrivals: Iterator[int] = itertools.count()
        # A call that left before the gate was last closed belongs to an older round and does not close it again.
        self.round: int = 0
        self.open_at: float | None = None
        self.limit: int | None = None
        self._peak = 0
        self._accepted = 0
        self._next_cool_down = COOL_DOWN_SECONDS
        self.refusals: int = 0
        self._next_pause = REFUSAL_PAUSE_SECONDS
        self.life: int = 0
        self.limit_queues: dict[str, LimitQueue] = {}
        """A queue for each path with a published limit that was called."""
        self.after_fork()
        tell_after_fork(self, Gate.after_fork)

    def after_fork(self) -> None:
        """Forget the calls under way, which belong to the parent, and keep what is known about the provider."""
        # A thread takes it twice when a signal handler looks at the state, or the garbage collector ends a call.
        self.lock: AbstractContextManager[bool] = threading.RLock()
        self.ended_late: list[GateTurn] = []
        # The parent's calls end in the parent. The child's copies of their turns are garbage collected some day, and
        # count for nothing in the child.
        self.life += 1
        self.in_flight = 0
        self.writing = 0
        for limit_queue in self.limit_queues.values():
            limit_queue.forget_calls()
        self.queue: list[tuple[int, GateTurn]] = []
        self._given_up = 0
        self.counted: dict[GateTurn, float] = {}
        """The calls that count against the limit, with the time at which each left or was let go, oldest first."""
        self.probe: GateTurn | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls may leave without being counted."""
        return self.open_at is None and self.limit is None

    @property
    def under_way(self) -> int:
        """How many calls are under way: the calls that write or have written, if their transport tells when it writes.

        Some transports make a call wait for a connection in a place that can't be seen from here.
        """
        return self.writing or self.in_flight

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self.queue) - self._given_up

    def enqueue(self, arrival: int, turn: GateTurn) -> None:
        """Let a call wait for its turn, in its place among the others."""
        turn.state = TurnState.QUEUED
        heapq.heappush(self.queue, (arrival, turn))

    def let_go(self) -> list[GateTurn]:
        """Let calls go in the order of their arrival, as many as may, and return them so that `wake` can wake them."""
        self._end_the_late()
        now, let_go = self.clock(), []
        self.pass_over_the_silent(now)
        while self.queue and self._has_room(now):
            turn = heapq.heappop(self.queue)[1]
            if turn.state is TurnState.QUEUED:
                turn.state, turn.round, turn.heard = TurnState.LET_GO, self.round, False
                if not self.is_open:
                    self.counted[turn] = now
                if self.open_at is not None:
                    self.probe = turn
                let_go.append(turn)
            else:
                self._given_up -= 1
        return let_go

    def pass_over_the_silent(self, now: float) -> None:
        """Stop counting calls that get no response: they must not hold up all the others.

        A call that was woken and said nothing is in an event loop that stands still. The other calls of that loop leave
        the queue, so that the gate does not wait for each of them; each is back in its old place as soon as it asks.
        """
        if self.limit is None or (self.open_at is not None and now < self.open_at):
            return
        while self.counted and next(iter(self.counted.values())) + MAX_SILENCE_SECONDS <= now:
            silent = next(iter(self.counted))
            del self.counted[silent]
            if silent.state is TurnState.LET_GO and not silent.heard and silent.loop is not None:
                for _, turn in self.queue:
                    if turn.loop is silent.loop and turn.state is TurnState.QUEUED:
                        turn.state = TurnState.ARRIVED
                self._tidy()

    def _tidy(self) -> None:
        """Take the calls that wait no more out of the queue."""
        self.queue = [entry for entry in self.queue if entry[1].state is TurnState.QUEUED]
        heapq.heapify(self.queue)
        self._given_up = 0

    def _end_the_late(self) -> None:
        while self.ended_late:
            self.ended_late.pop().end()

    def _has_room(self, now: float) -> bool:
        if self.limit is None:
            return True
        if self.open_at is not None and now < self.open_at:
            return False
        if self.open_at is not None:
            # A single call probes at a time.
            return self.probe not in self.counted
        return len(self.counted) < self.limit

    def delay(self) -> Delay:
        """Return how long a call that may not leave now has to wait, and why."""
        now = self.clock()
        if self.open_at is not None and now < self.open_at:
            return Delay(self.open_at - now, "after a 429 or many refusals all calls wait", certain=True)
        first = self.probe if self.open_at is not None else next(iter(self.counted), None)
        silent_at = (self.counted.get(first, now) if first is not None else now) + MAX_SILENCE_SECONDS
        reason = (
            "few calls at a time are made after a block"
            if self.open_at is None
            else "one call tries first whether the block is over"
        )
        return Delay(max(silent_at - now, MIN_WAIT_SECONDS), reason, certain=False)

    def grow(self) -> None:
        """Count an accepted call, and raise the limit when as many were accepted as it allows at a time.

        It doubles up to half of what was under way when the block began, and then grows by a quarter: from there on
        the next block may be near. So it takes about as many rounds as the limit has binary digits.
        """
        assert self.limit is not None
        self._accepted += 1
        if self._accepted < self.limit:
            return
        self._accepted = 0
        doubled = self.limit * 2
        self.limit = doubled if doubled <= self._peak // 2 else self.limit + max(1, self.limit // 4)
        if self.limit >= self._peak:
            self.limit = None
            self._next_cool_down = COOL_DOWN_SECONDS
            self._next_pause = REFUSAL_PAUSE_SECONDS

    def _close(self, until: float) -> None:
        self.round += 1
        self._accepted = 0
        if self.limit is None:
            self._peak = max(2, self.under_way)
        # The limit first: another thread may fork in between, and the child's gate must not be closed without a limit.
        self.limit = max(1, (self.limit or self.under_way) // 2)
        self.open_at = until
        self.probe = None
        # The calls that were let go and have not left wait again.
        self.counted = {turn: when for turn, when in self.counted.items() if turn.state is TurnState.DEPARTED}

    def block(self, retry_after: float | None) -> float:
        """Close the gate after a 429, and return for how long."""
        if retry_after is not None and retry_after > 0:
            wait = min(retry_after, MAX_COOL_DOWN_SECONDS)
        else:
            # Up to a tenth more, so that several processes behind the same address don't come back together.
            wait = self._next_cool_down * (1.0 + 0.1 * self._draw())
            self._next_cool_down = min(self._next_cool_down * 2, MAX_COOL_DOWN_SECONDS)
        self._close(self.clock() + wait)
        return wait

    def count_refusal(self) -> None:
        """Count a refusal, and close the gate for a while after many in a row."""
        self.refusals += 1
        if self.refusals % MAX_REFUSALS_IN_A_ROW == 0 and self.open_at is None:
            pause, self._next_pause = self._next_pause, min(self._next_pause * 2, COOL_DOWN_SECONDS)
            self._close(self.clock() + pause)

    def forget(self, turn: GateTurn, *, was_queued: bool) -> bool:
        """Count a call no more, and return whether other calls may have room now."""
        if was_queued:
            # It stays in the heap, since taking it out of the middle costs more than passing over it later.
            self._given_up += 1
            if self._given_up > MAX_GIVEN_UP and self._given_up * 2 > len(self.queue):
                self._tidy()
        if self.probe is turn:
            self.probe = None
        return self.counted.pop(turn, None) is not None or bool(self.queue)

    def take_back(self, turn: GateTurn) -> list[GateTurn]:
        """End a turn, and return the turns that were let go because of it."""
        lock: Any = self.lock
        # The garbage collector can end a call in the middle of any other method, in a thread that has the lock. No
        # public method tells whether this thread has it; the conditions of `threading` use this method, too.
        if lock._is_owned():  # noqa: SLF001
            self.ended_late.append(turn)
            return []
        with lock:
            # If this was the probe and no response came (it was cancelled, or the network failed), the next call is it.
            return self.let_go() if turn.end() or self.ended_late else []

    def wake(self, turns: Iterable[GateTurn]) -> None:
        """Wake calls whose turn has come. A call whose event loop is gone makes room for the next."""
        waiting = deque(turns)
        while waiting:
            turn = waiting.popleft()
            # Read once, since the call may end meanwhile and set it to None.
            wake = turn.wake
            if wake is not None:
                try:
                    wake()
                except RuntimeError:
                    waiting += self.take_back(turn)
