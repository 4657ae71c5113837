"""One run, from the first row of its list to the last, or to an early end."""

import time
from collections.abc import Callable

import anyio

from ..._calls import Calls
from ...errors import BulkStoppedError, Smtp2goError
from ...retry import CallEffect, Decision, decide, failure_of
from ..journal import Journal
from ..outcome import BulkReport
from .call_limit import CallLimit
from .channels import Channel
from .patient_calls import patient
from .recorder import Recorder
from .row_gatherer import RowGatherer
from .row_sender import RowSender
from .row_source import RowSource
from .stopping import Stopping
from .tally import Notify, Tally
from .workers import Workers


class Run:
    """A run over a list. Each time `go` is called it goes on where it stands; in between, no call is under way."""

    def __init__(
        self, calls: Calls, channel: Channel, source: RowSource, journal: Journal | None, concurrency: int
    ) -> None:
        self._source = source
        self._has_journal = journal is not None
        self._needs_reader = channel.max_rows > 1
        if self._needs_reader:
            source.read_in_own_task()
        self._stopping = Stopping(source)
        self._tally = Tally(self._stopping)
        self._recorder = Recorder(journal, source, self._tally)
        self._gatherer = RowGatherer(source, channel, self._recorder, self._stopping)
        calls = patient(calls, self._stopping.event)
        limit = CallLimit(calls, concurrency)
        self._sender = RowSender(calls, channel, self._recorder, self._stopping, limit)
        self._workers = Workers(self._gatherer, self._sender, self._recorder, self._tally, self._stopping, limit)

    def stop(self, *, at_once: bool = False) -> None:
        """Take no more rows; calls under way are settled, and rows that wait go back.

        Args:
            at_once: Do not wait for calls under way either: their rows stay claimed, and are unknown to the next run.
        """
        self._stopping.stop(at_once=at_once)

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to do."""
        return self._stopping.is_set or self._gatherer.is_exhausted

    @property
    def report(self) -> BulkReport:
        """The counts so far."""
        return self._tally.report

    def correct(self, error: Smtp2goError) -> None:
        """Let an error that ends the run no longer say that nothing was sent, once a call was made.

        A wrong row in the middle of a list is a wrong argument, and the rows before it were sent.
        """
        if error.carried_out is False and self._sender.has_called:
            error.carried_out = None

    def check(self) -> None:
        """Raise what ended the run, or what the list or the callback raised.

        Raises:
            BulkStoppedError: The run could not go on.
        """
        # In this order: the caller's own error explains more than the end that it brought about.
        self._tally.check()
        error = self._stopping.error
        if error is not None:
            stopped = BulkStoppedError(f"the run ended early ({self.report}): {error}", report=self.report)
            # Only a journal keeps rows that are settled from being sent a second time.
            passes = decide(failure_of(error), CallEffect.READ) is not Decision.RAISE
            stopped.retryable = passes and self._has_journal
            raise stopped from error
        self._source.check(self.report)

    async def go(self, enough: Callable[[], bool] = lambda: False, *, notify: Notify | None = None) -> None:
        """Send until the list ends, ``enough`` says so, or the run has to end. All that was begun is settled then.

        When this is cancelled, calls under way are still waited for, since their outcomes could not be learned later.

        Args:
            enough: Says when to pause, though the list has more.
            notify: Gets the outcomes.
        """
        started = time.monotonic()
        # Only while this runs: a stream that is abandoned would be a cycle with its run, and keep the journal open.
        self._tally.notify = notify
        try:
            while not (self.ended or enough()):
                await self._send(enough)
        except ExceptionGroup as group:
            # The first error stopped the others, so it is the reason for all of them.
            raise _first(group) from group
        finally:
            self._tally.notify = None
            self._tally.seconds += time.monotonic() - started

    async def _send(self, enough: Callable[[], bool]) -> None:
        # No nested functions that refer to each other: they would be a cycle, and an abandoned run would stay in
        # memory, with its journal open, until the garbage collector comes.
        idle = anyio.Event()
        applying = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            if not self._workers.start(tasks, enough, idle):
                # The time was up since `go` looked.
                return
            tasks.start_soon(self._recorder.apply_log, applying)
            if self._needs_reader:
                tasks.start_soon(self._source.read, lambda: self.ended)
            try:
                await idle.wait()
                # A generator that is cancelled in the middle of a row has ended, and would give no more rows.
                await self._source.finish_reading()
            except BaseException:
                # Cancelled from outside, or by an error: calls that wait for a cool-down must not go on.
                self.stop()
                raise
            finally:
                applying.cancel()
                self._source.end_reading()


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
