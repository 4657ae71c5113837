"""RFC 5322 messages that are made from the fields of a request. No I/O."""

import binascii
import mimetypes
import re
from datetime import datetime
from email import policy
from email.generator import BytesGenerator
from email.header import Header
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses, quote
from io import BytesIO
from typing import cast

from .records import SentAttachment
from .rules import Draft, DraftFile, Mailbox, parse_mailbox

# refold_source keeps a custom header as it came, not cut at 78 characters; cte_type leaves nothing in 8 bits.
_POLICY = policy.SMTP.clone(cte_type="7bit", refold_source="none")
_MAX_HEADER_LINE = 998  # RFC 5322, section 2.1.1
# A custom header is read as plain text, since the parsers for known names raise on malformed values.
_plain_header = HeaderRegistry(use_default_map=False)
# A name that needs no quotes in a mailbox; most names do, and are written without the standard library.
_PLAIN_NAME = re.compile(r"(?!.*=\?)[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_FOLDED_LINE = 78  # RFC 5322, section 2.1.1
_MAX_WORD = 75  # RFC 2047, section 2
# The headers with addresses of RFC 5322 and RFC 8098, and some that are in use without an RFC.
_WITH_ADDRESSES = frozenset(
    [
        "bcc",
        "cc",
        "disposition-notification-to",
        "errors-to",
        "from",
        "mail-followup-to",
        "mail-reply-to",
        "reply-to",
        "resent-bcc",
        "resent-cc",
        "resent-from",
        "resent-reply-to",
        "resent-sender",
        "resent-to",
        "return-receipt-to",
        "sender",
        "to",
    ]
)
_WORDS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^ ])+')
_LONG_LINE = re.compile(rb"[^\n]{998}")


def message_id(email_id: str) -> str:
    """Return the Message-Id that the provider gives an e-mail of the API."""
    return f"<E{email_id}@message-id.smtpcorp.com>"


def build_message(draft: Draft, email_id: str, date: datetime, schedule_id: str | None) -> bytes:
    """Return the message that recipients would get."""
    lines = [_mailboxes_line("From", (draft.sender,)), _mailboxes_line("To", draft.to)]
    if draft.cc:
        lines.append(_mailboxes_line("Cc", draft.cc))
    # The standard library folds a long subject that ends in a space into a line of nothing but spaces.
    lines.append(_header_line("Subject", draft.subject.strip()))
    lines.append(_header_line("Date", format_datetime(date)))
    lines.append(_header_line("Message-Id", message_id(email_id)))
    if schedule_id:
        lines.append(_header_line("X-Smtp2go-Schedule-Id", schedule_id))
    lines += [_header_line(name, value) for name, value in draft.headers if name.lower() != "bcc"]
    boundary = f"=_{email_id}"
    try:
        content = _content_with_files(draft) if draft.files else _content(draft, boundary)
    except Exception as error:
        # The standard library cannot write every file that a caller attaches. The rest of the message is shown all the
        # same, and the files are kept in the attachments of the e-mail.
        lines.append(f"X-Sandbox-Left-Out: {len(draft.files)} files, for {type(error).__name__}\r\n")
        content = _content(draft, boundary)
    return "".join(lines).encode() + content


def attachments_of(draft: Draft) -> tuple[SentAttachment, ...]:
    """Return the files of a request in the form in which they are kept."""
    return tuple(
        SentAttachment(
            filename=file.filename,
            mimetype=_mimetype(file),
            content=file.content,
            cid=file.filename if file.inline else None,
            url=file.url,
        )
        for file in draft.files
    )


def _header_line(name: str, value: str) -> str:
    # A custom header goes out as it came where that is possible.
    if _fits(name, value):
        return f"{name}: {value}\r\n"
    if name.lower() in _WITH_ADDRESSES and (addresses := value if value.isascii() else _in_ascii(value)):
        return _addresses_line(name, addresses)
    return _plain_header(name, value).fold(policy=_POLICY)


def _in_ascii(value: str) -> str:
    """Return the addresses of a header in ASCII, or an empty text where a part of it is not an address."""
    try:
        pairs = [(name, parse_mailbox(address)) for name, address in getaddresses([value])]
    except Exception:
        # The standard library reads comments by recursion, and they can be nested too deeply.
        return ""
    shown = [_shown(Mailbox(name, mailbox.address)) for name, mailbox in pairs if mailbox]
    return ", ".join(shown) if len(shown) == len(pairs) else ""


def _mailboxes_line(name: str, mailboxes: tuple[Mailbox, ...]) -> str:
    return _addresses_line(name, ", ".join([_shown(mailbox) for mailbox in mailboxes]))


