"""The content that a caller gives for a file: whether it can be read, its own name, and the blob that is made of it."""

import inspect
import io
import os
import re
import select
import tempfile
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import BinaryIO, cast

from .._masking import mask_text
from .._values.problems import with_article
from ..errors import ArgumentTypeError, InvalidArgumentError
from .blobs import (
    CHUNK,
    Blob,
    FileBlob,
    MemoryBlob,
    PathBlob,
    bottom,
    check_not_closed,
    nothing_left,
    readable_in_place,
    unreadable,
)
from .file_locks import FileLocks

_MAX_IN_MEMORY = 1024 * 1024
"""Bytes of a copy that are kept in memory, without a file."""

_MAX_COPIED = 256_000_000
"""Bytes that are copied of a file, far more than an e-mail can have: a pipe may have no end, and a member of an archive
may be made to fill the disk."""

_file_locks = FileLocks()

_POLL_MILLISECONDS = 50
"""Milliseconds between two looks whether the content of a waiting pipe is still needed."""

_READY = (bytes, bytearray, memoryview, str, os.PathLike)

_MAX_SHOWN = 255
"""Characters of a path that an error shows."""

# Only such a text is shown in an error: a text that was meant as the content may hold anything.
_FILE_NAME = re.compile(r"[\w./\\:~-]*[\w~-]\.\w{1,8}")

BINARY = "must be bytes, a path or an open binary file"
"""What each error about content of another kind begins with."""


def check_content(content: object, kind: str | None = None) -> None:
    """Refuse a content that bytes can't be read from, with the line to write instead.

    Args:
        content: Any value.
        kind: ``Attachment`` or ``Inline``, for that line.

    Raises:
        TypeError: The value is not a content, or is read by awaiting.
        ValueError: The file was closed.
    """
    if isinstance(content, _READY):
        return
    read = getattr(content, "read", None)
    if not callable(read):
        if line := line_for(content, kind):
            raise ArgumentTypeError(f"{BINARY}, not {with_article(content)}, which only holds one; write {line}")
        hint = "; await it first" if inspect.isawaitable(content) else ""
        raise ArgumentTypeError(f"{BINARY}, not {with_article(content)}{hint}")
    if inspect.iscoroutinefunction(read):
        raise _async(content, kind)
    check_not_closed(content)


def _async(content: object, kind: str | None) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"{BINARY}, not {with_article(content)}, which is read by awaiting; write {line_for(content, kind)}"
    )


def line_for(content: object, kind: str | None) -> str:
    """Return the line to write for a value that is not a content as it is, or nothing.

    Args:
        content: Any value.
        kind: ``Attachment`` or ``Inline``; when left out, the line is the content alone.
    """
    read = getattr(content, "read", None)
    if isinstance(content, (bytes, bytearray, memoryview)):
        inner = "data"
    elif callable(read) and not inspect.iscoroutinefunction(read):
        return f"{kind}(file)" if kind else "file"
    else:
        inner = _bytes_in(content) or ("await upload.read()" if callable(read) else "")
    if not inner or kind is None:
        return inner
    names = ("filename", "name")
    name = next((f"upload.{key}" for key in names if isinstance(getattr(content, key, None), str)), "name")
    return f"{kind}({inner}, {name})"


def _bytes_in(content: object) -> str:
    """Return the place of an upload's bytes: a file (Starlette, aiohttp, bottle), or an attribute (tornado, sanic)."""
    for attribute in ("file", "body"):
        with suppress(Exception):  # a property may raise anything
            inner = getattr(content, attribute)
            if isinstance(inner, bytes) or hasattr(inner, "read"):
                return f"upload.{attribute}"
    return ""


def _never() -> bool:
    return False


def blob_of(content: object, name: str, given_up: Callable[[], bool] = _never) -> Blob:
    """Make a blob of bytes, a path or a file that is open in binary mode.

    An open file that can be read at any offset (a real file, a file in memory) is read while it is sent. Any other open
    file (a pipe, a socket, a compressed stream, a member of an archive) is copied here, into memory or a temporary
    file, and left at its position.

    Args:
        content: Bytes, a path or an open file.
        name: The name of an open file in errors.
        given_up: Says that the blob is no longer needed, so that reading in a thread stops.

    Raises:
        ValueError: No such file, a directory, or a file that can't be read, is closed, or stands at its end.
        TypeError: A content of another kind, or a file in text mode.
    """
    if isinstance(content, (bytes, bytearray, memoryview)):
        return MemoryBlob(bytes(content))
    if isinstance(content, (str, os.PathLike)):
        return _path_blob(content)
    check_content(content)
    if readable_in_place(content) is not None:
        return _open_file(cast("BinaryIO", content), name, given_up)
    with _file_locks.hold(content, given_up) as is_held:
        if not is_held:
            raise InvalidArgumentError(f"nothing needs the open file {name!r} any more")
        return _open_file(cast("BinaryIO", content), name, given_up)


def _path_blob(content: "str | os.PathLike[str]") -> Blob:
    path = os.fsdecode(content)
    # Raised here and not from the system's own error, which holds the path: it may be a text meant as the content.
    if reason := _why_not(path):
        raise InvalidArgumentError(_problem_with(path, reason, is_text=isinstance(content, str)))
    blob = PathBlob(path)
    blob.measure()
    return blob


def _why_not(path: str) -> str:
    """Return the reason why a path can't be read, or nothing."""
    try:
        os.stat(path)
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError:
        return "no path has such characters"
    return ""


