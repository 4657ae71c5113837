"""One run: rows are taken from a list, claimed, sent, settled and told, many at a time, until the list ends or must."""

import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
from anyio.abc import TaskGroup

from ..._calls import Calls
from ..._runtime.caller_thread import is_exit
from ...errors import BulkStoppedError, Smtp2goError
from .._journal.group_commit import GroupCommit
from .._journal.row_states import CORRECTABLE_STATES, Settled, settled_of
from .._plan import FIRST_CONCURRENT_CALLS, MAX_UNANSWERED_CALLS, Row, Verdict, verdict_of
from ..journal import Journal
from ..outcome import MAX_PROBLEMS, STATUSES, BulkReport, Outcome
from .channels import Way
from .patience import patient
from .refusals import MAX_TAKEN_OUT, WITH_ITS_CALL, because_of_others, is_of_the_schema, named_rows, without_named
from .source import Source, is_bad

MAX_GATHERING_SECONDS = 1.0
"""Seconds for which rows of an asynchronous list that is slow are gathered for one call."""

SLOW = 0.01
"""Seconds; what takes longer to be told of its outcomes has them before more rows are claimed."""


OnOutcome = Callable[[Outcome], object]

Told = Callable[[Sequence[Outcome]], Awaitable[BaseException | None]]
"""Is told what became of rows, and returns what it raised: that ends the run."""


