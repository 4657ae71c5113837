"""Hold calls back: after a 429, after many refusals in a row, and before the published limits of three calls.

The provider blocks a whole address for at least a minute after too many calls or too many errors, and does not say for
how long. So a single 429 closes the gate for every call that shares the pacer. When the cool-down is over a call goes
first, to probe; if it gets a response, the others follow, at most half as many at a time as before, then more and more.

    open ──429──> cooling down ──time──> probing ──response──> recovering ──grown back──> open
                       ^                    │ 429                  │ 429
                       └────────────────────┴──────────────────────┘

Calls that wait are let go in the order in which they arrived, and are woken when their turn comes. A call asks twice:
when it arrives, and again at the moment of leaving, since the gate may have closed while it waited for a connection.
A probe without a response holds up the others for `MAX_SILENCE_SECONDS` at most.

Nothing here waits or sleeps, and nothing here knows an event loop.
"""

import random
import time
from collections.abc import Callable
from typing import Literal

import attrs

from ._masking import shown_half_made
from ._pacing.gate import Gate
from ._pacing.turns import Turn
from ._values.checks import check_function
from ._values.signatures import name_arguments_of_class

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


@name_arguments_of_class
class Pacer:
    """A gate for all the calls of a client, or of several clients of a process: they share an address.

    Safe to share between threads and between event loops.

    Args:
        clock: Returns seconds that never go backwards.
        draw: Returns a random number from 0 to 1, for the jitter.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, draw: Callable[[], float] = random.random
    ) -> None:
        check_function(clock, "clock")
        check_function(draw, "draw")
        self._gate = Gate(clock, draw)

    @property
    def state(self) -> PacerState:
        """What the pacer is doing at the moment."""
        gate = self._gate
        if gate.ended_late:
            # Calls that the garbage collector ended while the lock was taken still count until here.
            with gate.lock:
                let_go = gate.let_go()
            gate.wake(let_go)
        with gate.lock:
            closed_for = 0.0 if gate.open_at is None else max(0.0, gate.open_at - gate.clock())
            phase: Phase = "open"
            if closed_for:
                phase = "cooling down"
            elif gate.open_at is not None:
                phase = "probing"
            elif gate.limit is not None:
                phase = "recovering"
            limit = {"cooling down": 0, "probing": 1}.get(phase, gate.limit)
            return PacerState(phase, closed_for, gate.under_way, limit, gate.refusals, gate.round, gate.waiting)

    @property
    def most_at_a_time(self) -> int | None:
        """How many calls it makes sense to have under way, a probe included; ``None`` when that is not limited."""
        if self._gate.open_at is not None:
            return 1
        return self._gate.limit

    def turn(self, path: str) -> Turn:
        """Let a call arrive. It goes before every call that arrives later, however long it waits and for what."""
        return Turn(self._gate, path)
