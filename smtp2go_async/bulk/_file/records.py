"""The rows of a CSV or JSON-lines file, each with the line it starts in; no e-mails here."""

import codecs
import csv
import io
import json
import os
import re
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

from ..._values.checks import check_text
from ..._values.problems import invalid, not_one_of

Format = Literal["csv", "jsonl"]

MAX_LINE_LENGTH = 10_000_000
"""Characters; a file without line breaks must not end up in memory."""

_MAX_SHOWN_COLUMNS = 30
"""How many column names an error lists."""

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".numbers"})

_SEPARATORS = ",;\t|:"

_ENDINGS: dict[str, tuple[Format, str | None]] = {
    ".csv": ("csv", None),
    ".tsv": ("csv", "\t"),
    ".jsonl": ("jsonl", None),
    ".ndjson": ("jsonl", None),
}

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is the start of this mark
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

_SEPARATOR_LINE = re.compile(r'"?sep=(.)\1*"?[\r\n]*', re.IGNORECASE)
"""A line before the header, in which Excel names the character between the columns."""

_WRITING = "is something still writing it?"


class RecordsError(ValueError):
    """The rest of a file can't be read; the text does not name the file yet."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


class MissingColumnError(KeyError):
    """A column that is not in the file."""

    def __str__(self) -> str:
        # A KeyError shows the repr of its text.
        return str(self.args[0]) if self.args else ""


class Record(dict[str, Any]):
    """A row by its columns. The error for a missing column lists the columns of the file."""

    def __missing__(self, name: object) -> Any:
        names = ", ".join(list(self)[:_MAX_SHOWN_COLUMNS])
        more = f" and {len(self) - _MAX_SHOWN_COLUMNS} more" if len(self) > _MAX_SHOWN_COLUMNS else ""
        # With the wrong delimiter the whole header is a single column.
        is_unsplit = len(self) == 1 and any(separator in names for separator in _SEPARATORS)
        hint = "; give the delimiter, if these are several columns" if is_unsplit else ""
        raise MissingColumnError(f"no column {name!r}; there are {names}{more}{hint}")


Stamp = tuple[int, int, int]


def stamp_of(status: os.stat_result) -> Stamp:
    """Return numbers that change when a file does."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def regular(path: str) -> os.stat_result:
    """Return the status of a file that can be read more than once.

    Raises:
        OSError: It is missing.
        ValueError: It is a directory or a pipe. A pipe would be empty the second time.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise invalid(path, "must be a file that can be read more than once, not a directory or a pipe")
    return status


def form_of(path: str, given: Format | None, delimiter: str | None) -> tuple[Format, str | None]:
    """Return the format of a file and, where it is known already, the delimiter."""
    if given is not None and check_text(given, "format") not in (known := ("csv", "jsonl")):
        raise not_one_of("format", known, given)
    ending = os.path.splitext(path)[1].lower()
    found, usual = _ENDINGS.get(ending, (None, None))
    form = given or found
    if form is None:
        if ending in _WORKBOOKS:
            raise invalid("format", f"must be 'csv' or 'jsonl', and {path!r} is a workbook; save it as CSV")
        raise invalid("format", f"must be given as 'csv' or 'jsonl', since the ending of {path!r} does not say it")
    if delimiter is not None and (
        len(check_text(delimiter, "delimiter")) != 1 or form != "csv" or delimiter in '"\r\n'
    ):
        raise invalid("delimiter", "must be a single character, and only for CSV")
    return form, delimiter or usual


class FileLines(Iterator[str]):
    """The lines of a file with their ends, counted."""

    def __init__(self, file: BinaryIO, path: str, encoding: str) -> None:
        self._file = file
        self._path = path
        head = file.read(4)
        file.seek(0)
        self._encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), encoding)
        self.stamp: Stamp = stamp_of(os.fstat(file.fileno()))
        # Line ends stay as they are: within quotes they belong to the text.
        self._text = io.TextIOWrapper(file, self._encoding, newline="")
        self.number: int = 0
        self.last_nul: int = 0
        """The last line that holds a NUL."""

    def __next__(self) -> str:
        try:
            line = self._text.readline(MAX_LINE_LENGTH)
        except UnicodeDecodeError as error:
            # The position in the error counts from the start of the block that was decoded last.
            position = self._file.tell() - len(error.object) + error.start
            where = f"byte {position:,} of the file"
            text = f"must be {self._encoding}, and {where} is not ({error.reason}); give its encoding"
            raise RecordsError(text, self._line_at(position)) from None
        if not line:
            # A file that is still written ends anywhere, even within an address.
            if stamp_of(os.fstat(self._file.fileno())) != self.stamp:
                raise RecordsError(f"the file must not change while it is read; {_WRITING}", self.number)
            raise StopIteration
        self.number += 1
        if len(line) >= MAX_LINE_LENGTH:
            raise RecordsError(f"must have less than {MAX_LINE_LENGTH:,} characters", self.number)
        if "\0" in line:
            self.last_nul = self.number
        return line

    def _line_at(self, position: int) -> int:
        """Count the lines before a byte from the start of the file: lines of its block were not returned yet."""
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(self._encoding)("replace"), translate=True)
        lines = 1
        with open(self._path, "rb") as file:
            while position > 0 and (block := file.read(min(position, 65536))):
                position -= len(block)
                lines += decoder.decode(block).count("\n")
        return lines


def records(lines: FileLines, form: Format, delimiter: str | None) -> Iterator[tuple[int, Record | ValueError]]:
    """Yield each row with the line it starts in, or with its problem. Rows without any content are left out.

    Raises:
        RecordsError: The rest can't be read.
    """
    found = _from_json(lines) if form == "jsonl" else _from_csv(lines, delimiter)
    for line, record in found:
        if lines.last_nul >= line:
            problem = "must not hold a NUL character; if the file is UTF-16, give encoding='utf-16-le' or -be"
            yield line, ValueError(problem)
        else:
            yield line, record


# --- CSV ---------------------------------------------------------------------------------------------------------


def _from_csv(lines: FileLines, delimiter: str | None) -> Iterator[tuple[int, Record | ValueError]]:
    header = next((line for line in lines if line.strip()), None)
    if header is not None and (separator_line := _SEPARATOR_LINE.fullmatch(header)):
        if delimiter not in (None, separator_line[1]):
            raise RecordsError(
                f"must name {delimiter!r} as the character between columns, not {separator_line[1]!r}; "
                f"give delimiter={separator_line[1]!r}",
                lines.number,
            )
        delimiter = separator_line[1]
        header = next((line for line in lines if line.strip()), None)
    if header is None:
        raise RecordsError("must name the columns, not be empty", 1)
    first = lines.number
    reader = csv.reader(_chained(header, lines), delimiter=delimiter or _delimiter_in(header), strict=True)
    names: list[str] = []
    while True:
        line = first + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After a wrong quote, the start of the next row can't be found.
            raise RecordsError(_reason(error), line) from None
        if not any(map(str.strip, cells)):
            continue
        if not names:
            names = _header(cells, line)
        elif len(cells) != len(names):
            yield line, ValueError(f"must have {len(names):,} columns, as the header has, not {len(cells):,}")
        else:
            record = Record(zip(names, cells, strict=True))
            if "" in record and any(cell.strip() and not name for name, cell in zip(names, cells, strict=True)):
                yield line, ValueError("must not have a value in a column that has no name")
                continue
            record.pop("", None)
            yield line, record


def _chained(first: str, lines: FileLines) -> Iterator[str]:
    yield first
    yield from lines


def _delimiter_in(header: str) -> str:
    # A delimiter within quotes belongs to the name of a column.
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=bare.count)


def _header(cells: list[str], line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    # Of two columns with the same name, a row could hold only the second.
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise RecordsError(f"must name each column once, not more than once: {', '.join(repeated)}", line)
    return names


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "field limit" in text:
        # A quote that is never closed takes the rest of the file into its value.
        limit = f"{csv.field_size_limit():,}"
        return f"must have values of at most {limit} characters; is a quote not closed?"
    if "end of data" in text:
        return f"the file must not end within quotes; {_WRITING}"
    return f"must be CSV: {text}"


# --- JSON lines --------------------------------------------------------------------------------------------------


def _from_json(lines: FileLines) -> Iterator[tuple[int, Record | ValueError]]:
    decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode
    for line in lines:
        text = line.strip()
        if not text:
            continue
        try:
            value = decode(text)
        except json.JSONDecodeError as error:
            # The position counts from the first character of the line that is not a space.
            cut = "" if line.endswith(("\n", "\r")) else f"; the file ends in this line: {_WRITING}"
            yield lines.number, ValueError(f"must be JSON: {error.msg} at character {error.pos + 1:,}{cut}")
        except RecursionError:
            yield lines.number, ValueError("must be JSON that can be read, not nested too deep")
        except ValueError as error:
            yield lines.number, ValueError(f"must be JSON that can be read: {error}")
        else:
            if isinstance(value, dict):
                yield lines.number, Record(value)
            else:
                yield lines.number, ValueError(f"must be a JSON object, not a {type(value).__name__}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    # JSON allows a repeated name, and Python would silently keep the last value.
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(
            f"the name {next(name for name in names if names.count(name) > 1)!r} is in the object more than once"
        )
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
