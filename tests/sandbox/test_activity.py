"""/activity/search: its events, their fields, and the filters; also over the client."""

import anyio
import pytest

from smtp2go_async import AsyncClient, RateLimitError, RetryPolicy
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.rules import RequestError

USERNAME = "api-SANDBOX0SAND"


@pytest.fixture
def search(account):
    """Return a function that searches and returns the events of the first page."""
    return lambda **fields: account.call("/activity/search", fields)["data"]["events"]


def test_an_email_is_processed_and_then_delivered_for_each_recipient(account, email, search):
    account.call("/email/send", email(cc=["joe@example.org"], bcc=["hidden@example.org"]))
    recipients = ["jane@example.org", "joe@example.org", "hidden@example.org"]
    assert [(event["event"], event["recipient"]) for event in search()] == [
        *(("processed", recipient) for recipient in recipients),
        *(("delivered", recipient) for recipient in recipients),
    ]


def test_an_event_has_the_documented_fields(account, email, search):
    account.call("/email/send", email(cc=["Joe <joe@example.org>"], bcc=["hidden@example.org"]))
    [sent] = account.sent
    processed = search()[0]
    assert processed == {
        "email_id": sent.email_id,
        "date": "2026-11-21T12:00:00Z",
        "event": "processed",
        "recipient": "jane@example.org",
        "recipients": ["jane@example.org", "joe@example.org", "hidden@example.org"],
        "from": "shop@example.com",
        "sender": "shop@example.com",
        "sender_full": "Shop <shop@example.com>",
        "to": "Jane <jane@example.org>",
        "cc": "Joe <joe@example.org>",
        "bcc": "hidden@example.org",
        "subject": "Hello",
        "username": USERNAME,
        "subaccount_name": "Master account",
        "byte_size": len(sent.raw),
    }


def test_a_delivery_says_what_the_recipients_server_answered(account, email, search):
    account.call("/email/send", email())
    [delivered] = search(event_types=["delivered"])
    assert delivered["smtp_response"] == "250 Message received"
    assert delivered["host"]


def test_an_email_that_was_refused_at_once_leaves_nothing(account, email, search):
    account.call("/email/send", email(to=["refused@example.org"]))
    assert search() == []


@pytest.mark.parametrize("path", ["/email/send", "/email/batch"])
def test_an_email_that_was_accepted_and_then_refused_is_rejected(account, email, search, path):
    fields = email(to=["refused@example.org"], fastaccept=True)
    data = account.call(path, {"emails": [fields]} if path == "/email/batch" else fields)["data"]
    email_id = (data[0] if path == "/email/batch" else data)["email_id"]
    [event] = search()
    assert (event["event"], event["email_id"]) == ("rejected", email_id)
    assert "refused@example.org" in event["reason"]


def test_a_scheduled_email_has_its_events_when_its_time_has_come(account, email, clock, search):
    account.call("/email/send", email(subject="good", schedule="2026-11-21 12:30:00"))
    account.call("/email/send", email(subject="bad", to=["refused@example.org"], schedule="2026-11-21 12:40:00"))
    assert search() == []
    clock.move(hours=1)
    assert [(event["subject"], event["event"], event["date"]) for event in search()] == [
        ("good", "processed", "2026-11-21T12:30:00Z"),
        ("good", "delivered", "2026-11-21T12:30:00Z"),
        ("bad", "rejected", "2026-11-21T12:40:00Z"),
    ]


def test_a_ready_made_message_is_listed_by_its_headers(account, b64, search):
    content = b"From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\nTo: a@example.org\nBcc: b@example.org\nReply-To: r@example.com\nSubject: one\n two\n\nHi"
    account.call("/email/mime", {"mime_email": b64(content)})
    event = search()[0]
    assert (event["sender"], event["sender_full"]) == ("j@example.com", "Jörg <j@example.com>")
    assert (event["to"], event["bcc"], event["reply_to"]) == ("a@example.org", "b@example.org", "r@example.com")
    assert event["subject"] == account.sent[0].subject == "one two"


