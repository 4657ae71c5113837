"""The list of a run, read a little at a time: numbered, checked, and without rows that a run before has settled."""

import math
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from anyio.lowlevel import checkpoint

from ..._runtime.caller_thread import caller_thread, is_exit, run_in_caller_thread
from .._plan import Row
from .._seen import Seen
from ..journal import Journal
from ..outcome import Outcome
from .async_list import AsyncList
from .list_rows import ListItem, ListSource, MakeRow
from .prior_run import Comparison, PriorRun

LOOKUP_ROWS = 256
"""Rows read ahead where each is looked up in a journal: a hop into a thread costs more than a row."""

MAX_READING_SECONDS = 0.5
"""Seconds after which rows of an asynchronous list are handed on."""

_ROWS_AT_A_TIME = 50
"""Rows made without a pause. Each takes some 50 microseconds, and other tasks of the program wait for it."""


class RowSource:
    """Gives the rows that are to be sent, and outcomes for rows that are not.

    An error of the list itself is kept, so that all rows before it are still sent; the run raises it at its end.
    """

    def __init__(self, items: ListSource, make: MakeRow, journal: Journal | None, again: frozenset[str]) -> None:
        self._async_list: AsyncList | None = None
        self._items: Iterable[ListItem] = ()
        if isinstance(items, AsyncIterable):
            self._async_list = AsyncList(aiter(items))
        else:
            self._items = items
        # Asked for when the first row is wanted: `iter` may make a query.
        self._iterator: Iterator[ListItem] | None = None
        self._make = make
        self._prior_run = PriorRun(journal, again)
        self._ready: deque[Row | Outcome] = deque()
        self._uncompared: list[Row | Outcome] = []
        self._seen = Seen()
        self._number = 0
        self.ended: bool = False
        self.error: BaseException | None = None

    @property
    def would_wait(self) -> bool:
        """Whether no row is at hand and the next can take any time: only an asynchronous list may do that."""
        return self._async_list is not None and not (self._ready or self._async_list.received)

    @property
    def has_ready(self) -> bool:
        """Whether rows were read that are not taken yet."""
        return bool(self._ready)

    # --- an asynchronous list in a task of its own ----------------------------------------------------------------

    def read_in_own_task(self) -> None:
        """Have an asynchronous list read by `read`, and not by the tasks that take rows."""
        if self._async_list is not None:
            self._async_list.has_own_task = True

    async def read(self, is_over: Callable[[], bool]) -> None:
        """Read an asynchronous list as rows are wanted, until `end_reading`; close it if ``is_over`` then."""
        if self._async_list is not None:
            await self._async_list.serve(is_over)

    def end_reading(self) -> None:
        """Let `read` end."""
        if self._async_list is not None:
            self._async_list.end()

    async def finish_reading(self) -> None:
        """Wait until an asynchronous list has given the row that it was asked for last."""
        if self._async_list is not None:
            await self._async_list.wait_until_idle()

    # --- rows -----------------------------------------------------------------------------------------------------

    async def take(self, limit: int, until: float = math.inf) -> list[Row | Outcome]:
        """Return up to ``limit`` rows, and the outcomes between them; fewer where the list would have to be waited for.

        Args:
            limit: Rows.
            until: When to return without any, by the monotonic clock, if an asynchronous list has its own task.
        """
        while not self._ready and not self.ended and (time.monotonic() < until or not self._has_own_task):
            await self._read(limit, until)
        found: list[Row | Outcome] = []
        while self._ready and (limit or isinstance(self._ready[0], Outcome)):
            found.append(self._ready.popleft())
            limit -= isinstance(found[-1], Row)
        return found

    def list_head_with(self, rows: Sequence[Row]) -> list[str] | None:
        """Return the head of the list for the journal when these rows are claimed; ``None`` if it does not change."""
        return self._prior_run.list_head_with(rows)

    def check(self, report: object) -> None:
        """Raise what the list raised, once."""
        error, self.error = self.error, None
        try:
            if error is not None:
                error.add_note(f"smtp2go_async: the list raised this; until then: {report}")
                raise error
        finally:
            # Break the cycle: the traceback of the error holds this frame.
            del error

    async def aclose(self) -> None:
        """Close the list, if it can be closed: a generator may hold a file open, and would hold it for longer."""
        # The references may be in a temporary file.
        self._seen.close()
        self._uncompared.clear()
        if self._async_list is not None:
            await self._async_list.aclose()
        elif isinstance(self._iterator, Generator):
            error = await run_in_caller_thread(self._iterator.close)
            if error is not None:
                raise error

    # --- reading --------------------------------------------------------------------------------------------------

    @property
    def _has_own_task(self) -> bool:
        return self._async_list is not None and self._async_list.has_own_task

    async def _read(self, limit: int, at_last: float) -> None:
        """Read some rows, and make those ready that are to be sent."""
        # All rows that the journal compares with are read first, since nothing may be sent before that.
        if not self._prior_run.is_compared:
            limit = max(limit, self._prior_run.compared_rows)
        elif self._prior_run.exists and self._async_list is None:
            limit = max(limit, LOOKUP_ROWS)
        self._uncompared += await self._make_rows(limit, at_last)
        comparison: Comparison = "same list"
        if not self._prior_run.is_compared:
            failed = self.error is not None
            comparison = await self._prior_run.compare(self._uncompared, at_end=self.ended, failed=failed)
        if comparison == "more rows needed":
            return
        found, self._uncompared = self._uncompared, []
        if comparison == "same list":
            self._ready.extend(await self._prior_run.without_settled(found) if self._prior_run.exists else found)

    async def _make_rows(self, limit: int, at_last: float) -> list[Row | Outcome]:
        rows: list[Row | Outcome] = []
        until = min(time.monotonic() + MAX_READING_SECONDS, at_last)
        while len(rows) < limit and not self.ended:
            # An asynchronous list may take long for more rows, so those at hand are handed on.
            if rows and self._async_list is not None and time.monotonic() > until:
                break
            if rows:
                # Other tasks get their turn between two batches of rows.
                await checkpoint()
            # A blocking client reads the list in the caller's own thread, where no other task waits for it.
            count = _ROWS_AT_A_TIME if caller_thread.get() is None else limit
            items = await self._next_items(min(count, limit - len(rows)), until, wait=not rows and at_last == math.inf)
            if not items:
                break
            for item in items:
                self._number += 1
                try:
                    rows.append(self._make(item, self._number, self._seen))
                except (TypeError, ValueError) as error:
                    self.ended = True
                    # An exit that the list has raised behind this row counts for more.
                    if self.error is None or not is_exit(self.error):
                        self.error = error
                    break
        return rows

    async def _next_items(self, limit: int, until: float, *, wait: bool) -> list[ListItem]:
        """Take items from the list; if it raises an error, return the items before that, and keep the error."""
        if self._async_list is not None:
            items = await self._async_list.take(limit, until, wait=wait)
            # Items before the error come first.
            if self._async_list.ended and not self._async_list.received:
                self.ended, self.error = True, self._async_list.error
            return items
        # Filled by the other thread: a returned list would be lost with an error.
        found: list[ListItem] = []
        self.error = await run_in_caller_thread(partial(self._take_into, found, limit))
        self.ended = self.error is not None or len(found) < limit
        return found

    def _take_into(self, found: list[ListItem], limit: int) -> None:
        if self._iterator is None:
            self._iterator = iter(self._items)
        for item in islice(self._iterator, limit):
            found.append(item)  # noqa: PERF402 - items before an error must be there
