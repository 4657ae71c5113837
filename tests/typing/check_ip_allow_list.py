"""Never run, only checked: what type checkers see of `client.ip_allow_list`, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.ip_allow_list import AllowedIp, AllowList, AllowListState, ChangedAllowedIp


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.ip_allow_list.add(ip_address="192.0.2.1", type="api"), ChangedAllowedIp)
    assert_type(await client.ip_allow_list.edit(ip_address="192.0.2.1", new_ip_address="192.0.2.2"), ChangedAllowedIp)
    assert_type(await client.ip_allow_list.set_enabled(enabled=True), AllowListState)
    assert_type((await client.ip_allow_list.view()).ip_addresses, tuple[AllowedIp, ...])

    await client.ip_allow_list.add("192.0.2.1")
    await client.ip_allow_list.add()  # type: ignore[call-arg]
    await client.ip_allow_list.set_enabled(enabled="true")  # type: ignore[arg-type]


def waiting(client: SyncClient) -> None:
    assert_type(client.ip_allow_list.view(type="smtp"), AllowList)

    client.ip_allow_list.remove(ip_address=1)  # type: ignore[arg-type]
