"""The archive: fetching an e-mail, and searching."""

import httpx
import pytest

from smtp2go_async import Email
from smtp2go_async.sandbox.account import Account


@pytest.fixture
def search(account):
    return lambda **fields: account.call("/archive/search", fields)["data"]


def test_an_archived_email_has_the_documented_fields(account, email, b64):
    account.call(
        "/email/send", email(cc=["joe@example.org"], attachments=[{"filename": "a.txt", "fileblob": b64(b"x")}])
    )
    [sent] = account.sent
    data = account.call("/archive/email", {"email_id": sent.email_id})["data"]
    headers = data.pop("headers")
    assert data == {
        "attachment_count": 1,
        "attachments": ["a.txt"],
        "byte_count": len(sent.raw),
        "email_id": sent.email_id,
        "envelope_from": "shop@example.com",
        "recipient": "jane@example.org, joe@example.org",
        "sender": "shop@example.com",
        "sent": "2026-11-21T12:00:00Z",
        "subject": "Hello",
        "to": "jane@example.org, joe@example.org",
        "url": f"/sandbox/emails/{sent.email_id}",
        "username": "api-SANDBOX0SAND",
    }
    assert "Subject: Hello" in headers


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "sale news"),
        ({"subject": "SALE"}, "sale"),
        ({"recipient": "joe@"}, "news"),
        ({"recipient": "hidden@example.org"}, "news"),
        ({"sender": "press@example.com"}, "news"),
        ({"envelope_from": "shop@"}, "sale"),
        ({"username": "api-SANDBOX0SAND"}, "sale news"),
        ({"username": "other"}, ""),
        ({"headers": "x-order: 17"}, "sale"),
        ({"start_date": "2026-11-21T13:00:00Z"}, "news"),
        ({"end_date": "2026-11-21T13:00:00Z"}, "sale"),
        ({"start_date": "2026-11-20", "subject": "old"}, "old"),
    ],
)
def test_search(account, email, search, clock, fields, expected):
    clock.move(days=-1)
    account.call("/email/send", email(subject="old"))
    clock.move(days=1)
    account.call("/email/send", email(subject="sale", custom_headers=[{"header": "X-Order", "value": "17"}]))
    clock.move(hours=1)
    changes = {"sender": "press@example.com", "to": ["joe@example.com"], "bcc": ["hidden@example.org"]}
    account.call("/email/send", email(subject="news", **changes))
    found = search(**fields)
    assert " ".join(item["subject"] for item in found["emails"]) == expected
    assert found["email_count"] == len(expected.split())


def test_a_hidden_recipient_is_not_among_those_of_to(account, email):
    account.call("/email/send", email(bcc=["hidden@example.org"]))
    data = account.call("/archive/email", {"email_id": account.sent[0].email_id})["data"]
    assert (data["to"], data["recipient"]) == ("jane@example.org", "jane@example.org, hidden@example.org")


def test_an_email_reaches_the_archive_as_late_as_the_activity(clock, email):
    account = Account(clock=clock, activity_lag=120)
    account.call("/email/send", email())
    assert account.call("/archive/search", {})["data"]["emails"] == []
    clock.move(seconds=120)
    assert len(account.call("/archive/search", {})["data"]["emails"]) == 1


def test_a_rejected_email_is_not_archived(account, email, search):
    account.call("/email/send", email(to=["reject@example.org"]))
    assert search()["emails"] == []


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("email", {}, "email_id"),
        ("email", {"email_id": 5}, "email_id"),
        ("email", {"email_id": "missing"}, "No archived email was found with the passed 'email_id'"),
        ("search", {"limit": 5_001}, "limit"),
        ("search", {"limit": "5"}, "limit"),
        ("search", {"start_date": "yesterday"}, "start_date"),
    ],
)
def test_wrong_fields_are_refused(refusal, path, fields, expected):
    assert refusal(f"/archive/{path}", **fields) == (400, expected)


def test_a_client_pages_through_the_archive_and_downloads_an_email(run, sandbox):
    async def work(client):
        for start in range(0, 2_500, 500):
            emails = [
                Email(sender="a@example.com", to=["b@example.org"], subject=f"{number}", text_body="t")
                for number in range(start, start + 500)
            ]
            await client.email.send_batch(emails)
        found = [email.subject async for email in client.archive.search_all(limit=1_000)]
        assert found == [str(number) for number in range(2_500)]
        archived = await client.archive.email(sandbox.sent[7].email_id)
        assert archived.subject == "7"
        assert httpx.get(archived.url, trust_env=False).content == sandbox.sent[7].raw

    run(work)
