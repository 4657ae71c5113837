"""Never run, only checked: what type checkers see of the calls of this group, good and bad, async and sync."""

import datetime as dt
from typing import assert_type

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async.endpoints.stats import EmailBounces, EmailCycle, EmailHistory, EmailSpam, EmailSummary, EmailUnsubs


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.stats.email_bounces(username="shop"), EmailBounces)
    assert_type((await client.stats.email_bounces()).bounce_percent, float | None)
    assert_type((await client.stats.email_cycle()).cycle_end, dt.datetime | None)
    assert_type(await client.stats.email_history(group_by="a new one", subaccounts=["1"]), EmailHistory)
    assert_type(await client.stats.email_spam(), EmailSpam)
    assert_type(await client.stats.email_unsubs(), EmailUnsubs)
    assert_type(await client.stats.email_cycle(), EmailCycle)
    assert_type((await client.stats.email_summary()).cycle_max, int | None)

    await client.stats.email_cycle(username="shop")  # type: ignore[call-arg]
    await client.stats.email_history("domain")  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.stats.email_summary(), EmailSummary)

    client.stats.email_history(start_date="2026-01-01")  # type: ignore[arg-type]
