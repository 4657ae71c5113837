"""The rows in the file of a journal, and how they are written: many in one statement.

Python's sqlite3 lets other threads go on during a statement, and may wait 5 ms for its turn afterwards while the event
loop is busy. So what a commit writes is a few statements, however many rows it has: one for each row, as `executemany`
makes them, took eight times as long beside a busy loop.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

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

_MOST = 1000
"""Rows in one statement."""


# Not frozen, since that makes them in three times the time.


@attrs.define
class Claim:
    """A row that is about to be sent."""

    reference: str
    recipients: tuple[str, ...] = attrs.field(repr=False)


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


COLUMNS: Final = ", ".join(attrs.fields_dict(JournalRow))


def write_claims(connection: sqlite3.Connection, values: Sequence[str | None], now: float) -> None:
    """Write that rows are about to be sent: of each the reference, a fingerprint and what is kept of the recipients."""
    _write(connection, _claiming, values, 3, now)


def write_settled(connection: sqlite3.Connection, settled: Sequence[Settled], now: float) -> None:
    """Write what became of rows that were claimed."""
    _write(connection, _settling, _values(settled), 6, now)


def write_bad(connection: sqlite3.Connection, bad: Sequence[Settled], now: float) -> None:
    """Write rows that never can be claimed; one that was, when the list was better, stays as it is."""
    _write(connection, _noting, _values(bad), 6, now)


def _values(settled: Sequence[Settled]) -> list[str | None]:
    # Not attrs.astuple, which takes longer than SQLite.
    return [
        value
        for one in settled
        for value in (
            one.reference,
            one.state,
            _valid(one.email_id),
            _valid(one.request_id),
            _valid(one.detail),
            _valid(one.error),
        )
    ]


def _write(
    connection: sqlite3.Connection,
    statement: Callable[[int], str],
    values: Sequence[str | None],
    width: int,
    now: float,
) -> None:
    allowed = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) - 1
    most = min(_MOST, allowed // width) * width
    for start in range(0, len(values), most):
        some = values[start : start + most]
        connection.execute(statement(len(some) // width), (now, *some))


# A parser would take "ON" for that of a join, but for the WHERE.


@lru_cache(maxsize=64)
def _claiming(count: int) -> str:
    return f"""
    INSERT INTO rows (state, claimed, reference, fingerprint, recipient)
    SELECT 'claimed', ?, column1, column2, column3 FROM (VALUES {_marks(3, count)}) WHERE true
    ON CONFLICT (reference) DO UPDATE SET state = 'claimed', claimed = excluded.claimed, settled = NULL,
        email_id = NULL, request_id = NULL, detail = NULL, error = NULL
    """  # noqa: S608


@lru_cache(maxsize=64)
def _settling(count: int) -> str:
    # Not UPDATE FROM, which SQLite knows only since 3.33. They all are there, so nothing is inserted.
    return f"""
    INSERT INTO rows (fingerprint, claimed, settled, reference, state, email_id, request_id, detail, error)
    SELECT '', 0, ?, column1, column2, column3, column4, column5, column6 FROM (VALUES {_marks(6, count)}) WHERE true
    ON CONFLICT (reference) DO UPDATE SET state = excluded.state, email_id = excluded.email_id,
        request_id = excluded.request_id, detail = excluded.detail, error = excluded.error, settled = excluded.settled
    """  # noqa: S608


@lru_cache(maxsize=64)
def _noting(count: int) -> str:
    return _settling(count) + "WHERE rows.claimed = 0"


def _marks(width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return ", ".join([row] * count)


def _valid(text: str | None) -> str | None:
    """Return what the API has said as text that can be written: JSON can spell half a letter."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()
