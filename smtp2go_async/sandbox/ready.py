"""Ready-made RFC 5322 messages: their sender, their recipients and their files. No I/O.

Callers send malformed messages, too, so a message is read as far as possible: a part that the standard library cannot
read is left out, and the bytes stay as they came.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.headerregistry import HeaderRegistry
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import cast

from attrs import frozen

from .records import SentAttachment
from .rules import MAX_ADDRESSES, invalid, parse_mailbox

_plain_header = HeaderRegistry(use_default_map=False)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


@frozen(kw_only=True)
class ReadyMessage:
    """The envelope of a ready-made message, and the message without its Bcc header."""

    sender: str
    recipients: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    raw: bytes
    attachments: tuple[SentAttachment, ...]


class _Unopened(Message):
    """A message whose attached messages are files like any other, and are not looked into."""

    def get_content_type(self) -> str:
        """Return the type, and another type for a message, so that the parser takes its lines as they are."""
        kind = super().get_content_type()
        return "application/octet-stream" if kind.startswith("message/") else kind


def read_message(content: bytes, schedule_id: str | None) -> ReadyMessage:
    """Read a ready-made message.

    Apart from its Bcc header it stays as it is, byte for byte. Taking this header out is an assumption, since the
    provider has not published what happens to it.
    """
    message = _parsed(content)
    senders = _addresses(message, "From")
    if not senders:
        raise invalid("mime_email", "was expecting a message with a From header")
    to, cc, bcc = (_addresses(message, name) for name in ("To", "Cc", "Bcc"))
    if not to and not cc and not bcc:
        raise invalid("mime_email", "was expecting a message with a recipient in To, Cc or Bcc")
    raw = _without_bcc(content)
    if schedule_id:
        line_end = b"\r\n" if b"\r\n" in raw else b"\n"
        raw = b"X-Smtp2go-Schedule-Id: " + schedule_id.encode() + line_end + raw
    return ReadyMessage(
        sender=senders[0],
        recipients=(*to, *cc, *bcc),
        bcc=tuple(bcc),
        subject=_decoded(next(iter(_values(message, "Subject")), "")),
        raw=raw,
        attachments=tuple(_kept(part) for part in _leaves(message) if _is_file(part)),
    )


def _parsed(content: bytes) -> Message:
    try:
        return message_from_bytes(content, _class=_Unopened)
    except Exception:
        # Parts can be nested too deeply, for example. The headers are enough for the sender and the recipients.
        return BytesHeaderParser(_class=_Unopened).parsebytes(content)


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Return the headers of a message in their order, unfolded and decoded."""
    text = header_text(raw)
    if "\n " in text or "\n\t" in text:
        text = re.sub(r"\n(?=[ \t])", "", text)
    found = []
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        value = value.strip()
        found.append((name, _decoded(value) if "=?" in value else value))
    return found


def header_text(raw: bytes) -> str:
    """Return the lines before the body of a message, with line feeds alone at their ends."""
    end = _HEADERS_END.search(raw)
    head = raw if end is None else raw[: end.start()]
    return head.decode("utf-8", "replace").replace("\r\n", "\n")


def _values(message: Message, name: str) -> list[str]:
    # The parser keeps bytes over 127 as surrogates; in practice they are UTF-8.
    return [
        re.sub(r"[\r\n]+", "", value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for key, value in message.raw_items()
        if key.lower() == name.lower()
    ]


def _decoded(value: str) -> str:
    try:
        return str(_plain_header("Subject", value))
    except Exception:
        return value


def _addresses(message: Message, name: str) -> list[str]:
    values = _values(message, name)
    found = []
    try:
        pairs = getaddresses(values)
    except Exception:
        # The standard library reads comments by recursion, and they can be nested too deeply.
        raise invalid("mime_email", f"was expecting valid addresses in its {name} header") from None
    for _, address in pairs:
        mailbox = parse_mailbox(address)
        if mailbox is not None:
            found.append(mailbox.address)
        # An empty group such as "undisclosed-recipients:;" has no address, and is not a mistake.
        elif address or any("@" in value for value in values):
            raise invalid("mime_email", f"was expecting valid addresses in its {name} header")
    if len(found) > MAX_ADDRESSES:
        raise invalid("mime_email", f"can have at most {MAX_ADDRESSES} addresses in its {name} header")
    return found


def _without_bcc(content: bytes) -> bytes:
    kept: list[bytes] = []
    position, dropping = 0, False
    while position < len(content):
        end = content.find(b"\n", position) + 1 or len(content)
        line = content[position:end]
        if not line.strip(b"\r\n"):
            break
        if line[:1] not in {b" ", b"\t"}:
            dropping = line.partition(b":")[0].lower() == b"bcc"
        if not dropping:
            kept.append(line)
        position = end
    return b"".join(kept) + content[position:]


def _leaves(part: Message) -> Iterator[Message]:
    if part.is_multipart():
        for inner in cast("list[Message]", part.get_payload()):
            yield from _leaves(inner)
    else:
        yield part


def _cid(part: Message) -> str | None:
    return str(part.get("Content-ID", "")).strip().removeprefix("<").removesuffix(">") or None


def _filename(part: Message) -> str | None:
    try:
        return part.get_filename()
    except Exception:
        # The name can be malformed: CPython sorts the pieces of a name (RFC 2231) before it checks their numbers.
        return None


def _is_file(part: Message) -> bool:
    if _filename(part) is not None or part.get_content_disposition() == "attachment":
        return True
    return _cid(part) is not None and part.get_content_maintype() != "text"


def _kept(part: Message) -> SentAttachment:
    try:
        content = part.get_payload(decode=True)
    except Exception:
        content = None
    return SentAttachment(
        filename=_decoded(_filename(part) or ""),
        mimetype=Message.get_content_type(part),
        content=content if isinstance(content, bytes) else b"",
        cid=_cid(part),
    )
