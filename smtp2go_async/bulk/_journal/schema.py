"""What the file of a journal holds: a log of what was written last, and the rows that it is folded into.

A commit is one row of the log, with all that it says as JSON: the least that can be before an e-mail may leave. What is
taken out of the log is folded into the rows by SQLite itself, in one statement and without Python, whose threads may
wait 5 ms for their turn after each statement while the event loop is busy.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol, cast

import attrs

from ..._masking import shown_half_made
from .files import Files
from .seal import SEAL_TABLE

SHORT: Final = 3
"""Hex digits that a row's fingerprint has where nothing is to be kept of recipients. They notice a row whose recipients
have changed, and fit one address in 4,096: too many to tell whose they are."""

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


@shown_half_made
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
    f"coalesce(recipient, CASE WHEN length(fingerprint) > {SHORT} THEN fingerprint END),",
)


def lines_of(
    settled: Sequence[SettledLike], bad: Sequence[SettledLike], claims: Mapping[str, object], list_begin: str | None
) -> "Lines":
    """Return what a commit writes.

    Args:
        settled: Rows that were claimed before.
        bad: Rows that can't be sent at all; one that could, when the list was better, stays as it is.
        claims: Rows that are about to be sent: to each reference a fingerprint, or that and the recipients.
        list_begin: The begin of the list.
    """
    # Nearly all were sent, and many by the same call.
    sent: dict[str, dict[str, str | None]] = {}
    others: list[SettledLike] = []
    for one in settled:
        if one[1] == "sent" and len(one) == 4:
            reference, _, known, request = cast("tuple[str, str, str | None, str | None]", one)
            request = request or ""
            if request in sent:
                sent[request][reference] = known
            else:
                sent[request] = {reference: known}
        else:
            others.append(one)
    return Lines(_as_json(sent), _as_json(others), _as_json(bad), _as_json(claims), list_begin)


def _as_json(what: object) -> str | None:
    if not what:
        return None
    text = json.dumps(what, ensure_ascii=False, separators=(",", ":"))
    # What the API has said can hold half a letter, which can't be written.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@attrs.define
class Lines:
    """What a commit writes; all but the begin of the list as JSON."""

    sent: str | None
    """Rows that were sent: by the request, to each reference its id."""
    settled: str | None
    """Rows that became something else, as `Settled`."""
    bad: str | None
    claims: str | None
    list_begin: str | None

    def __len__(self) -> int:
        return sum(len(one) for one in (self.sent, self.settled, self.bad, self.claims) if one is not None)


_SIZE = "+".join(f"coalesce(length({name}), 0)" for name in ("sent", "settled", "bad", "claims"))
_IN_ONE = 2_000_000
"""Characters that are folded by one statement."""


class Log:
    """The log of a file.

    Args:
        connection: To the file.
        folded: The number of the last commit that is in the rows, and not in the log any more.
        files: What to tell of each thing that is written.
    """

    def __init__(self, connection: sqlite3.Connection, folded: int, files: Files) -> None:
        self._connection = connection
        self._files = files
        self._waiting: deque[tuple[int, int]] = deque()
        """The number and the size of what was not folded yet."""
        self._waiting.extend(connection.execute(f"SELECT number, {_SIZE} FROM log ORDER BY number"))  # noqa: S608
        self.number: int = max(folded, self._waiting[-1][0] if self._waiting else 0)
        """How many commits there were; never counted anew, so that it tells whether some are missing."""

    def write(self, lines: Lines, now: float) -> None:
        """Write all or nothing, on the disk when this returns."""
        number = self.number + 1
        values = (number, now, lines.sent, lines.settled, lines.bad, lines.claims, lines.list_begin)
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        self.number = number
        self._waiting.append((number, len(lines)))
        self._files.wrote()
        if self._files.is_full:
            self.work_in()

    def fold(self, most: float) -> bool:
        """Fold what was written first, so many characters or a single commit, and return whether there is more.

        Not all in one statement: SQLite remembers how to undo it, in memory.
        """
        done = 0
        while self._waiting and (not done or self._waiting[0][1] <= most - done):
            count, size = 0, 0
            for _, more in self._waiting:
                if count and size + more > min(most - done, _IN_ONE):
                    break
                count += 1
                size += more
            # In their order: SQLite deletes by the number, and the trigger below is run for each.
            self._connection.execute("DELETE FROM log WHERE number <= ?", self._waiting[count - 1][:1])
            for _ in range(count):
                self._waiting.popleft()
            done += size
            self.wrote()
        return bool(self._waiting)

    def wrote(self) -> None:
        """Look after SQLite's log, to which something was written."""
        self._files.wrote()
        self._files.measure()
        if self._files.can_be_written() and self._files.is_full:
            self.work_in()

    def work_in(self) -> None:
        """Work SQLite's log into the file, unless that was lost."""
        # What can't be done on a full disk is tried again after the next commit.
        with suppress(sqlite3.Error):
            if self._files.can_be_written():
                busy, pages, done = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if not busy and pages == done:
                    self._files.became_whole(self.number)


