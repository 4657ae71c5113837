"""RFC 5322 messages: made from the fields of a request, or read from one that came ready-made. No I/O."""

import binascii
import json
import mimetypes
import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses
from typing import cast

from attrs import frozen

from .._address import ADDRESS_HEADERS, quoted
from .._encoded_words import encode_name
from .records import SentAttachment
from .rules import MAX_ADDRESSES, Draft, DraftFile, Mailbox, invalid, parse_mailbox

# refold_source: a custom header goes out as it came, not cut at 78 characters. cte_type: nothing is left in 8 bits.
_POLICY = policy.SMTP.clone(cte_type="7bit", refold_source="none")
_MAX_HEADER_LINE = 998  # RFC 5322, section 2.1.1
# A custom header is text: the parsers for known names raise on what they find malformed.
_plain_header = HeaderRegistry(use_default_map=False)
# What needs no quotes in a mailbox, so that most are written without asking the standard library.
_PLAIN_NAME = re.compile(r"(?!.*=\?)[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_FOLDED_LINE = 78  # RFC 5322 again
_WORDS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^ ])+')
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LONG_LINE = re.compile(rb"[^\n]{998}")


@frozen(kw_only=True)
class ReadyMessage:
    """What the envelope of a ready-made message says, and the message without its Bcc header."""

    sender: str
    recipients: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    raw: bytes
    attachments: tuple[SentAttachment, ...]


def message_id(email_id: str) -> str:
    """Give the Message-Id that the provider puts on API mail."""
    return f"<E{email_id}@message-id.smtpcorp.com>"


def build_message(draft: Draft, email_id: str, date: datetime, schedule_id: str | None) -> bytes:
    """Make the message that recipients would get from the fields of a request."""
    lines = [_mailboxes_line("From", (draft.sender,)), _mailboxes_line("To", draft.to)]
    if draft.cc:
        lines.append(_mailboxes_line("Cc", draft.cc))
    # The standard library folds a long subject that ends in a space into a line of nothing but spaces.
    lines.append(_header_line("Subject", subject_of(draft).strip()))
    lines.append(_header_line("Date", format_datetime(date)))
    lines.append(_header_line("Message-Id", message_id(email_id)))
    if schedule_id:
        lines.append(_header_line("X-Smtp2go-Schedule-Id", schedule_id))
    lines += [_header_line(name, value) for name, value in draft.headers if name.lower() != "bcc"]
    content = _content_with_files(draft) if draft.files else _content(draft, f"=_{email_id}")
    return "".join(lines).encode() + content


