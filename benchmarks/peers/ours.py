"""`AsyncClient(key)` with its defaults, `AsyncClient(key, transport="fast")`, and `SyncClient(key)`; files by path."""

from typing import Any, ClassVar

from smtp2go_async import AsyncClient, Attachment, Email, SyncClient

from ._mail import (
    FIELDS,
    FILE_NAME,
    IN_A_BATCH,
    KEY,
    SENDER,
    SMALL_TEXT,
    SUBJECT,
    Awaited,
    UnavailableError,
    Waiting,
    recipient,
)


class Ours(Awaited):
    """The default install."""

    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, url: str) -> None:
        try:
            self._client = AsyncClient(KEY, base_url=f"{url}/v3", **self.options)
        except (TypeError, ImportError) as error:
            raise UnavailableError(str(error)) from error

    async def send(self) -> None:
        result = await self._client.email.send(**FIELDS)
        assert result.succeeded == 1

    async def attach(self, path: str) -> None:
        result = await self._client.email.send(**FIELDS, attachments=[Attachment(path, FILE_NAME)])
        assert result.succeeded == 1

    async def batch(self) -> int:
        emails = [
            Email(sender=SENDER, to=recipient(number), subject=SUBJECT, text_body=SMALL_TEXT)
            for number in range(IN_A_BATCH)
        ]
        items = await self._client.email.send_batch(emails)
        return sum(item.accepted is True for item in items)

    async def aclose(self) -> None:
        await self._client.aclose()


class Fast(Ours):
    """The fast transport."""

    options: ClassVar[dict[str, Any]] = {"transport": "fast"}


class OursWaiting(Waiting):
    """The synchronous twin."""

    def __init__(self, url: str) -> None:
        self._client = SyncClient(KEY, base_url=f"{url}/v3")

    def send(self) -> None:
        assert self._client.email.send(**FIELDS).succeeded == 1

    def close(self) -> None:
        self._client.close()
