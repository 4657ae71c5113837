"""The journal of a run: a SQLite file that says for each row how far it came.

    pending ──> claimed ──> sent | refused | failed | unknown
       ^           │               └───┬───┘      └──> sent (reconcile, settle), or claimed again (resend_unknown)
       └──gone back┘                   └──> claimed again (corrected in the list, or resend_refused)
     (certainly not sent)

A row is claimed, and that is on the disk, before its e-mail leaves, and settled afterwards. So a row that is found
claimed when a journal is opened was under way when the run before was cut off, and is `unknown`.

It holds references, states, ids and errors. It holds addresses only if they are asked for, and never bodies and keys.
"""

import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Literal

from .._masking import mask_text, shown_half_made
from .._values.checks import check_bool, check_text
from .._values.problems import invalid, not_one_of, wrong_type
from .._values.signatures import name_arguments_of_class
from ..errors import JournalError
from ._journal.arrivals import TOKEN_LENGTH, ArrivalsFile
from ._journal.corrections import content_mark
from ._journal.export import write_csv
from ._journal.hashes import fingerprints_of, mark_of
from ._journal.log import LogEntry
from ._journal.row_states import (
    ANONYMOUS_FINGERPRINT_DIGITS,
    CORRECTABLE_STATES,
    JOURNAL_ROW_COLUMNS,
    STATES,
    Claim,
    JournalRow,
    Settled,
)
from ._plan import TOKEN_HEADER, Row

if TYPE_CHECKING:
    from ..webhooks.events import Event
    from ..webhooks.router import Router

Kind = Literal["email", "sms"]
Kept = Literal["hash", "address", "none"]

ANONYMOUS_MARK_DIGITS: Final = 2
ANONYMOUS_CONTENT_DIGITS: Final = 3
"""Hex digits of marks that are kept where nothing is to be kept of recipients: too few to tell whether an address was
among them."""

BULK_HEADER: Final = TOKEN_HEADER
"""The header by which a row is known again: a webhook has to be asked for it, so that `Journal.settle` finds it in the
events."""

_LOWER_HEADER = BULK_HEADER.lower()

_MAX_PER_STATEMENT = 500
"""References in a statement."""
_ROWS_PER_PAGE = 1000
"""Rows that are read at a time."""


