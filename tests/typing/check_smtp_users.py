"""Never run, only checked: what type checkers see of `client.smtp_users`, good and bad, async and sync."""

import datetime as dt
from typing import assert_type

from smtp2go_async import AsyncClient, ListReply, SyncClient
from smtp2go_async.endpoints.smtp_users import SmtpUser, SmtpUserList, SmtpUserResults


async def awaited(client: AsyncClient) -> None:
    added = await client.smtp_users.add(
        "shop@example.com", email_password="secret", custom_ratelimit_period=dt.timedelta(days=1)
    )
    assert_type(added, SmtpUserResults)
    assert_type(added.results[0].email_password, str | None)
    assert_type(await client.smtp_users.edit("shop@example.com", status="allowed"), SmtpUserResults)
    assert_type(await client.smtp_users.patch("shop@example.com", ip_pool=1), ListReply[SmtpUser])
    assert_type(await client.smtp_users.view(), SmtpUserList)

    await client.smtp_users.add("shop@example.com", password="secret")  # type: ignore[call-arg]
    await client.smtp_users.add("shop@example.com", feedback_domain="default")  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.smtp_users.remove("shop@example.com"), SmtpUserResults)

    client.smtp_users.patch("shop@example.com", email_password=1)  # type: ignore[arg-type]
