"""What is attached: bytes, files by path and open files, each measured first and read as often as there are attempts.

A file that is not what it was when it was measured fails its reading before the last chunk is handed out, so that no
e-mail with half a file can be whole.
"""

import io
import os
import stat
import threading
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import IO, BinaryIO, Protocol

import attrs

from .._runtime.forking import tell_after_fork
from .._values.checks import type_name

CHUNK = 192 * 1024
"""Bytes read at a time. A multiple of 3, so that each chunk's base64 joins the next without padding."""


class FileChangedError(Exception):
    """A file is not what it was when its size was measured. What was sent of it was not a whole request."""


class Blob(Protocol):
    """Bytes that are sent as base64: measured first, read as often as there are attempts."""

    def measure(self) -> int:
        """Return how many bytes there are now."""
        ...

    def opened(self, size: int) -> "AbstractContextManager[Iterator[bytes]]":
        """Open for one reading of exactly ``size`` bytes, in chunks."""
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
            raise ValueError(f"{self.path!r} can't be read: {error.strerror or error}") from error
        _refuse_other_than_files(self.path, found.st_mode)
        return found.st_size

    def opened(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        return _Reading(self._read(size))

    def _read(self, size: int) -> Generator[bytes, None, None]:
        try:
            with open(self.path, "rb", buffering=0, opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise FileChangedError(f"{self.path!r} is not an ordinary file any more")
                last = yield from _all_but_the_last(_OwnFile(file), repr(self.path), 0, size)
        except OSError as error:
            raise FileChangedError(f"{self.path!r} can't be read any more: {error.strerror or error}") from error
        if last:
            yield last.pop()


def _without_waiting(path: str, flags: int) -> int:
    """Open as `open` does, but a named pipe, which the file may have become, without waiting for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@attrs.frozen(eq=False)
class FileBlob:
    """A binary file that the caller has open, from where it stands to its end.

    It is read at explicit offsets, so several sends may share it and the caller's position does not matter; where the
    system can't do that, it is moved, and put back in the end.
    """

    file: BinaryIO
    start: int
    name: str
    size: int | None = None
    """What was measured already, where it takes long."""

    def measure(self) -> int:
        what = f"the open file {self.name!r}"
        check_not_closed(self.file, what)
        if self.size is not None:
            return self.size
        try:
            with ready(self.file) as source:
                end = source.size()
        except Exception as error:  # a file of somebody's own may raise anything; gzip raises EOFError and zlib.error
            raise ValueError(f"{what} can't be read: {error}") from error
        if self.start and end <= self.start:
            raise ValueError(f"{what} stands at its end, so nothing of it would be sent; call its seek(0) before")
        return end - self.start

    def opened(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        return _Reading(self._read(size))

    def _read(self, size: int) -> Generator[bytes, None, None]:
        name = f"the open file {self.name!r}"
        try:
            with ready(self.file) as source:
                last = yield from _all_but_the_last(source, name, self.start, size)
        except FileChangedError:
            raise
        except Exception as error:  # as above
            raise FileChangedError(f"{name} can't be read any more: {error}") from error
        if last:
            yield last.pop()


def _all_but_the_last(
    source: "_OwnFile | _MovedFile", name: str, start: int, size: int
) -> Generator[bytes, None, list[bytes]]:
    """Read in order; return the last chunk when all is known to be well, for without it the request is not whole.

    No chunk is kept here while it is on its way: of a hundred sends at once that would be a quarter of the memory.
    """
    before = source.mark()
    if before is not None:
        _refuse_another_size(name, size, before[0] - start)

    def read(offset: int, size: int) -> bytes:
        chunk = source.read_at(offset, size)
        if len(chunk) < size:
            raise FileChangedError(f"{name} became shorter while it was sent")
        if source.mark() != before:
            raise FileChangedError(f"{name} was changed while it was sent")
        return chunk

    offset, end = start, start + size
    while (following := offset + CHUNK) < end:
        yield read(offset, following - offset)
        offset = following
    if size:
        last = [read(offset, end - offset)]
        _refuse_another_size(name, size, source.size() - start)
        return last
    if source.read_at(offset, 1):
        # It grew, or it is one of those of the system that say they are empty, as in /proc.
        raise FileChangedError(f"{name} had no bytes when measured and now has some")
    return []


def _refuse_another_size(name: str, size: int, now: int) -> None:
    if max(0, now) != size:
        raise FileChangedError(f"{name} had {size:,} bytes when measured and now has {max(0, now):,}")


class _Reading(AbstractContextManager[Iterator[bytes]], Iterator[bytes]):
    """One reading of a file, in threads.

    Who is cancelled does not wait for a thread, which may be held up by a slow disk or by a file of somebody's own. So
    a reading may be given up while it is under way: then the thread closes what is open, as soon as it is back.
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
            # Each side says what it does before it looks at the other, so that one of them closes.
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


class _OwnFile:
    """A file of the system that nobody else moves."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def mark(self) -> tuple[int, int] | None:
        """Return something that differs when the file was changed, its size first; ``None`` if that takes long."""
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def tell(self) -> int:
        """Return where the caller has it."""
        return self._file.tell()

    def read_at(self, offset: int, size: int) -> bytes:  # noqa: ARG002 - it stands there
        return _read_whole(self._file, size)


class FileByOffset(_OwnFile):
    """A file of the system that is not moved."""

    def read_at(self, offset: int, size: int) -> bytes:
        number = self._file.fileno()
        parts = []
        while size and (part := os.pread(number, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)


class _MovedFile:
    """Any other file, which has to be moved to be read.

    A compressed stream goes back by starting anew, so it is not put back after each chunk but by the last of this
    library's readers. A file that does not stand where they left it has been moved by the caller.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.readers = 0
        self._file = file
        self._lock = threading.Lock()
        self._callers = 0
        self._left: int | None = None

    def mark(self) -> None:
        return None

    def size(self) -> int:
        with self._lock, self._moving():
            self._file.seek(0, os.SEEK_END)
            return self._file.tell()

    def tell(self) -> int:
        with self._lock, self._moving():
            return self._callers

    def read_at(self, offset: int, size: int) -> bytes:
        with self._lock, self._moving() as stands:
            if stands != offset:
                self._file.seek(offset)
            return _read_whole(self._file, size)

    @contextmanager
    def _moving(self) -> Iterator[int]:
        stands = self._file.tell()
        if stands != self._left:
            self._callers = stands
        try:
            yield stands
        finally:
            self._left = self._file.tell()

    def put_back(self) -> None:
        with suppress(Exception):  # closed meanwhile, or broken: whoever reads it next will be told
            if self._file.tell() == self._left:
                self._file.seek(self._callers)


class _MovedFiles:
    """The files that are being moved in this process."""

    def __init__(self) -> None:
        self._after_fork()
        tell_after_fork(self)

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[int, _MovedFile] = {}

    @contextmanager
    def one(self, file: IO[bytes]) -> Iterator[_MovedFile]:
        with self._lock:
            moved = self._files.setdefault(id(file), _MovedFile(file))
            moved.readers += 1
        try:
            yield moved
        finally:
            with self._lock:
                moved.readers -= 1
                if not moved.readers:
                    moved.put_back()
                    self._files.pop(id(file), None)


_moved = _MovedFiles()


def ready(file: IO[bytes]) -> "AbstractContextManager[_OwnFile | _MovedFile]":
    """Choose how to read a caller's file."""
    if hasattr(os, "pread") and type(bottom(file)) is io.FileIO:
        return nullcontext(FileByOffset(file))
    return _moved.one(file)


def bottom(file: IO[bytes]) -> object:
    """Return what has the descriptor, if the bytes there are those that the file reads as.

    A class of its own (gzip, zipfile, an upload), or one inside, may have one with other bytes.
    """
    return getattr(file, "raw", file) if type(file).__module__ in ("_io", "socket") else None


def check_not_closed(file: object, what: str) -> None:
    """Refuse a file that was closed: some read as if they were empty then.

    Raises:
        ValueError: It was closed.
    """
    if getattr(file, "closed", False) is True:
        raise ValueError(
            f"{what} is closed already; give its bytes, or use it before it is closed (web frameworks close an upload "
            "once its request was answered)"
        )


def _refuse_other_than_files(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise ValueError(f"{name!r} is a directory; a file is needed")
    if not stat.S_ISREG(mode):
        # A pipe or a device says that it has 0 bytes, and would be sent as nothing.
        raise ValueError(f"{name!r} is not an ordinary file; open it, and give the open file")


def _read_whole(file: IO[bytes], size: int) -> bytes:
    """Read ``size`` bytes, or up to the end: a raw file may return fewer at a time.

    Raises:
        ValueError: It gave more, or something else.
    """
    chunk = check_bytes(file.read(size))
    while 0 < len(chunk) < size and (more := check_bytes(file.read(size - len(chunk)))):
        chunk += more
    if len(chunk) > size:
        raise ValueError(f"it gave more than the {size:,} bytes it was asked for")
    return chunk


def check_bytes(part: object) -> bytes:
    if not isinstance(part, (bytes, bytearray)):
        raise ValueError(f"it gave {type_name(part)} where bytes are needed")  # noqa: TRY004 - no argument of ours
    return bytes(part)
