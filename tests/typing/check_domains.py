"""Never run, only checked: what type checkers see of `client.domains`, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.domains import DnsRecord, DomainAccess, SenderDomains


async def awaited(client: AsyncClient) -> None:
    added = await client.domains.add(
        "example.com", auto_verify=False, subaccount_access={"subaccounts": ["1"], "future_subaccounts": True}
    )
    assert_type(added, SenderDomains)
    assert_type(added.domains[0].dns_records, tuple[DnsRecord, ...])
    assert_type(added.domains[0].dns_records[0].verified, bool | None)
    assert_type(await client.domains.tracking("example.com", "track", "link"), SenderDomains)
    assert_type(await client.domains.subaccount_access("example.com", []), DomainAccess)
    assert_type(await client.domains.view(), SenderDomains)

    await client.domains.tracking("example.com", "track")  # type: ignore[call-arg]
    await client.domains.add("example.com", subaccount_access={"subaccount": ["1"]})  # type: ignore[arg-type]
    await client.domains.view("example.com")  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.domains.verify("example.com"), SenderDomains)
    assert_type(client.domains.returnpath("example.com", "old", "new"), SenderDomains)

    client.domains.subaccount_access("example.com", [1])  # type: ignore[list-item]
