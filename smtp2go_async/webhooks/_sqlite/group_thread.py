"""The threads that use an inbox's file for all calls of a process, whichever event loops and threads the calls are in.

An event loop must not wait for a disk. `GroupThread` writes: all calls that wait share a transaction, and what a disk
needs for a commit it needs once. The group commit of the journal of bulk runs (`bulk/_journal/group_commit.py`) lets
one of the waiting calls write for all. That can't be shared: it lives in a single event loop, shields its calls from
cancellation, and fails all of a group together. Here a thread of its own writes, so a cancelled call takes nothing from
the others, and an event that can't be stored is told apart from those that were written with it.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import attrs

from ..._masking import mask_text
from ..._runtime.forking import tell_after_fork
from ...errors import InboxError
from .database import Database

T = TypeVar("T")

MAX_GROUP_CALLS: Final = 500
"""Calls that share a transaction."""
MAX_GROUP_BYTES: Final = 4 * 1024 * 1024
"""Bytes of the bodies in a transaction, unless a single one has more."""
IDLE_SECONDS: Final = 10.0
"""After so long without a call the thread ends; the next call starts another."""


@attrs.define(eq=False)
class Job(Generic[T]):
    """A call that waits for its turn, with what became of it."""

    work: Callable[[Any], T]
    """Given the open connection, and run in the thread."""
    is_durable: bool = False
    """Whether it has to survive a crash of the machine."""
    size: int = 0
    """Bytes that it writes."""
    wakes: bool = False
    """Whether a result that is true wakes the workers that wait for an event."""
    wake: Callable[[], None] | None = None
    """Called in the thread once there is a result or an error."""
    loop: Any = None
    """The event loop to call `wake` in; ``None`` to call it in the thread itself."""
    has_ended: bool = False
    result: T | None = None
    error: Exception | None = None

    def outcome(self) -> T:
        """Return the result, or raise the error."""
        if self.error is not None:
            # Each waiting call needs an error of its own: Python writes the traceback into the object.
            raise self.error
        return self.result  # type: ignore[return-value]

    def fail(self, error: Exception) -> None:
        """Note that it could not be done."""
        if not isinstance(error, InboxError):
            # Of an event that SQLite refuses. The values are in none of its texts, and are masked nevertheless.
            made = InboxError(f"inbox: the event can't be stored: {type(error).__name__}: {mask_text(str(error))}")
        else:
            made = InboxError(str(error))
            made.retryable = error.retryable
        made.__cause__ = error
        self.error = made


class Listeners:
    """Event loops and threads to be woken when an event was stored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Any, Callable[[], None]]] = {}

    def add(self, loop: Any, wake: Callable[[], None]) -> int:
        """Have a function called, once or more often, until `remove`; return its number."""
        with self._lock:
            self._waiting[id(wake)] = (loop, wake)
        return id(wake)

    def remove(self, number: int) -> None:
        """Call the function no more."""
        with self._lock:
            self._waiting.pop(number, None)

    def listed(self) -> list[tuple[Any, Callable[[], None]]]:
        """Return all, with their loops."""
        with self._lock:
            return list(self._waiting.values())


class GroupThread:
    """Does the work of calls in a thread, started when it is needed: together in transactions, or one by one to read.

    Args:
        database: The connection, which no other thread uses.
        other: The other connection to the same file.
        writes: Whether the calls write.
    """

    def __init__(self, database: Database, other: Database, *, writes: bool) -> None:
        self._database, self._other = database, other
        self._writes = writes
        self._is_closed = False
        self._start_afresh()
        tell_after_fork(self, GroupThread._start_afresh)

    def _start_afresh(self) -> None:
        # Also in a forked child: the calls that wait are the parent's, and its thread does not exist here.
        self._changed = threading.Condition(threading.Lock())
        self._jobs: deque[Job[Any]] = deque()
        self._thread: threading.Thread | None = None
        self.listeners: Listeners = Listeners()

    def submit(self, job: Job[Any]) -> None:
        """Have a job done.

        Raises:
            InboxError: The inbox is closed, or no thread can be started.
        """
        with self._changed:
            if self._is_closed:
                raise InboxError("inbox: it is closed")
            self._jobs.append(job)
            if self._thread is not None:
                self._changed.notify()
                return
            self._thread = thread = threading.Thread(target=self._run, name="smtp2go inbox", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                self._thread = None
                self._jobs.remove(job)
                raise InboxError(f"inbox: no thread can be started: {error}") from error

    def open(self) -> None:
        """Let jobs in again after `close`."""
        with self._changed:
            self._is_closed = False

    def close(self) -> None:
        """Refuse further jobs, wait for those that were submitted, and close the connection."""
        with self._changed:
            self._is_closed = True
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()
        self._database.close()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                self._do(group)
            except BaseException as error:
                # None of these calls may wait for ever, whatever happens to this thread.
                for job in group:
                    job.fail(error if isinstance(error, Exception) else RuntimeError(type(error).__name__))
            if self._database.was_lost:
                self._database.was_lost = False
                self._other.close()
            self._tell(group)
            # Else they would be kept until the next call.
            del group

    def _next_group(self) -> list[Job[Any]]:
        with self._changed:
            while not self._jobs:
                if self._is_closed or not self._changed.wait(IDLE_SECONDS):
                    if self._jobs:
                        continue
                    self._thread = None
                    return []
            group, size = [self._jobs.popleft()], 0
            size = group[0].size
            while self._writes and self._jobs and len(group) < MAX_GROUP_CALLS:
                size += self._jobs[0].size
                if size > MAX_GROUP_BYTES:
                    break
                group.append(self._jobs.popleft())
            return group

    def _do(self, group: list[Job[Any]]) -> None:
        if not self._writes:
            for job in group:
                try:
                    with self._database.reading() as connection:
                        job.result = job.work(connection)
                except Exception as error:
                    job.fail(error)
            return
        try:
            with self._database.transaction(durable=any(job.is_durable for job in group)) as connection:
                for job in group:
                    job.error = None
                    try:
                        job.result = job.work(connection)
                    except Exception as error:
                        # SQLite undoes the statement that failed and keeps the rest, unless it can't.
                        if not connection.in_transaction:
                            raise
                        job.fail(error)
        except InboxError as error:
            if len(group) > 1 and _may_be_of_one(error):
                # Such as a large body for which a disk has no room: the smaller ones may fit.
                middle = len(group) // 2
                self._do(group[:middle])
                self._do(group[middle:])
                return
            for job in group:
                job.fail(error)

    def _tell(self, group: list[Job[Any]]) -> None:
        """Wake all calls of a group, with one call into each event loop."""
        wakes: dict[int, tuple[Any, list[Callable[[], None]]]] = {}
        told = [(job.loop, job.wake) for job in group if job.wake is not None]
        if any(job.wakes and job.error is None and job.result for job in group):
            told += self.listeners.listed()
        for job in group:
            job.has_ended = True
        for loop, wake in told:
            if loop is None:
                wake()
            else:
                wakes.setdefault(id(loop), (loop, []))[1].append(wake)
        for loop, several in wakes.values():
            # The same function under its names in asyncio and in trio.
            soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
            try:
                soon(_call_all, several)
            except RuntimeError:
                # The loop has ended, and with it the calls.
                continue


def _call_all(functions: list[Callable[[], None]]) -> None:
    for function in functions:
        function()


def _may_be_of_one(error: InboxError) -> bool:
    """Whether the failure of a group may come from a single one of its calls."""
    text = str(error.__cause__)
    return "full" in text or "disk I/O" in text or "too big" in text
