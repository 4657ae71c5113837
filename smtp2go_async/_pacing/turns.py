"""The turns of calls at the gate of a `Pacer`: a turn for each attempt, from its arrival to its end."""

import math
from collections.abc import Callable

from .gate import Delay, Gate, GateTurn, TurnState
from .published import PUBLISHED_LIMITS, LimitQueue, Reservation


class HeldBackError(Exception):
    """Raised at the moment of leaving if the gate has closed since the call was let go."""


class Turn:
    """The turn of an attempt, from its arrival at the gate to its end.

    Call `ask` until it returns ``None``, then `depart` at the moment of leaving. Report the result at most once, by
    `accepted`, `refused` or `rate_limited`, and always call `release` in the end.
    """

    # Class attributes and not slots: with these as defaults a turn, which each attempt makes, takes half the time.
    state: TurnState = TurnState.ARRIVED
    round: int = -1
    heard: bool = False
    _limit_queue: LimitQueue | None = None
    _reservation: Reservation | None = None
    _writes = False
    wake: Callable[[], None] | None = None
    """Called, in any thread, when the turn of a call that waits has come."""
    loop: object = None
    """The event loop that has to run for the call to go on."""

    def __init__(self, gate: Gate, path: str) -> None:
        self._gate = gate
        self._path = path
        self._life = gate.life
        self._arrival = next(gate.arrivals)

    @property
    def is_probe(self) -> bool:
        """Whether the call tries whether a block is over."""
        gate = self._gate
        let_go = self.state in (TurnState.LET_GO, TurnState.DEPARTED)
        return gate.open_at is not None and self.round == gate.round and let_go

    @property
    def has_departed(self) -> bool:
        """Whether the call has left, as far as the gate knows: it may still be making a connection."""
        return self.state is TurnState.DEPARTED

    def ask(self, patience: float = math.inf) -> Delay | None:
        """Ask whether the call may leave now; if not, it stands in the queue from now on.

        Args:
            patience: Seconds. A call of a limited endpoint that would have to wait longer gets no reservation there.
        """
        gate = self._gate
        if gate.open_at is None and gate.limit is None and self._path not in PUBLISHED_LIMITS:
            # Nearly always; read without the lock, since `depart` looks again.
            return None
        with gate.lock:
            delay, let_go = self._ask(patience)
        gate.wake(let_go)
        return delay

    def _ask(self, patience: float) -> tuple[Delay | None, list[GateTurn]]:
        gate = self._gate
        now = gate.clock()
        if gate.open_at is not None and now < gate.open_at and gate.open_at - now > patience:
            return gate.delay(), []
        if self._path in PUBLISHED_LIMITS:
            seconds = self._wait_for_limit(now, patience)
            if seconds:
                delay = Delay(seconds, "the provider's limit for this call is used up", certain=True)
                return delay, self._step_back()
        if self.state is TurnState.LET_GO and self.round == gate.round:
            self.heard = True
            return None, []
        if gate.is_open:
            return None, []
        # Before this call stands in the queue: a call that asks is not silent.
        gate.pass_over_the_silent(now)
        if self.state is not TurnState.QUEUED:
            gate.enqueue(self._arrival, self)
        let_go = gate.let_go()
        if self in let_go:
            let_go.remove(self)
            self.heard = True
            return None, let_go
        return gate.delay(), let_go

    def _wait_for_limit(self, now: float, patience: float) -> float:
        """Return the seconds until a published limit lets the call leave."""
        if self._limit_queue is None:
            limit = PUBLISHED_LIMITS[self._path]
            self._limit_queue = self._gate.limit_queues.setdefault(self._path, LimitQueue(limit))
        if self._reservation is None:
            # With a patience below 0 the call would not even get a time that is free now.
            self._reservation = self._limit_queue.reserve(now, max(patience, 0.0))
        if self._reservation is None:
            return self._limit_queue.seconds_until_free(now)
        return self._limit_queue.wait(self._reservation, now)

    def _step_back(self) -> list[GateTurn]:
        """Do not leave though the turn had come, and let others go."""
        if self.state is not TurnState.LET_GO:
            return []
        self.state = TurnState.ARRIVED
        self._gate.counted.pop(self, None)
        return self._gate.let_go()

    def depart(self, *, writing: bool = False) -> None:
        """Leave. Called again just before the first byte, it makes sure that the gate has not closed meanwhile.

        Args:
            writing: Whether the first byte is written next.

        Raises:
            HeldBackError: The call may not leave after all; ask again.
        """
        gate = self._gate
        with gate.lock:
            if self._leaves(writing=writing):
                return
            let_go = gate.let_go()
        gate.wake(let_go)
        raise HeldBackError

    def _leaves(self, *, writing: bool) -> bool:
        gate = self._gate
        if self._life != gate.life:
            # A copy of the parent's call in a forked child: the gate here knows nothing about it.
            return True
        if self.state is TurnState.DEPARTED:
            if self.round != gate.round:
                self._come_back()
                return False
        elif (gate.open_at is None and gate.limit is None and self.state is not TurnState.QUEUED) or (
            self.state is TurnState.LET_GO and self.round == gate.round
        ):
            now = gate.clock()
            if self._limit_queue is not None and self._reservation is not None:
                if self._limit_queue.wait(self._reservation, now):
                    # It leaves later than it had reserved, and other calls have left in the meantime.
                    self._step_back()
                    return False
                self._limit_queue.leave(self._reservation, now)
            if self.state is TurnState.LET_GO:
                # It moves to the end of `counted`, which is ordered by time.
                gate.counted.pop(self, None)
            self.state, self.round = TurnState.DEPARTED, gate.round
            gate.in_flight += 1
            gate.counted[self] = now
        else:
            if self.state is TurnState.LET_GO:
                self.state = TurnState.ARRIVED
            return False
        if writing and not self._writes:
            self._writes = True
            gate.writing += 1
        return True

    def _come_back(self) -> None:
        """Undo the departure of a call that has written nothing."""
        gate = self._gate
        gate.in_flight -= 1
        gate.writing -= self._writes
        gate.counted.pop(self, None)
        self.state, self._writes = TurnState.ARRIVED, False
        if self._limit_queue is not None:
            self._limit_queue.come_back()

    def accepted(self) -> None:
        """Report that the call got a response and was not refused."""
        gate = self._gate
        if not gate.refusals and gate.open_at is None and gate.limit is None:
            return
        with gate.lock:
            gate.refusals = 0
            if self.round != gate.round:
                return
            if gate.open_at is not None:
                gate.open_at = None
            elif gate.limit is not None:
                gate.grow()
            let_go = gate.let_go()
        gate.wake(let_go)

    def refused(self) -> None:
        """Report that the call was refused because of its content."""
        gate = self._gate
        with gate.lock:
            if self.round == gate.round:
                # A refusal is a response, so the block is over.
                gate.open_at = None
            gate.count_refusal()
            let_go = gate.let_go()
        gate.wake(let_go)

    def rate_limited(self, retry_after: float | None) -> float:
        """Report that the call was turned away by a 429, and return the seconds until the gate opens.

        Args:
            retry_after: Seconds, if the provider ever sends them; its rate limiter has been seen to send -3.
        """
        gate = self._gate
        with gate.lock:
            if self.round == gate.round:
                return gate.block(retry_after)
            # It left before the gate was closed: it met the block that closed the gate.
            now = gate.clock()
            return max(0.0, (gate.open_at or now) - now)

    def release(self) -> None:
        """Give the turn back, whatever became of the call. Doing it twice does nothing.

        The garbage collector may do it, for a call whose event loop is gone, in any thread and between any two steps.
        """
        let_go = self._gate.take_back(self)
        if let_go:
            self._gate.wake(let_go)

    def end(self) -> bool:
        """End, and return whether other calls may have room now. The gate calls it with its lock."""
        gate = self._gate
        state, self.state, self.wake = self.state, TurnState.ENDED, None
        if self._life != gate.life:
            return False
        if state is TurnState.DEPARTED:
            gate.in_flight -= 1
            gate.writing -= self._writes
        elif self._limit_queue is not None and self._reservation is not None:
            self._limit_queue.give_back(self._reservation, gate.clock())
        return gate.forget(self, was_queued=state is TurnState.QUEUED)
