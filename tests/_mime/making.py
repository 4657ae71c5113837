"""What makes odd messages, and where those are kept by their names."""

from collections.abc import Callable
from email import policy
from email.message import EmailMessage, Message
from email.mime.text import MIMEText
from typing import Any

URL = f"<https://example.com/unsubscribe/{'0123456789abcdef' * 12}>"
BINARY = b"\x00\r\n\r\n\n\rPNG\xff\n"


ODD: dict[str, Callable[[], Message]] = {}
"""Those that can be written."""

UNWRITABLE: dict[str, tuple[Callable[[], Message], str]] = {}
"""Those that can't, and what the error says. Each has the word "secret" in it, which no error may show."""


def odd(make: Callable[[], Message]) -> Callable[[], Message]:
    ODD[make.__name__] = make
    return make


def unwritable(reason: str) -> Callable[[Callable[[], Message]], Callable[[], Message]]:
    def note(make: Callable[[], Message]) -> Callable[[], Message]:
        UNWRITABLE[make.__name__] = make, reason
        return make

    return note


def addressed(message: Message, **headers: Any) -> Any:
    message["From"], message["To"] = "Shop <shop@example.com>", "jane@example.com"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def modern(body: str = "Hi\n", rules: Any = policy.default, **headers: Any) -> EmailMessage:
    message = addressed(EmailMessage(policy=rules), **headers)
    message.set_content(body)
    return message


def older(body: str = "Hi\n", **headers: Any) -> MIMEText:
    return addressed(MIMEText(body), **headers)
