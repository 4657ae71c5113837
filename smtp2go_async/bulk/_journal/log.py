"""The log of a journal: the table that each commit is written to, before it is applied to the rows.

A commit is one row of the log that holds everything as JSON: the least that has to be on the disk before an e-mail may
leave. Applying it to the rows takes longer than writing it, and no e-mail has to wait for that.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Self

import attrs

from .files_in_use import FilesInUse
from .row_states import Settled

_SIZE = "+".join(f"coalesce(length({name}), 0)" for name in ("sent", "settled", "bad", "claims"))

MAX_STATEMENT_CHARACTERS: Final = 2_000_000
"""Characters of the log that are applied by a statement; SQLite keeps in memory how to undo it."""


@attrs.frozen
class LogEntry:
    """What a commit writes; all but the head of the list as JSON."""

    sent: str | None
    """Rows that were sent: for each request, its references with their ids."""
    settled: str | None
    """Rows that became something else, each as a list of the values of `Settled`."""
    bad: str | None
    """Rows that can't be sent at all, as ``settled``."""
    claims: str | None
    list_head: str | None

    @classmethod
    def of(
        cls,
        settled: Sequence[Settled],
        bad: Sequence[Settled],
        claims: Mapping[str, object],
        list_head: str | None,
    ) -> Self:
        """Return what a commit writes.

        Args:
            settled: Rows that were claimed before.
            bad: Rows that can't be sent at all. A row of the same reference that was claimed before, when the list had
                it in order, stays as it is.
            claims: Rows that are about to be sent: for each reference its fingerprint, or a pair of that and the
                recipients.
            list_head: The marks of the first rows of the list.
        """
        # Nearly all rows were sent, and many by the same call: grouped, the id of their request is written once.
        sent: dict[str, dict[str, str | None]] = {}
        others: list[Settled] = []
        for row in settled:
            reference, state, email_id, request_id, detail, error = row
            if state == "sent" and detail is None and error is None:
                request_id = request_id or ""
                if request_id in sent:
                    sent[request_id][reference] = email_id
                else:
                    sent[request_id] = {reference: email_id}
            else:
                others.append(row)
        return cls(_as_json(sent), _as_json(others), _as_json(bad), _as_json(claims), list_head)

    @property
    def size(self) -> int:
        """Characters of JSON."""
        return sum(len(text) for text in (self.sent, self.settled, self.bad, self.claims) if text is not None)


def _as_json(value: object) -> str | None:
    if not value:
        return None
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # The API's texts can hold half of a surrogate pair, which UTF-8 can't express and SQLite would refuse.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class Log:
    """The log of an open file.

    Args:
        connection: The connection to the file.
        applied: The number of the last commit that was applied to the rows, and so is not in the log any more.
        files: Notified of each write.
    """

    def __init__(self, connection: sqlite3.Connection, applied: int, files: FilesInUse) -> None:
        self._connection = connection
        self._files = files
        self._waiting: deque[tuple[int, int]] = deque()
        """The number and the size of each commit that was not applied yet."""
        self._waiting.extend(connection.execute(f"SELECT number, {_SIZE} FROM log ORDER BY number"))  # noqa: S608
        self.number: int = max(applied, self._waiting[-1][0] if self._waiting else 0)
        """The number of the last commit. It never starts again, so that a gap shows that commits are missing."""

    def write(self, entry: LogEntry, now: float) -> None:
        """Write all of an entry or nothing; it is on the disk when this returns."""
        number = self.number + 1
        values = (number, now, entry.sent, entry.settled, entry.bad, entry.claims, entry.list_head)
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        self.number = number
        self._waiting.append((number, entry.size))
        self._files.note_write()
        if self._files.needs_checkpoint:
            self.checkpoint()

    def apply(self, max_characters: float) -> bool:
        """Apply the oldest commits to the rows, and return whether any are left.

        Args:
            max_characters: How much to apply; a single commit is applied whatever its size.
        """
        done = 0
        while self._waiting and (not done or self._waiting[0][1] <= max_characters - done):
            count, size = 0, 0
            for _, entry_size in self._waiting:
                # In several statements, since SQLite keeps in memory how to undo each.
                if count and size + entry_size > min(max_characters - done, MAX_STATEMENT_CHARACTERS):
                    break
                count += 1
                size += entry_size
            # SQLite deletes in the order of the numbers and runs the trigger for each row, so a later commit wins.
            self._connection.execute("DELETE FROM log WHERE number <= ?", self._waiting[count - 1][:1])
            for _ in range(count):
                self._waiting.popleft()
            done += size
            self.note_write()
        return bool(self._waiting)

    def note_write(self) -> None:
        """Checkpoint the WAL if the write before has made it long enough."""
        self._files.note_write()
        self._files.measure_wal()
        if self._files.is_safe_to_write() and self._files.needs_checkpoint:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Have SQLite copy the WAL into the file, unless the file was lost."""
        # An error is no reason to end the run: on a full disk, the WAL stays and the next commit tries again.
        with suppress(sqlite3.Error):
            if self._files.is_safe_to_write():
                busy, pages, copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if not busy and pages == copied:
                    self._files.note_checkpoint(self.number)
