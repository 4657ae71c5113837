"""What an inbox does with its table. Each function gets an open connection, inside of a transaction if it writes."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from ..inbox import STATES, InboxCounts, State
from .rows import EventRow
from .schema import PRUNED

KNOWN_AFTER_PRUNING: Final = 3 * 86_400.0
"""Seconds after its arrival for which an event is known although it was pruned. The provider tries for 48 hours to
deliver an event, so a repeat that comes late is not taken for a new event."""

SAME_TIME_SECONDS: Final = 2.0
"""An event of the account's activity and an event of a webhook are the same if their times differ by this at the
most: activity has another id for it, and may have whole seconds."""

SLACK_SECONDS: Final = 5.0
"""How far the clock may be put back without any effect on leases."""

PAGE_ROWS: Final = 100
PRUNE_ROWS: Final = 1000
"""Rows that are pruned at a time: events that are added meanwhile wait for no more than these."""

MAX_KEYS: Final = 500
"""Keys in a statement; SQLite has a limit."""

PAGE_COLUMNS: Final = "number, state, due, attempts, received, source, error, id, name, email_id, content_type, body"

_INSERT = """
    INSERT INTO events (key, state, due, received, id, fingerprint, name, email_id, time, recipients, detail, source,
                        content_type, body)
    VALUES (?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"""

# Within a source, keys tell events apart. Compared like this, two links that were followed at once would be one event.
_SIMILAR = "SELECT time, recipients, detail FROM events WHERE email_id = ? AND name = ?"
_SIMILAR_OF_ACTIVITY = f"{_SIMILAR} AND source = 'activity'"
_SIMILAR_OF_WEBHOOKS = f"{_SIMILAR} AND source <> 'activity'"

# Events whose lease has ended come with those that wait, by the time at which they are due.
_TAKE = """
    UPDATE events SET state = 'leased', attempts = attempts + 1, due = :until, delay = :seconds, lease = :lease
    WHERE number IN (
        SELECT number FROM (
            SELECT * FROM (SELECT number, due FROM events WHERE state = 'waiting' AND due <= :now
                           ORDER BY due, number LIMIT :count)
            UNION ALL
            SELECT * FROM (SELECT number, due FROM events WHERE state = 'leased' AND due <= :now
                           ORDER BY due, number LIMIT :count)
        ) ORDER BY due, number LIMIT :count
    )
    RETURNING number, attempts, received, source, content_type, body"""


def add(connection: sqlite3.Connection, row: EventRow, now: float) -> bool:
    """Store an event, and return whether it is new."""
    if row.email_id is not None and _is_reported(connection, row):
        return False
    values = (
        row.key,
        now,
        now,
        row.id,
        row.fingerprint,
        row.name,
        row.email_id,
        row.time,
        row.recipients,
        row.detail,
        row.source,
        row.content_type,
        row.body,
    )
    return connection.execute(_INSERT, values).rowcount == 1


def _is_reported(connection: sqlite3.Connection, row: EventRow) -> bool:
    """Whether the other source has told the same event before; the two have different ids for it."""
    similar = _SIMILAR_OF_WEBHOOKS if row.source == "activity" else _SIMILAR_OF_ACTIVITY
    recipients: set[str] | None = None
    for time, found, detail in connection.execute(similar, (row.email_id, row.name)):
        if time is not None and row.time is not None and abs(time - row.time) > SAME_TIME_SECONDS:
            continue
        # Activity may not say which link was followed.
        if detail is not None and row.detail is not None and detail != row.detail:
            continue
        recipients = set(json.loads(row.recipients)) if recipients is None else recipients
        if not recipients.isdisjoint(json.loads(found)):
            return True
    return False


def take(connection: sqlite3.Connection, count: int, lease: str, seconds: float, now: float) -> list[tuple[Any, ...]]:
    """Lease the events that are due, oldest first: number, attempts, received, source, content type, body."""
    values = {"count": count, "lease": lease, "seconds": seconds, "now": now, "until": now + seconds}
    # In no order, which SQLite does not promise for RETURNING.
    rows = connection.execute(_TAKE, values).fetchall()
    return sorted(rows, key=lambda row: row[2])


def accept_clock(connection: sqlite3.Connection, now: float) -> None:
    """Make waits end that began in the future, since the clock was put back meanwhile.

    An event that waits is due now. A lease counts from now on, since its worker may be at work.
    """
    connection.execute(
        "UPDATE events SET due = ?, delay = 0 WHERE state = 'waiting' AND due > ? AND due - delay > ?", (now, now, now)
    )
    connection.execute(
        "UPDATE events SET due = ? + delay WHERE state = 'leased' AND due > ? AND due - delay > ?",
        (now, now, now + SLACK_SECONDS),
    )


def finish(connection: sqlite3.Connection, number: int, lease: str) -> bool:
    """Note that the handlers returned."""
    return _end_lease(connection, "state = 'done', due = received, delay = 0, error = NULL", (), number, lease)


def fail(
    connection: sqlite3.Connection, number: int, lease: str, *, error: str, retry_seconds: float | None, now: float
) -> bool:
    """Note that a try failed."""
    if retry_seconds is None:
        return _end_lease(connection, "state = 'dead', due = received, delay = 0, error = ?", (error,), number, lease)
    values = (now + retry_seconds, retry_seconds, error)
    return _end_lease(connection, "state = 'waiting', due = ?, delay = ?, error = ?", values, number, lease)


def give_back(connection: sqlite3.Connection, number: int, lease: str, now: float) -> bool:
    """Let an event wait as if it had not been taken."""
    # Before the events that came later.
    changes = "state = 'waiting', due = min(received, ?), delay = 0, attempts = attempts - 1"
    return _end_lease(connection, changes, (now,), number, lease)


def give_back_all(connection: sqlite3.Connection, lease: str, now: float) -> None:
    """Let all events of a `take` wait as if they had not been taken."""
    connection.execute(
        "UPDATE events SET state = 'waiting', due = min(received, ?), delay = 0, attempts = attempts - 1, lease = NULL "
        "WHERE state = 'leased' AND lease = ?",
        (now, lease),
    )


def _end_lease(
    connection: sqlite3.Connection, changes: str, values: tuple[object, ...], number: int, lease: str
) -> bool:
    statement = f"UPDATE events SET {changes}, lease = NULL WHERE number = ? AND lease = ?"  # noqa: S608
    return connection.execute(statement, (*values, number, lease)).rowcount == 1


def next_due(connection: sqlite3.Connection) -> float | None:
    """Return when the next event is due; ``None`` if none waits and none is leased."""
    found = connection.execute(
        "SELECT min(due) FROM (SELECT min(due) AS due FROM events WHERE state = 'waiting' "
        "UNION ALL SELECT min(due) FROM events WHERE state = 'leased')"
    ).fetchone()
    due: float | None = found[0]
    return due


def counts(connection: sqlite3.Connection) -> InboxCounts:
    """Count the events by state, from the index alone."""
    found = dict(connection.execute("SELECT state, count(*) FROM events GROUP BY state"))
    return InboxCounts(**{state: found.get(state, 0) for state in STATES})


def latest_start(connection: sqlite3.Connection, state: State | None, now: float) -> float:
    """Return when the last event got into a state: now, or later if the clock was put back meanwhile."""
    statement = "SELECT max(due - delay) FROM events WHERE state = ? AND due > ?"
    (found,) = connection.execute(statement, (state, now)).fetchone()
    return now if found is None else max(now, float(found))


def page(
    connection: sqlite3.Connection, state: State | None, after: tuple[float, int], before: float
) -> list[tuple[Any, ...]]:
    """Return the next events, oldest first.

    Args:
        connection: The connection.
        state: Their state; ``None`` for all.
        after: ``due`` and ``number`` of the last event of the page before.
        before: `latest_start`, before the first page was read. An event that began to wait later was on an earlier
            page, or was not in this state.
    """
    if state is None:
        statement = f"SELECT {PAGE_COLUMNS} FROM events WHERE number > ? AND state != ? ORDER BY number LIMIT ?"  # noqa: S608
        return connection.execute(statement, (after[1], PRUNED, PAGE_ROWS)).fetchall()
    statement = (
        f"SELECT {PAGE_COLUMNS} FROM events WHERE state = ? AND (due, number) > (?, ?) AND due - delay <= ? "  # noqa: S608
        "ORDER BY due, number LIMIT ?"
    )
    return connection.execute(statement, (state, *after, before, PAGE_ROWS)).fetchall()


def retry(connection: sqlite3.Connection, keys: Sequence[str] | None, now: float) -> int:
    """Let dead events wait again: all, or those with these keys; there may be `MAX_KEYS` of them."""
    statement = "UPDATE events SET state = 'waiting', due = ?, delay = 0, attempts = 0 WHERE state = 'dead'"
    if keys is None:
        return connection.execute(statement, (now,)).rowcount
    marks = ", ".join("?" * len(keys))
    return connection.execute(f"{statement} AND key IN ({marks})", (now, *keys)).rowcount


def prune(connection: sqlite3.Connection, state: State, cut_off: float, now: float) -> tuple[int, bool]:
    """Delete some events that are in a state and were received before a time, and forget events that were pruned.

    Returns:
        How many were deleted, and whether there may be more.
    """
    known_since = now - KNOWN_AFTER_PRUNING
    oldest = "SELECT number FROM events WHERE state = ? AND due < ? ORDER BY due LIMIT ?"
    forgotten = connection.execute(
        f"DELETE FROM events WHERE number IN ({oldest})",  # noqa: S608
        (PRUNED, known_since, PRUNE_ROWS),
    ).rowcount
    pruned = connection.execute(
        f"UPDATE events SET state = ?, content_type = '', body = x'' WHERE number IN ({oldest})",  # noqa: S608
        (PRUNED, state, cut_off, PRUNE_ROWS),
    ).rowcount
    return pruned, max(pruned, forgotten) == PRUNE_ROWS
