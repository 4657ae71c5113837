"""Never run, only checked: what type checkers see of `client.ip_auth`, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, EmptyReply, ListReply, SyncClient
from smtp2go_async.endpoints.ip_auth import IpAuthEntries, IpAuthEntry


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.ip_auth.patch("192.0.2.1", status="blocked", ip_pool=1), ListReply[IpAuthEntry])
    assert_type(await client.ip_auth.remove("192.0.2.1"), EmptyReply)
    assert_type((await client.ip_auth.view()).results, tuple[IpAuthEntry, ...])

    await client.ip_auth.patch("192.0.2.1", email_password="secret")  # type: ignore[call-arg]
    await client.ip_auth.patch("192.0.2.1", ip_pool="1")  # type: ignore[arg-type]


def waiting(client: SyncClient) -> None:
    assert_type(client.ip_auth.view(ip_address="192.0.2.1"), IpAuthEntries)

    client.ip_auth.remove(1)  # type: ignore[arg-type]