def read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Give the headers of a message in their order, unfolded and decoded."""
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
    """Give the lines before the body of a message, ended by line feeds alone."""
    end = _HEADERS_END.search(raw)
    head = raw if end is None else raw[: end.start()]
    return head.decode("utf-8", "replace").replace("\r\n", "\n")


def subject_of(draft: Draft) -> str:
    """Give the subject; with a template the one of the request does not count."""
    return f"[template {draft.template_id}]" if draft.template_id else draft.subject


def attachments_of(draft: Draft) -> tuple[SentAttachment, ...]:
    """Give the files of a request as they are kept."""
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


def read_message(content: bytes, schedule_id: str | None) -> ReadyMessage:
    """Read a ready-made message: who sends it to whom. Apart from its Bcc header it stays as it is, byte for byte."""
    message = message_from_bytes(content)
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


def _header_line(name: str, value: str) -> str:
    # A custom header is text, and goes out as it came where that is possible.
    if _fits(name, value):
        return f"{name}: {value}\r\n"
    if name.lower() in ADDRESS_HEADERS and (addresses := value if value.isascii() else _in_ascii(value)):
        return _addresses_line(name, addresses)
    return _plain_header(name, value).fold(policy=_POLICY)


def _in_ascii(value: str) -> str:
    """Write the addresses of a header in ASCII; nothing where a part of it is none."""
    pairs = [(name, parse_mailbox(address)) for name, address in getaddresses([value])]
    shown = [_shown(Mailbox(name, mailbox.address)) for name, mailbox in pairs if mailbox]
    return ", ".join(shown) if len(shown) == len(pairs) else ""


def _mailboxes_line(name: str, mailboxes: tuple[Mailbox, ...]) -> str:
    return _addresses_line(name, ", ".join([_shown(mailbox) for mailbox in mailboxes]))


def _addresses_line(name: str, text: str) -> str:
    if _fits(name, text):
        return f"{name}: {text}\r\n"
    # The standard library's own folding loses the quotes of names, and encodes the commas between addresses.
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
        # A long one in quotes could not be folded.
        name = quoted(name) if name.isascii() and "=?" not in name and len(name) < _FOLDED_LINE else encode_name(name)
    return f"{name} <{mailbox.address}>"


def _fits(name: str, value: str) -> bool:
    return value.isascii() and len(name) + len(value) + 2 <= _MAX_HEADER_LINE


def _content(draft: Draft, boundary: str) -> bytes:
    """Write the text parts by hand: the standard library takes a millisecond for each message."""
    if draft.template_id or draft.html is None or draft.text is None:
        html_only = not draft.template_id and draft.text is None
        return b"MIME-Version: 1.0\r\n" + _text_part(_only_text(draft), "html" if html_only else "plain")
    parts = _text_part(draft.text, "plain"), _text_part(draft.html, "html")
    edge = f"--{boundary}".encode()
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"


def _only_text(draft: Draft) -> str:
    if draft.template_id:
        data = json.dumps(draft.template_data or {}, indent=2)
        return f"This e-mail was made from the template '{draft.template_id}' with\n\n{data}\n"
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
    if draft.template_id or draft.html is None or draft.text is None:
        html_only = not draft.template_id and draft.text is None
        _set_text(message, _only_text(draft), "html" if html_only else "plain")
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
    return message.as_bytes()


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
        # RFC 2046 forbids Base64 around a message: it is nested as it is.
        nested = message_from_bytes(file.content, _class=EmailMessage, policy=_POLICY)
        part.set_content(nested, disposition=disposition, filename=file.filename)
    else:
        if maintype in {"message", "multipart"}:
            # A reader would look for parts inside; only the bytes are known.
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


def _values(message: Message, name: str) -> list[str]:
    # The parser keeps bytes over 127 as surrogates; in practice they are UTF-8.
    return [
        re.sub(r"[\r\n]+", "", value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for key, value in message.raw_items()
        if key.lower() == name.lower()
    ]


def _decoded(value: str) -> str:
    return str(_plain_header("Subject", value))


def _addresses(message: Message, name: str) -> list[str]:
    values = _values(message, name)
    found = []
    for _, address in getaddresses(values):
        mailbox = parse_mailbox(address)
        if mailbox is not None:
            found.append(mailbox.address)
        # An empty group such as "undisclosed-recipients:;" has no address, and is no mistake.
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
    # A forwarded message is one file, whatever is in it.
    if part.is_multipart() and part.get_content_maintype() != "message":
        for inner in cast("list[Message]", part.get_payload()):
            yield from _leaves(inner)
    else:
        yield part


def _cid(part: Message) -> str | None:
    return str(part.get("Content-ID", "")).strip().removeprefix("<").removesuffix(">") or None


def _filename(part: Message) -> str | None:
    try:
        return part.get_filename()
    except TypeError:
        # CPython sorts the pieces of a name (RFC 2231) before it checks that all of them are numbered.
        return None


def _is_file(part: Message) -> bool:
    if _filename(part) is not None or part.get_content_disposition() == "attachment":
        return True
    return _cid(part) is not None and part.get_content_maintype() != "text"


def _kept(part: Message) -> SentAttachment:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        nested = part.get_payload(0)
        content = nested.as_bytes(policy=_POLICY) if isinstance(nested, Message) else b""
    return SentAttachment(
        filename=_decoded(_filename(part) or ""),
        mimetype=part.get_content_type(),
        content=content,
        cid=_cid(part),
    )
