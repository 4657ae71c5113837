"""One shared `postmark.ServerClient` (httpx with its defaults, 5 s timeout), mails as the dicts of its README. A file
is base64 text in the JSON. A batch is 500 e-mails a call. It asks for a tenacity below 9, and runs here with the newer
one that others need.
"""

import importlib
from typing import Any

from ._mail import (
    FILE_NAME,
    FILE_TYPE,
    HTML,
    IN_A_BATCH,
    RECIPIENT,
    SENDER,
    SMALL_TEXT,
    SUBJECT,
    TEXT,
    Awaited,
    read_base64,
    recipient,
)

postmark: Any = importlib.import_module("postmark")

MAIL: dict[str, Any] = {
    "sender": SENDER,
    "to": RECIPIENT,
    "subject": SUBJECT,
    "html_body": HTML,
    "text_body": TEXT,
}


class Postmark(Awaited):
    """The official postmark-python package."""

    def __init__(self, url: str) -> None:
        self._client = postmark.ServerClient("0", base_url=url)

    async def send(self) -> None:
        assert (await self._client.outbound.send(MAIL)).success

    async def attach(self, path: str) -> None:
        file = {"name": FILE_NAME, "content": read_base64(path), "content_type": FILE_TYPE}
        assert (await self._client.outbound.send(MAIL | {"attachments": [file]})).success

    async def batch(self) -> int:
        mails = [
            {"sender": SENDER, "to": recipient(number), "subject": SUBJECT, "text_body": SMALL_TEXT}
            for number in range(IN_A_BATCH)
        ]
        return sum(reply.success for reply in await self._client.outbound.send_batch(mails))

    async def aclose(self) -> None:
        await self._client.close()
