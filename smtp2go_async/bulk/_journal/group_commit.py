"""The commits of many calls to their journal, written together and off the event loop."""

import time
from collections.abc import Sequence
from typing import Final, Protocol

import anyio
import attrs
from anyio import to_thread
from anyio.lowlevel import checkpoint

from ...errors import JournalError
from .log import LogEntry
from .row_states import Claim, Settled

APPLY_PAUSE_SECONDS = 0.1
"""Pause before the log is applied again, if all of it was applied."""
APPLY_PAUSE_SECONDS_WHEN_BEHIND = 0.005
"""Pause before the log is applied again, if some of it is left."""
MAX_BUSY_SHARE = 0.5
"""The share of such a pause for which the event loop may have been busy. Above it, the program needs its time for other
work, and the log is not applied."""
MAX_APPLIED_CHARACTERS = 50_000
"""Characters of the log that are applied at a time. They take some 2 ms, for which a commit may have to wait."""

MAX_COMMIT_ROWS: Final = 1000
"""The most claims and outcomes in a transaction, unless `MIN_COMMIT_CALLS` calls have more. Further calls wait for the
next transaction: while the rows of some calls are written, the bodies of others are encoded."""
MIN_COMMIT_CALLS: Final = 2
"""If this many calls wait, they share a transaction, however many rows they have."""

ROUNDS_AFTER_WRITE: Final = 4
"""Rounds of the event loop after which the work of the next writer has reached its thread."""


@attrs.define(eq=False)
class _Entry:
    """The rows that a call has to write, and how far that has come."""

    claims: Sequence[Claim]
    settled: Sequence[Settled]
    list_head: Sequence[str] | None
    turn: anyio.Event = attrs.field(factory=anyio.Event)
    """Set when this entry was written, or when its call is the next to write."""
    is_written: bool = False
    is_abandoned: bool = False
    """Whether its call was cancelled, and waits no more."""
    error: BaseException | None = None


class CommitTarget(Protocol):
    """The part of a `Journal` that commits are written with."""

    def log_entry(
        self,
        claims: Sequence[Claim],
        settled: Sequence[Settled],
        bad: Sequence[Settled] = (),
        list_head: Sequence[str] | None = None,
    ) -> LogEntry:
        """Return what `write` takes."""
        ...

    def write(self, entry: LogEntry) -> None:
        """Write a commit to the log."""
        ...

    def seal(self) -> None:
        """Note the state of the journal's files after the commit."""
        ...

    def apply_log(self, max_characters: float) -> bool:
        """Apply the oldest commits of the log to the rows, and return whether any are left."""
        ...


class GroupCommit:
    """Writes the claims and outcomes of all calls that wait at the same time in a single transaction.

    A call that comes while nothing is being written writes at once. Calls that come meanwhile wait, and the first of
    them then writes for all of them. So a row seldom waits for more than one write beside its own, and no row is
    claimed before its call is really about to be made.
    """

    def __init__(self, journal: CommitTarget | None) -> None:
        self._journal = journal
        self._waiting: list[_Entry] = []
        self._bad: list[Settled] = []
        self._is_writing = False

    @property
    def has_journal(self) -> bool:
        """Whether commits are written anywhere."""
        return self._journal is not None

    def add_bad(self, bad: Sequence[Settled]) -> None:
        """Keep rows that can't be sent at all for the next commit: nothing depends on when they are written."""
        if self._journal is not None:
            self._bad.extend(bad)

    async def commit(
        self, claims: Sequence[Claim], settled: Sequence[Settled], list_head: Sequence[str] | None = None
    ) -> None:
        """Write claims and outcomes, and return when they are on the disk.

        Raises:
            JournalError: They could not be written; then none of them was.
        """
        if self._journal is None or not (claims or settled or self._bad):
            return
        entry = _Entry(claims, settled, list_head)
        self._waiting.append(entry)
        # A call that was cancelled in the middle would leave other calls waiting for ever, and rows in no known state.
        with anyio.CancelScope(shield=True):
            if self._is_writing:
                try:
                    await entry.turn.wait()
                except BaseException:
                    # An asyncio program that ends cancels every task in spite of the shield. Another call writes this
                    # entry, and if it was this call's turn to write, the next call has to be woken instead.
                    entry.is_abandoned = True
                    if entry.turn.is_set() and not entry.is_written:
                        self._wake_next_writer()
                    raise
            if not entry.is_written:
                await self._write_waiting(entry)
        if entry.error is not None:
            raise entry.error

    async def _write_waiting(self, own: _Entry) -> None:
        """Write the entries that wait now, and leave those that come meanwhile to the first of their calls.

        If this call wrote the later entries, too, all calls would return together and leave at the same moment.
        """
        assert self._journal is not None
        self._is_writing = True
        entries = self._take_entries(own)
        claims = [claim for entry in entries for claim in entry.claims]
        settled = [row for entry in entries for row in entry.settled]
        # Each head holds all heads before it, so the longest is the latest.
        list_head = max((entry.list_head for entry in entries if entry.list_head is not None), key=len, default=None)
        bad, self._bad = self._bad, []
        error: Exception | None = JournalError("journal: the program ended before the commit was known to be written")
        try:
            await to_thread.run_sync(self._journal.write, self._journal.log_entry(claims, settled, bad, list_head))
            # In the thread of the event loop. In the writing thread each look at a file would release the GIL, and then
            # have to wait for this thread.
            self._journal.seal()
            error = None
        except Exception as problem:
            error = problem
        finally:
            if error is not None:
                self._bad = bad + self._bad
            self._wake_next_writer()
            for entry in entries:
                entry.error = error
                entry.is_written = True
                entry.turn.set()
        # Let the next writer start before the calls of this commit go on: then it writes while their bodies are
        # encoded, and not only afterwards.
        for _ in range(ROUNDS_AFTER_WRITE):
            await checkpoint()

    def _take_entries(self, own: _Entry) -> list[_Entry]:
        """Take the entries that have waited longest, up to a number of rows, and always the writer's own.

        Entries that were abandoned can stand before the writer's own, since their calls have no turn.
        """
        rows, count, has_own = 0, 0, False
        for entry in self._waiting:
            rows += len(entry.claims) + len(entry.settled)
            if has_own and count >= MIN_COMMIT_CALLS and rows > MAX_COMMIT_ROWS:
                break
            count += 1
            has_own = has_own or entry is own
        entries, self._waiting = self._waiting[:count], self._waiting[count:]
        return entries

    def _wake_next_writer(self) -> None:
        """Wake the first call that waits, which then writes for all of them."""
        for entry in self._waiting:
            if not entry.is_abandoned:
                entry.turn.set()
                return
        self._is_writing = False

    async def apply_in_background(self, scope: anyio.CancelScope) -> None:
        """Apply the log to the rows of the journal, a little at a time, until a scope is cancelled.

        This takes longer than writing the log did and no call waits for it, so it is left alone while the program is
        busy.

        Args:
            scope: Entered here; its owner cancels it.
        """
        journal, is_behind = self._journal, False
        with scope:
            while journal is not None:
                started, used = time.monotonic(), time.thread_time()
                await anyio.sleep(APPLY_PAUSE_SECONDS_WHEN_BEHIND if is_behind else APPLY_PAUSE_SECONDS)
                is_idle = time.thread_time() - used < MAX_BUSY_SHARE * (time.monotonic() - started)
                try:
                    is_behind = is_idle and await to_thread.run_sync(journal.apply_log, MAX_APPLIED_CHARACTERS)
                except JournalError:
                    # What was written stays in the log. The next commit or the next reader raises this error again.
                    return
