"""The journal of a run: one SQLite file that says for each row how far it came.

    pending ──> claimed ──> sent | refused | failed | unknown
       ^           │                                  │
       └──gone back┘ (certainly not sent)              └──> sent (reconcile), or claimed again (resend_unknown)

A row is claimed, and that is on the disk, before its e-mail leaves, and settled after. So a row that is found claimed
when a journal is opened was under way when the run before was cut off, and is `unknown`.

It holds references, states, ids and errors; addresses only if they are asked for, bodies and keys never.
"""

import ctypes
import math
import os
import random
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Literal

from .._forking import tell_after_fork
from ..errors import JournalError
from .export import write_csv
from .lock import FileLock
from .plan import fingerprints_of, mark_of
from .table import COLUMNS, STATES, TABLES, Claim, JournalRow, Lines, Log, SettledLike, lines_of

SCHEMA = 3

LONGEST_CALL = 3700.0
"""Seconds after its claim at which a call can still leave: it may wait for cool-downs before it does."""

Kind = Literal["email", "sms"]
Kept = Literal["hash", "address", "none"]

FOLDED_AT_END = 250_000
"""Characters; some 20 ms. What is left of a busy program's log is folded by whoever opens the journal next."""

_TRIES = 4
"""How often a file that is in use is opened anew."""
_BETWEEN_TRIES = (0.01, 0.05)
"""Seconds, at random."""


