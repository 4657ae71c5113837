"""The rows in the file of a journal, and how they are written: all of a commit in one statement.

Python's sqlite3 lets other threads go on during a statement, and may wait 5 ms for its turn afterwards while the event
loop is busy. So a commit of 500 rows with a statement for each, as `executemany` makes them, took eight times as long
beside a busy loop.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol

import attrs

STATES: Final = ("pending", "claimed", "sent", "refused", "failed", "unknown")

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
)

_MOST = 2000
"""Rows in one statement."""
_SETTLED, _CLAIM = 6, 3
"""Values of a row."""
_KINDS = 3
"""Times that stand in a statement beside those."""


class Claim(Protocol):
    """A row that is about to be sent."""

    reference: str
    recipients: tuple[str, ...]


# Not frozen, since it takes three times the time to make one that is.
@attrs.define
class Settled:
    """What became of a row that was claimed; ``pending`` when it certainly was not sent."""

    reference: str
    state: str
    email_id: str | None = None
    request_id: str | None = None
    detail: str | None = None
    error: str | None = None


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
    """Seconds since 1970 at which it was claimed last; 0 when it never was, since it could not be sent at all."""
    settled: float | None
    fingerprint: str = attrs.field(repr=False)


COLUMNS: Final = ", ".join(attrs.fields_dict(JournalRow)).replace(
    # Not written twice: where neither addresses nor nothing is to be kept, the fingerprint is what is kept.
    "recipient,",
    "coalesce(recipient, nullif(fingerprint, '')),",
)


def claims_of(rows: Iterable[tuple[str, str, str | None]]) -> list[str | None]:
    """Return what `Lines` take of rows to be sent: of each the reference, a fingerprint, what is kept of recipients."""
    return [value for row in rows for value in row]


def settled_of(rows: Iterable[Settled]) -> list[str | None]:
    """Return what `Lines` take of rows that were settled."""
    values: list[str | None] = []
    for one in rows:
        # Not attrs.astuple, which takes longer than SQLite.
        known = (_valid(one.email_id), _valid(one.request_id), _valid(one.detail), _valid(one.error))
        values += (one.reference, one.state, *known)
    return values


@attrs.define
class Lines:
    """What a commit writes, value after value."""

    settled: Sequence[str | None] = ()
    """Rows that were claimed before."""
    bad: Sequence[str | None] = ()
    """Rows that can't be sent at all; one that could, when the list was better, stays as it is."""
    claims: Sequence[str | None] = ()
    """Rows that are about to be sent."""
    list_begin: str | None = None

    def statements(self, connection: sqlite3.Connection, now: float) -> Iterator[tuple[str, Sequence[object]]]:
        """Give what is to be executed: one statement, unless there is too much for it."""
        most = min(_MOST, (connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) - _KINDS) // _SETTLED)
        counts = len(self.settled) // _SETTLED, len(self.bad) // _SETTLED, len(self.claims) // _CLAIM
        if 0 < sum(counts) <= most:
            yield _statement(*counts), _parameters(self.settled, self.bad, self.claims, now)
        else:
            for some in _parts(self.settled, most * _SETTLED):
                yield _statement(len(some) // _SETTLED, 0, 0), _parameters(some, (), (), now)
            for some in _parts(self.bad, most * _SETTLED):
                yield _statement(0, len(some) // _SETTLED, 0), _parameters((), some, (), now)
            for some in _parts(self.claims, most * _CLAIM):
                yield _statement(0, 0, len(some) // _CLAIM), _parameters((), (), some, now)
        if self.list_begin is not None:
            yield "INSERT OR REPLACE INTO meta VALUES ('list', ?)", (self.list_begin,)


def write(connection: sqlite3.Connection, lines: Lines, now: float) -> None:
    """Write all or nothing; on the disk when this returns."""
    statements = list(lines.statements(connection, now))
    if len(statements) == 1:
        # A transaction by itself.
        connection.execute(*statements[0])
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(*statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _parts(values: Sequence[str | None], most: int) -> Iterator[Sequence[str | None]]:
    return (values[start : start + most] for start in range(0, len(values), most))


def _parameters(
    settled: Sequence[str | None], bad: Sequence[str | None], claims: Sequence[str | None], now: float
) -> Sequence[object]:
    parameters: list[object] = []
    for values in (settled, bad, claims):
        if values:
            parameters += (now, *values)
    return parameters


@lru_cache(maxsize=64)
def _statement(settled: int, bad: int, claims: int) -> str:
    """Return an upsert; in ``claimed`` it has 0 for a row that never was, and -1 for one that is claimed already."""
    known = "SELECT column1, '', NULL, column2, column3, column4, column5, column6"
    new = "SELECT column1, column2, column3, 'claimed', NULL, NULL, NULL, NULL, ?, NULL"
    kinds = ((f"{known}, -1.0, ?", _SETTLED, settled), (f"{known}, 0.0, ?", _SETTLED, bad), (new, _CLAIM, claims))
    rows = " UNION ALL ".join(f"{what} FROM (VALUES {_marks(width, count)})" for what, width, count in kinds if count)
    # A parser would take "ON" for that of a join, but for the WHERE.
    return f"""
    INSERT INTO rows (reference, fingerprint, recipient, state, email_id, request_id, detail, error, claimed, settled)
    {rows} WHERE true
    ON CONFLICT (reference) DO UPDATE SET state = excluded.state, email_id = excluded.email_id,
        request_id = excluded.request_id, detail = excluded.detail, error = excluded.error, settled = excluded.settled,
        claimed = CASE WHEN excluded.claimed > 0 THEN excluded.claimed ELSE rows.claimed END
    WHERE excluded.claimed <> 0 OR rows.claimed = 0
    """


def _marks(width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return ", ".join([row] * count)


def _valid(text: str | None) -> str | None:
    """Return what the API has said as text that can be written: JSON can spell half a letter."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()