@name_arguments_of_class
@shown_half_made
class Journal(ArrivalsFile):
    """A file in which a run keeps how far it came, so that the same run started again goes on there.

    Only one program at a time can have it open. Give its path, or an open journal, as ``journal=`` to the calls of
    ``client.bulk``.

    Args:
        path: The file. It is made if it does not exist; its folder has to exist.
        recipients: What to keep of a row's recipients: ``"hash"`` (of no use without this file), ``"address"``, or
            ``"none"``: only so much of the hash (12 bits) that a row whose recipients have changed is noticed.
        check_list: Refuse to go on with a list that starts with other references or recipients than the list that the
            journal was started with.

    Raises:
        JournalError: It can't be opened or written, is in use, is not a journal of this version, or its files are not
            what the last run left: missing, emptied, cut short or mixed up. Nothing is sent then. The same is raised
            when either file is moved, deleted or overwritten while a run uses it, and ends the run.

    Example:
        with Journal("news.journal") as journal:
            report = await client.bulk.send(newsletter(), journal=journal)
            print(journal.counts())
            journal.export_csv("news.csv")
    """

    def __init__(self, path: str | os.PathLike[str], *, recipients: Kept = "hash", check_list: bool = True) -> None:
        if check_text(recipients, "recipients") not in (known := ("hash", "address", "none")):
            raise not_one_of("recipients", known, recipients)
        super().__init__(path)
        self._recipients = recipients
        self._check_list = check_bool(check_list, "check_list")

    def __repr__(self) -> str:
        return f"<Journal {mask_text(self.path)!r}>"

    # --- what the caller asks -------------------------------------------------------------------------------------

    def counts(self) -> Mapping[str, int]:
        """Count the rows by state: ``pending``, ``claimed``, ``sent``, ``refused``, ``failed``, ``unknown``."""
        # In a single pass: with GROUP BY, SQLite would sort the states of all rows in memory first.
        totals = ", ".join(["total(state = ?)"] * len(STATES))
        with self._reading() as connection:
            found = connection.execute(f"SELECT {totals} FROM rows", STATES).fetchone()  # noqa: S608
        return dict(zip(STATES, map(int, found), strict=True))

    def rows(self, *states: str) -> Iterator[JournalRow]:
        """Iterate over the rows in the order of their first claims: all rows, or the rows in some states."""
        for state in states:
            if state not in STATES:
                raise not_one_of("states", STATES, str(state))
        marks = ", ".join("?" * len(states))
        where = f"AND state IN ({marks})" if states else ""
        query = (
            f"SELECT number, {JOURNAL_ROW_COLUMNS} FROM rows WHERE number > ? {where} "  # noqa: S608
            f"ORDER BY number LIMIT {_ROWS_PER_PAGE}"
        )
        last = 0
        # A page at a time: a run may write between two pages, and a million rows would not fit into memory.
        while True:
            with self._reading() as connection:
                found = connection.execute(query, (last, *states)).fetchall()
            if not found:
                return
            last = found[-1][0]
            yield from (JournalRow(*row[1:]) for row in found)

    def export_csv(self, target: str | os.PathLike[str]) -> int:
        """Write all rows to a CSV file in UTF-8 with a header, and return the number of rows.

        Raises:
            ValueError: The target is the journal itself, or its log.
        """
        self.check_file()
        is_own = os.path.exists(target) and os.path.samefile(target, self.path)
        if is_own or os.path.realpath(target) == f"{os.path.realpath(self.path)}-wal":
            raise invalid("target", f"must not be the journal itself or its log, as {os.fsdecode(target)!r} is")
        # A closed journal is opened once, and not again for each page of rows.
        with nullcontext() if self.is_open else self:
            return write_csv(self.rows(), target)

    # --- what a webhook tells ---------------------------------------------------------------------------------------

    def settle(self, event: "Event") -> bool:
        """Settle a row as sent if its outcome is unknown and an event shows that its e-mail arrived at the provider.

        Any event with the run's header shows that, so the webhook has to be asked for it:
        ``ensure_webhook(..., headers=[BULK_HEADER])``. ``reject`` shows it, too: the provider took the e-mail, and
        then did not deliver it. What becomes of an e-mail after it was sent is not kept here; see `fold`.

        While a run of this program uses the journal, an event can come before the response to its call. It is
        remembered, and if the response is lost, the row becomes sent instead of unknown, though the report of the run
        counts it as unknown. For that, the run has to be given this same object. Texts are not settled, since their
        events have nothing of the run in them: `reconcile` looks for them.

        It costs a lookup for each event, if the journal is open; else it is opened and read through for each.

        Args:
            event: An event of an e-mail of any run, or of none.

        Returns:
            Whether a row was settled by it now.

        Raises:
            JournalError: The journal can't be opened or written, or another program uses it.
        """
        token = _token_of(event)
        return token is not None and self.settle_token(token, event.email_id)

    def router(self) -> "Router":
        """Return a router whose handler is `settle`, to be included in the router of a `Receiver`.

        Keep the journal open as long as events come. Where another program uses the journal, the handler fails, and an
        inbox tries again later.

        Example:
            journal = Journal("news.journal").open()
            router.include(journal.router())
        """
        # Late, since a run needs no webhooks.
        from ..webhooks.events import Event
        from ..webhooks.router import Router

        router = Router()
        router.on(Event)(self.settle)
        return router

    # --- what a run does ------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The random id of this journal. It is secret, since the hashes in the file are made with it."""
        return self._meta["id"]

    @property
    def kind(self) -> str | None:
        """What the journal was started for: ``email`` or ``sms``."""
        return self._meta.get("kind")

    @property
    def content(self) -> str | None:
        """The hash of what its texts say."""
        return self._meta.get("content")

    def fingerprint(self, recipients: Sequence[str]) -> str:
        """Return the fingerprint of a row's recipients."""
        return fingerprints_of(self.id, [recipients])[0]

    def take_for(self, kind: Kind, content: str = "", by: object = None) -> None:
        """Bind the journal to a kind of run, or refuse a journal that was started for another kind.

        Args:
            kind: E-mails or texts.
            content: The hash of what a text says: the same numbers with other words are another run.
            by: The run that uses the journal from now on, until `release` or its own end. Two runs at a time would both
                send the rows that neither knows of.
        """
        with self._lock:
            if self.is_in_use:
                raise JournalError(f"journal: {self.path!r} is in use by another run of this program")
            for name, value, words in (("kind", kind, "kind of message"), ("content", content, "text")):
                kept = self._meta.get(name)
                if kept is not None and kept != value:
                    raise JournalError(f"journal: {self.path!r} was started for another {words}; use a new journal")
                if kept is None:
                    self._write_meta({name: value})
            # Weakly, so that a run that was abandoned frees its journal.
            self._user = None if by is None else weakref.ref(by)

    def release(self) -> None:
        """Let another run use the journal."""
        self._user = None

    @property
    def has_rows(self) -> bool:
        """Whether there is any row."""
        with self._reading() as connection:
            return connection.execute("SELECT 1 FROM rows LIMIT 1").fetchone() is not None

    @property
    def list_head(self) -> Sequence[str]:
        """The marks of the first rows that were claimed."""
        return self._meta.get("list", "").split()

    def mark(self, reference: str, recipients: Sequence[str]) -> str:
        """Return the mark of a row, as in the head of the list."""
        return mark_of(self.id, reference, recipients)

    def content_mark(self, row: Row) -> str | None:
        """Return the mark of a row's e-mail, which differs once it was corrected; ``None`` if there can be none."""
        if row.email is None:
            return None
        try:
            found = content_mark(self.id, row.email)
        except Exception:
            # Data that holds itself has no end, and a class of the caller's own may raise anything.
            return None
        # The recipients are part of it. So few digits still notice nearly every correction.
        return found[:ANONYMOUS_CONTENT_DIGITS] if self._recipients == "none" else found

    def count_correctable_in_head(self, max_rows: int) -> int:
        """Count the first rows that were claimed and not sent, so that they may have been corrected since.

        Args:
            max_rows: How many rows to look at.
        """
        marks = ", ".join("?" * len(CORRECTABLE_STATES))
        first = "SELECT state FROM rows WHERE claimed > 0 ORDER BY number LIMIT ?"
        with self._reading() as connection:
            query = f"SELECT count(*) FROM ({first}) WHERE state IN ({marks})"  # noqa: S608
            found: int = connection.execute(query, (max_rows, *CORRECTABLE_STATES)).fetchone()[0]
        return found

    @property
    def checks_list(self) -> bool:
        """Whether a list that starts differently is refused."""
        return self._check_list

    def other_list_error(self) -> JournalError:
        """Return the error for a list that starts differently."""
        return JournalError(
            f"journal: {self.path!r} belongs to another list: its first {len(self.list_head)} rows had other "
            "references or recipients. Give the same list in the same order, or another journal. "
            "Journal(path, check_list=False) goes on anyway"
        )

    def known(self, references: Sequence[str]) -> dict[str, tuple[str, Settled]]:
        """Return the fingerprint and the state of each of these references that was claimed before.

        Bad rows are not among them: they may be good by now.
        """
        columns = ", ".join(Settled._fields)
        found: dict[str, tuple[str, Settled]] = {}
        with self._lock, self._sqlite_errors("be read"):
            self.apply_log()
            connection = self._checked_connection()
            for start in range(0, len(references), _MAX_PER_STATEMENT):
                some = references[start : start + _MAX_PER_STATEMENT]
                marks = ", ".join("?" * len(some))
                query = f"SELECT fingerprint, {columns} FROM rows WHERE claimed > 0 AND reference IN ({marks})"  # noqa: S608
                found.update((row[1], (row[0], Settled(*row[1:]))) for row in connection.execute(query, some))
        return found

    def commit(
        self,
        claims: Sequence[Claim],
        settled: Sequence[Settled],
        bad: Sequence[Settled] = (),
        list_head: Sequence[str] | None = None,
    ) -> None:
        """Write all claims and outcomes or none; they are on the disk when this returns.

        Args:
            claims: Rows that are about to be sent.
            settled: Rows that were claimed before.
            bad: Rows that can't be sent at all.
            list_head: The marks of the first rows of the list, as far as they are claimed.
        """
        self.write(self.log_entry(claims, settled, bad, list_head))
        self.seal()

    def log_entry(
        self,
        claims: Sequence[Claim],
        settled: Sequence[Settled],
        bad: Sequence[Settled] = (),
        list_head: Sequence[str] | None = None,
    ) -> LogEntry:
        """Return what `write` takes, for the arguments of `commit`.

        The thread that has the rows makes it: another thread, which writes it, would have to wait for this one.

        Raises:
            JournalError: The files of the journal are not what they were.
        """
        self.check_intact()
        head = None
        if list_head is not None:
            is_anonymous = self._recipients == "none"
            head = " ".join(mark[:ANONYMOUS_MARK_DIGITS] if is_anonymous else mark for mark in list_head)
        return LogEntry.of(settled, bad, self._kept_of(claims), head)

    def _kept_of(self, claims: Sequence[Claim]) -> Mapping[str, object]:
        """Return what to keep of each claim's recipients."""
        references = [claim.reference for claim in claims]
        fingerprints = fingerprints_of(self.id, [claim.recipients for claim in claims])
        if self._recipients == "none":
            fingerprints = [fingerprint[:ANONYMOUS_FINGERPRINT_DIGITS] for fingerprint in fingerprints]
        if self._recipients != "address":
            return dict(zip(references, fingerprints, strict=True))
        addresses = [", ".join(claim.recipients) for claim in claims]
        return dict(zip(references, zip(fingerprints, addresses, strict=True), strict=True))


def _token_of(event: "Event") -> str | None:
    """Return the token of an e-mail's row; ``None`` if the e-mail is not of a run."""
    from ..webhooks.events import Event

    if not isinstance(event, Event):
        raise wrong_type("event", "an event", event)
    for name, value in event.headers.items():
        if name.lower() == _LOWER_HEADER:
            token = value.strip()
            return token if len(token) == TOKEN_LENGTH else None
    return None
