"""What a journal's file says of its log, in a few bytes that SQLite never writes again: how much there has to be.

SQLite keeps what was written last in a log beside its file (``-wal``). It does not mind a log that is missing, cut
short or of another file, and a run would send again what such a journal has forgotten. So the file has a page of its
own for a seal, which is written anew after each commit:

    ==================  =========================  ================================================================
    when                what it holds              which log goes with the file
    ==================  =========================  ================================================================
    opened, no log yet  number, no salts           any, and none: nothing has been claimed in it
    after a commit      number, salts              one with these salts; read together, they have so many commits
    log worked in       number, salts, ``whole``   none, or the one after it; one with these salts is needed no more
    ==================  =========================  ================================================================

SQLite draws two salts for a new log, and adds one to the first each time it begins the log anew.
"""

import struct
from typing import Final, Self

import attrs

SALTS: Final = 8
"""Bytes; they stand at 16 in a log's header, and at 8 in that of each of its frames."""
LOG_HEADER, FRAME_HEADER = 32, 24
"""Bytes."""

_FORM = struct.Struct(">16sQQ8s?")
_MARK = b"smtp2go journal\0"
_HEAD = struct.Struct(">16sHxxB7xI28xI")
_MAGIC = b"SQLite format 3\0"

SEAL_TABLE: Final = "CREATE TABLE seal (value BLOB NOT NULL)"
"""Its only row is at the end of its only page, whose number is the user version of the database."""
SEAL_SIZE: Final = _FORM.size
HEAD_SIZE: Final = _HEAD.size


@attrs.define
class Seal:
    """What a journal says of itself."""

    number: int = 0
    """Commits so far."""
    size: int = 0
    """Bytes that the file has at least."""
    salts: bytes = bytes(SALTS)
    """Of the log."""
    whole: bool = False
    """Whether the file has all that is in the log."""

    def __bytes__(self) -> bytes:
        return _FORM.pack(_MARK, self.number, self.size, self.salts, self.whole)

    @classmethod
    def read(cls, text: bytes) -> Self | None:
        """Return the seal that bytes are, if they are one."""
        if len(text) != _FORM.size:
            return None
        mark, *values = _FORM.unpack(text)
        return cls(*values) if mark == _MARK else None

    def goes_with(self, salts: bytes) -> bool:
        """Whether a log with these salts can be the one that was written with the file."""
        if self.salts in (salts, bytes(SALTS)):
            return True
        ours, theirs = (int.from_bytes(one[:4], "big") for one in (self.salts, salts))
        return self.whole and theirs == (ours + 1) % (1 << 32)


@attrs.frozen
class Head:
    """What the beginning of SQLite's file says."""

    page: int
    """Bytes in a page."""
    pages: int
    seal_at: int
    """Where the seal is."""

    @classmethod
    def read(cls, text: bytes) -> Self | None:
        """Return what these bytes say, if they are of a database that can have a seal."""
        if len(text) != _HEAD.size:
            return None
        magic, page, unused, pages, seal = _HEAD.unpack(text)
        if magic != _MAGIC or not seal:
            return None
        # The format has no room for the largest size.
        page = 65536 if page == 1 else page
        return cls(page, pages, seal * page - unused - _FORM.size)
