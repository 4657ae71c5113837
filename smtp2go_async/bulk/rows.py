"""E-mails made from a file, a row each: `EmailFile`."""

import contextlib
import io
import os
import threading
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any, Self, Unpack, cast

from anyio import from_thread

from .._masking import mask_text, shown_half_made
from .._values.address import AddressLike, format_address
from .._values.checks import check_bool, check_known, check_path, check_text, check_word, with_article
from ..message import Email, EmailParts
from ._file.records import (
    Format,
    Lines,
    Record,
    RecordsError,
    Stamp,
    form_of,
    records,
    regular,
    stamp_of,
)
from ._file.row_makers import FromStrings, FromTemplate
from ._plan import check_reference
from .outcome import Outcome

MAX_BAD_ROWS = 20
"""Bad rows that a check looks for before it ends."""

MAX_PROBLEM_LENGTH = 500
"""Characters of what an error says of one row."""

_BREATH = 500
"""Rows that a check goes through before it looks whether it is still wanted."""

Make = Callable[[Mapping[str, Any]], Email]
_Path = str | os.PathLike[str]
_Made = tuple[int, str | None, Email | str]


@shown_half_made
class EmailFile:
    """E-mails from a CSV or JSON-lines file, one for each row; for ``client.bulk.send``.

    The first line of CSV names the columns, and JSON has an object in each line. Only one row at a time is in memory.
    It can be iterated over any number of times, and gives `Email`s, or pairs ``(reference, Email)`` with a reference
    column. `from_template` and `from_strings` need no function.

    Args:
        path: The file.
        make: Makes the `Email` of a row, given by its columns: text in CSV, any JSON value in JSON lines.
        reference: Column that tells rows apart, each value once in the file: what a journal and outcomes call the row.
            Without one rows go by their number, so they must keep their places when a run is started again.
        format: ``"csv"`` or ``"jsonl"``; by the file's ending (.csv, .tsv, .jsonl, .ndjson) when left out.
        encoding: Of the text. A byte order mark at the file's begin says more.
        delimiter: Between the columns of CSV; comma, semicolon or tab, as the header has them, when left out.
        check: Go through the whole file before anything is sent, and refuse it if there is a bad row. When false, a bad
            row becomes an `Outcome` that ``failed``, and the others are sent.

    Raises:
        ValueError: The file or a row in it can't be used; from `check` and the iteration, not from here. The text names
            the file, up to 20 bad rows by their line, and each one's problem.
        OSError: The file can't be read; from there, too.

    Example:
        def invitation(row):
            return Email(sender="news@example.com", to=row["email"], subject=f"Dear {row['name']}", text_body="...")

        await client.bulk.send(EmailFile("readers.csv", invitation, reference="id"), journal="news.journal")
    """

    def __init__(
        self,
        path: _Path,
        make: Make,
        *,
        reference: str | None = None,
        format: Format | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        check: bool = True,
    ) -> None:
        if not callable(make) or iscoroutinefunction(make):
            raise TypeError("make: a function that returns an Email is needed, and not an async one")
        self.path: str = check_path(path, "path")
        self._make = make
        self._reference = None if reference is None else check_word(reference, "reference")
        self._form: Format
        self._form, self._delimiter = form_of(self.path, format, delimiter)
        try:
            io.TextIOWrapper(io.BytesIO(), check_text(encoding, "encoding"))
        except (LookupError, ValueError):
            raise ValueError(f"encoding: {encoding[:50]!r} is not an encoding of text that Python knows") from None
        self._encoding = encoding
        self._checks = check_bool(check, "check")
        self._checked: tuple[Stamp, int] | None = None

    def __repr__(self) -> str:
        return f"<EmailFile {self.path!r}>"

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
            template: Its id.
            sender: Who they are from.
            to: The column that holds the address, or two, ``("name", "email")``.
            data: Columns that go into ``template_data``; all when left out.
            reference: As above, like the four that follow.
            format: ``"csv"`` or ``"jsonl"``.
            encoding: Of the text.
            delimiter: Between the columns of CSV.
            check: Go through the whole file first.
            **parts: What else all of them have, as for `Email`.

        Raises:
            ValueError: Names the argument.

        Example:
            EmailFile.from_template("readers.csv", "welcome", sender="news@example.com", reference="id")
        """
        same = check_known(cast("Mapping[str, Any]", parts), EmailParts, "from_template")
        for name in {"template_id", "template_data"} & set(same):
            raise ValueError(f"{name}: is made from the columns; template= and data= say from which")
        sender = format_address(sender, "sender")
        make = FromTemplate(check_word(template, "template"), sender, to, _names(data, "data"), same)
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
            sender: Who they are from.
            to: Who they go to. A name beside the address is best given as a pair in a list,
                ``[("$name", "$email")]``: whatever is in the column, it stays a name.
            html_columns: Columns that hold HTML. All others are escaped in ``html_body``; that makes a value safe as
                text and within quotes, and not as a link.
            reference: As above, like the four that follow.
            format: ``"csv"`` or ``"jsonl"``.
            encoding: Of the text.
            delimiter: Between the columns of CSV.
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
        same = check_known(cast("Mapping[str, Any]", parts), EmailParts, "from_strings")
        for name in {"template_id", "template_data"} & set(same):
            raise ValueError(f"{name}: is for from_template")
        make = FromStrings({"sender": sender, "to": to, **same}, _names(html_columns, "html_columns") or frozenset())
        return cls(path, make, reference=reference, format=format, encoding=encoding, delimiter=delimiter, check=check)

    def __iter__(self) -> Iterator[Email | tuple[str, Email] | Outcome]:
        try:
            for number, (line, reference, made) in enumerate(self._made(), 1):
                if isinstance(made, Email):
                    yield made if reference is None else (reference, made)
                    continue
                error = ValueError(self._place(line, made))
                if self._checks:
                    raise error
                name = reference or (f"line {line}" if self._reference else str(number))
                yield Outcome(reference=name, status="failed", error=error)
        except RecordsError as error:
            raise ValueError(self._place(error.line, error)) from None

    def check(self) -> int | None:
        """Make the e-mail of every row, to see that each can be made, and return how many there are.

        A run does this by itself before it sends anything. A file that was found good is not read again until it
        changes. With checks off it does nothing, and returns ``None``.

        Raises:
            ValueError: Names the file, up to 20 bad rows by their line, and each one's problem.
            OSError: The file can't be read.
        """
        if not self._checks:
            return None
        stamp = stamp_of(regular(self.path))
        if self._checked is None or self._checked[0] != stamp:
            self._checked = None
            self._checked = stamp, self._go_through()
        return self._checked[1]

    def _go_through(self) -> int:
        from ._seen import Seen

        count = 0
        bad: list[tuple[int, str]] = []
        twice: list[tuple[int, str]] = []
        seen = Seen()
        try:
            for line, reference, made in self._made():
                count += 1
                if count % _BREATH == 0:
                    _end_with_the_program()
                if isinstance(made, str):
                    bad.append((line, made))
                if reference is not None and not seen.add(reference):
                    twice.append((line, reference))
                if len(bad) + len(twice) >= MAX_BAD_ROWS:
                    break
        except RecordsError as error:
            bad.append((error.line, str(error)))
        finally:
            seen.close()
        bad += self._told_twice(twice)
        if bad:
            raise ValueError(self._listed(sorted(bad)))
        if not count:
            raise ValueError(self._place(1, "there are no rows"))
        return count

    def _told_twice(self, twice: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
        """Look for where references are first: to remember all of them would cost more than to read once more."""
        missing = {reference for _, reference in twice}
        first: dict[str, int] = {}
        rows = self._made(lambda _row: None)
        while missing:
            line, reference, _ = next(rows)
            if reference in missing:
                missing.remove(reference)
                first[reference] = line
        return [
            (line, f"the reference {reference!r} is in line {first[reference]:,} already") for line, reference in twice
        ]

    def _listed(self, bad: Sequence[tuple[int, str]]) -> str:
        if len(bad) == 1:
            return self._place(*bad[0])
        lines: dict[str, list[str]] = {}
        for line, text in bad:
            lines.setdefault(text, []).append(f"{line:,}")
        more = ", and perhaps more" if len(bad) >= MAX_BAD_ROWS else ""
        told = (f"line{'s' if some[1:] else ''} {', '.join(some)}: {_shown(text)}" for text, some in lines.items())
        return "\n  ".join([f"{self.path}: {len(bad)} bad rows{more}", *told])

    def _made(self, make: Callable[[Mapping[str, Any]], object] | None = None) -> Iterator[_Made]:
        """Give each row with its line, its reference, and its e-mail or what is wrong with it."""
        make = make or self._make
        # A pipe would be empty the second time, and opening one waits for whoever writes it.
        regular(self.path)
        with open(self.path, "rb") as file:
            lines = Lines(file, self.path, self._encoding)
            if self._checked is not None and self._checked[0] != lines.stamp:
                raise RecordsError("the file was changed since it was checked", 1)
            for line, record in records(lines, self._form, self._delimiter):
                reference = None
                made: object = record
                try:
                    if isinstance(record, Record):
                        reference = self._reference_of(record)
                        made = make(record)
                        if not isinstance(made, Email) and make is self._make:
                            raise TypeError(f"make returned a {type(made).__name__}, not an Email")
                except Exception as error:
                    made = error
                yield line, reference, made if isinstance(made, Email) else _problem(made)

    def _reference_of(self, record: Record) -> str | None:
        if self._reference is None:
            return None
        value = record[self._reference]
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return check_reference(value, "column {!r}".format, self._reference)

    def _place(self, line: int, text: object) -> str:
        return f"{self.path}, line {line:,}: {_shown(str(text))}"


def _shown(text: str) -> str:
    masked = mask_text(text)
    return masked if len(masked) <= MAX_PROBLEM_LENGTH else f"{masked[:MAX_PROBLEM_LENGTH]}..."


def _problem(error: object) -> str:
    """Say what is wrong with a row, and where that was found in the caller's own code."""
    text = str(error)
    if isinstance(error, Exception) and error.__traceback__ is not None:
        *_, last = traceback.walk_tb(error.__traceback__)
        code = last[0].f_code
        if not last[0].f_globals.get("__name__", "").startswith(__name__.partition(".")[0]):
            text = f"{type(error).__name__}: {text} ({os.path.basename(code.co_filename)}, line {last[1]})"
    return text


def _end_with_the_program() -> None:
    """End a check in a worker thread when its call was cancelled; else Ctrl-C would wait for the rest of the file."""
    if not threading.main_thread().is_alive():
        # The interpreter ends, and waits for this thread.
        raise SystemExit
    with contextlib.suppress(RuntimeError):  # no thread of anyio's
        from_thread.check_cancelled()


def _names(value: Collection[str] | None, argument: str) -> frozenset[str] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{argument}: must be a list of column names, not {with_article(value)}")
    return frozenset([check_text(one, f"{argument}[{number}]") for number, one in enumerate(value)])
