"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.suppressions import Suppression, SuppressionAdded, SuppressionPage, SuppressionsRemoved


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.suppressions.add("jane@example.com", block_description="Asked"), SuppressionAdded)
    assert_type(await client.suppressions.remove("jane@example.com", ["spam", "new"]), SuppressionsRemoved)
    assert_type(await client.suppressions.view(start_date=dt.date(2026, 1, 1), reasons=["spam"]), SuppressionPage)
    assert_type(client.suppressions.view_all(fuzzy=True, max_items=5), AsyncIterator[Suppression])

    await client.suppressions.remove("jane@example.com")  # type: ignore[call-arg]
    await client.suppressions.view(limit=5)  # type: ignore[call-arg]
    await client.suppressions.view(fuzzy="yes")  # type: ignore[arg-type]


def waiting(client: SyncClient) -> None:
    assert_type(client.suppressions.remove("jane@example.com", "spam"), SuppressionsRemoved)
    assert_type(client.suppressions.view_all(), Iterator[Suppression])

    client.suppressions.add()  # type: ignore[call-arg]