def test_all_headers_come_when_they_are_asked_for(account, email, search):
    account.call("/email/send", email(custom_headers=[{"header": "X-Ref", "value": "r-1"}]))
    headers = search(include_headers=True)[0]["headers"]
    assert "\nX-Ref: r-1\n" in headers
    assert "\r" not in headers
    assert "Hi Jane" not in headers
    assert "headers" not in search()[0]


def test_headers_can_be_asked_for_by_name_in_any_case(account, email, search):
    headers = [("X-Ref", "r-1"), ("X-Ref", "r-2"), ("X-Other", "o"), ("X-Umlaut", "Grüße")]
    account.call("/email/send", email(custom_headers=[{"header": name, "value": value} for name, value in headers]))
    event = search(custom_headers=["x-REF", "X-Umlaut", "X-Absent", "Message-Id"])[0]
    assert event["custom_headers"] == {
        "x-REF": "r-1",
        "X-Umlaut": "Grüße",
        "Message-Id": f"<E{account.sent[0].email_id}@message-id.smtpcorp.com>",
    }


@pytest.fixture
def three(account, email, clock):
    """Send three e-mails, a second apart; the last has two recipients."""
    account.call("/email/send", email(subject="Invoice 1", to=["ann@example.org"]))
    clock.move(seconds=1)
    account.call("/email/send", email(subject="Invoice 2", sender="help@example.net", to=["bob@example.org"]))
    clock.move(seconds=1)
    account.call("/email/send", email(subject="News", to=["cid@example.org", "dan@example.org"]))
    return [sent.email_id for sent in account.sent]


@pytest.mark.parametrize(
    ("filters", "recipients"),
    [
        ({}, ["ann", "bob", "cid", "dan"]),
        ({"search_subject": "invoice"}, ["ann", "bob"]),
        ({"search_sender": "HELP@"}, ["bob"]),
        ({"search_recipient": "dan"}, ["dan"]),
        ({"search_subject": "Invoice", "search_recipient": "dan"}, []),
        ({"search": "bob"}, ["bob"]),
        ({"search": "news"}, ["cid", "dan"]),
        ({"search": "ann@ | invoice 2"}, ["ann", "bob"]),
        ({"search": " | "}, ["ann", "bob", "cid", "dan"]),
        ({"search_usernames": ["somebody", USERNAME]}, ["ann", "bob", "cid", "dan"]),
        ({"search_usernames": ["somebody"]}, []),
        ({"search_usernames": []}, ["ann", "bob", "cid", "dan"]),
        ({"subaccounts": ["k3s9ab"]}, []),
        ({"region": "eu"}, ["ann", "bob", "cid", "dan"]),
        ({"a_newer_field": 1}, ["ann", "bob", "cid", "dan"]),
    ],
)
def test_a_search_can_be_narrowed(three, search, filters, recipients):
    found = search(event_types=["delivered"], **filters)
    assert [event["recipient"].partition("@")[0] for event in found] == recipients


def test_a_search_finds_an_email_by_its_id(three, search):
    assert {event["email_id"] for event in search(search_email_id=three[1])} == {three[1]}
    assert search(search_email_id=three[1][:5]) == []


@pytest.mark.parametrize(
    ("types", "found"),
    [
        (["processed"], 4),
        (["processed", "delivered"], 8),
        (["opened"], 0),
        ([], 8),
    ],
)
def test_events_can_be_asked_for_by_their_types(three, search, types, found):
    assert len(search(event_types=types)) == found


@pytest.mark.parametrize("latest", ["only_latest", "only_latest_by_sent"])
def test_only_the_latest_event_of_each_email_can_be_asked_for(three, search, latest):
    assert [(event["email_id"], event["event"]) for event in search(**{latest: True})] == [
        (email_id, "delivered") for email_id in three
    ]
    assert [event["event"] for event in search(event_types=["processed"], **{latest: True})] == ["processed"] * 3


