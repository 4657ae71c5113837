"""A request body: pieces of JSON and files, with the exact length known before the first byte leaves.

Files are base64-encoded while they are sent, so an attachment costs no memory however large it is. They are read in
worker threads, and each attempt starts again from the file.
"""

import inspect
import os
import secrets
import stat
import tempfile
import threading
import weakref
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Any, BinaryIO, Protocol, cast

import attrs

from ._json import STANDARD, Dumps

CHUNK = 192 * 1024
"""Bytes read at a time. A multiple of 3, so that each chunk's base64 joins the next without padding."""

_SMALL = 64 * 1024
"""Bytes; a body up to this size goes as one piece, which is quicker than pieces."""


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
        view = memoryview(self.data)
        return nullcontext(bytes(view[start : start + CHUNK]) for start in range(0, size, CHUNK))


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
        return _OpenFile(self.path, size)


class _OpenFile(AbstractContextManager[Iterator[bytes]]):
    """One reading of a file by path; it notices a file that is being changed."""

    def __init__(self, path: str, size: int) -> None:
        self._path, self._size = path, size
        self._file: IO[bytes] | None = None
        self._given_up = False

    def __enter__(self) -> Iterator[bytes]:
        try:
            self._file = file = open(self._path, "rb", buffering=0)
        except OSError as error:
            raise FileChangedError(f"{self._path!r} can't be read any more: {error.strerror or error}") from error
        if self._given_up:
            # asyncio does not wait for a thread when it cancels a task, so the exit may have come before the file.
            file.close()
        return self._read(file)

    def _read(self, file: IO[bytes]) -> Iterator[bytes]:
        before = os.fstat(file.fileno())
        left = self._size
        if before.st_size != left:
            raise FileChangedError(f"{self._path!r} had {left} bytes when measured and now has {before.st_size}")
        while left:
            chunk = _read_whole(file, min(CHUNK, left))
            left -= len(chunk)
            if not chunk:
                raise FileChangedError(f"{self._path!r} became shorter while it was sent")
            after = os.fstat(file.fileno())
            # Looked at before the last chunk is handed out: without it the request is not whole.
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise FileChangedError(f"{self._path!r} was changed while it was sent")
            yield chunk

    def __exit__(self, *_exc: object) -> None:
        self._given_up = True
        if self._file is not None:
            self._file.close()


