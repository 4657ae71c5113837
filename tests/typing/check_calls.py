"""Never run, only checked: what type checkers see of the calls, good and bad, async and sync.

A line that must be an error carries an ignore comment, and an ignore that is not needed is an error itself.
"""

import datetime as dt
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import assert_type

from smtp2go_async import AsyncClient, Attachment, Email, EmptyReply, Inline, ListReply, RetryPolicy, SyncClient
from smtp2go_async.endpoints.email import BatchItem, EmailSent, ScheduledEmail
from smtp2go_async.endpoints.sms import ReceivedSmsPage, SentSmsPage, SmsSent, SmsSummary


async def awaited(client: AsyncClient, message: EmailMessage) -> None:
    assert_type(await client.email.send("a@example.com", "b@example.com", subject="c", text_body="d"), EmailSent)
    await client.email.send(
        ("A", "a@example.com"),
        [Address("B", "b", "example.com"), ("C", "c@example.com"), "d@example.com"],
        custom_headers=[("X-A", "1")],
        attachments=["a.txt", Path("b.txt"), Attachment(b"c", "c.txt")],
        inlines=[Inline("logo.png", "logo")],
        schedule=dt.datetime.now(dt.UTC),
    )
    email = Email(
        sender="a@example.com", to=["b@example.com"], subject="c", text_body="d", reply_to=("E", "e@e.example")
    )
    assert_type(email.to, tuple[str, ...])
    assert_type(await client.email.send_message(email), EmailSent)
    assert_type(await client.email.send_message(message), EmailSent)
    assert_type(await client.email.send_mime(Path("mail.eml"), fastaccept=True), EmailSent)
    assert_type(await client.email.send_batch([email]), ListReply[BatchItem])
    assert_type((await client.email.send_batch([email]))[0].accepted, bool | None)
    assert_type(await client.email.search_scheduled(limit=10), ListReply[ScheduledEmail])
    assert_type(await client.email.remove_scheduled("id"), EmptyReply)
    assert_type(await client.sms.send(["+12025550123"], "Hello"), SmsSent)
    assert_type(await client.sms.summary(start_date=dt.date(2026, 1, 1)), SmsSummary)
    assert_type(await client.sms.view_received(), ReceivedSmsPage)
    assert_type(await client.sms.view_sent(), SentSmsPage)
    assert_type(client.with_options(retry=RetryPolicy.none(), timeout=None), AsyncClient)

    await client.email.send("a@example.com")  # type: ignore[call-arg]
    await client.email.send("a@example.com", "b@example.com", subjct="c")  # type: ignore[call-arg]
    await client.email.send(1, "b@example.com")  # type: ignore[arg-type]
    await client.email.send_batch(["a"])  # type: ignore[list-item]
    await client.sms.send(12025550123, "Hello")  # type: ignore[arg-type]
    Email(sender="a@example.com", to=[1])  # type: ignore[list-item]
    AsyncClient(region="mars")  # type: ignore[arg-type]
    AsyncClient(auth="query")  # type: ignore[arg-type]


def waiting(client: SyncClient, email: Email) -> None:
    assert_type(client.email.send("a@example.com", "b@example.com", subject="c", text_body="d"), EmailSent)
    assert_type(client.email.send_message(email), EmailSent)
    assert_type(client.email.send_batch([email]), ListReply[BatchItem])
    assert_type(client.email.search_scheduled(), ListReply[ScheduledEmail])
    assert_type(client.sms.send("+12025550123", "Hello"), SmsSent)
    assert_type(client.sms.view_sent(), SentSmsPage)
    assert_type(client.with_options(subaccount_id="1"), SyncClient)

    client.email.send("a@example.com")  # type: ignore[call-arg]
    client.sms.send(["+12025550123"], 5)  # type: ignore[arg-type]
    client.sms.send(["+12025550123"], "Hello", fastaccept=True)  # type: ignore[call-arg]
