"""Never run, only checked: what type checkers see of `client.single_sender_emails`, good and bad, async and sync."""

from typing import assert_type

from smtp2go_async import AsyncClient, EmptyReply, SyncClient
from smtp2go_async.endpoints.single_sender_emails import SingleSender, SingleSenders


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.single_sender_emails.add("a@example.com", message="Hi"), EmptyReply)
    assert_type(await client.single_sender_emails.remove("a@example.com"), EmptyReply)
    assert_type((await client.single_sender_emails.view()).senders, tuple[SingleSender, ...])

    await client.single_sender_emails.add(("A", "a@example.com"))  # type: ignore[arg-type]
    await client.single_sender_emails.add("a@example.com", "Hi")  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.single_sender_emails.view(email_address="a@example.com"), SingleSenders)

    client.single_sender_emails.remove()  # type: ignore[call-arg]
