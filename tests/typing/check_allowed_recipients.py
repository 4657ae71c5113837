"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.allowed_recipients import AllowedRecipientList


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.allowed_recipients.add(["example.com"], enabled=True), AllowedRecipientList)
    assert_type(await client.allowed_recipients.remove("example.com"), AllowedRecipientList)
    assert_type((await client.allowed_recipients.update(("example.com",), False)).enabled, bool | None)
    assert_type((await client.allowed_recipients.view()).allowed_recipients, tuple[str, ...])

    await client.allowed_recipients.update(["example.com"])  # type: ignore[call-arg]
    await client.allowed_recipients.add([1])  # type: ignore[list-item]


def waiting(client: SyncClient) -> None:
    assert_type(client.allowed_recipients.view(subaccount_id="1"), AllowedRecipientList)

    client.allowed_recipients.update("example.com", "yes")  # type: ignore[arg-type]