def _problem_with(path: str, reason: str, *, is_text: bool) -> str:
    if not path:
        return "must be the path of a file, not an empty text; to attach an empty file, give b''"
    if path.lower().startswith(("http://", "https://")):
        return "must be the path of a file, not a web address; from_url takes an address, and SMTP2GO fetches the file"
    if len(path) <= _MAX_SHOWN and path.isprintable() and (not is_text or _is_like_a_path(path)):
        return str(unreadable(repr(mask_text(path)), reason))
    if not is_text:
        return str(unreadable(f"the path of {len(path):,} characters", reason))
    return (
        f"must be the path of a file, not a text of {len(path):,} characters ({reason}); to attach the text itself, "
        "give its bytes: text.encode()"
    )


def _is_like_a_path(text: str) -> bool:
    """Whether a text was meant as a path, so that an error may show it; other texts may be the content."""
    folder = os.path.dirname(text)
    return _FILE_NAME.fullmatch(text) is not None or (folder.strip("./") != "" and os.path.isdir(folder))


def _open_file(file: BinaryIO, name: str, given_up: Callable[[], bool]) -> Blob:
    what = f"the open file {name!r}"
    _try_to_read(file, what)
    if not _can_be_rewound(file):
        blob = _copied(file, name, given_up)
        if not blob.measure() and _was_read(file):
            raise InvalidArgumentError(
                f"must be a file with something left to read, not the open file {name!r}, which was read to its end "
                "and can't be rewound"
            )
        return blob
    try:
        start = file.tell()
    except Exception as error:  # a class of the caller's own may raise anything
        raise unreadable(what, error) from error
    if readable_in_place(file) is not None:
        blob = FileBlob(file, start, name)
        if start:
            blob.measure()
        return blob
    try:
        blob = _copied(file, name, given_up)
    finally:
        with suppress(Exception):  # closed meanwhile, or broken: the caller's next read will say so
            file.seek(start)
    if start and not blob.measure():
        raise nothing_left(name)
    return blob


def _try_to_read(file: BinaryIO, what: str) -> None:
    """Read no bytes, to see that the file is open for reading, in binary mode, and not read by awaiting."""
    try:
        nothing: object = file.read(0)
    except io.UnsupportedOperation as error:
        raise InvalidArgumentError(f"must be a file that is open for reading, in mode 'rb', not {what}") from error
    except TypeError as error:
        # `read` takes no size, as in the response of an HTTP client, so this is not a file.
        raise ArgumentTypeError(f"{BINARY}, not {with_article(file)}") from error
    except Exception as error:
        raise unreadable(what, error) from error
    if isinstance(nothing, str):
        raise ArgumentTypeError(f"must be a file in binary mode ('rb'), not {what}, which is in text mode")
    if inspect.isawaitable(nothing):
        if isinstance(nothing, Coroutine):
            nothing.close()
        line = _bytes_in(file) or "await upload.read()"
        raise ArgumentTypeError(f"{BINARY}, not {with_article(file)}, which is read by awaiting; write {line}")
    if nothing is not None and not isinstance(nothing, (bytes, bytearray)):
        raise ArgumentTypeError(f"must be a file that gives bytes, not {what}, which gives {with_article(nothing)}")


def _can_be_rewound(file: BinaryIO) -> bool:
    try:
        return file.seekable()
    except Exception:  # there is no such method, or it fails, as in a member of a tar that is read as a stream
        return False


def _copied(file: BinaryIO, name: str, given_up: Callable[[], bool]) -> Blob:
    parts = _to_its_end(file, name, given_up)
    head = bytearray()
    for part in parts:
        head += part
        if len(head) > _MAX_IN_MEMORY:
            break
    else:
        return MemoryBlob(bytes(head))
    # A real file, which is read at offsets: a forked child shares the position of an open file.
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the blob
    try:
        size = copy.write(head)
        for part in parts:
            size += copy.write(part)
            if size > _MAX_COPIED:
                raise InvalidArgumentError(
                    f"must be a file of at most {_MAX_COPIED:,} bytes where it has to be copied, not the open file "
                    f"{name!r}, which has more; give a path"
                )
        copy.flush()
        blob = FileBlob(cast("BinaryIO", copy), 0, name)
    except BaseException:
        copy.close()
        raise
    weakref.finalize(blob, copy.close)
    return blob


def _was_read(file: BinaryIO) -> bool:
    """Whether a file that can't be rewound says that something was read of it; few files do."""
    try:
        return file.tell() > 0
    except Exception:  # there is no such method, or it fails, as in a pipe
        return False


def _to_its_end(file: BinaryIO, name: str, given_up: Callable[[], bool]) -> Iterator[bytes]:
    read, waiting = file.read, None
    if hasattr(select, "poll") and _blocks(file):
        # A read that waits holds the lock of the file object, and a call that gave up could not even close the file.
        waiting = select.poll()
        waiting.register(file.fileno(), select.POLLIN)
        read = getattr(file, "read1", read)
    while not given_up():
        if waiting is not None and not waiting.poll(_POLL_MILLISECONDS):
            continue
        try:
            part = read(CHUNK)
            if part is not None and not isinstance(part, (bytes, bytearray)):
                raise TypeError(f"it must give bytes, not {with_article(part)}")
        except Exception as error:  # gzip raises EOFError and zlib.error, and a class of the caller's own anything
            raise unreadable(f"the open file {name!r}", error) from error
        if part is None:
            raise InvalidArgumentError(
                f"must be a file that blocks until its end, not the open file {name!r}, whose end has not come yet; "
                "read it first"
            )
        if not part:
            return
        yield bytes(part)
    raise InvalidArgumentError(f"the call that read the open file {name!r} has ended")


def _blocks(file: BinaryIO) -> bool:
    """Whether reading a file waits for its descriptor, and the descriptor can be asked whether it has something."""
    source = bottom(file)
    return (type(source) is io.FileIO or type(source).__module__ == "socket") and os.get_blocking(file.fileno())
