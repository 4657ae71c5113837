"""The rows of a journal as a CSV file for spreadsheets."""

import csv
import os
import time
from collections.abc import Iterable
from typing import Any, Final

from .row_states import JournalRow

_COLUMNS: Final = ("reference", "state", "recipient", "email_id", "request_id", "detail", "error", "claimed", "settled")


def write_csv(rows: Iterable[JournalRow], target: str | os.PathLike[str]) -> int:
    """Write a CSV file in UTF-8 with a header, and return the number of rows."""
    count = 0
    # No newline translation: the csv module writes the line ends itself.
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in rows:
            writer.writerow([_cell(name, getattr(row, name)) for name in _COLUMNS])
            count += 1
    return count


def _cell(name: str, value: Any) -> str:
    if value is None or (name == "claimed" and not value):
        return ""
    if name in ("claimed", "settled"):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value))
    text = str(value)
    # A spreadsheet would run such text as a formula. References stay as they are, so that they can be looked up.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and name != "reference" else text
