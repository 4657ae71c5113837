"""What a message says, as its owner means it or as it reads back from the bytes that went out."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Any


def said(message: Message) -> Any:
    """Return the headers, decoded, and the bodies, decoded, of a message and of its parts.

    Not whether a body is encoded, and not the boundaries.
    """
    headers = [
        (name.lower(), _meaning(name, value))
        for name, value in message.raw_items()
        if name.lower() != "content-transfer-encoding"
    ]
    content: Any = message.get_payload()
    if isinstance(content, list):
        return headers, [said(part) for part in content]
    if message.get_content_maintype() in ("multipart", "message"):
        return headers, (content or "").replace("\r\n", "\n")
    body = message.get_payload(decode=True) or b""
    if message.get_content_maintype() == "text":
        return headers, body.replace(b"\r\n", b"\n")
    return headers, body


def read(raw: bytes) -> Any:
    return said(message_from_bytes(raw))


def _meaning(name: str, value: Any) -> Any:
    text = re.sub(r"[\r\n]+", "", str(value)).strip()
    if re.search("[\udc80-\udcff]", text):
        octets = text.encode("utf-8", "surrogateescape")
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            return octets
    header = policy.SMTP.header_factory(name, text)
    if hasattr(header, "groups"):
        # Not header.addresses: it has a space between two encoded words of a name, where there is none.
        return [(str(make_header(decode_header(name))), address) for name, address in getaddresses([text])]
    if hasattr(header, "params"):
        return text.partition(";")[0], {key: one for key, one in header.params.items() if key != "boundary"}
    return str(header)
