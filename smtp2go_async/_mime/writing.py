"""Write a message of the standard library as bytes: CRLF at the end of each line, and all else as the message says.

Each part is written by its own policy, and nothing in the message is changed but that a multipart without a boundary
gets one; so several threads may send a message at once.
What is signed stays as the standard library writes it. In all else a body whose bytes would not arrive as they are goes
out in Base64.
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
# From the beginning of a line: looked for from everywhere, it would take a thousand times as long.
_LONG_LINE = re.compile(rb"(?:\A|[\r\n])[^\r\n]{%d}" % (MAX_LINE_LENGTH + 1))
_BOUNDARY = re.compile(r"[ -~]+")
_AS_THEY_ARE = frozenset({"", "7bit", "8bit", "binary"})
# Where as_bytes is that of the standard library. That of Django leaves "From " alone, and is the same in all else.
_WRITTEN_HERE = ("email.message", "django.core.mail.message")
# A signature in a header of the message covers its body and some headers; the last is one that forwarders add.
_SIGNATURES = ("DKIM-Signature", "ARC-Message-Signature")


class _Care(Enum):
    """How far a part may be written in another way than the standard library has it."""

    FREE = auto()
    KEPT = auto()
    """Below an encryption, or under a signature in the headers: bodies and text in headers stay as they are."""
    SIGNED = auto()
    """Below multipart/signed: the same, and no header is folded that was not."""


def message_bytes(message: Message) -> bytes:
    """Return a message as it is sent.

    A class with an ``as_bytes`` of its own knows best how to write it.

    Raises:
        UnwritableError: It can't be written.
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
        # The texts of these errors have headers and bodies in them.
        raise UnwritableError(f"it can't be written by the standard library ({type(error).__name__})") from None
    return with_crlf(written)


def with_crlf(written: bytes) -> bytes:
    """Return the same lines with CRLF at each end."""
    ends = written.count(_CRLF)
    if written.count(b"\n") == ends == written.count(b"\r"):
        return written
    return written.replace(_CRLF, b"\n").replace(b"\r", b"\n").replace(b"\n", _CRLF)


def _part(message: Message, care: _Care, where: str) -> bytes:
    """Write a message or one of its parts."""
    kind = message.get_content_maintype()
    in_base64 = False
    if kind == "multipart":
        message, body = _parts(message, care, where)
    elif kind == "message":
        body = _nested(message, care, where)
    else:
        body = _octets(message, where)
        # Without a head there is no place to say what the body is encoded in.
        if care is _Care.FREE and not _has_no_head(message):
            changed = _what_would_change(message, body, is_text=kind == "text")
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
    """Tell whether a message that was read began with its body at once, without an empty line before."""
    return any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in message.defects)


def _octets(message: Message, where: str) -> bytes:
    # The payload itself, as the generators of the standard library take it: get_payload() decodes.
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


def _what_would_change(message: Message, body: bytes, *, is_text: bool) -> bytes | None:
    """Return the content of a part that would arrive as something else; ``None`` if it arrives as it is."""
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding in _AS_THEY_ARE:
        if _LONG_LINE.search(body) or (message.policy.cte_type == "7bit" and not body.isascii()):
            return body
    elif encoding != "quoted-printable":
        return None
    # In text LF and CRLF are the same end of a line. Elsewhere they are two different contents.
    if not _BARE_CR.search(body) and (is_text or body.count(b"\n") == body.count(_CRLF)):
        return None
    return decodestring(body) if encoding == "quoted-printable" else body


def _parts(message: Message, care: _Care, where: str) -> tuple[Message, bytes]:
    """Write the parts of a multipart, and return it with the boundary that stands between them."""
    payload = cast("object", message._payload)  # type: ignore[attr-defined]
    if isinstance(payload, str):
        # One that was read, and had no boundary.
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
    """Return what stands before or after the parts, which no reader shows."""
    return text.encode("utf-8", "surrogateescape")


def _with_boundary(message: Message, care: _Care, written: list[bytes], where: str) -> tuple[Message, bytes]:
    """Return a boundary that is in none of the parts, and the message with that one in its header."""
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
    # In a copy as well, which has a list of headers of its own: another thread may have chosen one at the same time.
    message = copy.copy(message)
    message.set_boundary(boundary)
    return message, boundary.encode()


def _is_apart(boundary: str, written: list[bytes]) -> bool:
    edge = b"--" + boundary.encode()
    return not any(part.startswith(edge) or b"\n" + edge in part for part in written)


def _nested(message: Message, care: _Care, where: str) -> bytes:
    """Write what is in a message/rfc822, or in a report about a delivery, which is made of blocks of headers."""
    payload = cast("object", message._payload)  # type: ignore[attr-defined]
    if payload is None or isinstance(payload, str):
        return with_crlf(_octets(message, where))
    inner = [nested for nested in (payload if isinstance(payload, list) else [payload]) if isinstance(nested, Message)]
    if not inner and payload:
        raise UnwritableError(f"{where} holds something else than a message")
    if message.get_content_subtype() == "delivery-status":
        care = care if care is _Care.SIGNED else _Care.KEPT
        return _CRLF.join([_part(nested, care, where).removesuffix(_CRLF) for nested in inner])
    if len(inner) > 1:
        raise UnwritableError(f"{where} holds {len(inner)} messages, and can hold one")
    return _part(inner[0], care, where) if inner else b""
