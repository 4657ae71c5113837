"""The journal of a run: one SQLite file that says for each row how far it came.

    pending ──> claimed ──> sent | refused | failed | unknown
       ^           │               └───┬───┘      └──> sent (reconcile), or claimed again (resend_unknown)
       └──gone back┘                   └──> claimed again (corrected in the list, or resend_refused)
     (certainly not sent)

A row is claimed, and that is on the disk, before its e-mail leaves, and settled after. So a row that is found claimed
when a journal is opened was under way when the run before was cut off, and is `unknown`.

It holds references, states, ids and errors; addresses only if they are asked for, bodies and keys never.
"""

import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Literal

from .._masking import shown_half_made
from .._values.checks import check_bool, check_text
from ..errors import JournalError
from ._journal.corrected import CORRECTABLE, content_mark
from ._journal.export import write_csv
from ._journal.file import JournalFile
from ._journal.schema import COLUMNS, SHORT, STATES, Claim, JournalRow, Lines, Settled, SettledLike, lines_of
from ._plan import Row, fingerprints_of, mark_of

Kind = Literal["email", "sms"]
Kept = Literal["hash", "address", "none"]


@shown_half_made
class Journal(JournalFile):
    """A file in which a run keeps how far it came, so that the same run started again goes on there.

    Only one program at a time can have it open. Give its path, or an open journal, as ``journal=`` to the calls of
    ``client.bulk``.

    Args:
        path: The file; made if it is not there. Its folder has to be.
        recipients: What to keep of a row's recipients: ``"hash"`` (of no use without this file), ``"address"``, or
            ``"none"``: only so much of the hash (12 bits) that a row is noticed whose recipients are others by now.
        check_list: Refuse to go on with a list that begins with other references or recipients than the one that the
            journal was begun with.

    Raises:
        JournalError: It can't be opened or written, is in use, is not a journal of this version, or its files are not
            what the last run left: missing, emptied, cut short or mixed up. Nothing is sent then. The same is raised
            when one of them is moved, deleted or overwritten while a run uses it, and ends the run.

    Example:
        with Journal("news.journal") as journal:
            report = await client.bulk.send(newsletter(), journal=journal)
            print(journal.counts())
            journal.export_csv("news.csv")
    """

    def __init__(self, path: str | os.PathLike[str], *, recipients: Kept = "hash", check_list: bool = True) -> None:
        if check_text(recipients, "recipients") not in ("hash", "address", "none"):
            raise ValueError(f"recipients: {recipients[:50]!r} is none of hash, address, none")
        super().__init__(path)
        self._recipients = recipients
        self._check_list = check_bool(check_list, "check_list")
        self._taken_by: weakref.ref[object] | None = None

    def __repr__(self) -> str:
        return f"<Journal {self.path!r}>"

    # --- what the caller asks -------------------------------------------------------------------------------------

    def counts(self) -> Mapping[str, int]:
        """Count the rows by state: ``pending``, ``claimed``, ``sent``, ``refused``, ``failed``, ``unknown``."""
        # In one pass: grouped, SQLite would sort all states in memory first.
        counted = ", ".join(["total(state = ?)"] * len(STATES))
        with self._reading() as connection:
            found = connection.execute(f"SELECT {counted} FROM rows", STATES).fetchone()  # noqa: S608
        return dict(zip(STATES, map(int, found), strict=True))

    def rows(self, *states: str) -> Iterator[JournalRow]:
        """Go through the rows in the order in which they were claimed first; all, or those in some states."""
        for state in states:
            if state not in STATES:
                raise ValueError(f"states: {state!r} is none of {', '.join(STATES)}")
        marks = ", ".join("?" * len(states))
        where = f"AND state IN ({marks})" if states else ""
        query = f"SELECT number, {COLUMNS} FROM rows WHERE number > ? {where} ORDER BY number LIMIT 1000"  # noqa: S608
        last = 0
        while True:
            with self._reading() as connection:
                found = connection.execute(query, (last, *states)).fetchall()
            if not found:
                return
            last = found[-1][0]
            yield from (JournalRow(*row[1:]) for row in found)

    def export_csv(self, target: str | os.PathLike[str]) -> int:
        """Write all rows to a CSV file in UTF-8, with a header, and return how many there are.

        Raises:
            ValueError: The target is the journal itself, or its log.
        """
        self.check_file()
        is_own = os.path.exists(target) and os.path.samefile(target, self.path)
        if is_own or os.path.realpath(target) == f"{os.path.realpath(self.path)}-wal":
            raise ValueError(f"target: {os.fsdecode(target)!r} is the journal itself")
        # Opened once, and not for each part of the rows.
        with nullcontext() if self.is_open else self:
            return write_csv(self.rows(), target)

    # --- what a run does ------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """What tells this journal from others; secret, since the hashes in it are made with it."""
        return self._meta["id"]

    @property
    def kind(self) -> str | None:
        """What it was begun for: ``email`` or ``sms``."""
        return self._meta.get("kind")

    @property
    def content(self) -> str | None:
        """What its texts say, in short."""
        return self._meta.get("content")

    def fingerprint(self, recipients: Sequence[str]) -> str:
        """Return a row's recipients in short."""
        return fingerprints_of(self.id, [recipients])[0]

    def take_for(self, kind: Kind, content: str = "", by: object = None) -> None:
        """Bind the journal to one kind of run, or refuse one that it was not begun for.

        Args:
            kind: E-mails or texts.
            content: What a text says, in short: the same numbers with other words are another run.
            by: Who has it from now on, until `release` or its own end; two runs would both send what neither knows of.
        """
        with self._lock:
            if self._taken_by is not None and self._taken_by() is not None:
                raise JournalError(f"journal: {self.path!r} is in use by another run of this program")
            for name, value, words in (("kind", kind, "kind of message"), ("content", content, "text")):
                kept = self._meta.get(name)
                if kept is not None and kept != value:
                    raise JournalError(f"journal: {self.path!r} was begun for another {words}; use a new one")
                if kept is None:
                    self._write_meta({name: value})
            self._taken_by = None if by is None else weakref.ref(by)

    def release(self) -> None:
        """Let another run have it."""
        self._taken_by = None

    @property
    def is_begun(self) -> bool:
        """Whether it has any rows."""
        with self._reading() as connection:
            return connection.execute("SELECT 1 FROM rows LIMIT 1").fetchone() is not None

    @property
    def list_begin(self) -> Sequence[str]:
        """What the journal remembers of the first rows that were claimed."""
        return self._meta.get("list", "").split()

    def mark(self, reference: str, recipients: Sequence[str]) -> str:
        """Return a row in short, as in the begin of the list."""
        return mark_of(self.id, reference, recipients)

    def content_mark(self, row: Row) -> str | None:
        """Return a row's e-mail in short, to notice that it was corrected; ``None`` where that can't be told."""
        if row.email is None:
            return None
        try:
            found = content_mark(self.id, row.email)
        except Exception:
            # Data without an end, or a class of the caller's own.
            return None
        # Recipients are in it, so where nothing is to be kept of them only as much as notices nearly every correction.
        return found[:3] if self._recipients == "none" else found

    def correctable_at_begin(self, most: int) -> int:
        """Count those of the rows that were claimed first that were not sent, so that they may be others by now.

        Args:
            most: How many rows to look at.
        """
        marks = ", ".join("?" * len(CORRECTABLE))
        first = "SELECT state FROM rows WHERE claimed > 0 ORDER BY number LIMIT ?"
        with self._reading() as connection:
            query = f"SELECT count(*) FROM ({first}) WHERE state IN ({marks})"  # noqa: S608
            found: int = connection.execute(query, (most, *CORRECTABLE)).fetchone()[0]
        return found

    @property
    def checks_list(self) -> bool:
        """Whether a list that begins differently is refused."""
        return self._check_list

    def other_list(self) -> JournalError:
        """Make the error for a list that begins differently."""
        return JournalError(
            f"journal: {self.path!r} belongs to another list: its first {len(self.list_begin)} rows had other "
            "references or recipients. Give the same list in the same order, or another journal; check_list=False goes "
            "on anyway"
        )

    def known(self, references: Sequence[str]) -> dict[str, tuple[str, Settled]]:
        """Return for those references that were claimed before the fingerprint, and what became of them.

        Bad rows are not among them: they may be good ones now.
        """
        columns = ", ".join(Settled._fields)
        found: dict[str, tuple[str, Settled]] = {}
        with self._lock, self._told("be read"):
            self.fold()
            connection = self._here()
            for start in range(0, len(references), 500):
                some = references[start : start + 500]
                marks = ", ".join("?" * len(some))
                query = f"SELECT fingerprint, {columns} FROM rows WHERE claimed > 0 AND reference IN ({marks})"  # noqa: S608
                found.update((row[1], (row[0], Settled(*row[1:]))) for row in connection.execute(query, some))
        return found

    def commit(
        self,
        claims: Sequence[Claim],
        settled: Sequence[SettledLike],
        bad: Sequence[SettledLike] = (),
        list_begin: Sequence[str] | None = None,
    ) -> None:
        """Write what is about to be sent and what became of others, all or nothing; on the disk when this returns.

        Args:
            claims: Rows that are about to be sent.
            settled: Rows that were claimed before.
            bad: Rows that can't be sent at all.
            list_begin: The marks of the first rows, as far as they are claimed.
        """
        self.write(self.lines(claims, settled, bad, list_begin))
        self.seal()

    def lines(
        self,
        claims: Sequence[Claim],
        settled: Sequence[SettledLike],
        bad: Sequence[SettledLike] = (),
        list_begin: Sequence[str] | None = None,
    ) -> Lines:
        """Return what `write` takes. Made by the thread that has the rows: the one that writes has to wait for it.

        Raises:
            JournalError: The files of the journal are not what they were.
        """
        self.look()
        begin = None
        if list_begin is not None:
            # Where nothing is to be kept of recipients, too little to tell whether one was among them.
            begin = " ".join(mark[:2] if self._recipients == "none" else mark for mark in list_begin)
        return lines_of(settled, bad, self._kept(claims), begin)

    def _kept(self, claims: Sequence[Claim]) -> Mapping[str, object]:
        references = [claim.reference for claim in claims]
        fingerprints = fingerprints_of(self.id, [claim.recipients for claim in claims])
        if self._recipients == "none":
            fingerprints = [one[:SHORT] for one in fingerprints]
        if self._recipients != "address":
            return dict(zip(references, fingerprints, strict=True))
        addresses = [", ".join(claim.recipients) for claim in claims]
        return dict(zip(references, zip(fingerprints, addresses, strict=True), strict=True))