def _addresses_line(name: str, text: str) -> str:
    if _fits(name, text):
        return f"{name}: {text}\r\n"
    # The standard library's folding loses the quotes of names, and encodes the commas between addresses.
    lines = [f"{name}:"]
    for word in _WORDS.findall(text):
        if len(lines[-1]) + len(word) >= _FOLDED_LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def _shown(mailbox: Mailbox) -> str:
    name = mailbox.name
    if not name:
        return mailbox.address
    if not _PLAIN_NAME.fullmatch(name):
        # A long name in quotes could not be folded.
        fits = name.isascii() and "=?" not in name and len(name) < _FOLDED_LINE
        name = f'"{quote(name)}"' if fits else _encoded(name)
    return f"{name} <{mailbox.address}>"


def _encoded(name: str) -> str:
    """Return a name in encoded words; readers ignore the spaces between the words."""
    return " ".join(Header(name, "utf-8").encode(splitchars="", maxlinelen=_MAX_WORD).split())


def _fits(name: str, value: str) -> bool:
    return value.isascii() and len(name) + len(value) + 2 <= _MAX_HEADER_LINE


def _content(draft: Draft, boundary: str) -> bytes:
    """Return the text parts, written here since the standard library takes a millisecond for each message."""
    if draft.html is None or draft.text is None:
        return b"MIME-Version: 1.0\r\n" + _text_part(_only_text(draft), "html" if draft.text is None else "plain")
    parts = _text_part(draft.text, "plain"), _text_part(draft.html, "html")
    edge = f"--{boundary}".encode()
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"


def _only_text(draft: Draft) -> str:
    return draft.html or "" if draft.text is None else draft.text


def _text_part(text: str, subtype: str) -> bytes:
    content = b"".join(line + b"\r\n" for line in text.encode().splitlines())
    encoding = "7bit"
    if not content.isascii() or _LONG_LINE.search(content):
        encoding, content = "quoted-printable", binascii.b2a_qp(content, istext=True)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + content


def _content_with_files(draft: Draft) -> bytes:
    message = EmailMessage(policy=_POLICY)
    if draft.html is None or draft.text is None:
        _set_text(message, _only_text(draft), "html" if draft.text is None else "plain")
        body = message
    else:
        _set_text(message, draft.text, "plain")
        message.make_alternative()
        body = EmailMessage(policy=_POLICY)
        _set_text(body, draft.html, "html")
        del body["MIME-Version"]
        message.attach(body)
    for file in draft.files:
        if file.inline:
            if body.get_content_type() != "multipart/related":
                body.make_related()
            body.attach(_part(file))
    for file in draft.files:
        if not file.inline:
            if message.get_content_type() != "multipart/mixed":
                message.make_mixed()
            message.attach(_part(file))
    written = BytesIO()
    _Writer(written, policy=_POLICY).flatten(message)
    return written.getvalue()


class _Writer(BytesGenerator):
    """Writes an attached message byte for byte; the standard library can't write every message that it can read."""

    def _handle_message(self, msg: Message) -> None:
        self.write(cast("str", msg._payload))  # type: ignore[attr-defined]


def _set_text(message: EmailMessage, text: str, subtype: str) -> None:
    message.set_content(text, subtype=subtype, charset="utf-8", cte=None if text.isascii() else "quoted-printable")


def _part(file: DraftFile) -> EmailMessage:
    part = EmailMessage(policy=_POLICY)
    disposition = "inline" if file.inline else "attachment"
    part["Content-Type"] = _mimetype(file)
    kind = part["Content-Type"]
    maintype, subtype, parameters = kind.maintype, kind.subtype, dict(kind.params)
    del part["Content-Type"]
    if (maintype, subtype) == ("message", "rfc822") and file.url is None:
        # RFC 2046 forbids Base64 around a message, so it is nested as it is.
        part["Content-Type"] = "message/rfc822"
        part["Content-Transfer-Encoding"] = "7bit" if file.content.isascii() else "8bit"
        part.add_header("Content-Disposition", disposition, filename=file.filename)
        part.set_payload(file.content.decode("ascii", "surrogateescape"))
    else:
        if maintype in {"message", "multipart"}:
            # With its own type a reader would look for parts inside, and only the bytes are known.
            maintype, subtype, parameters = "application", "octet-stream", {}
        part.set_content(
            file.content,
            maintype,
            subtype,
            disposition=disposition,
            filename=file.filename,
            params=parameters,
        )
    if file.inline:
        _set_raw(part, "Content-ID", f"<{file.filename}>")
    if file.url:
        _set_raw(part, "X-Sandbox-Source-Url", file.url)
    del part["MIME-Version"]
    return part


def _set_raw(part: EmailMessage, name: str, value: str) -> None:
    part.set_raw(name, value if _fits(name, value) else _plain_header(name, value))


def _mimetype(file: DraftFile) -> str:
    return file.mimetype or mimetypes.guess_type(file.filename)[0] or "application/octet-stream"
