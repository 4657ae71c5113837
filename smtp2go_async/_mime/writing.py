"""Write a message of the standard library as bytes: CRLF at the end of each line, and everything else as it says.

Each part is written by its own policy. The message is not changed, except that a multipart without a boundary gets a
boundary; so several threads may send the same message at the same time.
Signed parts stay as the standard library writes them. In other parts, a body whose bytes would not arrive unchanged
goes out in Base64.
"""

import copy
import re
from base64 import encodebytes
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from enum import Enum, auto
from quopri import decodestring
from secrets import token_hex
from typing import Any, cast

from .headers import MAX_LINE_LENGTH, UnwritableError, header_line

_CRLF = b"\r\n"
_BARE_CR = re.compile(rb"\r(?!\n)")
# Anchored at the start of a line: a search from every position would take a thousand times as long.
_LONG_LINE = re.compile(rb"(?:\A|[\r\n])[^\r\n]{%d}" % (MAX_LINE_LENGTH + 1))
_BOUNDARY = re.compile(r"[ -~]+")
_AS_THEY_ARE = frozenset({"", "7bit", "8bit", "binary"})
# The modules whose as_bytes is that of the standard library; Django's only differs in leaving "From " alone.
_WRITTEN_HERE = ("email.message", "django.core.mail.message")
# A signature in a header of the message covers its body and some headers; forwarders add the last of these.
_SIGNATURES = ("DKIM-Signature", "ARC-Message-Signature")


class _Care(Enum):
    """How far the bytes of a part may differ from those of the standard library."""

    FREE = auto()
    KEPT = auto()
    """Below an encryption, or under a signature in the headers: bodies and text in headers stay as they are."""
    SIGNED = auto()
    """Below multipart/signed: the same, and no header is folded that was not."""


def message_bytes(message: Message) -> bytes:
    """Return a message as it is sent.

    A class with an ``as_bytes`` of its own is written by that.

    Raises:
        UnwritableError: The message can't be written.
    """
    try:
        if getattr(type(message).as_bytes, "__module__", "") in _WRITTEN_HERE:
            care = _Care.KEPT if any(name in message for name in _SIGNATURES) else _Care.FREE
            written = _part(message, care, "the message")
        else:
            written = message.as_bytes()
            if not isinstance(written, bytes):
                raise UnwritableError(f"its own as_bytes() returns {type(written).__name__}, not bytes")
    except (UnwritableError, MemoryError):
        raise
    except RecursionError:
        raise UnwritableError("its parts are nested too deeply") from None
    except Exception as error:
        # The cause and its text are left out, because these errors quote headers and bodies.
        raise UnwritableError(f"it can't be written by the standard library ({type(error).__name__})") from None
    return with_crlf(written)


def with_crlf(written: bytes) -> bytes:
    """Return the same lines with CRLF at each end."""
    ends = written.count(_CRLF)
    if written.count(b"\n") == ends == written.count(b"\r"):
        return written
    return written.replace(_CRLF, b"\n").replace(b"\r", b"\n").replace(b"\n", _CRLF)


def _part(message: Message, care: _Care, where: str) -> bytes:
    """Write a message or a part of it."""
    kind = message.get_content_maintype()
    in_base64 = False
    if kind == "multipart":
        message, body = _parts(message, care, where)
    elif kind == "message":
        body = _nested(message, care, where)
    else:
        body = _octets(message, where)
        # A part without a head has no place to name the encoding of its body.
        if care is _Care.FREE and not _has_no_head(message):
            changed = _changed_content(message, body, is_text=kind == "text")
            if changed is not None:
                in_base64, body = True, encodebytes(changed)
        body = with_crlf(body)
    head = _head(message, care, in_base64=in_base64)
    if not head and _has_no_head(message):
        return body
    return b"".join((*head, _CRLF, body))


def _head(message: Message, care: _Care, *, in_base64: bool) -> list[bytes]:
    options: dict[str, Any] = {"linesep": "\r\n"}
    if care is _Care.SIGNED:
        options |= {"max_line_length": 0, "cte_type": "8bit"}
        if hasattr(message.policy, "refold_source"):
            options["refold_source"] = "none"
    policy = message.policy.clone(**options)
    lines = []
    for name, value in message.raw_items():
        if in_base64 and name.lower() == "content-transfer-encoding":
            continue
        lines.append(header_line(policy, name, value, exact=care is not _Care.FREE))
    if in_base64:
        lines.append(b"Content-Transfer-Encoding: base64\r\n")
    return lines


def _has_no_head(message: Message) -> bool:
    """Whether a message that was read started directly with its body, without an empty line before it."""
    return any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in message.defects)