@pytest.mark.parametrize(
    ("fields", "fieldname"),
    [
        ({"start_date": "yesterday"}, "start_date"),
        ({"end_date": 5}, "end_date"),
        ({"search": 5}, "search"),
        ({"search_usernames": "me"}, "search_usernames"),
        ({"event_types": ["opened", 5]}, "event_types[1]"),
        ({"event_types": ["delivered", "bounced"]}, "event_types[1]"),
        ({"event_types": ["Delivered"]}, "event_types[0]"),
        ({"event_types": [""]}, "event_types[0]"),
        # These are the words of webhooks, and mean nothing here.
        ({"event_types": ["open"]}, "event_types[0]"),
        ({"event_types": ["reject"]}, "event_types[0]"),
        ({"custom_headers": [None]}, "custom_headers[0]"),
        ({"only_latest": "yes"}, "only_latest"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "100"}, "limit"),
        ({"region": "mars"}, "region"),
        ({"region": "EU"}, "region"),
        ({"region": ""}, "region"),
        ({"continue_token": 5}, "continue_token"),
    ],
)
def test_a_search_that_breaks_a_rule_names_its_field(account, fields, fieldname):
    with pytest.raises(RequestError) as caught:
        account.call("/activity/search", fields)
    assert caught.value.status == 400
    assert caught.value.data["error_code"] == "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"
    assert caught.value.data["field_validation_errors"]["fieldname"] == fieldname


TYPES = (
    "processed soft-bounced hard-bounced rejected spam delivered unsubscribed resubscribed opened clicked"  # published
)


@pytest.mark.parametrize("kind", TYPES.split())
def test_each_type_of_event_that_is_published_can_be_asked_for(account, kind):
    assert account.call("/activity/search", {"event_types": [kind]})["data"]["events"] == []


@pytest.fixture
def run(sandbox, backend, client_options):
    """Return a function that does something with a client of the sandbox, over each transport."""

    def run(work):
        async def main():
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url, **client_options) as client:
                return await work(client)

        return anyio.run(main, backend=backend)

    return run


def test_the_client_reads_the_events_of_its_emails(sandbox: Sandbox, run):
    async def work(client):
        sent = await client.email.send(
            ("Shop", "shop@example.com"),
            "jane@example.org",
            subject="Grüße",
            text_body="Hi",
            custom_headers={"X-Ref": "1"},
        )
        page = await client.activity.search(search_email_id=sent.email_id, custom_headers=["X-Ref"])
        return sent, page

    sent, page = run(work)
    processed, delivered = page.events
    assert (processed.event, delivered.event) == ("processed", "delivered")
    assert {processed.email_id, delivered.email_id} == {sent.email_id}
    assert (processed.from_, processed.sender_full) == ("shop@example.com", "Shop <shop@example.com>")
    assert (processed.subject, processed.username) == ("Grüße", sandbox.api_key[:16])
    assert processed.custom_headers == {"X-Ref": "1"}
    assert abs((sandbox.sent[0].received_at - processed.date).total_seconds()) < 1
    assert (page.total_events, page.continue_token) == (2, None)


def test_the_client_reads_the_events_of_all_pages(run, sandbox):
    async def work(client):
        for number in range(5):
            await client.email.send("a@example.com", "b@example.com", subject=str(number), text_body="Hi")
        return [event async for event in client.activity.search_all(limit=3)]

    events = run(work)
    assert [event.subject for event in events if event.event == "delivered"] == list("01234")
    assert [request.path for request in sandbox.requests].count("/v3/activity/search") == 4


async def test_a_client_that_searches_too_often_gets_a_rate_limit_error():
    with Sandbox(activity_per_minute=1) as sandbox:
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            await client.activity.search()
            with pytest.raises(RateLimitError):
                await client.with_options(retry=RetryPolicy.none()).activity.search()
