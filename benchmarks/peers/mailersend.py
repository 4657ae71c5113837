"""One shared `AsyncMailerSendClient` (httpx with its defaults), mails made by its `EmailBuilder` for each send. A file
is given to `attach_file`, which makes it base64 text in the JSON. A batch is one `send_bulk` call.
"""

import importlib
from typing import Any

from ._mail import FILE_NAME, HTML, IN_A_BATCH, RECIPIENT, SENDER_ADDRESS, SMALL_TEXT, SUBJECT, TEXT, Awaited, recipient

mailersend: Any = importlib.import_module("mailersend")


class Mailersend(Awaited):
    """The official mailersend package."""

    def __init__(self, url: str) -> None:
        self._client = mailersend.AsyncMailerSendClient(api_key="mlsn.0", base_url=f"{url}/v1")

    def _mail(self) -> Any:
        builder = mailersend.EmailBuilder().from_email(SENDER_ADDRESS, "Shop").to(RECIPIENT)
        return builder.subject(SUBJECT).html(HTML).text(TEXT)

    async def send(self) -> None:
        assert (await self._client.emails.send(self._mail().build()))["id"]

    async def attach(self, path: str) -> None:
        mail = self._mail().attach_file(path, FILE_NAME).build()
        assert (await self._client.emails.send(mail))["id"]

    async def batch(self) -> int:
        mails = [
            mailersend.EmailBuilder()
            .from_email(SENDER_ADDRESS, "Shop")
            .to(recipient(number))
            .subject(SUBJECT)
            .text(SMALL_TEXT)
            .build()
            for number in range(IN_A_BATCH)
        ]
        assert (await self._client.emails.send_bulk(mails))["bulk_email_id"]
        return len(mails)

    async def aclose(self) -> None:
        await self._client.close()
