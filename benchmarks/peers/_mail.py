"""The e-mails that every contender sends, and the methods of a contender."""

import base64
from typing import Any

SENDER = "Shop <shop@example.com>"
SENDER_ADDRESS = "shop@example.com"
RECIPIENT = "jane@example.com"
SUBJECT = "Your order"
HTML = "<p>" + "Thank you for your order. " * 60 + "</p>"
TEXT = "Thank you for your order. " * 15

FIELDS: dict[str, Any] = {
    "sender": SENDER,
    "to": [RECIPIENT],
    "subject": SUBJECT,
    "html_body": HTML,
    "text_body": TEXT,
}
"""One e-mail of about 2 KB as SMTP2GO takes it."""

KEY = "api-" + "0" * 32
IN_A_BATCH = 500
SMALL_TEXT = "Thank you for your order. " * 8
"""The body of an e-mail of a batch: some 200 bytes."""

FILE_NAME = "report.bin"
FILE_TYPE = "application/octet-stream"


def recipient(number: int) -> str:
    """Return the address of a reader of a batch."""
    return f"reader{number}@example.com"


def read_base64(path: str) -> str:
    """Read a whole file as Base64 text, which most libraries ask of their callers."""
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode("ascii")


def with_attachment(path: str) -> dict[str, Any]:
    """Return the fields of an e-mail with a file, read whole."""
    file = {"filename": FILE_NAME, "mimetype": FILE_TYPE, "fileblob": read_base64(path)}
    return FIELDS | {"attachments": [file]}


class Awaited:
    """A library that is awaited: its client, made once and shared by all sends. `url` has no path."""

    def __init__(self, url: str) -> None:
        raise NotImplementedError

    async def send(self) -> None:
        """Send an e-mail, and check the reply."""
        raise NotImplementedError

    async def attach(self, path: str) -> None:
        """Send an e-mail with a file."""
        raise NotImplementedError

    async def batch(self) -> int:
        """Make and send `IN_A_BATCH` e-mails in as few calls as the API allows, and return how many."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the client."""


class Waiting:
    """A library that is waited for: its client, made once and shared by all threads."""

    def __init__(self, url: str) -> None:
        raise NotImplementedError

    def send(self) -> None:
        """Send an e-mail, and check the reply."""
        raise NotImplementedError

    def attach(self, path: str) -> None:
        """Send an e-mail with a file."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the client."""


class UnavailableError(Exception):
    """This contender can't be measured here, for the reason given."""
