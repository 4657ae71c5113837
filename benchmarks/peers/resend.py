"""`resend.Emails.send_async`, as its README shows. Its client is automatic, and opens an `httpx.AsyncClient` with a TLS
context and a connection anew for each call. A file is base64 text in the JSON. A batch is 100 e-mails a call.
`ResendWaiting` is `resend.Emails.send` in threads, over requests, with a connection for each call.
"""

import importlib
from typing import Any

from ._mail import (
    FILE_NAME,
    HTML,
    IN_A_BATCH,
    RECIPIENT,
    SENDER,
    SMALL_TEXT,
    SUBJECT,
    TEXT,
    Awaited,
    Waiting,
    read_base64,
    recipient,
)

resend: Any = importlib.import_module("resend")

MAIL: dict[str, Any] = {"from": SENDER, "to": [RECIPIENT], "subject": SUBJECT, "html": HTML, "text": TEXT}
MOST_IN_A_CALL = 100


def _use(url: str) -> None:
    resend.api_key = "re_0"
    resend.api_url = url


class Resend(Awaited):
    """The official resend package, awaited."""

    def __init__(self, url: str) -> None:
        _use(url)

    async def send(self) -> None:
        assert (await resend.Emails.send_async(MAIL))["id"]

    async def attach(self, path: str) -> None:
        file = {"filename": FILE_NAME, "content": read_base64(path)}
        assert (await resend.Emails.send_async(MAIL | {"attachments": [file]}))["id"]

    async def batch(self) -> int:
        done = 0
        for start in range(0, IN_A_BATCH, MOST_IN_A_CALL):
            numbers = range(start, start + MOST_IN_A_CALL)
            mails = [
                {"from": SENDER, "to": [recipient(number)], "subject": SUBJECT, "text": SMALL_TEXT}
                for number in numbers
            ]
            done += len((await resend.Batch.send_async(mails))["data"])
        return done


class ResendWaiting(Waiting):
    """The official resend package, in threads."""

    def __init__(self, url: str) -> None:
        _use(url)

    def send(self) -> None:
        assert resend.Emails.send(MAIL)["id"]

    def attach(self, path: str) -> None:
        file = {"filename": FILE_NAME, "content": read_base64(path)}
        assert resend.Emails.send(MAIL | {"attachments": [file]})["id"]
