"""Which e-mails of a run arrived at the provider, by the events that a webhook told.

An event names a row by the token in the header of its e-mail. A row that is unknown can be settled at once. A row that
is under way can't: its call is still going to write an outcome, and if its response is lost, the outcome is unknown,
though the event that shows more came before. So such an event is remembered until then.
"""

import json
import os
import weakref
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Final

import attrs

from .file import JournalFile
from .hashes import tokens_of
from .log import LogEntry
from .row_states import Settled

MAX_REMEMBERED: Final = 50_000
"""E-mails whose events are remembered while a run is under way, the latest; they take some 10 MB. An event can come a
minute before its call gives up, and no run makes more calls in a minute."""

TOKEN_LENGTH: Final = 32
"""Characters of a token."""


@attrs.define(eq=False)
class Arrivals:
    """The rows that an event can settle, and the e-mails that arrived before their rows were settled.

    Args:
        journal_id: The key of the tokens.
        connection: The connection to the journal's file that the rows were read with.
        early: The ids of the e-mails that arrived early, by their tokens.
    """

    journal_id: str
    connection: object
    early: dict[str, str | None] = attrs.field(factory=dict)
    has_claims: bool = False
    """Whether rows were claimed since the rows were read."""
    settled: dict[str, Settled] = attrs.field(factory=dict)
    """The rows that events have settled while a run used the journal, by their references. The run may have read such a
    row before, in order to send it again."""
    _references: dict[str, str] = attrs.field(factory=dict)

    def open_rows(self, references: Iterable[str]) -> None:
        """Take in rows whose outcome is unknown."""
        references = list(references)
        self._references.update(zip(tokens_of(self.journal_id, references), references, strict=True))

    def reference_of(self, token: str) -> str | None:
        """Return the reference of the row with a token; ``None`` if no such row was unknown."""
        return self._references.get(token)

    def close_row(self, token: str) -> None:
        """Forget a row that is settled."""
        self._references.pop(token, None)

    def remember(self, token: str, email_id: str | None) -> None:
        """Remember that an e-mail arrived whose row may be under way."""
        while len(self.early) >= MAX_REMEMBERED and token not in self.early:
            del self.early[next(iter(self.early))]
        self.early[token] = email_id

    def arrived_early(self, references: Iterable[str]) -> Sequence[Settled]:
        """Return the rows whose e-mails arrived before, settled as sent."""
        references = list(references) if self.early else []
        tokens = zip(tokens_of(self.journal_id, references), references, strict=True)
        return [_sent(reference, self.early[token]) for token, reference in tokens if token in self.early]


class ArrivalsFile(JournalFile):
    """A journal's file in which events settle rows."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        self._user: weakref.ref[object] | None = None
        self._arrivals: Arrivals | None = None

    @property
    def is_in_use(self) -> bool:
        """Whether a run of this program uses the journal."""
        return self._user is not None and self._user() is not None

    def settle_token(self, token: str, email_id: str | None) -> bool:
        """Settle the row with a token as sent, unless its outcome is known; return whether it was settled now.

        Raises:
            JournalError: The file can't be opened or written, or another program uses it.
        """
        self.check_file()
        # One lock for the look and the write: between the two, a run could claim the row.
        with self._lock, nullcontext() if self.is_open else self:
            self._checked_connection()
            arrivals = self._read_arrivals()
            reference = arrivals.reference_of(token)
            state = None if reference is None else self._state_of(reference)
            if state == "sent":
                arrivals.close_row(token)
            elif self.is_in_use and state in (None, "claimed", "pending"):
                arrivals.remember(token, email_id)
            elif reference is not None:
                settled = _sent(reference, email_id)
                self._write_sent([settled])
                arrivals.close_row(token)
                if self.is_in_use:
                    arrivals.settled[reference] = settled
                return True
        return False

    def arrived_meanwhile(self, references: Iterable[str]) -> frozenset[str]:
        """Return which of these rows, that a run has just claimed, an event had settled before the claim.

        They are sent, whatever the run knew of them when it read them, and must not be sent again.
        """
        arrivals = self._arrivals
        if arrivals is None or not arrivals.settled or arrivals.connection is not self._connection:
            return frozenset()
        return frozenset(reference for reference in references if reference in arrivals.settled)

    def write(self, entry: LogEntry) -> None:
        """Write all of an entry or nothing; it is on the disk when this returns.

        Rows that did not become sent are sent nevertheless if an event showed before that their e-mails arrived, and so
        are rows that were claimed again after an event had settled them.
        """
        with self._lock:
            super().write(entry)
            arrivals = self._arrivals
            if arrivals is None or arrivals.connection is not self._connection:
                return
            if entry.claims is not None:
                arrivals.has_claims = True
                if arrivals.settled and (claimed := self.arrived_meanwhile(json.loads(entry.claims))):
                    super().write(LogEntry.of([arrivals.settled[reference] for reference in claimed], (), {}, None))
            if entry.settled is None:
                return
            states: dict[str, str] = {row[0]: row[1] for row in json.loads(entry.settled) if row[1] != "sent"}
            arrivals.open_rows(reference for reference, state in states.items() if state == "unknown")
            arrived = arrivals.arrived_early(states)
            if arrived:
                super().write(LogEntry.of(arrived, (), {}, None))

    def _read_arrivals(self) -> Arrivals:
        """Return the rows that an event can settle; they are read from the file once, and `write` adds to them."""
        known = self._arrivals
        if known is not None and known.connection is self._connection:
            # After a run, the rows are read once more: a run that was abandoned leaves rows claimed, and nothing else
            # is going to write their outcomes.
            if self.is_in_use or not (known.has_claims or known.early):
                return known
            early = known.early
        else:
            early = {}
        with self._reading() as connection:
            found = connection.execute("SELECT reference FROM rows WHERE state IN ('unknown', 'claimed')").fetchall()
            references = [reference for (reference,) in found]
            self._arrivals = arrivals = Arrivals(self._meta["id"], connection, early)
            arrivals.open_rows(references)
        if not self.is_in_use and early:
            self._write_sent(arrivals.arrived_early(references))
            early.clear()
        return arrivals

    def _state_of(self, reference: str) -> str | None:
        with self._reading() as connection:
            found = connection.execute("SELECT state FROM rows WHERE reference = ?", (reference,)).fetchone()
        return None if found is None else str(found[0])

    def _write_sent(self, rows: Sequence[Settled]) -> None:
        if rows:
            self.check_intact()
            self.write(LogEntry.of(rows, (), {}, None))
            self.seal()


def _sent(reference: str, email_id: str | None) -> Settled:
    return Settled(reference, "sent", email_id)