def _octets(message: Message, where: str) -> bytes:
    # The attribute, as in the generators of the standard library, because get_payload() decodes.
    payload = cast("object", message._payload)  # type: ignore[attr-defined]
    if payload is None:
        return b""
    if isinstance(payload, (list, Message)):
        raise UnwritableError(f"{where} has parts, and its Content-Type is {_shown_type(message)}, not multipart")
    if not isinstance(payload, str):
        raise UnwritableError(f"the content of {where} is {type(payload).__name__}, where text is needed")
    try:
        return payload.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        raise UnwritableError(
            f"the content of {where} is not ASCII and was set without a charset; use set_payload(text, 'utf-8')"
        ) from None


def _shown_type(message: Message) -> str:
    kind = message.get_content_type()
    return kind if re.fullmatch(r"[a-z-]{1,30}/[a-z0-9.+-]{1,60}", kind) else "another"


def _changed_content(message: Message, body: bytes, *, is_text: bool) -> bytes | None:
    """Return the content of a part whose body would not arrive unchanged; ``None`` if it would."""
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding in _AS_THEY_ARE:
        if _LONG_LINE.search(body) or (message.policy.cte_type == "7bit" and not body.isascii()):
            return body
    elif encoding != "quoted-printable":
        return None
    # In text LF and CRLF are the same end of a line; in other content they are different bytes.
    if not _BARE_CR.search(body) and (is_text or body.count(b"\n") == body.count(_CRLF)):
        return None
    return decodestring(body) if encoding == "quoted-printable" else body


def _parts(message: Message, care: _Care, where: str) -> tuple[Message, bytes]:
    """Return a multipart with its boundary set, and its parts written with the boundary between them."""
    payload = cast("object", message._payload)  # type: ignore[attr-defined]
    if isinstance(payload, str):
        # A message that was read and had no boundary.
        return message, with_crlf(_octets(message, where))
    parts = [] if payload is None else payload if isinstance(payload, list) else [payload]
    inside = care
    if care is not _Care.SIGNED:
        inside = {"signed": _Care.SIGNED, "encrypted": _Care.KEPT}.get(message.get_content_subtype(), care)
    prefix = "part " if where == "the message" else f"{where}."
    written = []
    for number, part in enumerate(parts, 1):
        name = f"{prefix}{number}"
        if not isinstance(part, Message):
            raise UnwritableError(f"{name} is a {type(part).__name__}, where a part of a message is needed")
        written.append(_part(part, inside, name))
    before = None if message.preamble is None else with_crlf(_around(message.preamble)) + _CRLF
    message, boundary = _with_boundary(message, care, [before or b"", *written], where)
    edge = b"--" + boundary
    pieces = [before or b"", edge, _CRLF, (_CRLF + edge + _CRLF).join(written), _CRLF, edge, b"--", _CRLF]
    if message.epilogue is not None:
        pieces.append(with_crlf(_around(message.epilogue)))
    return message, b"".join(pieces)


def _around(text: str) -> bytes:
    """Return the text before or after the parts, which no reader shows."""
    return text.encode("utf-8", "surrogateescape")


def _with_boundary(message: Message, care: _Care, written: list[bytes], where: str) -> tuple[Message, bytes]:
    """Return the message with a boundary in its header that occurs in none of the parts, and that boundary."""
    given = message.get_boundary()
    if given is not None and _BOUNDARY.fullmatch(given) and (care is not _Care.FREE or _is_apart(given, written)):
        return message, given.encode()
    if given is not None and care is not _Care.FREE:
        raise UnwritableError(f"the boundary of {where} can't be written")
    while not _is_apart(boundary := f"==={token_hex(16)}===", written):
        pass
    if given is None:
        # As as_bytes() does, so that both write the same bytes afterwards.
        message.set_boundary(boundary)
    # Set in a copy as well, which has its own list of headers: another thread may choose a boundary at the same time.
    message = copy.copy(message)
    message.set_boundary(boundary)
    return message, boundary.encode()


def _is_apart(boundary: str, written: list[bytes]) -> bool:
    edge = b"--" + boundary.encode()
    return not any(part.startswith(edge) or b"\n" + edge in part for part in written)


def _nested(message: Message, care: _Care, where: str) -> bytes:
    """Write the content of a message/rfc822, or of a delivery report, which consists of blocks of headers."""
    payload = cast("object", message._payload)  # type: ignore[attr-defined]
    if payload is None or isinstance(payload, str):
        return with_crlf(_octets(message, where))
    inner = [part for part in (payload if isinstance(payload, list) else [payload]) if isinstance(part, Message)]
    if not inner and payload:
        raise UnwritableError(f"{where} holds something else than a message")
    if message.get_content_subtype() == "delivery-status":
        care = care if care is _Care.SIGNED else _Care.KEPT
        return _CRLF.join([_part(block, care, where).removesuffix(_CRLF) for block in inner])
    if len(inner) > 1:
        raise UnwritableError(f"{where} holds {len(inner)} messages, and can hold one")
    return _part(inner[0], care, where) if inner else b""
