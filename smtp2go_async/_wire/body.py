"""A request body: pieces of JSON and files, with the exact length known before the first byte leaves.

Files are base64-encoded while they are sent, so an attachment costs no memory however large it is. They are read in
worker threads, and each attempt starts again from the file.
"""

import functools
import secrets
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import attrs

from .._content.blobs import Blob, FileBlob, FileChangedError, MemoryBlob, PathBlob
from .._content.sources import blob_of
from .._values.problems import invalid, renamed, with_article
from ..errors import InvalidArgumentError
from .codec import STANDARD, Dumps

if TYPE_CHECKING:
    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

_READERS = 4
"""Threads that read files for an event loop, beside the threads of the program. Only a single thread encodes at a time
anyway; with forty threads more chunks were held, the loop had to wait longer, and nothing was sent sooner."""

_SMALL = 64 * 1024
"""Bytes; a body up to this size is a single piece, which is quicker to send than several."""


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
        """The whole body, if it is a single piece in memory."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], bytes):
            return self.pieces[0]
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read the body from its start.

        Raises:
            FileChangedError: A file has changed since the body was made.
        """
        from anyio import to_thread  # here, because composing an e-mail needs no event loop

        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            in_memory = isinstance(piece.blob, MemoryBlob)
            left = _encoded_size(piece.size)
            # Closing is quick and not left to a thread: here it also runs while the call is being cancelled.
            with piece.blob.opened(piece.size) as chunks:
                while True:
                    if in_memory:
                        held = [_next_encoded(chunks)]
                    else:
                        encoded = to_thread.run_sync(_next_encoded, chunks, limiter=_limiter(), abandon_on_cancel=True)
                        held = [await encoded]
                    left -= len(held[0])
                    if left < 0 or (left and not held[0]):
                        raise FileChangedError("a file gave more or fewer bytes than were measured")
                    # Popped, so that this frame does not keep the chunk in memory while it is on its way.
                    yield held.pop()
                    if not left:
                        break


async def blob_from_thread(file: object, name: str) -> Blob:
    """Make a blob of an open file in a thread: reading a pipe to its end may take for ever.

    A cancelled call does not wait for the thread, which stops at its next look and closes the copy that it has made.
    The thread is an additional one, because the writer of the pipe may need a thread of the program's own.
    """
    from anyio import CapacityLimiter, to_thread

    given_up = threading.Event()
    try:
        return await to_thread.run_sync(
            blob_of, file, name, given_up.is_set, limiter=CapacityLimiter(1), abandon_on_cancel=True
        )
    finally:
        given_up.set()


def _limiter() -> "CapacityLimiter":
    """Return the limiter of this event loop."""
    from anyio import CapacityLimiter

    found = _limiters().get(None)
    if found is None:
        found = CapacityLimiter(_READERS)
        _limiters().set(found)
    return found


@functools.cache
def _limiters() -> "RunVar[CapacityLimiter | None]":
    from anyio.lowlevel import RunVar

    return RunVar("smtp2go_async_readers")


def _next_encoded(chunks: Iterator[bytes]) -> bytes:
    return b64encode(next(chunks, b""))


def encode(fields: Mapping[str, Any], dumps: Dumps = STANDARD.dumps) -> Body:
    """Encode a request body; each `Blob` in it becomes the base64 text of its bytes.

    Raises:
        ValueError: A file can't be measured, a text is not valid Unicode, or JSON has no form for a number.
        TypeError: JSON has no form for a value; the message names the field.
    """
    blobs: list[Blob] = []
    mark = ""

    def default(value: object) -> str:
        nonlocal mark
        if not isinstance(value, (MemoryBlob, PathBlob, FileBlob)):
            raise TypeError(f"must hold only values that JSON has, not {with_article(value)}")
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
    texts = text.split(f'"{mark}"'.encode())
    # The standard library writes again what orjson refuses, so only the blobs of the last time count.
    try:
        return _with_blobs(texts, blobs[1 - len(texts) :])
    except InvalidArgumentError as error:
        _name_the_file(fields, error)
        raise


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


def _name_the_file(fields: Mapping[str, Any], error: Exception) -> None:
    """Raise the error again with the place of the file that it is about, found by measuring each file alone."""
    waiting: list[tuple[str, Any]] = list(fields.items())
    while waiting:
        place, value = waiting.pop(0)
        if isinstance(value, (MemoryBlob, PathBlob, FileBlob)):
            try:
                value.measure()
            except InvalidArgumentError as problem:
                # The key within an attachment is the API's, and no word of the caller's.
                raise renamed(place.removesuffix(".fileblob"), problem) from error
        elif isinstance(value, Mapping):
            waiting += [(f"{place}.{name}", item) for name, item in value.items()]
        elif isinstance(value, (list, tuple)):
            waiting += [(f"{place}[{number}]", item) for number, item in enumerate(value)]


def _name_the_field(fields: Mapping[str, Any], error: Exception) -> None:
    """Raise the error again with the name of its field, which is found by trying each field alone."""
    for name, value in fields.items():
        try:
            STANDARD.dumps(
                value, lambda part: "" if isinstance(part, (MemoryBlob, PathBlob, FileBlob)) else _refuse(part)
            )
        except UnicodeEncodeError:
            raise invalid(name, "must be valid text, not hold a lone surrogate") from error
        except RecursionError:
            raise invalid(name, "must not be nested too deeply for JSON") from error
        except ValueError as problem:
            raise renamed(name, problem) from error
        except TypeError as problem:
            raise renamed(name, problem) from error


def _refuse(value: object) -> str:
    raise TypeError(f"must hold only values that JSON has, not {with_article(value)}")
