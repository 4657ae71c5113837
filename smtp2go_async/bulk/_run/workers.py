"""The tasks of a run: each makes one call after another, and there are as many as the limit of calls allows."""

from collections.abc import Callable, Sequence
from functools import partial

import anyio
import attrs
from anyio.abc import TaskGroup

from ..outcome import Outcome
from .call_limit import CallLimit
from .recorder import Recorder
from .row_gatherer import RowGatherer
from .row_sender import RowSender
from .stopping import Stopping
from .tally import Tally


@attrs.define(eq=False)
class Workers:
    """Starts workers as the limit grows. A worker ends by itself when there are more than the limit allows."""

    gatherer: RowGatherer
    sender: RowSender
    recorder: Recorder
    tally: Tally
    stopping: Stopping
    limit: CallLimit
    _taking: int = attrs.field(default=0, init=False)
    """Workers that still take rows."""
    _running: int = attrs.field(default=0, init=False)
    """Workers that still take rows, and those that have yet to settle their last call."""

    def start(self, tasks: TaskGroup, enough: Callable[[], bool], idle: anyio.Event) -> bool:
        """Start workers up to the limit while there are rows to take, and return whether any worker is running.

        Args:
            tasks: Where they run.
            enough: Returns whether no more rows are to be taken, though the list may have more.
            idle: Set when the last worker has ended.
        """
        while self._taking < self.limit.value and not (self.stopping.is_set or self.gatherer.is_exhausted or enough()):
            self._taking += 1
            self._running += 1
            tasks.start_soon(self._worker, tasks, enough, idle)
        return bool(self._running)

    async def _worker(self, tasks: TaskGroup, enough: Callable[[], bool], idle: anyio.Event) -> None:
        try:
            await self._make_calls(enough, partial(self.start, tasks, enough, idle))
        finally:
            self._running -= 1
            if not self._running:
                idle.set()

    async def _make_calls(self, enough: Callable[[], bool], start_more: Callable[[], object]) -> None:
        """Make one call after another; the outcomes of each are written together with the claims of the next."""
        unwritten: Sequence[Outcome] = ()
        try:
            while not (self.stopping.is_set or enough() or self._taking > self.limit.value):
                if self.gatherer.would_wait or self.tally.is_callback_slow:
                    # The list can take any time for its next row, and a known outcome must not wait for that. Nor must
                    # claimed rows wait for a slow callback: after a crash they would be unknown, though never sent.
                    known, unwritten = unwritten, ()
                    with anyio.CancelScope(shield=True):
                        await self.recorder.settle(known)
                rows = await self.gatherer.next_rows()
                if not rows or self.stopping.is_set:
                    break
                # Between the claim and the outcome nothing may be given up: the row would be unknown.
                with anyio.CancelScope(shield=True) as scope:
                    await self.recorder.claim(rows, unwritten)
                    # These outcomes are written by now. If the callback is interrupted, none may be passed on again.
                    written, unwritten = unwritten, ()
                    await self.tally.add(written)
                    # The traceback of an error keeps this frame with its local variables. Through the errors in
                    # `written`, the error of each call would keep those of all calls before it.
                    del written
                    rows = await self.recorder.without_arrived(rows)
                    if not rows:
                        continue
                    if self.stopping.is_set:
                        await self.recorder.give_back(rows)
                        break
                    self.stopping.start_call(scope)
                    try:
                        unwritten = await self.sender.send(rows)
                    finally:
                        self.stopping.end_call(scope)
                    start_more()
        except BaseException:
            self.stopping.stop()
            raise
        finally:
            # Before the last write. If this worker still counted during it, all other workers would find that there are
            # too many, and all would end.
            self._taking -= 1
            with anyio.CancelScope(shield=True):
                await self.recorder.settle(unwritten)
