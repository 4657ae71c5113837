"""What the file of a journal holds: a log of what was written last, and the rows that it is folded into.

A commit is one row of the log, with all that it says as JSON: the least that can be before an e-mail may leave. What is
taken out of the log is folded into the rows by SQLite itself, in one statement and without Python, whose threads may
wait 5 ms for their turn after each statement while the event loop is busy.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol, cast

import attrs

STATES: Final = ("pending", "claimed", "sent", "refused", "failed", "unknown")


class Claim(Protocol):
    """A row that is about to be sent."""

    reference: str
    recipients: tuple[str, ...]


class Settled(NamedTuple):
    """What became of a row that was claimed; ``pending`` when it certainly was not sent."""

    reference: str
    state: str
    email_id: str | None = None
    request_id: str | None = None
    detail: str | None = None
    error: str | None = None


SettledLike = tuple[str | None, ...]
"""A `Settled`, or the begin of one."""


@attrs.frozen
class JournalRow:
    """One row, as `Journal.rows` gives it."""

    reference: str
    state: str
    recipient: str | None = attrs.field(repr=False)
    email_id: str | None
    request_id: str | None
    detail: str | None
    error: str | None
    claimed: float
    """Seconds since 1970 at which it was claimed; of one that is sent again because its outcome was unknown, the first
    time, since that may be when it was sent. 0 when it never was, since it could not be sent at all."""
    settled: float | None
    fingerprint: str = attrs.field(repr=False)


COLUMNS: Final = ", ".join(attrs.fields_dict(JournalRow)).replace(
    # Not written twice: where neither addresses nor nothing is to be kept, the fingerprint is what is kept.
    "recipient,",
    "coalesce(recipient, nullif(fingerprint, '')),",
)


def as_json(rows: Sequence[tuple[str | None, ...]]) -> str:
    """Return rows as `Lines` take them."""
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    # What the API has said can hold half a letter, which can't be written.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@attrs.define
class Lines:
    """What a commit writes; all but the begin of the list as JSON."""

    settled: str = "[]"
    """Rows that were claimed before, as `Settled`."""
    bad: str = "[]"
    """Rows that can't be sent at all; one that could, when the list was better, stays as it is."""
    claims: str = "[]"
    """Rows that are about to be sent: of each the reference, a fingerprint, and the recipients if they are kept."""
    list_begin: str | None = None


class Log:
    """The log of a file; all that was in it from another program is folded when this is made."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: deque[tuple[int, int]] = deque()
        """The number and the size of what was not folded yet."""
        connection.execute("DELETE FROM log")

    def write(self, lines: Lines, now: float) -> None:
        """Write all or nothing, on the disk when this returns."""
        statement = "INSERT INTO log (time, settled, bad, claims, list) VALUES (?, ?, ?, ?, ?)"
        values = (now, lines.settled, lines.bad, lines.claims, lines.list_begin)
        number = cast("int", self._connection.execute(statement, values).lastrowid)
        self._waiting.append((number, len(lines.settled) + len(lines.bad) + len(lines.claims)))

    def fold(self, most: float) -> bool:
        """Fold what was written first, up to so many characters of it, and return whether there is more."""
        size, count = 0, 0
        for _, more in self._waiting:
            size += more
            if count and size > most:
                break
            count += 1
        if count:
            # In their order: SQLite deletes by the number, and the trigger below is run for each.
            self._connection.execute("DELETE FROM log WHERE number <= ?", self._waiting[count - 1][:1])
        for _ in range(count):
            self._waiting.popleft()
        return bool(self._waiting)


def _upsert(values: str, name: str) -> str:
    """Return what takes rows in; in ``claimed`` they have 0 if they never were, and -1 if they are claimed already."""
    # A parser would take "ON" for that of a join, but for the WHERE.
    return f"""
    INSERT INTO rows (reference, fingerprint, recipient, state, email_id, request_id, detail, error, claimed, settled)
    SELECT {values} FROM json_each(old.{name}) WHERE true
    ON CONFLICT (reference) DO UPDATE SET state = excluded.state, email_id = excluded.email_id,
        request_id = excluded.request_id, detail = excluded.detail, error = excluded.error, settled = excluded.settled,
        claimed = CASE WHEN excluded.claimed > 0 AND NOT (rows.state = 'unknown' AND rows.claimed > 0)
            THEN excluded.claimed ELSE rows.claimed END
    WHERE excluded.claimed <> 0 OR rows.claimed = 0;
    """  # noqa: S608


_VALUES = [f"json_extract(value, '$[{number}]')" for number in range(6)]
_SETTLED = f"{_VALUES[0]}, '', NULL, {', '.join(_VALUES[1:])}"
_CLAIM = f"{', '.join(_VALUES[:3])}, 'claimed', NULL, NULL, NULL, NULL, old.time, NULL"

TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE rows (
        number INTEGER PRIMARY KEY,
        reference TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL,
        recipient TEXT,
        state TEXT NOT NULL,
        email_id TEXT,
        request_id TEXT,
        detail TEXT,
        error TEXT,
        claimed REAL NOT NULL,
        settled REAL
    )
    """,
    """
    CREATE TABLE log (
        number INTEGER PRIMARY KEY,
        time REAL NOT NULL,
        settled TEXT NOT NULL,
        bad TEXT NOT NULL,
        claims TEXT NOT NULL,
        list TEXT
    )
    """,
    f"""
    CREATE TRIGGER fold AFTER DELETE ON log BEGIN
        {_upsert(f"{_SETTLED}, -1.0, old.time", "settled")}
        {_upsert(f"{_SETTLED}, 0.0, old.time", "bad")}
        {_upsert(_CLAIM, "claims")}
        INSERT OR REPLACE INTO meta SELECT 'list', old.list WHERE old.list IS NOT NULL;
    END
    """,
)
