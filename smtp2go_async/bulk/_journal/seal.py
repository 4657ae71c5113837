"""The seal: a few bytes in a journal's file that say how much has to be there, and that SQLite never writes again.

SQLite keeps the latest commits in a write-ahead log beside its file (the WAL, ``-wal``). It accepts a WAL that is
missing, cut short or of another file, and a run would send again what such a journal has forgotten. So the file has a
page of its own for a seal, which is written again after each commit:

    ==================  ============================  ===============================================================
    when                what it holds                 which WAL belongs to the file
    ==================  ============================  ===============================================================
    opened, no WAL yet  commits, no salts             any or none: nothing has been claimed in it
    after a commit      commits, salts                a WAL with these salts, which together have so many commits
    checkpointed        commits, salts, ``complete``  none or the next; a WAL with these salts is needed no more
    ==================  ============================  ===============================================================

SQLite draws two salts for a new WAL, and adds 1 to the first each time it starts the WAL again.
"""

import struct
from typing import Final, Self

import attrs

SALTS_SIZE: Final = 8
"""Bytes of the two salts. They stand at byte 16 of the WAL's header, and at byte 8 of each frame's header."""
WAL_HEADER_SIZE: Final = 32
"""Bytes."""
FRAME_HEADER_SIZE: Final = 24
"""Bytes; a page of the database follows each."""

_SEAL = struct.Struct(">16sQQ8s?")
_SEAL_MAGIC = b"smtp2go journal\0"
_DATABASE_HEADER = struct.Struct(">16sHxxB7xI28xI")
_DATABASE_MAGIC = b"SQLite format 3\0"

SEAL_TABLE: Final = "CREATE TABLE seal (value BLOB NOT NULL)"
"""Its only row is at the end of its only page, whose number is kept as the user version of the database."""
SEAL_SIZE: Final = _SEAL.size
DATABASE_HEADER_SIZE: Final = _DATABASE_HEADER.size
"""Bytes that `DatabaseHeader` reads; SQLite's own header is longer."""


@attrs.define
class Seal:
    """What a journal's file says of itself and of its WAL."""

    commits: int = 0
    """Commits so far."""
    min_size: int = 0
    """Bytes that the file has at least."""
    salts: bytes = bytes(SALTS_SIZE)
    """Of the WAL; zeros while there is none."""
    is_complete: bool = False
    """Whether the file holds everything that is in the WAL."""

    def __bytes__(self) -> bytes:
        return _SEAL.pack(_SEAL_MAGIC, self.commits, self.min_size, self.salts, self.is_complete)

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """Return the seal that these bytes are; ``None`` if they are no seal."""
        if len(data) != _SEAL.size:
            return None
        magic, *values = _SEAL.unpack(data)
        return cls(*values) if magic == _SEAL_MAGIC else None

    def belongs_to(self, salts: bytes) -> bool:
        """Whether a WAL with these salts can be the WAL that was written with the file."""
        if self.salts in (salts, bytes(SALTS_SIZE)):
            return True
        sealed, found = (int.from_bytes(both[:4], "big") for both in (self.salts, salts))
        # SQLite may have started the next WAL, and the program been killed before it could seal that.
        return self.is_complete and found == (sealed + 1) % (1 << 32)


@attrs.frozen
class DatabaseHeader:
    """The fields at the start of a SQLite file."""

    page_size: int
    """Bytes."""
    page_count: int
    seal_offset: int
    """The byte at which the seal starts."""

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """Return what these bytes say; ``None`` if they are not the start of a database that can have a seal."""
        if len(data) != _DATABASE_HEADER.size:
            return None
        magic, page_size, unused, page_count, seal_page = _DATABASE_HEADER.unpack(data)
        if magic != _DATABASE_MAGIC or not seal_page:
            return None
        # The field has 16 bits. SQLite writes 1 for the largest size, which does not fit.
        page_size = 65536 if page_size == 1 else page_size
        return cls(page_size, page_count, seal_page * page_size - unused - _SEAL.size)
