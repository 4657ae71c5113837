"""Never run, only checked: what type checkers see of `client.api_keys`, good and bad, async and sync."""

import datetime as dt
from typing import assert_type

from smtp2go_async import AsyncClient, EmptyReply, ListReply, SyncClient
from smtp2go_async.endpoints.api_keys import ApiKey


async def awaited(client: AsyncClient) -> None:
    added = await client.api_keys.add(
        endpoints=["/email/send"], custom_ratelimit_period=dt.timedelta(hours=1), status="sandbox"
    )
    assert_type(added, ListReply[ApiKey])
    assert_type(added[0].ip_pool, int | None)
    assert_type(added[0].default_ratelimit_value, int | None)
    assert_type(await client.api_keys.edit("id", status="a later status"), ListReply[ApiKey])
    assert_type(await client.api_keys.patch("id", custom_ratelimit_period="2 days"), ListReply[ApiKey])
    assert_type(await client.api_keys.permissions(), ListReply[str])
    assert_type(await client.api_keys.remove("id"), EmptyReply)
    assert_type(await client.api_keys.view(search="shop"), ListReply[ApiKey])

    await client.api_keys.add(name="id")  # type: ignore[call-arg]
    await client.api_keys.edit(status="allowed")  # type: ignore[call-arg]
    await client.api_keys.patch("id", stauts="allowed")  # type: ignore[call-arg]
    await client.api_keys.patch("id", custom_ratelimit_period=30)  # type: ignore[arg-type]
    added[0].status = "blocked"  # type: ignore[misc]


def waiting(client: SyncClient) -> None:
    assert_type(client.api_keys.add(description="shop"), ListReply[ApiKey])
    assert_type(client.api_keys.permissions(), ListReply[str])

    client.api_keys.add(endpoints=[1])  # type: ignore[list-item]
    client.api_keys.remove()  # type: ignore[call-arg]