class Journal:
    """A file in which a run keeps how far it came, so that the same run started again goes on there.

    Only one program at a time can have it open. Give its path, or an open journal, as ``journal=`` to the calls of
    ``client.bulk``.

    Args:
        path: The file; made if it is not there. Its folder has to be.
        recipients: What to keep of a row's recipients: ``"hash"`` (of no use without this file), ``"address"`` or
            ``"none"``.
        check_list: Refuse to go on with a list that begins with other references or recipients than the one that the
            journal was begun with.

    Raises:
        JournalError: It can't be opened or written, is in use, or is not a journal of this version.

    Example:
        with Journal("news.journal") as journal:
            report = await client.bulk.send(newsletter(), journal=journal)
            print(journal.counts())
            journal.export_csv("news.csv")
    """

    def __init__(self, path: str | os.PathLike[str], *, recipients: Kept = "hash", check_list: bool = True) -> None:
        if recipients not in ("hash", "address", "none"):
            raise ValueError(f"recipients: {recipients!r} is none of hash, address, none")
        self.path: str = os.fsdecode(path)
        if not self.path or self.path == ":memory:" or "\0" in self.path:
            # SQLite would take the first two for a journal that nobody keeps.
            raise ValueError(f"path: {self.path!r} is not the path of a file")
        self._recipients = recipients
        self._check_list = check_list
        self._make_locks()
        self._connection: sqlite3.Connection | None = None
        self._taken_by: weakref.ref[object] | None = None
        self._pid = os.getpid()
        self._clock = time.time
        self._meta: dict[str, str] = {}
        self._log: Log | None = None
        self._file_lock = FileLock()

    def __repr__(self) -> str:
        return f"<Journal {self.path!r}>"

    # --- opening and closing --------------------------------------------------------------------------------------

    def open(self) -> "Journal":
        """Open the file, and take it for this program alone. Rows found claimed become unknown."""
        with self._lock:
            if self._connection is not None:
                self._here()
                return self
            folder = os.path.dirname(self.path) or "."
            if not os.path.isdir(folder):
                raise JournalError(f"journal: the folder of {self.path!r} does not exist")
            if os.path.isdir(self.path):
                raise JournalError(f"journal: {self.path!r} is a directory; a file is needed")
            # SQLite would say "disk I/O error". The folder, because it keeps its log beside the file.
            for needed in (self.path, folder):
                if os.path.exists(needed) and not os.access(needed, os.W_OK):
                    raise JournalError(f"journal: {needed!r} may not be written by this user")
            self._pid = os.getpid()
            self._file_lock.take(self.path)
            try:
                self._connection = connection = self._connect()
            except BaseException:
                self._file_lock.release()
                raise
            # Found by the collector, a connection that nobody closed is a warning since Python 3.13.
            self._finalizer = weakref.finalize(self, _close, connection, self._file_lock)
            tell_after_fork(self)
            return self

    def _connect(self) -> sqlite3.Connection:
        for left in reversed(range(_TRIES)):
            with self._told("be opened"):
                connection = sqlite3.connect(self.path, timeout=0.0, isolation_level=None, check_same_thread=False)
                try:
                    self._begin(connection)
                    return connection
                except sqlite3.OperationalError as error:
                    connection.close()
                    if "locked" not in str(error) or not left:
                        raise
                except BaseException:
                    connection.close()
                    raise
            # Two that open it at the same moment lock each other out. One of them comes back first, and has it.
            time.sleep(random.uniform(*_BETWEEN_TRIES))  # noqa: S311
        raise AssertionError("the last try returns or raises")

    def _make_locks(self) -> None:
        self._lock = threading.RLock()
        # Folding takes a lock of its own where SQLite itself lets one statement wait for another: a thread that has
        # folded may wait 10 ms to go on in Python, and who wants to write must not wait for that as well.
        self._fold_lock = threading.RLock() if sqlite3.threadsafety == 3 else self._lock

    def _after_fork(self) -> None:
        # Closing it in the child would write the log into the file, and delete it while the parent goes on writing to
        # it: what the parent claims from then on would be gone if it were killed. So it is kept for ever, even when
        # the interpreter ends, for which a reference is needed that nobody gives back.
        self._make_locks()
        self._file_lock.forget()
        if self._connection is not None and self._finalizer.detach():
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def _begin(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"meta", "rows"} <= tables:
            # Before anything is changed, and the next line would change the file.
            raise JournalError(f"journal: {self.path!r} is another kind of database, and is left alone")
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit is on the disk when it returns, even if the power fails then.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN EXCLUSIVE")
        if not tables:
            for statement in TABLES:
                connection.execute(statement)
            values = {"schema": str(SCHEMA), "id": secrets.token_hex(16), "begun": f"{self._clock():.0f}"}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", values.items())
        self._meta = dict(connection.execute("SELECT name, value FROM meta"))
        if self._meta.get("schema") != str(SCHEMA):
            raise JournalError(
                f"journal: {self.path!r} has the form {self._meta.get('schema')!r}; this version knows {SCHEMA}"
            )
        # The lock stays. Outside of a transaction, in which each statement would remember how to undo itself.
        connection.execute("COMMIT")
        self._log = Log(connection)
        self._meta = dict(connection.execute("SELECT name, value FROM meta"))
        # The run that claimed these is gone, since this program has the file for itself. What it sent had left by now.
        connection.execute(
            "UPDATE rows SET state = 'unknown', error = 'the run was cut off', settled = min(?, claimed + ?) "
            "WHERE state = 'claimed'",
            (self._clock(), LONGEST_CALL),
        )

    def close(self) -> None:
        """Close the file. Another program can use it then."""
        with self._lock, self._fold_lock:
            if self._connection is not None and self._pid == os.getpid():
                with suppress(JournalError):
                    # Nobody waits here for much of it, nor for room on a full disk: it can stay in the log.
                    self.fold(FOLDED_AT_END)
                self._finalizer.detach()
                self._connection.close()
                self._file_lock.release()
            self._connection = None

    def __enter__(self) -> "Journal":
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether this program has the file."""
        return self._connection is not None

    def _here(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalError(f"journal: {self.path!r} is not open")
        if self._pid != os.getpid():
            raise JournalError(f"journal: {self.path!r} was opened before a fork; open it in this process instead")
        return self._connection

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            text = str(error)
            if "locked" in text:
                text = "it is in use by another run"
            elif "not a database" in text:
                text = "it is another kind of file"
            raise JournalError(f"journal: {self.path!r} can't {doing}: {text}") from error

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
            ValueError: The target is the journal itself.
        """
        self.need_file()
        if os.path.exists(target) and os.path.samefile(target, self.path):
            raise ValueError(f"target: {os.fsdecode(target)!r} is the journal itself")
        return write_csv(self.rows(), target)

    def need_file(self) -> None:
        """Refuse a path at which no run was begun, where a journal would be made only to find nothing in it."""
        if not os.path.exists(self.path):
            raise JournalError(f"journal: {self.path!r} does not exist")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Use the open file, or open it for as long as this takes."""
        with self._lock:
            was_open = self._connection is not None
            if not was_open:
                self.need_file()
            self.open()
            try:
                with self._told("be read"):
                    self.fold()
                    yield self._here()
            finally:
                if not was_open:
                    self.close()

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

    def _write_meta(self, values: Mapping[str, str]) -> None:
        connection = self._here()
        with self._told("be written"):
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
        self._meta.update(values)

    def known(self, references: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return state and fingerprint of those references that were claimed before; bad rows may be good ones now."""
        found: dict[str, tuple[str, str]] = {}
        with self._lock, self._told("be read"):
            self.fold()
            connection = self._here()
            for start in range(0, len(references), 500):
                some = references[start : start + 500]
                marks = ", ".join("?" * len(some))
                query = f"SELECT reference, state, fingerprint FROM rows WHERE claimed > 0 AND reference IN ({marks})"  # noqa: S608
                found.update((row[0], (row[1], row[2])) for row in connection.execute(query, some))
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

    def lines(
        self,
        claims: Sequence[Claim],
        settled: Sequence[SettledLike],
        bad: Sequence[SettledLike] = (),
        list_begin: Sequence[str] | None = None,
    ) -> Lines:
        """Return what `write` takes. Made by the thread that has the rows: the one that writes has to wait for it."""
        self._here()
        begin = None
        if list_begin is not None:
            # Where nothing is to be kept of recipients, too little to tell whether one was among them.
            begin = " ".join(mark[:2] if self._recipients == "none" else mark for mark in list_begin)
        return lines_of(settled, bad, self._kept(claims), begin)

    def write(self, lines: Lines) -> None:
        """Write, all or nothing; on the disk when this returns."""
        with self._lock, self._told("be written"):
            self._open_log().write(lines, self._clock())
            if lines.list_begin is not None:
                self._meta["list"] = lines.list_begin

    def fold(self, most: float = math.inf) -> bool:
        """Fold into the rows what was written first, and return whether there is more.

        Args:
            most: Characters after which to stop: whoever wants to write meanwhile has to wait.
        """
        with self._fold_lock, self._told("be written"):
            return self._open_log().fold(most)

    def _open_log(self) -> Log:
        self._here()
        assert self._log is not None
        return self._log

    def _kept(self, claims: Sequence[Claim]) -> Mapping[str, object]:
        references = [claim.reference for claim in claims]
        if self._recipients == "none":
            return dict.fromkeys(references, "")
        fingerprints = fingerprints_of(self.id, [claim.recipients for claim in claims])
        if self._recipients == "hash":
            return dict(zip(references, fingerprints, strict=True))
        addresses = [", ".join(claim.recipients) for claim in claims]
        return dict(zip(references, zip(fingerprints, addresses, strict=True), strict=True))


def _close(connection: sqlite3.Connection, file_lock: FileLock) -> None:
    connection.close()
    file_lock.release()
