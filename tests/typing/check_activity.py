"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.activity import ActivityEvent, ActivityPage


async def awaited(client: AsyncClient) -> None:
    page = await client.activity.search(limit=10, start_date=dt.date(2026, 1, 1), event_types=["opened", "new"])
    assert_type(page, ActivityPage)
    assert_type(page.continue_token, str | None)
    assert_type(page.events[0].from_, str)
    assert_type(page.events[0].date, dt.datetime | None)
    assert_type(client.activity.search_all(max_items=5, only_latest=True), AsyncIterator[ActivityEvent])

    await client.activity.search(10)  # type: ignore[call-arg]
    await client.activity.search(subject="order")  # type: ignore[call-arg]
    await client.activity.search(start_date="2026-01-01")  # type: ignore[arg-type]
    client.activity.search_all(continue_token="two")  # type: ignore[call-arg]
    async for event in client.activity.search_all(limit="10"):  # type: ignore[arg-type]
        event.subject = ""  # type: ignore[misc]


def waiting(client: SyncClient) -> None:
    assert_type(client.activity.search(), ActivityPage)
    assert_type(client.activity.search_all(search_usernames=["shop"]), Iterator[ActivityEvent])

    client.activity.search(only_latest="yes")  # type: ignore[arg-type]
