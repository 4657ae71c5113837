"""How a run ends before its list does."""

import anyio

from .row_source import RowSource


class Stopping:
    """The early end of a run. Each part of the run looks at it, and each may bring it about.

    It refers to the list alone, and not to other parts of the run: objects that refer to each other are a cycle, and an
    abandoned run would stay in memory, with its journal open, until the garbage collector comes.
    """

    def __init__(self, source: RowSource) -> None:
        self.event = anyio.Event()
        self.error: Exception | None = None
        """The error of a call that ended the run."""
        self._source = source
        self._reading: anyio.CancelScope | None = None
        self._calls: set[anyio.CancelScope] = set()

    @property
    def is_set(self) -> bool:
        """Whether the run takes no more rows."""
        return self.event.is_set()

    def stop(self, *, at_once: bool = False) -> None:
        """Take no more rows. Calls under way are settled, and rows that wait for their turn go back to the journal.

        Args:
            at_once: Do not wait for calls under way either: their rows stay claimed, and are unknown to the next run.
        """
        self.event.set()
        # A list can take any time for its next row, so a read is not waited for.
        if self._reading is not None:
            self._reading.cancel()
        self._source.end_reading()
        # A call that is given up may have been carried out, so its rows are not given back.
        for scope in self._calls if at_once else ():
            scope.cancel()

    def stop_for(self, error: Exception) -> None:
        """Stop, and keep the first error for which that was done."""
        if self.error is None:
            self.error = error
            self.stop()

    def start_reading(self) -> anyio.CancelScope:
        """Return the scope in which the list is read; `stop` cancels it until `end_reading`."""
        # One read at a time: the tasks that take rows hold a lock.
        self._reading = anyio.CancelScope()
        return self._reading

    def end_reading(self) -> None:
        """Cancel no read any more."""
        self._reading = None

    def start_call(self, scope: anyio.CancelScope) -> None:
        """Cancel this scope of a call if `stop` is not to wait for calls under way."""
        self._calls.add(scope)

    def end_call(self, scope: anyio.CancelScope) -> None:
        """Cancel the scope of this call no more."""
        self._calls.discard(scope)
