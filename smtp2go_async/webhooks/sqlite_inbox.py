"""An inbox in an SQLite file, for one machine and any number of processes."""

import datetime as dt
import os
import threading
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self, TypeVar

import anyio
from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import current_token

from .._values.checks import check_number, check_path
from .._values.problems import invalid
from ..errors import InboxError
from ._sqlite.database import Database
from ._sqlite.group_thread import GroupThread, Job
from ._sqlite.jobs import Jobs, check_state
from .events import Event
from .inbox import InboxCounts, Lease, State, StoredEvent

T = TypeVar("T")

MAX_BUSY_SECONDS: Final = 3600.0

_START = (float("-inf"), -1)
"""Before the first page of events."""


class _Core:
    """What an inbox and its blocking form share: two connections, each with a thread.

    A long look at the events then keeps no event from being stored.
    """

    def __init__(self, path: str, busy_seconds: float) -> None:
        self.path = path
        self.jobs: Jobs = Jobs()
        writer, reader = Database(path, busy_seconds), Database(path, busy_seconds)
        self.writer: GroupThread = GroupThread(writer, reader, writes=True)
        self.reader: GroupThread = GroupThread(reader, writer, writes=False)

    def open(self) -> None:
        self.writer.open()
        self.reader.open()

    def close(self) -> None:
        # The writer last, since the last connection moves what is in the log into the file.
        self.reader.close()
        self.writer.close()


