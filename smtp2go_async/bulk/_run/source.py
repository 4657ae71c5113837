"""The list of a run, read a little at a time: numbered, checked, and without what was there before."""

import math
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Protocol, cast

import attrs
from anyio import to_thread
from anyio.lowlevel import checkpoint

from ..._runtime.caller_thread import caller_thread, is_exit, run_in_caller_thread
from ..._values.numbers import normal_number
from ...errors import JournalError
from ...message import Email
from .._journal.corrections import CorrectedHead, has_same_head, places_of_kept
from .._journal.row_states import CORRECTABLE_STATES, Settled
from .._plan import (
    MAX_CORRECTED_ROWS,
    MAX_LIST_HEAD_ROWS,
    MAX_REFERENCE_LENGTH,
    Row,
    check_reference,
    recipients_of,
)
from .._seen import Seen
from ..journal import Journal
from ..outcome import Outcome, SmsOutcome
from .pull import Pull
from .refusals import WITH_ITS_CALL

AHEAD = 256
"""Rows read ahead where each has to be looked up: a hop into a thread costs more than a row."""

MAX_READING_SECONDS = 0.5
"""Seconds after which what an asynchronous list has given is handed on."""

_BREATH = 50
"""Rows made in one go; making one takes some 50 microseconds, and other tasks of the program wait for it."""

EmailItem = Email | tuple[str, Email] | Outcome
"""An outcome is of a row that is not sent, as `EmailFile` finds them."""
Emails = Iterable[EmailItem] | AsyncIterable[EmailItem]
Numbers = Iterable[str] | AsyncIterable[str]


class MakeRow(Protocol):
    """Make a row of what the list gives; ``number`` counts from 1."""

    def __call__(self, item: object, number: int, seen: Seen) -> Row | Outcome:
        """Make it, or an outcome for what can't be sent."""
        ...


class DuplicateError(ValueError):
    """A reference, or a number, that was there before in the same list."""


def is_bad(outcome: Outcome) -> bool:
    """Whether a row can't be sent at all; one whose reference was there before is told by the one before."""
    return outcome.status == "failed" and not isinstance(outcome.error, DuplicateError)


