"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, ListReply, SyncClient
from smtp2go_async.endpoints.dedicated_ips import DedicatedIpPool


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.dedicated_ips.view(), ListReply[DedicatedIpPool])
    assert_type((await client.dedicated_ips.view())[0].id, int | None)

    await client.dedicated_ips.view(subaccount_id="1")  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.dedicated_ips.view(), ListReply[DedicatedIpPool])

    client.dedicated_ips.view("1")  # type: ignore[call-arg]