class SqliteInbox:
    """Stores events in an SQLite file until the handlers have got them.

    Any number of processes of one machine can use the file at a time, some to receive events and some to work on them.
    It must be on a local disk: SQLite's log (WAL) works on no network file system. The file is made when it is needed
    and readable by its owner alone, since it holds what the events say. Nothing of it is opened before the first use,
    so an inbox can be made before a server forks its workers, and each process has connections of its own.

    An event is on the disk when `add` returns. All calls that wait at the same time share a transaction, whichever
    event loops and threads they are in. A call that is cancelled takes nothing from the others; its own event may be
    stored or not.

    Example:
        async with SqliteInbox("events.db") as inbox:
            counts = await inbox.counts()

    Args:
        path: The file. A relative path is in the folder that the process was started in, so programs that share the
            inbox are best given an absolute path.
        busy_seconds: How long a call waits while another program has locked the file, before it is an `InboxError`;
            twice as long if it comes while others wait. The processes of an inbox lock the file for milliseconds; a
            backup by another tool may take longer. The provider waits 10 seconds for an answer, so a longer time makes
            it repeat what may be stored.

    Raises:
        ArgumentTypeError: The path is no path, or the time no number.
        InvalidArgumentError: The path is empty or ``:memory:``, or the time is negative or more than an hour.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = 8.0) -> None:
        shown_path = check_path(path, "path")
        if not shown_path or shown_path == ":memory:":
            # SQLite would open a temporary database, which is gone afterwards with every event in it.
            raise invalid("path", f"must be the path of a file, not {shown_path!r}")
        seconds = check_number(busy_seconds, "busy_seconds")
        if not 0 <= seconds <= MAX_BUSY_SECONDS:
            raise invalid("busy_seconds", f"must be 0 to {MAX_BUSY_SECONDS:,.0f}, not {seconds:,g}")
        self._core = _Core(shown_path, seconds)
        self._jobs = self._core.jobs

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._core.path!r}>"

    @property
    def sync(self) -> "SyncSqliteInbox":
        """The same inbox with blocking methods, for scripts and other code without an event loop."""
        return SyncSqliteInbox(self._core)

    # --- opening and closing --------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the file now, so that a problem with it shows at the start.

        Raises:
            InboxError: It can't be opened, is of another kind, or of a later version of this library.
        """
        self._core.open()
        await self._write(Job(_nothing))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Write what waits to be written, and close the file. A later call is an `InboxError`.

        An inbox that is not closed loses nothing.
        """
        with CancelScope(shield=True):
            # A limiter of its own: the threads of the program may all be taken by handlers that hang.
            await to_thread.run_sync(self._core.close, limiter=CapacityLimiter(1))

    # --- the calls of `Inbox` -------------------------------------------------------------------------------------

    async def add(self, event: Event) -> bool:
        """Store an event, and return whether it is new; see `Inbox.add`.

        Raises:
            InboxError: It could not be stored, and nothing of it was. The next call tries the file anew.
            InvalidArgumentError: The event has no body: it was made by hand, and not by `parse` or `backfill`.
        """
        return await self._write(self._jobs.add(event))

    async def take(self, count: int, *, lease_seconds: float) -> Sequence[Lease]:
        """Take up to ``count`` events that are due, of 1,000 at the most, oldest first; see `Inbox.take`."""
        lease, job = self._jobs.take(count, lease_seconds)
        try:
            taken = await self._write(job)
        except InboxError:
            raise
        except BaseException:
            # Cancelled, and the events may be leased by now or in a moment.
            with suppress(InboxError):
                self._core.writer.submit(self._jobs.give_back_all(lease))
            raise
        leases, giving_up = self._jobs.leases(taken, lease)
        if giving_up is not None:
            self._core.writer.submit(giving_up)
        return leases

    async def finish(self, lease: Lease) -> bool:
        """Note that the handlers returned; see `Inbox.finish`."""
        return await self._write(self._jobs.finish(lease))

    async def fail(self, lease: Lease, error: str, *, retry_seconds: float | None) -> bool:
        """Note that a try failed; see `Inbox.fail`."""
        return await self._write(self._jobs.fail(lease, error, retry_seconds))

    async def give_back(self, lease: Lease) -> bool:
        """Let an event wait again as if it had not been taken; see `Inbox.give_back`."""
        return await self._write(self._jobs.give_back(lease))

    async def seconds_until_due(self) -> float | None:
        """Return the seconds until the next event is due; see `Inbox.seconds_until_due`."""
        return await self._read(self._jobs.seconds_until_due())

    async def wait(self, seconds: float) -> None:
        """Wait for an event that is due, for so many seconds at the most; see `Inbox.wait`.

        An event that this process stores ends the wait at once; an event of another process is not noticed.
        """
        listeners = self._core.writer.listeners
        event = anyio.Event()
        wake = event.set
        # Before the look at the file, so that an event that is stored in between is not missed.
        number = listeners.add(current_token().native_token, wake)
        try:
            due = await self.seconds_until_due()
            with anyio.move_on_after(seconds if due is None else min(due, seconds)):
                await event.wait()
        finally:
            listeners.remove(number)

    async def counts(self) -> InboxCounts:
        """Count the events by state."""
        return await self._read(self._jobs.counts())

    def events(self, *, state: State | None = None) -> AsyncIterator[StoredEvent]:
        """Iterate over the stored events, oldest first: all, or the events in one state.

        A hundred are in memory at a time, and nothing is locked meanwhile. An event that gets into this state while the
        iteration goes on may be left out. ``waiting`` and ``leased`` events come in the order in which they are due.
        """
        return self._events(check_state(state))

    async def _events(self, state: State | None) -> AsyncIterator[StoredEvent]:
        after, before = _START, await self._read(self._jobs.latest(state))
        while rows := await self._read(self._jobs.page(state, after, before)):
            for row in rows:
                yield self._jobs.stored(row)
            after = (rows[-1][2], rows[-1][0])

    async def retry(self, keys: Collection[str] | None = None) -> int:
        """Let dead events wait again, all or the events with these keys (`Event.key`), and return how many.

        Their tries count anew.
        """
        return sum([await self._write(job) for job in self._jobs.retry(keys)])

    async def prune(self, older_than: dt.timedelta, *, dead: bool = False) -> int:
        """Delete events that are done and were received before that long ago, and return how many; see `Inbox.prune`.

        The file does not get smaller: SQLite uses the room again.
        """
        make, pruned, has_more = self._jobs.prune(older_than, dead), 0, True
        while has_more:
            count, has_more = await self._write(make())
            pruned += count
        return pruned

    async def _write(self, job: Job[T]) -> T:
        return await _awaited(self._core.writer, job)

    async def _read(self, job: Job[T]) -> T:
        return await _awaited(self._core.reader, job)


class SyncSqliteInbox:
    """An inbox with blocking methods; `SqliteInbox.sync` makes it. `SqliteInbox` says more about each of them."""

    def __init__(self, core: _Core) -> None:
        self._core = core
        self._jobs = core.jobs

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._core.path!r}>"

    def __enter__(self) -> Self:
        """Open the file now, so that a problem with it shows at the start."""
        self._core.open()
        self._write(Job(_nothing))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits to be written, and close the file, also for the async form."""
        self._core.close()

    def add(self, event: Event) -> bool:
        """Store an event, and return whether it is new."""
        return self._write(self._jobs.add(event))

    def take(self, count: int, *, lease_seconds: float) -> Sequence[Lease]:
        """Take up to ``count`` events that are due, of 1,000 at the most, oldest first."""
        lease, job = self._jobs.take(count, lease_seconds)
        leases, giving_up = self._jobs.leases(self._write(job), lease)
        if giving_up is not None:
            self._write(giving_up)
        return leases

    def finish(self, lease: Lease) -> bool:
        """Note that the handlers returned."""
        return self._write(self._jobs.finish(lease))

    def fail(self, lease: Lease, error: str, *, retry_seconds: float | None) -> bool:
        """Note that a try failed."""
        return self._write(self._jobs.fail(lease, error, retry_seconds))

    def give_back(self, lease: Lease) -> bool:
        """Let an event wait again as if it had not been taken."""
        return self._write(self._jobs.give_back(lease))

    def seconds_until_due(self) -> float | None:
        """Return the seconds until the next event is due."""
        return self._read(self._jobs.seconds_until_due())

    def wait(self, seconds: float) -> None:
        """Wait for an event that is due, for so many seconds at the most."""
        woken = threading.Event()
        listeners = self._core.writer.listeners
        wake = woken.set
        number = listeners.add(None, wake)
        try:
            due = self.seconds_until_due()
            woken.wait(seconds if due is None else min(due, seconds))
        finally:
            listeners.remove(number)

    def counts(self) -> InboxCounts:
        """Count the events by state."""
        return self._read(self._jobs.counts())

    def events(self, *, state: State | None = None) -> Iterator[StoredEvent]:
        """Iterate over the stored events, oldest first: all, or the events in one state."""
        return self._events(check_state(state))

    def _events(self, state: State | None) -> Iterator[StoredEvent]:
        after, before = _START, self._read(self._jobs.latest(state))
        while rows := self._read(self._jobs.page(state, after, before)):
            yield from map(self._jobs.stored, rows)
            after = (rows[-1][2], rows[-1][0])

    def retry(self, keys: Collection[str] | None = None) -> int:
        """Let dead events wait again, all or the events with these keys (`Event.key`), and return how many."""
        return sum(self._write(job) for job in self._jobs.retry(keys))

    def prune(self, older_than: dt.timedelta, *, dead: bool = False) -> int:
        """Delete events that are done, or dead ones, that were received before that long ago, and return how many."""
        make, pruned, has_more = self._jobs.prune(older_than, dead), 0, True
        while has_more:
            count, has_more = self._write(make())
            pruned += count
        return pruned

    def _write(self, job: Job[T]) -> T:
        return _blocking(self._core.writer, job)

    def _read(self, job: Job[T]) -> T:
        return _blocking(self._core.reader, job)


async def _awaited(thread: GroupThread, job: Job[T]) -> T:
    done = anyio.Event()
    job.wake, job.loop = done.set, current_token().native_token
    thread.submit(job)
    await done.wait()
    return job.outcome()


def _blocking(thread: GroupThread, job: Job[T]) -> T:
    done = threading.Event()
    job.wake = done.set
    thread.submit(job)
    done.wait()
    return job.outcome()


def _nothing(connection: object) -> None:
    """Only open the file."""
