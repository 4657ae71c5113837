"""`EmailFile`: e-mails made from a file, a row each.

`EmailFile.check` makes the e-mail of every row before any is sent, and lists the bad rows with their lines in a
`BadRowsError`. The text about a row is that of the error that making its e-mail raised.
"""

import contextlib
import io
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, Self, Unpack, cast

from anyio import from_thread

from .._masking import mask_text, one_line, shown_half_made
from .._values.address import AddressLike, format_address
from .._values.checks import check_bool, check_known, check_path, check_text, check_word
from .._values.problems import invalid, mistyped, with_article
from .._values.signatures import name_arguments_of_class
from ..errors import InvalidArgumentError
from ..message import Email, EmailParts
from ._file.records import (
    FileLines,
    Format,
    Record,
    RecordsError,
    Stamp,
    form_of,
    records,
    regular,
    stamp_of,
)
from ._file.row_makers import FromStrings, FromTemplate, column_names, problem_of
from ._plan import check_reference
from .outcome import Outcome

MAX_BAD_ROWS = 20
"""How many bad rows a check finds before it ends."""

MAX_PROBLEM_LENGTH = 500
"""Characters of the text about a row."""

_CHECK_ROWS = 500
"""Rows that a check goes through before it looks whether its call was cancelled."""

MakeEmail = Callable[[Mapping[str, Any]], Email]
_Path = str | os.PathLike[str]
_Made = tuple[int, str | None, Email | str]


class BadRowsError(InvalidArgumentError):
    """The bad rows of a file. Its text is the only one of an error that has several lines: one for each problem.

    Each line is a line that any log can hold. After a way through JSON it is an `InvalidArgumentError`, and one line.
    """

    def _shown(self, message: str) -> str:
        # Each problem was masked and cut by itself.
        return message

    def _written(self, text: str) -> str:
        # The breaks are those between the lines, since each line was made one line before they were joined.
        return "\n".join(map(one_line, text.split("\n")))


