"""The outcomes of a run so far: the counts, the first problems, and the caller's function for outcomes."""

import time
from collections.abc import Awaitable, Callable, Sequence

from ..outcome import MAX_PROBLEMS, STATUSES, BulkReport, Outcome
from .stopping import Stopping

MAX_QUICK_CALLBACK_SECONDS = 0.01
"""A callback that takes longer gets outcomes before more rows are claimed."""

OnOutcome = Callable[[Outcome], object]

Notify = Callable[[Sequence[Outcome]], Awaitable[BaseException | None]]
"""Passes outcomes to the caller, and returns what the caller's code raised: that ends the run."""


class Tally:
    """Counts outcomes, and passes each on to the caller once."""

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping
        self._counts = dict.fromkeys(STATUSES, 0)
        self._problems: list[Outcome] = []
        self._callback_seconds = 0.0
        self._callback_error: BaseException | None = None
        self.seconds: float = 0.0
        """How long the run has been going on, without pauses between two parts of it."""
        self.notify: Notify | None = None

    @property
    def report(self) -> BulkReport:
        """The counts so far."""
        return BulkReport(**self._counts, seconds=self.seconds, problems=tuple(self._problems))

    @property
    def is_callback_slow(self) -> bool:
        """Whether the callback took so long the last time that rows must not wait claimed until it returns."""
        return self._callback_seconds > MAX_QUICK_CALLBACK_SECONDS

    async def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count outcomes and pass them on. An error of the callback stops the run, and `check` raises it."""
        for outcome in outcomes:
            self._counts[outcome.status] += 1
            # Only the first problems are kept: a report of a million refusals would not fit into memory.
            if outcome.status not in ("sent", "skipped") and len(self._problems) < MAX_PROBLEMS:
                self._problems.append(outcome)
        if self.notify is not None and outcomes:
            started = time.monotonic()
            error = await self.notify(outcomes)
            self._callback_seconds = time.monotonic() - started
            if error is not None:
                # The first error is the cause; the callback still gets outcomes while the run ends.
                self._callback_error = self._callback_error or error
                self._stopping.stop()

    def check(self) -> None:
        """Raise what the callback raised, once."""
        error, self._callback_error = self._callback_error, None
        try:
            if error is not None:
                error.add_note(f"smtp2go_async: on_outcome raised this; until then: {self.report}")
                raise error
        finally:
            # Break the cycle: the traceback of the error holds this frame.
            del error
