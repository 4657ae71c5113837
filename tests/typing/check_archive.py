"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.archive import ArchivedEmail, ArchivePage


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.archive.email("id", subaccount_id="1"), ArchivedEmail)
    assert_type(await client.archive.search(limit=10, start_date=dt.date(2026, 1, 1)), ArchivePage)
    assert_type((await client.archive.search()).emails[0].sent, dt.datetime | None)
    assert_type(client.archive.search_all(sender="shop@example.com", max_items=5), AsyncIterator[ArchivedEmail])

    await client.archive.email()  # type: ignore[call-arg]
    await client.archive.search(end_date=5)  # type: ignore[arg-type]


def waiting(client: SyncClient) -> None:
    assert_type(client.archive.search_all(subject="order"), Iterator[ArchivedEmail])

    client.archive.search_all(topic="order")  # type: ignore[call-arg]