class Source:
    """Gives the rows that are to be sent, and outcomes for those that are not.

    An error of the list itself is kept, so that what it gave before is still sent; the run raises it at its end.
    """

    def __init__(self, items: object, make: MakeRow, journal: Journal | None, again: frozenset[str]) -> None:
        self._pull = Pull(aiter(items)) if isinstance(items, AsyncIterable) else None
        # Asked for its iterator when the first row is wanted: a query may be made for that.
        self._items = cast("Iterable[object]", () if self._pull is not None else items)
        self._sync: Iterator[object] | None = None
        self._make = make
        self._journal = journal
        self._again = again
        # Only a journal that has rows already has anything to look up.
        self._resumes = journal is not None and journal.has_rows
        # Whether the begin of the list was compared with the journal's, which has to be before anything is sent.
        self._compared = not self._resumes
        self._begin: list[str] = []
        self._anew: CorrectedHead | None = None
        self._ready: deque[Row | Outcome] = deque()
        self._unlooked: list[Row | Outcome] = []
        self._seen = Seen()
        self._number = 0
        self.ended: bool = False
        self.error: BaseException | None = None

    @property
    def waits(self) -> bool:
        """Whether nothing is there and the list can take any time: an asynchronous one, which holds up nobody else."""
        return self._pull is not None and not (self._ready or self._pull.given)

    def pull_apart(self) -> None:
        """Have an asynchronous list asked by `pull`, and not by those who take."""
        if self._pull is not None:
            self._pull.is_apart = True

    async def pull(self, is_over: Callable[[], bool]) -> None:
        """Ask an asynchronous list for its rows, as they are wanted, until `end_pulling`; close it if that is over."""
        if self._pull is not None:
            await self._pull.serve(is_over)

    def end_pulling(self) -> None:
        """Let `pull` end."""
        if self._pull is not None:
            self._pull.end()

    async def rest(self) -> None:
        """Wait until an asynchronous list has given what it was asked for last."""
        if self._pull is not None:
            await self._pull.rest()

    @property
    def left(self) -> bool:
        """Whether rows were read that nobody has taken."""
        return bool(self._ready)

    def check(self, report: object) -> None:
        """Raise what the list raised, once."""
        error, self.error = self.error, None
        try:
            if error is not None:
                error.add_note(f"smtp2go_async: the list raised this; until then: {report}")
                raise error
        finally:
            # It knows this frame.
            del error

    async def take(self, most: int, until: float = math.inf) -> list[Row | Outcome]:
        """Return up to ``most`` rows, and the outcomes between them; fewer where the list has to be waited for.

        Args:
            most: Rows.
            until: When to return without any, by the monotonic clock, while an asynchronous list is asked apart.
        """
        while not self._ready and not self.ended and (time.monotonic() < until or not self._is_apart):
            await self._read(most, until)
        found: list[Row | Outcome] = []
        while self._ready and (most or isinstance(self._ready[0], Outcome)):
            found.append(self._ready.popleft())
            most -= isinstance(found[-1], Row)
        return found

    @property
    def _is_apart(self) -> bool:
        return self._pull is not None and self._pull.is_apart

    async def _read(self, most: int, at_last: float) -> None:
        if not self._compared:
            assert self._journal is not None
            most = max(most, len(self._journal.list_head))
        elif self._resumes and self._pull is None:
            most = max(most, AHEAD)
        rows: list[Row | Outcome] = []
        until = min(time.monotonic() + MAX_READING_SECONDS, at_last)
        while (
            len(rows) < most and not self.ended and not (rows and self._pull is not None and time.monotonic() > until)
        ):
            if rows:
                await checkpoint()
            # In the caller's own thread nobody waits for it.
            breath = _BREATH if caller_thread.get() is None else most
            items = await self._some(min(breath, most - len(rows)), until, wait=not rows and at_last == math.inf)
            if not items:
                break
            for item in items:
                self._number += 1
                try:
                    rows.append(self._make(item, self._number, self._seen))
                except (TypeError, ValueError) as error:
                    self.ended = True
                    if self.error is None or not is_exit(self.error):
                        self.error = error
                    break
        self._unlooked.extend(rows)
        if await self._compare():
            rows, self._unlooked = self._unlooked, []
            self._ready.extend(await self._without_known(rows) if self._resumes else rows)

    async def _some(self, most: int, until: float, *, wait: bool) -> list[object]:
        """Take from the list itself; what it gave before an error is given, and the error kept."""
        if self._pull is not None:
            items = await self._pull.take(most, until, wait=wait)
            if self._pull.ended and not self._pull.given:
                self.ended, self.error = True, self._pull.error
            return items
        items = []
        self.error = await run_in_caller_thread(partial(self._take_into, items, most))
        self.ended = self.ended or self.error is not None
        return items

    def _take_into(self, items: list[object], most: int) -> None:
        if self._sync is None:
            self._sync = iter(self._items)
        for item in islice(self._sync, most):
            items.append(item)  # noqa: PERF402 - what came before an error must be there
        self.ended = len(items) < most

    async def _compare(self) -> bool:
        """Compare the begin of the list with the journal's; ``False`` while more of it is needed for that."""
        if self._compared:
            return True
        journal = self._journal
        assert journal is not None
        kept = journal.list_head if journal.checks_list else ()
        # What is no row (a number that was there before) is not counted in there.
        rows = [row for row in self._unlooked if isinstance(row, Row)]
        if not has_same_head(kept, (journal.mark(row.reference, row.recipients) for row in rows)):
            if len(rows) < len(kept) + MAX_CORRECTED_ROWS and not self.ended:
                return False
            if len(rows) < len(kept) and self.error is not None:
                # It broke off before it could be known for the same list. What it gave was there in the run before.
                self._unlooked.clear()
                return True
            places = places_of_kept(kept, [journal.mark(row.reference, row.recipients) for row in rows])
            most = len(kept) + MAX_CORRECTED_ROWS
            if len(kept) - len(places) > await to_thread.run_sync(journal.count_correctable_in_head, most):
                raise journal.other_list_error()
            marks = {row.reference: journal.mark(row.reference, row.recipients) for row in rows}
            self._anew = CorrectedHead(marks, places, MAX_LIST_HEAD_ROWS)
        self._compared = True
        return True

    async def _without_known(self, rows: list[Row | Outcome]) -> list[Row | Outcome]:
        """Replace rows that a run before has settled."""
        journal = self._journal
        assert journal is not None
        known = await to_thread.run_sync(journal.known, [row.reference for row in rows if isinstance(row, Row)])
        result: list[Row | Outcome] = []
        for row in rows:
            if not isinstance(row, Row):
                result.append(row)
                continue
            fingerprint = journal.fingerprint(row.recipients)
            kept, before = known.get(row.reference, ("", None))
            # Only the start of it is kept where nothing is to be kept of recipients.
            is_other = not fingerprint.startswith(kept)
            is_corrected = before is not None and _is_corrected(journal, row, before, is_other=is_other)
            if is_other and not is_corrected and journal.checks_list:
                raise JournalError(
                    f"journal: {journal.path!r} has the reference {row.reference!r} for other recipients; references "
                    "have to be unique, and stay with their recipients"
                )
            if before is None or before.state == "pending" or is_corrected:
                result.append(row)
            elif before.state in self._again:
                result.append(attrs.evolve(row, before=before))
            else:
                kind = SmsOutcome if row.email is None else Outcome
                result.append(kind(reference=row.reference, status="skipped"))
        return result

    def list_head_with(self, rows: list[Row]) -> list[str] | None:
        """Take rows into what the journal remembers of the begin of the list; ``None`` when it has enough."""
        if self._anew is not None:
            return self._anew.with_claimed([row.reference for row in rows])
        if self._journal is None or self._resumes or len(self._begin) >= MAX_LIST_HEAD_ROWS:
            return None
        for row in rows[: MAX_LIST_HEAD_ROWS - len(self._begin)]:
            self._begin.append(self._journal.mark(row.reference, row.recipients))
        return self._begin.copy()

    async def aclose(self) -> None:
        """Close the list, if it can be: a generator that holds a file would hold it for longer."""
        self._seen.close()
        self._unlooked.clear()
        if self._pull is not None:
            await self._pull.aclose()
        elif isinstance(self._sync, Generator):
            error = await run_in_caller_thread(self._sync.close)
            if error is not None:
                raise error


