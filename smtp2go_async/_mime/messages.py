"""A ready message for ``email.send_mime``, in any of its forms, as bytes that can be sent."""

import os
import re
from email.message import Message

from .._content.blobs import Blob, MemoryBlob
from .._content.sources import blob_of
from .._runtime.warning import warn_caller
from .._values.problems import invalid, renamed, wrong_type
from .._wire.body import blob_from_thread

_END_OF_HEADERS = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_RECIPIENTS = re.compile(rb"(?:\A|[\r\n])(?:to|cc|bcc)[ \t]*:", re.IGNORECASE)
# The header must not be empty, or a group without members, as in "undisclosed-recipients:;". A value continues in lines
# that start with white space.
_FILLED_RECIPIENTS = re.compile(
    _RECIPIENTS.pattern + rb"(?!(?:[^\r\n:;@]*:[ \t]*;)?[ \t\r\n]*(?:\r\n?+|\n|\Z)(?![ \t]))", re.IGNORECASE
)


async def mime_blob(message: object) -> Blob:
    """Make a blob of a ready message, and warn the caller when none of its headers names recipients.

    The headers in a file are not checked.

    Raises:
        ValueError: The message is empty, can't be read, or can't be written by the standard library.
        TypeError: The value is not a ready message.
    """
    if isinstance(message, Message):
        blob: Blob = MemoryBlob(_written(message))
    elif isinstance(message, str):
        try:
            blob = MemoryBlob(message.encode())
        except UnicodeEncodeError as error:
            raise invalid("mime_email", "must be valid text, not hold a lone surrogate") from error
    else:
        blob = await _of_file_or_bytes(message)
    if blob.measure() == 0:
        raise invalid("mime_email", "must not be empty")
    # Only in memory: a file is read while it is sent, and may be too large to search.
    if isinstance(blob, MemoryBlob) and not _find(_FILLED_RECIPIENTS, blob.data):
        lacking = "nobody in its To, Cc and Bcc headers" if _find(_RECIPIENTS, blob.data) else "no To, Cc or Bcc header"
        warn_caller(
            f"mime_email: the message has {lacking}, and POST /email/mime has no other place for recipients, so it may "
            "reach nobody"
        )
    return blob


def refuse_other_libraries(value: object, argument: str) -> None:
    """Refuse a message of another library, with the line to write instead.

    Raises:
        TypeError: The value is such a message.
    """
    # Django's own e-mails keep bcc outside the message, and their message() leaves it out.
    if callable(getattr(value, "message", None)):
        raise wrong_type(
            argument,
            "a ready message",
            value,
            "; write send_mime(mail.message()), which leaves out its bcc recipients, or email.send(..., bcc=[...])",
        )
    if callable(getattr(value, "as_bytes", None)):
        raise wrong_type(argument, "a message of the standard library", value, "; write send_mime(mail.as_bytes())")


def _written(message: Message) -> bytes:
    # Imported here, because files and bytes don't need it.
    from .headers import UnwritableError
    from .writing import message_bytes

    try:
        return message_bytes(message)
    except UnwritableError as error:
        # The cause is left out: the standard library's text has headers and addresses in it.
        raise invalid("mime_email", str(error)) from None


async def _of_file_or_bytes(message: object) -> Blob:
    if not isinstance(message, (bytes, bytearray, memoryview, os.PathLike)) and not hasattr(message, "read"):
        refuse_other_libraries(message, "mime_email")
        raise wrong_type("mime_email", "bytes, a path or an open binary file", message)
    try:
        if hasattr(message, "read"):
            return await blob_from_thread(message, "mime_email")
        return blob_of(message, "mime_email")
    except (TypeError, ValueError) as error:
        raise renamed("mime_email", error) from error


def _find(pattern: re.Pattern[bytes], raw: bytes) -> bool:
    """Whether a pattern matches in the headers of a message."""
    end = _END_OF_HEADERS.search(raw)
    return pattern.search(raw, 0, len(raw) if end is None else end.start()) is not None
