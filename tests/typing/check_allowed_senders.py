"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.allowed_senders import AllowedSenderList


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.allowed_senders.add(["example.com"]), AllowedSenderList)
    assert_type(await client.allowed_senders.update("example.com", "a new mode"), AllowedSenderList)
    assert_type((await client.allowed_senders.view()).allowed_senders, tuple[str, ...])

    await client.allowed_senders.update(["example.com"])  # type: ignore[call-arg]
    await client.allowed_senders.add(["example.com"], enabled=True)  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.allowed_senders.remove(["example.com"]), AllowedSenderList)

    client.allowed_senders.update("example.com", True)  # type: ignore[arg-type]