def _is_corrected(journal: Journal, row: Row, before: Settled, *, is_other: bool) -> bool:
    """Whether a row that could not be sent may be sent now: it is another one, or only others were wrong."""
    if before.state not in CORRECTABLE_STATES:
        return False
    if is_other or before.detail == WITH_ITS_CALL:
        return True
    mark = journal.content_mark(row) if before.detail else None
    return mark is not None and mark != before.detail


def number_row(item: object, number: int, seen: Seen) -> Row | Outcome:
    """Make the row of a telephone number, which is its own reference."""
    try:
        normal = normal_number(item)
    except (TypeError, ValueError) as error:
        # The number is the reference, so that whoever has the list finds it.
        text = f"destinations, row {number:,}: {error}"
        return SmsOutcome(reference=_written(item), status="failed", error=type(error)(text))
    if not seen.add(normal):
        return SmsOutcome(
            reference=normal,
            status="skipped",
            error=DuplicateError(f"destinations, row {number:,}: the same number was there before in this list"),
        )
    return Row(normal, recipients=(normal,))


def email_row(item: object, number: int, seen: Seen) -> Row | Outcome:
    """Make the row of an e-mail; without a reference it goes by its number."""
    reference: object = None
    if isinstance(item, tuple):
        if len(item) != 2:
            raise TypeError(f"{_place(number)}: a pair (reference, Email) is needed, not a tuple of {len(item)}")
        reference, item = item
        check_reference(reference, _place, number)
    if isinstance(item, Outcome):
        return item
    if not isinstance(item, Email):
        raise TypeError(f"{_place(number)}: an Email or (reference, Email) is needed, not a {type(item).__name__}")
    name = str(number) if reference is None else cast("str", reference)
    if not seen.add(name):
        return Outcome(
            reference=name,
            status="failed",
            error=DuplicateError(
                f"{_place(number)}: its reference was there before in this list; nothing is sent twice"
            ),
        )
    return Row(name, item, recipients_of(item))


def _place(number: int) -> str:
    return f"emails, row {number:,}"


def _written(item: object) -> str:
    try:
        return str(item)[:MAX_REFERENCE_LENGTH]
    except Exception:
        # Python writes no numbers of over 4,300 digits, and no lists within a thousand others.
        return type(item).__name__
