"""Whether a list is the one that a journal was begun with, some of its rows corrected since; no I/O here."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from ...message import Email
from .._plan import _keyed

CORRECTABLE: Final = ("refused", "failed")
"""States of rows that certainly were not sent, because of what they are: they may be others in the next run."""


def content_mark(journal_id: str, email: Email) -> str:
    """Return an e-mail in short: another one when anything of it was changed, but for what is within its files."""
    begun = _keyed(journal_id, 8).copy()
    _feed(begun, email)
    return begun.hexdigest()


def _feed(begun: "hashlib.blake2b", value: Any) -> None:
    if isinstance(value, str):
        begun.update(b"s%d:" % len(value))
        begun.update(value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, Mapping):
        begun.update(b"{")
        for name in sorted(value, key=str):
            _feed(begun, str(name))
            _feed(begun, value[name])
        begun.update(b"}")
    elif isinstance(value, (list, tuple)):
        begun.update(b"[")
        for one in value:
            _feed(begun, one)
        begun.update(b"]")
    elif hasattr(value, "measure"):
        _feed(begun, _size(value))
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            _feed(begun, getattr(value, field.name, None))
    elif value is None or isinstance(value, (bool, int, float, dt.date)):
        begun.update(repr(value).encode())
    else:
        # How it shows itself may tell where it is in memory, which is somewhere else in each run.
        begun.update(type(value).__qualname__.encode())


def _size(blob: Any) -> int:
    try:
        size: int = blob.measure()
    except Exception:
        # A file that is not there; once it is, that is a correction.
        return -1
    return size


def kept_in(kept: Sequence[str], marks: Sequence[str]) -> list[int]:
    """Return the places of those marks that were kept of the start of a list; as many as possible, in the same order.

    Args:
        kept: Marks, or the start of each.
        marks: Marks of the rows that a list begins with now.
    """
    length = len(kept[0]) if kept else 0
    here = [mark[:length] for mark in marks]
    # most[i][j]: how many of kept[i:] are found in here[j:].
    most = [[0] * (len(here) + 1) for _ in range(len(kept) + 1)]
    for i in reversed(range(len(kept))):
        row, below = most[i], most[i + 1]
        for j in reversed(range(len(here))):
            row[j] = below[j + 1] + 1 if kept[i] == here[j] else max(below[j], row[j + 1])
    places: list[int] = []
    i = j = 0
    while i < len(kept) and j < len(here):
        if kept[i] == here[j]:
            places.append(j)
            i, j = i + 1, j + 1
        elif most[i + 1][j] >= most[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


class BeginAnew:
    """The begin of a list that was corrected, for a journal to remember in place of the one that it has.

    Rows are in it that it had, and those that were claimed since: no others, which may still be corrected.
    """

    def __init__(self, marks: Mapping[str, str], places: Sequence[int], most: int) -> None:
        self._marks = marks
        references = list(marks)
        self._taken = {references[place] for place in places}
        self._most = most
        self._is_told = False

    def with_claimed(self, references: Sequence[str]) -> list[str] | None:
        """Take in rows that are claimed now; ``None`` when that changes nothing."""
        new = [one for one in references if one in self._marks and one not in self._taken]
        if self._is_told and not new:
            return None
        self._is_told = True
        self._taken.update(new)
        return [mark for reference, mark in self._marks.items() if reference in self._taken][: self._most]
