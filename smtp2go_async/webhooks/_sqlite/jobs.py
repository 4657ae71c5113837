"""Every call of an inbox as a job for the thread that uses the file, with its arguments checked."""

import datetime as dt
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from ..._values.checks import check_bool, check_count, check_number, check_text
from ..._values.problems import invalid, not_one_of, wrong_type
from ..inbox import STATES, InboxCounts, Lease, State, StoredEvent
from ..parse import parse
from . import rows, statements
from .group_thread import Job

MAX_TAKEN: Final = 1000
"""Events that are taken at a time; they are in memory together."""

MAX_SECONDS: Final = 365 * 86_400.0
"""The longest lease and the longest wait until the next try."""

MAX_CLOCK_DRIFT_SECONDS: Final = 1.0
"""By more than this, the clock was set meanwhile and did not merely run."""
CLOCK_CHECK_SECONDS: Final = 60.0
"""How often waits that begin in the future are looked for in any case: another process may have written them."""

_MAX_TIME: Final = 253_402_300_799.0
"""The last second of the year 9999, after which Python has no dates."""


class Jobs:
    """Makes the jobs of an inbox."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.time
        self.monotonic: Callable[[], float] = time.monotonic
        self.parse: rows.Parse = parse
        self._clock_seen: tuple[float, float] | None = None
        """What the monotonic clock showed when the clock was looked at last, and the difference of the two."""

    def now(self) -> float:
        """Return the time. A wrong clock is allowed, within the years that a date can have."""
        return min(max(self.clock(), 1.0), _MAX_TIME)

    # --- events in and out ----------------------------------------------------------------------------------------

    def add(self, event: object) -> Job[bool]:
        """Store an event."""
        row = rows.EventRow.of(event)

        def work(connection: sqlite3.Connection) -> bool:
            return statements.add(connection, row, self.now())

        return Job(work, is_durable=True, size=len(row.body), wakes=True)

    def take(self, count: object, lease_seconds: object) -> tuple[str, Job[list[tuple[Any, ...]]]]:
        """Lease events; return the mark of the leases, too."""
        most = check_count(count, "count", most=MAX_TAKEN)
        seconds = _check_seconds(lease_seconds, "lease_seconds")
        if not seconds:
            raise invalid("lease_seconds", "must be more than 0")
        lease = secrets.token_hex(8)

        def work(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            now = self.now()
            if self._should_check_clock(now):
                statements.accept_clock(connection, now)
            return statements.take(connection, most, lease, seconds, now)

        return lease, Job(work)

    def _should_check_clock(self, now: float) -> bool:
        monotonic = self.monotonic()
        seen = self._clock_seen
        if (
            seen is not None
            and monotonic - seen[0] < CLOCK_CHECK_SECONDS
            and abs(now - monotonic - seen[1]) <= MAX_CLOCK_DRIFT_SECONDS
        ):
            return False
        self._clock_seen = (monotonic, now - monotonic)
        return True

    def leases(self, taken: list[tuple[Any, ...]], lease: str) -> tuple[list[Lease], Job[None] | None]:
        """Make the leases of rows that were taken, and a job that gives up the events that can't be read any more."""
        made: list[Lease] = []
        refused: list[tuple[int, str]] = []
        for number, attempts, received, source, content_type, body in taken:
            try:
                event = rows.read_event(
                    self.parse, body, content_type, attempts=attempts, source=source, received=received
                )
            except Exception as error:
                # Any error: such an event would end each worker that takes it.
                refused.append((number, f"it can't be read any more: {type(error).__name__}: {error}"))
            else:
                made.append(Lease(event=event, token=f"{number}:{lease}"))
        if not refused:
            return made, None

        def work(connection: sqlite3.Connection) -> None:
            for number, problem in refused:
                statements.fail(
                    connection, number, lease, error=rows.stored_error(problem), retry_seconds=None, now=self.now()
                )

        return made, Job(work)

    def give_back_all(self, lease: str) -> Job[None]:
        """Let all events of a `take` wait again, since the caller was cancelled and never got them."""
        return Job(lambda connection: statements.give_back_all(connection, lease, self.now()))

    # --- leases ---------------------------------------------------------------------------------------------------

    def finish(self, lease: object) -> Job[bool]:
        """Note that the handlers returned."""
        number, mark = _read_token(lease)
        return Job(lambda connection: statements.finish(connection, number, mark))

    def fail(self, lease: object, error: object, retry_seconds: object) -> Job[bool]:
        """Note that a try failed."""
        number, mark = _read_token(lease)
        text = rows.stored_error(check_text(error, "error"))
        seconds = None if retry_seconds is None else _check_seconds(retry_seconds, "retry_seconds")
        return Job(
            lambda connection: statements.fail(
                connection, number, mark, error=text, retry_seconds=seconds, now=self.now()
            )
        )

    def give_back(self, lease: object) -> Job[bool]:
        """Let an event wait as if it had not been taken."""
        number, mark = _read_token(lease)
        return Job(lambda connection: statements.give_back(connection, number, mark, self.now()))

    # --- all of them ----------------------------------------------------------------------------------------------

    def seconds_until_due(self) -> Job[float | None]:
        """Return when the next event is due."""

        def work(connection: sqlite3.Connection) -> float | None:
            due = statements.next_due(connection)
            return None if due is None else max(due - self.now(), 0.0)

        return Job(work)

    def counts(self) -> Job[InboxCounts]:
        """Count the events by state."""
        return Job(statements.counts)

    def latest(self, state: State | None) -> Job[float]:
        """Return the moment up to which `page` looks: now, unless events in this state are from a later time."""
        return Job(lambda connection: statements.latest_start(connection, state, self.now()))

    def page(self, state: State | None, after: tuple[float, int], before: float) -> Job[list[tuple[Any, ...]]]:
        """Return the next rows for `stored`."""
        return Job(lambda connection: statements.page(connection, state, after, before))

    def stored(self, row: tuple[Any, ...]) -> StoredEvent:
        """Make what `Inbox.events` gives of a row."""
        return rows.read_stored(self.parse, row)

    def retry(self, keys: object) -> list[Job[int]]:
        """Let dead events wait again."""
        if keys is None:
            return [Job(lambda connection: statements.retry(connection, None, self.now()), wakes=True)]
        if isinstance(keys, (str, bytes)) or not isinstance(keys, Collection):
            raise wrong_type("keys", "a list of keys, each of them `Event.key`", keys)
        given = [rows.stored_text(check_text(key, f"keys[{number}]")) for number, key in enumerate(keys)]
        parts = [given[start : start + statements.MAX_KEYS] for start in range(0, len(given), statements.MAX_KEYS)]
        return [self._retry(part) for part in parts]

    def _retry(self, keys: Sequence[str]) -> Job[int]:
        return Job(lambda connection: statements.retry(connection, keys, self.now()), wakes=True)

    def prune(self, older_than: object, dead: object) -> Callable[[], Job[tuple[int, bool]]]:
        """Delete events that are done, or dead; return a function that makes a job for some of them."""
        if not isinstance(older_than, dt.timedelta):
            raise wrong_type("older_than", "a datetime.timedelta, such as timedelta(days=30)", older_than)
        if older_than < dt.timedelta():
            raise invalid("older_than", "must not be negative")
        state: State = "dead" if check_bool(dead, "dead") else "done"
        started = self.now()
        cut_off = started - older_than.total_seconds()
        return lambda: Job(lambda connection: statements.prune(connection, state, cut_off, self.now()))


def check_state(state: object) -> State | None:
    """Return a state, or ``None`` for all of them."""
    if state is not None and state not in STATES:
        raise not_one_of("state", STATES, check_text(state, "state"))
    return state


def _check_seconds(value: object, argument: str) -> float:
    seconds = check_number(value, argument)
    if not 0 <= seconds <= MAX_SECONDS:
        raise invalid(argument, f"must be 0 to {MAX_SECONDS:,.0f} seconds, not {seconds:,g}")
    return seconds


def _read_token(lease: object) -> tuple[int, str]:
    """Return the number of the row and the mark of the lease; of a token of another store, what fits no row."""
    if not isinstance(lease, Lease):
        raise wrong_type("lease", "a Lease, as `take` returned it", lease)
    number, _, mark = lease.token.partition(":")
    return (int(number), mark) if number.isascii() and number.isdecimal() and len(number) < 19 else (0, "")