@attrs.frozen(eq=False)
class FileBlob:
    """A binary file that the caller has open, from where it stands to its end.

    It is read at explicit offsets, so several sends may share it and the caller's position does not matter; where the
    system can't do that, a lock keeps this library's own readers apart.
    """

    file: BinaryIO
    start: int
    name: str

    def measure(self) -> int:
        try:
            if (number := _descriptor(self.file)) is not None:
                size = os.fstat(number).st_size
            else:
                with _where_it_stands(self.file):
                    size = self.file.seek(0, os.SEEK_END)
        except (OSError, ValueError) as error:
            raise ValueError(f"the open file {self.name!r} can't be read: {error}") from error
        return max(0, size - self.start)

    def opened(self, size: int) -> AbstractContextManager[Iterator[bytes]]:
        return nullcontext(self._read(size))

    def _read(self, size: int) -> Iterator[bytes]:
        self._refuse_another_size(size)
        offset, left = self.start, size
        while left:
            try:
                chunk = self._read_at(offset, min(CHUNK, left))
            except (OSError, ValueError) as error:
                raise FileChangedError(f"the open file {self.name!r} can't be read any more: {error}") from error
            offset += len(chunk)
            left -= len(chunk)
            if not chunk:
                raise FileChangedError(f"the open file {self.name!r} became shorter while it was sent")
            if not left:
                # Before the last chunk is handed out: without it the request is not whole.
                self._refuse_another_size(size)
            yield chunk

    def _refuse_another_size(self, size: int) -> None:
        try:
            now = self.measure()
        except ValueError as error:
            raise FileChangedError(str(error)) from error
        if now != size:
            raise FileChangedError(f"the open file {self.name!r} had {size} bytes when measured and now has {now}")

    def _read_at(self, offset: int, size: int) -> bytes:
        number = _descriptor(self.file)
        if number is None:
            with _where_it_stands(self.file):
                self.file.seek(offset)
                return _read_whole(self.file, size)
        parts = []
        while size and (part := os.pread(number, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)


_SEEKING = threading.Lock()


@contextmanager
def _where_it_stands(file: IO[bytes]) -> Iterator[None]:
    """Keep this library's other readers from a file, and leave it standing where the caller has it.

    Else an attachment made of the same file for the next send would begin, and end, at its end.
    """
    with _SEEKING:
        stood = file.tell()
        try:
            yield
        finally:
            file.seek(stood)


def _descriptor(file: IO[bytes]) -> int | None:
    """Return the number to read a file by offset with, if it is an ordinary file of the system."""
    if not hasattr(os, "pread") or type(file).__module__ != "_io":
        # A class of its own (gzip, zipfile, an upload) may have a descriptor whose bytes are not what it reads as.
        return None
    try:
        return file.fileno()
    except OSError:
        return None


def _refuse_other_than_files(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise ValueError(f"{name!r} is a directory; a file is needed")
    if not stat.S_ISREG(mode):
        # A pipe or a device says that it has 0 bytes, and would be sent as nothing.
        raise ValueError(f"{name!r} is not an ordinary file; open it, and give the open file")


def _read_whole(file: IO[bytes], size: int) -> bytes:
    """Read ``size`` bytes, or up to the end: a raw file may return fewer at a time."""
    chunk = file.read(size)
    while 0 < len(chunk) < size and (more := file.read(size - len(chunk))):
        chunk += more
    return chunk


def blob_of(content: object, name: str) -> Blob:
    """Make a blob of bytes, a path or a file that is open in binary mode.

    A file that can't be rewound (a pipe, a socket) is read to its end here, into a temporary file.

    Raises:
        ValueError: No such file, or a directory.
        TypeError: Something else, or a file in text mode.
    """
    if isinstance(content, (bytes, bytearray, memoryview)):
        return MemoryBlob(bytes(content))
    if isinstance(content, (str, os.PathLike)):
        path = os.fspath(content)
        blob: Blob = PathBlob(os.fsdecode(path))
        blob.measure()
        return blob
    if hasattr(content, "read"):
        return _open_file(cast("BinaryIO", content), name)
    raise TypeError(f"bytes, a path or an open binary file is needed, not a {type(content).__name__}")


def _open_file(file: BinaryIO, name: str) -> Blob:
    if inspect.iscoroutinefunction(file.read):
        raise TypeError(f"the file {name!r} is read by awaiting; give its bytes, or the file inside it (upload.file)")
    if not isinstance(file.read(0), bytes):
        raise TypeError(f"the open file {name!r} is in text mode; open it in binary mode ('rb')")
    seekable = getattr(file, "seekable", None)
    if seekable is None or not seekable():
        spool = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115 - lives as long as the blob
        while chunk := file.read(CHUNK):
            spool.write(chunk)
        blob = FileBlob(cast("BinaryIO", spool), 0, name)
        weakref.finalize(blob, spool.close)
        return blob
    writable = getattr(file, "writable", None)
    if writable is not None and writable():
        # Readers by offset go past the file object's own buffer.
        file.flush()
    with _SEEKING:
        return FileBlob(file, file.tell(), name)


def _encoded_size(size: int) -> int:
    return (size + 2) // 3 * 4


@attrs.frozen
class _Encoded:
    """A blob with the size it had when the body was measured."""

    blob: Blob
    size: int


@attrs.frozen
class Body:
    """A body ready to be sent, any number of times."""

    pieces: tuple[bytes | _Encoded, ...]
    length: int

    @property
    def content(self) -> bytes | None:
        """The whole body, when it is one piece in memory."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], bytes):
            return self.pieces[0]
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read the body from its start.

        Raises:
            FileChangedError: A file is not what it was when the body was made.
        """
        from anyio import to_thread  # here, because composing an e-mail needs no event loop

        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            elif isinstance(piece.blob, MemoryBlob):
                with piece.blob.opened(piece.size) as memory:
                    for chunk in memory:
                        yield b64encode(chunk)
            else:
                opened = piece.blob.opened(piece.size)
                try:
                    chunks = await to_thread.run_sync(opened.__enter__)
                    while encoded := await to_thread.run_sync(_next_encoded, chunks):
                        yield encoded
                finally:
                    # Not in a thread: closing is quick, and here it may run while the call is being cancelled.
                    opened.__exit__(None, None, None)


def _next_encoded(chunks: Iterator[bytes]) -> bytes:
    chunk = next(chunks, b"")
    return b64encode(chunk)


def encode(fields: Mapping[str, Any], dumps: Dumps = STANDARD.dumps) -> Body:
    """Encode a request body; each `Blob` in it becomes the base64 text of its bytes.

    Raises:
        ValueError: A file that can't be measured, text that is not valid Unicode, a number that JSON has no form for.
        TypeError: A value that JSON has no form for; the message names the field.
    """
    blobs: list[Blob] = []
    mark = ""

    def default(value: object) -> str:
        nonlocal mark
        if not isinstance(value, (MemoryBlob, PathBlob, FileBlob)):
            raise TypeError(f"{type(value).__name__} has no form in JSON")
        mark = mark or secrets.token_hex(16)
        blobs.append(value)
        return mark

    try:
        text = dumps(fields, default)
    except (TypeError, ValueError, RecursionError) as error:
        _name_the_field(fields, error)
        raise
    if not blobs:
        return Body((text,), len(text))
    return _with_blobs(text.split(f'"{mark}"'.encode()), blobs)


def _with_blobs(texts: list[bytes], blobs: list[Blob]) -> Body:
    pieces: list[bytes | _Encoded] = [texts[0] + b'"']
    for number, (blob, text) in enumerate(zip(blobs, texts[1:], strict=True), 1):
        pieces.append(_Encoded(blob, blob.measure()))
        pieces.append(b'"' + text + (b'"' if number < len(blobs) else b""))
    length = sum(len(piece) if isinstance(piece, bytes) else _encoded_size(piece.size) for piece in pieces)
    if length <= _SMALL and all(isinstance(blob, MemoryBlob) for blob in blobs):
        whole = [
            piece if isinstance(piece, bytes) else b64encode(cast("MemoryBlob", piece.blob).data) for piece in pieces
        ]
        return Body((b"".join(whole),), length)
    return Body(tuple(pieces), length)


def _name_the_field(fields: Mapping[str, Any], error: Exception) -> None:
    """Raise the error again with the name of the field it is about, found by trying each field alone."""
    for name, value in fields.items():
        try:
            STANDARD.dumps(
                value, lambda part: "" if isinstance(part, (MemoryBlob, PathBlob, FileBlob)) else _refuse(part)
            )
        except UnicodeEncodeError:
            raise ValueError(f"{name}: holds a lone surrogate, which is not valid text") from error
        except RecursionError:
            raise ValueError(f"{name}: nested too deeply for JSON") from error
        except ValueError as problem:
            raise ValueError(f"{name}: {problem}") from error
        except TypeError as problem:
            raise TypeError(f"{name}: {problem}") from error


def _refuse(value: object) -> str:
    raise TypeError(f"{type(value).__name__} has no form in JSON")
