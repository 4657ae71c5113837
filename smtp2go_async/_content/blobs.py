"""The bytes of an attachment: in memory, in a file by its path, or in an open file.

Each blob is measured first and read as often as there are attempts. When a file is not what it was when it was
measured, reading it fails before the last chunk is handed out, so an e-mail with half a file is never a whole request.
"""

import io
import os
import stat
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import IO, BinaryIO, Protocol, cast

import attrs

from ..errors import InvalidArgumentError

CHUNK = 192 * 1024
"""Bytes read at a time. A multiple of 3, so that each chunk's base64 joins the next without padding."""


class FileChangedError(Exception):
    """A file is not what it was when its size was measured, so the part of it that was sent is not a whole request."""


class Blob(Protocol):
    """Bytes that are sent as base64: measured first, read as often as there are attempts."""

    def measure(self) -> int:
        """Return how many bytes there are now."""
        ...

    def opened(self, size: int) -> "AbstractContextManager[Iterator[bytes]]":
        """Open for a single reading of exactly ``size`` bytes, in chunks."""
        ...


@attrs.frozen
class MemoryBlob:
    """Bytes that are in memory already."""

    data: bytes = attrs.field(repr=lambda data: f"<{len(data)} bytes>")

    def measure(self) -> int:
        return len(self.data)

    def opened(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        return nullcontext(self.data[start : start + CHUNK] for start in range(0, size, CHUNK))


@attrs.frozen
class PathBlob:
    """A file that is opened when it is sent."""

    path: str

    def measure(self) -> int:
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise unreadable(repr(self.path), error.strerror or error) from error
        _refuse_other_than_files(self.path, found.st_mode)
        return found.st_size

    def opened(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        return _ChunkReader(self._read(size))

    def _read(self, size: int) -> Generator[bytes, None, None]:
        try:
            with open(self.path, "rb", buffering=0, opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise FileChangedError(f"{self.path!r} is not an ordinary file any more")
                last = yield from _all_but_the_last(file, repr(self.path), 0, size)
        except OSError as error:
            raise FileChangedError(f"{self.path!r} can't be read any more: {error.strerror or error}") from error
        if last:
            yield last.pop()


def _without_waiting(path: str, flags: int) -> int:
    """Open as `open` does, but don't wait for the other end if the file has become a named pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@attrs.frozen(eq=False)
class FileBlob:
    """A binary file that the caller has open, from its position at first to its end.

    The file is read at explicit offsets, so several sends may share it and the caller may move it.
    """

    file: BinaryIO
    start: int
    name: str

    def measure(self) -> int:
        check_not_closed(self.file, self.name)
        try:
            if self.file.writable():
                # Reading at an offset goes past the buffer of the file object.
                self.file.flush()
            end = _mark(self._source())[0]
        except (OSError, ValueError) as error:
            raise unreadable(f"the open file {self.name!r}", error) from error
        if self.start and end <= self.start:
            raise nothing_left(self.name)
        return end - self.start

    def opened(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        return _ChunkReader(self._read(size))

    def _read(self, size: int) -> Generator[bytes, None, None]:
        name = f"the open file {self.name!r}"
        try:
            last = yield from _all_but_the_last(self._source(), name, self.start, size)
        except (OSError, ValueError) as error:
            raise FileChangedError(f"{name} can't be read any more: {error}") from error
        if last:
            yield last.pop()

    def _source(self) -> IO[bytes]:
        # Looked up for each reading: a spooled file moves from memory to the disk while the caller fills it.
        return cast("IO[bytes]", readable_in_place(self.file))


def readable_in_place(file: object) -> IO[bytes] | None:
    """Return the file to read at any offset without moving it: a real file, or a file in memory.

    A temporary file of the standard library has such a file inside. Any other file (compressed, a member of an archive,
    an upload, a pipe) gives ``None``: reading it moves it, and its descriptor may have other bytes than it reads as.
    """
    if type(file) is tempfile.SpooledTemporaryFile:
        # It has no public name for the file inside.
        file = file._file  # noqa: SLF001
    elif type(file).__module__ == "tempfile":
        # The class of `NamedTemporaryFile` has no public name, and its `file` is documented.
        file = getattr(file, "file", None)
    return cast("IO[bytes]", file) if type(file) is io.BytesIO or type(bottom(file)) is io.FileIO else None


def bottom(file: object) -> object:
    """Return the object with the descriptor below a file object of Python; ``None`` for a class from elsewhere.

    A class of another module (gzip, zipfile, an upload) may have a descriptor with other bytes than it reads as.
    """
    return getattr(file, "raw", file) if type(file).__module__ in ("_io", "socket") else None


def _all_but_the_last(file: IO[bytes], name: str, start: int, size: int) -> Generator[bytes, None, list[bytes]]:
    """Yield all chunks but the last, and return the last chunk once the file is known to be unchanged.

    Without the last chunk the request is not whole. No chunk is kept here while it is on its way: with a hundred sends
    at the same time that would be a quarter of the memory.
    """
    before = _mark(file)
    now = max(0, before[0] - start)
    if now != size:
        raise FileChangedError(f"{name} had {size:,} bytes when measured and now has {now:,}")

    def read(offset: int, size: int) -> bytes:
        chunk = _read_at(file, offset, size)
        if len(chunk) < size:
            raise FileChangedError(f"{name} became shorter while it was sent")
        if _mark(file) != before:
            raise FileChangedError(f"{name} was changed while it was sent")
        return chunk

    offset, end = start, start + size
    while (following := offset + CHUNK) < end:
        yield read(offset, following - offset)
        offset = following
    if size:
        return [read(offset, end - offset)]
    if _read_at(file, offset, 1):
        # The file has grown, or it is a file of the system that says it is empty, as those in /proc do.
        raise FileChangedError(f"{name} had no bytes when measured and now has some")
    return []


def _mark(file: IO[bytes]) -> tuple[int, int]:
    """Return the size of a file and, on the disk, its time of change: they differ when the file was changed."""
    if isinstance(file, io.BytesIO):
        return len(file.getvalue()), 0
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


_moving = threading.Lock()


def _read_at(file: IO[bytes], offset: int, size: int) -> bytes:
    """Read ``size`` bytes, or up to the end: the system may return fewer at a time."""
    if isinstance(file, io.BytesIO):
        # CPython copies nothing for `getvalue`, and a caller that writes meanwhile gets a buffer of its own.
        return file.getvalue()[offset : offset + size]
    parts = []
    while size and (part := _part_at(file, offset, size)):
        parts.append(part)
        offset += len(part)
        size -= len(part)
    return b"".join(parts)


def _part_at(file: IO[bytes], offset: int, size: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, offset)
    # Windows has no such call, so the file is moved there and put back.
    with _moving:
        position = file.tell()
        file.seek(offset)
        try:
            return file.read(size)
        finally:
            file.seek(position)


class _ChunkReader(AbstractContextManager[Iterator[bytes]], Iterator[bytes]):
    """A single reading of a file, in threads.

    A cancelled call does not wait for its thread, which may be held up by a slow disk. So a reading can be given up
    while a thread is at it: then the thread closes the file as soon as it is back.
    """

    def __init__(self, chunks: Generator[bytes, None, None]) -> None:
        self._chunks = chunks
        self._turn = threading.Lock()
        self._given_up = False

    def __enter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            with self._turn:
                return next(self._chunks)
        finally:
            # Each side shows its own state before it looks at the other's, so either this side or `__exit__` closes.
            if self._given_up:
                self._close()

    def __exit__(self, *_exc: object) -> None:
        self._given_up = True
        self._close()

    def _close(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                self._chunks.close()
            finally:
                self._turn.release()


def unreadable(what: str, reason: object) -> InvalidArgumentError:
    """Make the error for a file that can't be read. Like those below, it does not name the argument yet."""
    return InvalidArgumentError(f"must be a file that can be read, not {what}: {reason}")


def nothing_left(name: str) -> InvalidArgumentError:
    """Make the error for an open file of which nothing would be sent."""
    return InvalidArgumentError(
        f"must be a file with something left to read, not the open file {name!r}, which stands at its end; call its "
        "seek(0) before"
    )


def check_not_closed(file: object, name: str | None = None) -> None:
    """Refuse a closed file: some kinds read as if they were empty then.

    Args:
        file: Any value.
        name: The file's name, for the error.

    Raises:
        ValueError: The file is closed.
    """
    if getattr(file, "closed", False) is True:
        which = "" if name is None else f" ({name!r})"
        raise InvalidArgumentError(
            f"must be an open file, not a closed one{which}; give its bytes, or use it before it is closed (web "
            "frameworks close an upload once its request was answered)"
        )


def _refuse_other_than_files(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise InvalidArgumentError(f"must be a file, not the directory {name!r}")
    if not stat.S_ISREG(mode):
        # A pipe or a device says that it has 0 bytes, and would be sent as nothing.
        raise InvalidArgumentError(f"must be an ordinary file, not {name!r}; open it, and give the open file")
