"""Gather the rows that go into the next call."""

import math
import time
from collections import deque

import anyio

from ..._runtime.caller_thread import is_exit
from .._plan import Row
from ..outcome import Outcome
from .channels import Channel
from .recorder import Recorder
from .row_source import RowSource
from .stopping import Stopping

MAX_GATHERING_SECONDS = 1.0
"""Seconds for which rows of a slow asynchronous list are gathered for a call."""


class RowGatherer:
    """Takes rows from the list, call by call."""

    def __init__(self, source: RowSource, channel: Channel, recorder: Recorder, stopping: Stopping) -> None:
        self._source = source
        self._channel = channel
        self._recorder = recorder
        self._stopping = stopping
        self._leftover: deque[Row | Outcome] = deque()
        """Read from the list, and in no call yet: a row may be too large for the call before."""
        # Two workers that read at a time would take rows out of their order.
        self._taking = anyio.Lock()

    @property
    def is_exhausted(self) -> bool:
        """Whether every row of the list was taken."""
        return self._source.ended and not self._leftover and not self._source.has_ready

    @property
    def would_wait(self) -> bool:
        """Whether there is no row at hand, and the list can take any time for the next."""
        return self._source.would_wait and not self._leftover

    async def next_rows(self) -> list[Row]:
        """Take the rows of the next call; none when there are no more, or the run stops.

        Outcomes of rows that need no call are recorded on the way.
        """
        async with self._taking:
            rows: list[Row] = []
            passed_over: list[Outcome] = []
            until = time.monotonic() + MAX_GATHERING_SECONDS
            while len(rows) < self._channel.max_rows and not self._stopping.is_set:
                # A list that is a queue may give nothing for hours; its rows are sent all the same.
                if rows and self.would_wait and time.monotonic() > until:
                    break
                if not self._leftover:
                    # Before the list is asked: it can take long, and the caller may wait for these.
                    await self._recorder.pass_over(passed_over)
                    passed_over = []
                    if not await self._read(self._channel.max_rows - len(rows), until if rows else math.inf):
                        break
                found = self._leftover[0]
                if isinstance(found, Outcome):
                    self._leftover.popleft()
                    passed_over.append(found)
                    continue
                # A first row always goes, however large it is: its call says what is wrong.
                if rows and not self._channel.fits(rows, found):
                    break
                rows.append(found)
                self._leftover.popleft()
            await self._recorder.pass_over(passed_over)
            return rows

    async def _read(self, limit: int, until: float) -> bool:
        found: list[Row | Outcome] = []
        with self._stopping.start_reading():
            found = await self._source.take(limit, until)
        self._stopping.end_reading()
        # An exit is raised at the end of the run; no row may be sent after it.
        if self._source.error is not None and is_exit(self._source.error):
            self._stopping.stop()
        self._leftover.extend(found)
        return bool(found)