def _upsert(values: str, source: str) -> str:
    """Return what takes rows in; in ``claimed`` they have 0 if they never were, and -1 if they are claimed already."""
    # A parser would take "ON" for that of a join, but for the WHERE.
    return f"""
    INSERT INTO rows (reference, fingerprint, recipient, state, email_id, request_id, detail, error, claimed, settled)
    SELECT {values} FROM {source} WHERE true
    ON CONFLICT (reference) DO UPDATE SET state = excluded.state, email_id = excluded.email_id,
        request_id = excluded.request_id, detail = excluded.detail, error = excluded.error, settled = excluded.settled,
        fingerprint = CASE WHEN excluded.claimed > 0 THEN excluded.fingerprint ELSE rows.fingerprint END,
        recipient = CASE WHEN excluded.claimed > 0 THEN excluded.recipient ELSE rows.recipient END,
        claimed = CASE WHEN excluded.claimed > 0 AND NOT (rows.state = 'unknown' AND rows.claimed > 0)
            THEN excluded.claimed ELSE rows.claimed END
    WHERE excluded.claimed <> 0 OR rows.claimed = 0;
    """  # noqa: S608


# What most rows have is in keys and values of JSON, which SQLite reads as it goes: json_extract, for a list within a
# list, parses it again for each value.
_SENT = "one.key, '', NULL, 'sent', one.value, nullif(call.key, ''), NULL, NULL, -1.0, old.time"
_VALUES = [f"json_extract(value, '$[{number}]')" for number in range(6)]
_SETTLED = f"{_VALUES[0]}, '', NULL, {', '.join(_VALUES[1:])}"
_CLAIM = f"""
    key, CASE type WHEN 'array' THEN {_VALUES[0]} ELSE value END, CASE type WHEN 'array' THEN {_VALUES[1]} END,
    'claimed', NULL, NULL, NULL, NULL, old.time, NULL"""

TABLES: Final = (
    SEAL_TABLE,
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
        sent TEXT,
        settled TEXT,
        bad TEXT,
        claims TEXT,
        list TEXT
    )
    """,
    f"""
    CREATE TRIGGER fold AFTER DELETE ON log BEGIN
        {_upsert(_SENT, "json_each(old.sent) AS call, json_each(call.value) AS one")}
        {_upsert(f"{_SETTLED}, -1.0, old.time", "json_each(old.settled)")}
        {_upsert(f"{_SETTLED}, 0.0, old.time", "json_each(old.bad)")}
        {_upsert(_CLAIM, "json_each(old.claims)")}
        INSERT OR REPLACE INTO meta SELECT 'list', old.list WHERE old.list IS NOT NULL;
        INSERT OR REPLACE INTO meta VALUES ('folded', old.number);
    END
    """,  # noqa: S608
)
