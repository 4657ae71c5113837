"""The rows of a journal as a file for spreadsheets."""

import csv
import os
import time
from collections.abc import Iterable
from typing import Any

from .schema import JournalRow

_NAMES = ("reference", "state", "recipient", "email_id", "request_id", "detail", "error", "claimed", "settled")


def write_csv(rows: Iterable[JournalRow], target: str | os.PathLike[str]) -> int:
    """Write a CSV file in UTF-8 with a header, and return how many rows there are."""
    count = 0
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_NAMES)
        for row in rows:
            writer.writerow([_cell(name, getattr(row, name)) for name in _NAMES])
            count += 1
    return count


def _cell(name: str, value: Any) -> str:
    if value is None or (name == "claimed" and not value):
        return ""
    if name in ("claimed", "settled"):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value))
    text = str(value)
    # A spreadsheet would take these for formulas.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and name != "reference" else text
