"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from smtp2go_async import AsyncClient, EmptyReply, SyncClient
from smtp2go_async.endpoints.subaccounts import Subaccount, SubaccountPage, SubaccountReopened


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.subaccounts.add("North", limit=20000, ip_pool=12), Subaccount)
    assert_type(await client.subaccounts.edit("id", enforce_2fa=True), Subaccount)
    assert_type(await client.subaccounts.close("id"), EmptyReply)
    assert_type(await client.subaccounts.reopen("id", email="north@example.com"), SubaccountReopened)
    assert_type(await client.subaccounts.search(states="closed", page_size=5), SubaccountPage)
    assert_type(client.subaccounts.search_all(search_terms=["North"]), AsyncIterator[Subaccount])

    await client.subaccounts.add(limit=20000)  # type: ignore[call-arg]
    await client.subaccounts.edit("id", sms_enabled=True)  # type: ignore[call-arg]
    await client.subaccounts.add("North", limit="20000")  # type: ignore[arg-type]


def waiting(client: SyncClient) -> None:
    assert_type(client.subaccounts.add("North"), Subaccount)
    assert_type(client.subaccounts.search_all(max_items=5), Iterator[Subaccount])

    client.subaccounts.close()  # type: ignore[call-arg]
