"""Never run, only checked: what type checkers see of `client.webhooks`, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, ListReply, SyncClient
from smtp2go_async.endpoints.webhooks import ChangedWebhook, Webhook


async def awaited(client: AsyncClient) -> None:
    added = await client.webhooks.add(
        "https://example.com", events=["bounce", "a later event"], output_format="json", custom_headers={"X-A": 1}
    )
    assert_type(added, ChangedWebhook)
    assert_type(added.id, int | None)
    assert_type(added.headers, tuple[str, ...])
    assert_type(await client.webhooks.edit(1, url="https://example.com", disabled=True), ChangedWebhook)
    assert_type(await client.webhooks.remove(1), ChangedWebhook)
    assert_type((await client.webhooks.view())[0], Webhook)

    await client.webhooks.add(events=["bounce"])  # type: ignore[call-arg]
    await client.webhooks.add("https://example.com", event=["bounce"])  # type: ignore[call-arg]
    await client.webhooks.edit("1")  # type: ignore[arg-type]


def waiting(client: SyncClient) -> None:
    assert_type(client.webhooks.view(), ListReply[Webhook])
    assert_type(client.webhooks.add("https://example.com", sms_events=["opt-out"]), ChangedWebhook)

    client.webhooks.remove("1")  # type: ignore[arg-type]