class Run:
    """A run over one list. It goes on where it stands each time `go` is called, and nothing is under way between."""

    def __init__(self, calls: Calls, way: Way, source: Source, journal: Journal | None, concurrency: int) -> None:
        self._stopping = anyio.Event()
        self._patient_calls = patient(calls, self._stopping)
        self._way = way
        self._source = source
        if way.most > 1:
            source.pull_apart()
        self._journal = journal
        self._group_commit = GroupCommit(journal)
        self._details: dict[str, str | None] = {}
        """What the journal is to keep beside the error of rows that were not sent."""
        self._concurrency = concurrency
        self._come_to = min(concurrency, FIRST_CONCURRENT_CALLS)
        """Calls at a time that the run has come to so far, whatever the pacer allows."""
        self._leftover: deque[Row | Outcome] = deque()
        self._taking = anyio.Lock()
        self._workers = 0
        """Those that take rows."""
        self._running = 0
        """Those, and the ones that have yet to settle their last."""
        self._unanswered = 0
        self._refused = 0
        """Refusals in a row that named rows, but for the first two of each call."""
        self._reading: anyio.CancelScope | None = None
        self._calls: set[anyio.CancelScope] = set()
        self._error: Exception | None = None
        self._counts = dict.fromkeys(STATUSES, 0)
        self._problems: list[Outcome] = []
        self._seconds = 0.0
        self._error_of_told: BaseException | None = None
        self.told: Told | None = None
        self._telling = 0.0
        """Seconds that it took the last time."""

    def stop(self, *, at_once: bool = False) -> None:
        """Take no more rows; those under way are settled, and those that wait go back.

        Args:
            at_once: Do not wait for those under way either: they stay claimed, and are unknown to the next run.
        """
        self._stopping.set()
        if self._reading is not None:
            self._reading.cancel()
        self._source.end_pulling()
        for scope in self._calls if at_once else ():
            scope.cancel()

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to do."""
        return self._stopping.is_set() or (self._source.ended and not self._leftover and not self._source.left)

    @property
    def report(self) -> BulkReport:
        """What was done so far."""
        return BulkReport(**self._counts, seconds=self._seconds, problems=tuple(self._problems))

    def check(self) -> None:
        """Raise what ended the run, or what the list or ``told`` raised.

        Raises:
            BulkStoppedError: The run could not go on.
        """
        told, self._error_of_told = self._error_of_told, None
        try:
            if told is not None:
                told.add_note(f"smtp2go_async: on_outcome raised this; until then: {self.report}")
                raise told
            if self._error is not None:
                raise BulkStoppedError(
                    f"the run ended early ({self.report}): {self._error}", report=self.report
                ) from self._error
            self._source.check(self.report)
        finally:
            # It knows this frame.
            del told

    async def go(self, enough: Callable[[], bool] = lambda: False) -> None:
        """Send until the list ends, ``enough`` says so, or the run has to end. Everything begun is settled then.

        When this is cancelled, calls under way are still waited for, since nobody could tell of them later.
        """
        began = time.monotonic()
        try:
            while not (self.ended or enough()):
                await self._all(enough)
        except ExceptionGroup as group:
            # They all end for one reason.
            raise _first(group) from group
        finally:
            self._seconds += time.monotonic() - began

    async def _all(self, enough: Callable[[], bool]) -> None:
        # No functions in here that know each other: they would be a circle, and an abandoned run would stay in memory,
        # with its journal open, until the collector comes.
        idle = anyio.Event()
        applying = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            self._start(tasks, enough, idle)
            if not self._running:
                # The time was up since it was looked at.
                return
            tasks.start_soon(self._group_commit.apply_in_background, applying)
            if self._way.most > 1:
                tasks.start_soon(self._source.pull, lambda: self.ended)
            try:
                await idle.wait()
                # Given up, a generator would have ended.
                await self._source.rest()
            except BaseException:
                # Cancelled from outside, or by an error: calls that wait for a cool-down must not go on.
                self.stop()
                raise
            finally:
                applying.cancel()
                self._source.end_pulling()

    def _most_workers(self) -> int:
        """How many calls make sense at a time; after a block the pacer decides, so that few rows wait claimed."""
        allowed = self._patient_calls.pacer.most_at_a_time
        return self._come_to if allowed is None else min(self._come_to, allowed)

    def _start(self, tasks: TaskGroup, enough: Callable[[], bool], idle: anyio.Event) -> None:
        while self._workers < self._most_workers() and not (self.ended or enough()):
            self._workers += 1
            self._running += 1
            tasks.start_soon(self._worker, tasks, enough, idle)

    async def _worker(self, tasks: TaskGroup, enough: Callable[[], bool], idle: anyio.Event) -> None:
        try:
            await self._work(enough, partial(self._start, tasks, enough, idle))
        finally:
            self._running -= 1
            if not self._running:
                idle.set()

    async def _work(self, enough: Callable[[], bool], start: Callable[[], None]) -> None:
        """Make one call after the other; the outcomes of one are written together with the claims of the next."""
        outcomes: list[Outcome] = []
        try:
            while not (self._stopping.is_set() or enough() or self._workers > self._most_workers()):
                if (self._source.waits and not self._leftover) or self._telling > SLOW:
                    # Nobody knows how long the list takes for its next row, and what is known by now must not wait;
                    # nor must rows that are claimed wait until all is told.
                    known, outcomes = outcomes, []
                    with anyio.CancelScope(shield=True):
                        await self._settle(known)
                rows = await self._take()
                if not rows or self._stopping.is_set():
                    break
                outcomes = await self._one(rows, outcomes, start)
        except BaseException:
            self.stop()
            raise
        finally:
            # At once: while this one writes, others look whether they are too many, and all of them would leave.
            self._workers -= 1
            with anyio.CancelScope(shield=True):
                await self._settle(outcomes)

    async def _one(self, rows: list[Row], before: list[Outcome], start: Callable[[], None]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        with anyio.CancelScope(shield=True) as scope:
            await self._group_commit.commit(rows, self._settled(before), self._source.list_head_with(rows))
            written = before.copy()
            before.clear()
            await self._tell(written)
            # An error of the call knows this frame, and the errors in here know those before.
            del written
            if self._stopping.is_set():
                await self._give_back(rows)
                return []
            self._calls.add(scope)
            try:
                outcomes = await self._call(rows, start)
            finally:
                self._calls.discard(scope)
        return outcomes

    async def _give_back(self, rows: Sequence[Row]) -> None:
        """Tell the journal of rows that were claimed, and certainly not sent: they are again what they were before."""
        await self._group_commit.commit([], [row.before or Settled(row.reference, "pending") for row in rows])

    async def _call(self, rows: list[Row], start: Callable[[], None]) -> list[Outcome]:
        """Make the call, and others for a part of its rows where an error is about some of them only."""
        outcomes: list[Outcome] = []
        parts = deque([rows])
        taken_out = 0
        while parts:
            part = parts.popleft()
            if part is not rows:
                # What is known by now is written before anything else can happen.
                known, outcomes = outcomes, []
                await self._settle(known)
                if self._stopping.is_set():
                    await self._give_back([row for some in (part, *parts) for row in some])
                    break
            try:
                outcomes += await self._way.send(self._patient_calls, part)
            except (Smtp2goError, ValueError, TypeError) as error:
                verdict = verdict_of(error)
                named = named_rows(error, self._way.field, len(part)) if verdict == "refused" else []
                if verdict == "failed" and len(part) > 1:
                    # Something in one of them, so that nothing was sent. In halves it is found, and the others go.
                    middle = len(part) // 2
                    parts.extendleft((part[middle:], part[:middle]))
                elif named and len(named) < len(part):
                    outcomes += self._failed([part[place] for place in named], verdict, error)
                    others = without_named(part, named, apart=taken_out > 0)
                    taken_out += 1
                    self._refused += taken_out > 2
                    if max(taken_out, self._refused) < MAX_TAKEN_OUT:
                        parts.extendleft(reversed(others))
                    else:
                        left = [row for some in others for row in some]
                        outcomes += self._outcomes(left, verdict, because_of_others(error), WITH_ITS_CALL)
                elif verdict == "stop":
                    await self._end([row for some in (part, *parts) for row in some], error)
                    break
                else:
                    # Where nobody knows which row was wrong, correcting that one has to be enough for all of them.
                    with_others = not named and len(part) > 1 and is_of_the_schema(error)
                    outcomes += self._failed(part, verdict, error, WITH_ITS_CALL if with_others else None)
            else:
                self._unanswered = self._refused = 0
                self._come_to = min(self._concurrency, self._come_to + 1)
        start()
        return outcomes

    async def _end(self, rows: Sequence[Row], error: Exception) -> None:
        """End the run; nothing was sent of these rows."""
        if not self._stopping.is_set():
            self._error = error
            self.stop()
        await self._give_back(rows)

    def _failed(self, rows: list[Row], verdict: Verdict, error: Exception, detail: str | None = None) -> list[Outcome]:
        self._unanswered = self._unanswered + 1 if verdict == "unknown" else 0
        if self._unanswered >= MAX_UNANSWERED_CALLS[self._way.kind] and self._error is None:
            self._error = error
            self.stop()
        return self._outcomes(rows, verdict, error, detail)

    def _outcomes(
        self, rows: list[Row], verdict: Verdict, error: Exception, detail: str | None = None
    ) -> list[Outcome]:
        _forget_frames(error)
        if self._journal is not None and verdict in CORRECTABLE_STATES:
            for row in rows:
                self._details[row.reference] = detail or self._journal.content_mark(row)
        return [self._way.outcome(row, verdict, error) for row in rows]

    async def _settle(self, outcomes: list[Outcome]) -> None:
        try:
            await self._group_commit.commit([], self._settled(outcomes))
        finally:
            # What happened is told even if it can't be written.
            await self._tell(outcomes)

    def _settled(self, outcomes: Sequence[Outcome]) -> list[Settled]:
        if not self._group_commit.has_journal:
            return []
        return [settled_of(one, self._details.pop(one.reference, None)) for one in outcomes]

    async def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            self._counts[one.status] += 1
            if one.status not in ("sent", "skipped") and len(self._problems) < MAX_PROBLEMS:
                self._problems.append(one)
        if self.told is not None and outcomes:
            began = time.monotonic()
            error = await self.told(outcomes)
            self._telling = time.monotonic() - began
            if error is not None:
                self._error_of_told = self._error_of_told or error
                self.stop()

    async def _take(self) -> list[Row]:
        """Take the rows of the next call; outcomes of rows that need none are told on the way."""
        async with self._taking:
            rows: list[Row] = []
            passed: list[Outcome] = []
            until = time.monotonic() + MAX_GATHERING_SECONDS
            while len(rows) < self._way.most and not self._stopping.is_set():
                if rows and self._source.waits and not self._leftover and time.monotonic() > until:
                    break
                if not self._leftover:
                    await self._pass_on(passed)
                    if not await self._refill(self._way.most - len(rows), until if rows else math.inf):
                        break
                found = self._leftover[0]
                if isinstance(found, Outcome):
                    self._leftover.popleft()
                    passed.append(found)
                    continue
                if rows and not self._way.fits(rows, found):
                    break
                rows.append(found)
                self._leftover.popleft()
            await self._pass_on(passed)
            return rows

    async def _refill(self, most: int, until: float) -> bool:
        found: list[Row | Outcome] = []
        with anyio.CancelScope() as self._reading:
            found = await self._source.take(most, until)
        self._reading = None
        if self._source.error is not None and is_exit(self._source.error):
            self.stop()
        self._leftover.extend(found)
        return bool(found)

    async def _pass_on(self, outcomes: list[Outcome]) -> None:
        """Tell outcomes that the list had instead of rows."""
        told = outcomes.copy()
        outcomes.clear()
        self._group_commit.add_bad(self._settled([one for one in told if is_bad(one)]))
        await self._tell(told)


def _forget_frames(error: BaseException) -> None:
    """Let go of what an error has passed through: whole requests, for as long as somebody keeps its outcome."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            waiting += (one.__cause__, one.__context__)


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