@name_arguments_of_class
@shown_half_made
class EmailFile:
    """E-mails from a CSV or JSON-lines file, an e-mail for each row; for ``client.bulk.send``.

    The first line of CSV names the columns, and JSON has an object in each line. A single row at a time is in memory.
    The file can be iterated over any number of times, and gives `Email`s, or pairs ``(reference, Email)`` with a
    reference column. `from_template` and `from_strings` need no function. ``len`` counts the rows without making their
    e-mails; the file is read for that again only when it has changed.

    Args:
        path: The file.
        make: Makes the `Email` of a row, given by its columns: text in CSV, any JSON value in JSON lines.
        reference: The column by which a journal and outcomes name a row; each value is once in the file. Without such a
            column rows go by their number, so they must keep their places when a run is started again.
        format: ``"csv"`` or ``"jsonl"``; by the file's ending (.csv, .tsv, .jsonl, .ndjson) when left out.
        encoding: The encoding of the text. A byte order mark at the start of the file counts for more.
        delimiter: The character between the columns of CSV; comma, semicolon or tab, as in the header, when left out.
        check: Go through the whole file before anything is sent, and refuse it if there is a bad row. When false, a bad
            row becomes an `Outcome` that ``failed``, and the others are sent.

    Raises:
        InvalidArgumentError: The file or a row in it can't be used. `check`, ``len`` and the iteration raise this, and
            not the constructor. The text names the file, and up to 20 bad rows: if there are several, each problem has
            a line of the text. A cell can't break such a line, since control characters in it are escaped.
        OSError: The file can't be read. The same calls raise this.

    Example:
        def invitation(row):
            return Email(sender="news@example.com", to=row["email"], subject=f"Dear {row['name']}", text_body="...")

        await client.bulk.send(EmailFile("readers.csv", invitation, reference="id"), journal="news.journal")
    """

    def __init__(
        self,
        path: _Path,
        make: MakeEmail,
        *,
        reference: str | None = None,
        format: Format | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        check: bool = True,
    ) -> None:
        if not callable(make) or iscoroutinefunction(make):
            kind = "an async function" if callable(make) else with_article(make)
            raise mistyped("make", f"must be a function that returns an Email, not {kind}")
        self.path: str = check_path(path, "path")
        self._make = make
        self._reference = None if reference is None else check_word(reference, "reference")
        self._form: Format
        self._form, self._delimiter = form_of(self.path, format, delimiter)
        try:
            io.TextIOWrapper(io.BytesIO(), check_text(encoding, "encoding"))
        except (LookupError, ValueError):
            raise invalid("encoding", f"must be a text encoding that Python knows, not {encoding[:50]!r}") from None
        self._encoding = encoding
        self._checks = check_bool(check, "check")
        self._checked: tuple[Stamp, int] | None = None
        """The number of rows of a file that was found good, and the stamp of that file."""
        self._counted: tuple[Stamp, int] | None = None

    def __repr__(self) -> str:
        return f"<EmailFile {mask_text(self.path)!r}>"

    @classmethod
    def from_template(
        cls,
        path: _Path,
        template: str,
        *,
        sender: AddressLike,
        to: str | tuple[str, str] = "email",
        data: Collection[str] | None = None,
        reference: str | None = None,
        format: Format | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        check: bool = True,
        **parts: Unpack[EmailParts],
    ) -> Self:
        """Make e-mails from a template of the account; the columns are its variables.

        Args:
            path: The file.
            template: The id of the template.
            sender: The sender of all e-mails.
            to: The column that holds the address, or two, ``("name", "email")``.
            data: Columns that go into ``template_data``; all when left out.
            reference: As for `EmailFile`, like the next four.
            format: ``"csv"`` or ``"jsonl"``.
            encoding: The encoding of the text.
            delimiter: The character between the columns of CSV.
            check: Go through the whole file first.
            **parts: Further parts of all e-mails, as for `Email`.

        Raises:
            ValueError: Names the argument.

        Example:
            EmailFile.from_template("readers.csv", "welcome", sender="news@example.com", reference="id")
        """
        same = check_known(cast("Mapping[str, Any]", parts), EmailParts, EmailFile.from_template)
        for name in {"template_id", "template_data"} & set(same):
            raise invalid(name, "must be left out, since it is made from template= and data=")
        sender = format_address(sender, "sender")
        make = FromTemplate(check_word(template, "template"), sender, to, column_names(data, "data"), same)
        return cls(path, make, reference=reference, format=format, encoding=encoding, delimiter=delimiter, check=check)

    @classmethod
    def from_strings(
        cls,
        path: _Path,
        *,
        sender: AddressLike,
        to: AddressLike | Sequence[AddressLike] = "$email",
        html_columns: Collection[str] = (),
        reference: str | None = None,
        format: Format | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        check: bool = True,
        **parts: Unpack[EmailParts],
    ) -> Self:
        """Make e-mails from texts with placeholders: ``$name`` or ``${First name}`` is the column, and ``$$`` is $.

        They can stand in addresses, ``subject``, ``text_body``, ``html_body`` and ``custom_headers``.

        Args:
            path: The file.
            sender: The sender of all e-mails.
            to: The recipients of each e-mail. A name beside the address is best given as a pair in a list,
                ``[("$name", "$email")]``, so that any text in the column stays a name.
            html_columns: Columns that hold HTML. All others are escaped in ``html_body``; that makes a value safe as
                text and within quotes, and not as a link.
            reference: As for `EmailFile`, like the next four.
            format: ``"csv"`` or ``"jsonl"``.
            encoding: The encoding of the text.
            delimiter: The character between the columns of CSV.
            check: Go through the whole file first.
            **parts: The subject, the bodies and the rest, as for `Email`.

        Raises:
            ValueError: Names the argument.

        Example:
            EmailFile.from_strings(
                "readers.csv", sender="news@example.com", to=[("$name", "$email")], reference="id",
                subject="News for $name", html_body="<p>Dear $name</p>",
            )
        """
        same = check_known(cast("Mapping[str, Any]", parts), EmailParts, EmailFile.from_strings)
        for name in {"template_id", "template_data"} & set(same):
            raise invalid(name, "must be left out here; it is for from_template")
        make = FromStrings(
            {"sender": sender, "to": to, **same}, column_names(html_columns, "html_columns") or frozenset()
        )
        return cls(path, make, reference=reference, format=format, encoding=encoding, delimiter=delimiter, check=check)

    def __len__(self) -> int:
        """Count the rows without making their e-mails. A bad row counts, and a blank row does not.

        The file is read a row at a time, and read again only when it has changed.

        Raises:
            ValueError: The file can't be read to its end.
            OSError: The file can't be read.
        """
        stamp = stamp_of(regular(self.path))
        for known in (self._checked, self._counted):
            if known is not None and known[0] == stamp:
                return known[1]
        try:
            with self._open() as lines:
                count = sum(1 for _ in records(lines, self._form, self._delimiter))
                # The stamp of the file that was read: another may have taken its place since the look above.
                self._counted = lines.stamp, count
        except RecordsError as error:
            raise self._error(error.line, error) from None
        return count

    def __bool__(self) -> bool:
        """Return true: ``if emails`` must not read the whole file, as it would by the length."""
        return True

    def __iter__(self) -> Iterator[Email | tuple[str, Email] | Outcome]:
        try:
            for number, (line, reference, made) in enumerate(self._made(), 1):
                if isinstance(made, Email):
                    yield made if reference is None else (reference, made)
                    continue
                error = self._error(line, made)
                if self._checks:
                    raise error
                name = reference or (f"line {line}" if self._reference else str(number))
                yield Outcome(reference=name, status="failed", error=error)
        except RecordsError as error:
            raise self._error(error.line, error) from None

    def check(self) -> int | None:
        """Make the e-mail of every row, to see that each can be made, and return how many there are.

        A run does this by itself before it sends anything. A file that was found good is not read again until it
        changes. With ``check=False`` this does nothing, and returns ``None``.

        Raises:
            ValueError: The text names the file, and up to 20 bad rows with their lines and problems.
            OSError: The file can't be read.
        """
        if not self._checks:
            return None
        stamp = stamp_of(regular(self.path))
        if self._checked is None or self._checked[0] != stamp:
            # The iteration compares with this stamp, and has to go through a changed file.
            self._checked = None
            self._checked = stamp, self._go_through()
        return self._checked[1]

    def _go_through(self) -> int:
        from ._seen import Seen

        count = 0
        good, readable = 0, True
        bad: list[tuple[int, str]] = []
        duplicates: list[tuple[int, str]] = []
        seen = Seen()
        try:
            for line, reference, made in self._made():
                count += 1
                if count % _CHECK_ROWS == 0:
                    _end_with_the_program()
                if isinstance(made, str):
                    bad.append((line, made))
                is_new = reference is None or seen.add(reference)
                if reference is not None and not is_new:
                    duplicates.append((line, reference))
                good += is_new and isinstance(made, Email)
                if len(bad) + len(duplicates) >= MAX_BAD_ROWS:
                    break
        except RecordsError as error:
            bad.append((error.line, str(error)))
            readable = False
        finally:
            seen.close()
        bad += self._duplicates_text(duplicates)
        if bad:
            # Where the file can't be read to its end, a run without a check would send some rows and then end.
            raise self._list_error(sorted(bad), "; check=False sends the other rows" if good and readable else "")
        if not count:
            raise self._error(1, "must be followed by rows, and there are none")
        return count

    def _duplicates_text(self, duplicates: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
        """Return for each duplicate its line, and a text that says where its reference is first."""
        missing = {reference for _, reference in duplicates}
        first: dict[str, int] = {}
        # The file is read once more: to remember the line of every reference would cost more.
        rows = self._made(lambda _row: None)
        while missing:
            line, reference, _ = next(rows)
            if reference in missing:
                missing.remove(reference)
                first[reference] = line
        text = "must have its own reference, not {!r}, which is in line {:,} already".format
        return [(line, text(reference, first[reference])) for line, reference in duplicates]

    def _list_error(self, bad: Sequence[tuple[int, str]], hint: str) -> InvalidArgumentError:
        if len(bad) == 1:
            return self._error(*bad[0], hint)
        lines: dict[str, list[str]] = {}
        for line, text in bad:
            lines.setdefault(text, []).append(f"{line:,}")
        more = ", and perhaps more" if len(bad) >= MAX_BAD_ROWS else ""
        texts = (f"line{'s' if some[1:] else ''} {', '.join(some)}: {_shown(text)}" for text, some in lines.items())
        title = f"{mask_text(self.path)}: {len(bad)} bad rows{more}{hint}"
        return BadRowsError("\n  ".join(map(one_line, [title, *texts])), argument=self.path)

    def _made(self, make: Callable[[Mapping[str, Any]], object] | None = None) -> Iterator[_Made]:
        """Yield each row with its line, its reference, and its e-mail or the text of its problem."""
        make = make or self._make
        with self._open() as lines:
            if self._checked is not None and self._checked[0] != lines.stamp:
                raise RecordsError("the file must not change after it was checked", 1)
            for line, record in records(lines, self._form, self._delimiter):
                reference = None
                made: object = record
                try:
                    if isinstance(record, Record):
                        reference = self._reference_of(record)
                        made = make(record)
                        if not isinstance(made, Email) and make is self._make:
                            raise mistyped("make", f"must return an Email, not {with_article(made)}")
                except Exception as error:
                    made = error
                yield line, reference, made if isinstance(made, Email) else problem_of(made)

    @contextlib.contextmanager
    def _open(self) -> Iterator[FileLines]:
        # Looked at before it is opened: opening a pipe waits for a program that writes to it.
        regular(self.path)
        with open(self.path, "rb") as file:
            yield FileLines(file, self.path, self._encoding)

    def _reference_of(self, record: Record) -> str | None:
        if self._reference is None:
            return None
        value = record[self._reference]
        # JSON has numbers, and the id of a database is a number.
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return check_reference(value, "column {!r}".format, self._reference)

    def _error(self, line: int, text: object, hint: str = "") -> InvalidArgumentError:
        return invalid(f"{self.path}, line {line:,}", f"{_shown(str(text))}{hint}")


def _shown(text: str) -> str:
    masked = mask_text(text)
    return masked if len(masked) <= MAX_PROBLEM_LENGTH else f"{masked[:MAX_PROBLEM_LENGTH]}..."


def _end_with_the_program() -> None:
    """End a check in a worker thread when its call was cancelled; else Ctrl-C would wait for the rest of the file."""
    if not threading.main_thread().is_alive():
        # The interpreter is ending, and waits for this thread.
        raise SystemExit
    with contextlib.suppress(RuntimeError):  # raised in a thread that anyio did not start
        from_thread.check_cancelled()
