"""Whether a list is the same list as before, with some of its rows corrected. No I/O in here."""

import datetime as dt
import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ...message import Email
from .hashes import keyed_hash


def content_mark(journal_id: str, email: Email) -> str:
    """Return a short form of an e-mail that differs when anything of it was changed, except within its files."""
    hashed = keyed_hash(journal_id, 8).copy()
    _update(hashed, email)
    return hashed.hexdigest()


def _update(hashed: "hashlib.blake2b", value: Any) -> None:
    """Feed a value into a hash, with marks around it so that no two values look alike."""
    if isinstance(value, str):
        hashed.update(b"s%d:" % len(value))
        hashed.update(value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, Mapping):
        hashed.update(b"{")
        # In the order of the names: the same data may be built in another order by the next run.
        for name in sorted(value, key=str):
            _update(hashed, str(name))
            _update(hashed, value[name])
        hashed.update(b"}")
    elif isinstance(value, (list, tuple)):
        hashed.update(b"[")
        for item in value:
            _update(hashed, item)
        hashed.update(b"]")
    elif hasattr(value, "measure"):
        _update(hashed, _size_of(value))
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            _update(hashed, getattr(value, field.name, None))
    elif value is None or isinstance(value, (bool, int, float, dt.date)):
        hashed.update(repr(value).encode())
    else:
        # Its repr may hold its address in memory, which differs in each run and would look like a correction.
        hashed.update(type(value).__qualname__.encode())


def _size_of(blob: Any) -> int:
    try:
        size: int = blob.measure()
    except Exception:
        # The file is missing. Once it is there, its size differs from this, and the row counts as corrected.
        return -1
    return size


def has_same_head(kept: Sequence[str], marks: Iterable[str]) -> bool:
    """Whether all marks that were kept of a list are found among the marks of its rows now, in the same order.

    More rows may stand between them: a row that was bad, and so not sent, may have been corrected since.

    Args:
        kept: The marks, or the first digits of each.
        marks: The marks of the rows that the list starts with now.
    """
    missing = deque(kept)
    for mark in marks:
        if missing and mark.startswith(missing[0]):
            missing.popleft()
    return not missing


def places_of_kept(kept: Sequence[str], marks: Sequence[str]) -> list[int]:
    """Return the places of kept marks among the marks of a list: as many as possible, in the same order.

    Args:
        kept: The marks, or the first digits of each.
        marks: The marks of the rows that the list starts with now.
    """
    digits = len(kept[0]) if kept else 0
    now = [mark[:digits] for mark in marks]
    # The longest common subsequence: longest[i][j] is how many of kept[i:] are found in now[j:].
    longest = [[0] * (len(now) + 1) for _ in range(len(kept) + 1)]
    for i in reversed(range(len(kept))):
        row, below = longest[i], longest[i + 1]
        for j in reversed(range(len(now))):
            row[j] = below[j + 1] + 1 if kept[i] == now[j] else max(below[j], row[j + 1])
    places: list[int] = []
    i = j = 0
    while i < len(kept) and j < len(now):
        if kept[i] == now[j]:
            places.append(j)
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


class CorrectedHead:
    """The head of a list that was corrected, which a journal remembers in place of the head that it has.

    It holds the rows that the journal remembered already and those that were claimed since. All other rows may still be
    corrected, so they are left out.

    Args:
        marks: The mark of each reference at the head of the list.
        places: The places of the rows that the journal remembers, as `places_of_kept` returns them.
        max_rows: How many rows a journal remembers.
    """

    def __init__(self, marks: Mapping[str, str], places: Sequence[int], max_rows: int) -> None:
        self._marks = marks
        references = list(marks)
        self._included = {references[place] for place in places}
        self._max_rows = max_rows
        self._is_written = False

    def with_claimed(self, references: Sequence[str]) -> list[str] | None:
        """Include rows that are claimed now, and return the marks to remember; ``None`` if nothing changes."""
        new = [reference for reference in references if reference in self._marks and reference not in self._included]
        if self._is_written and not new:
            return None
        self._is_written = True
        self._included.update(new)
        return [mark for reference, mark in self._marks.items() if reference in self._included][: self._max_rows]
