"""What a webhook is told: the fields of each event, as JSON and as a form."""

import json
import re
from urllib.parse import parse_qs

import pytest

ALL = ["delivered", "unsubscribe", "spam", "bounce", "processed", "reject", "click", "open"]
ALL_SMS = ["delivered", "failed", "rejected", "sending", "submitted", "opt-out"]

COMMON = {
    "Message-Id",
    "Subject",
    "auth",
    "email_id",
    "event",
    "from",
    "from_address",
    "from_name",
    "id",
    "message-id",
    "sender",
    "sendtime",
    "subject",
    "time",
}
READER = {
    "client",
    "client-device",
    "client-os",
    "context",
    "geoip-city",
    "geoip-continent",
    "geoip-country",
    "rcpt",
    "srchost",
    "user-agent",
}


@pytest.fixture
def bodies(account):
    """Return a function that returns what a webhook that asked for everything is told, as JSON or as it asked."""

    def bodies(make_happen, **webhook):
        fields = {"url": "http://localhost/", "events": ALL, "sms_events": ALL_SMS, "output_format": "json", **webhook}
        account.call("/webhook/add", fields)
        make_happen()
        [stored] = account.webhooks
        found = [item.notice.body_for(stored) for item in account.notifications.all]
        return [json.loads(body) if kind == "application/json" else body.decode() for kind, body in found]

    return bodies


@pytest.fixture
def told(account, email, bodies):
    """Return a function that sends an e-mail, and returns what is told of it by the name of the event."""

    def told(to, webhook=(), **fields):
        found = bodies(lambda: account.call("/email/send", email(to=to, **fields)), **dict(webhook))
        return {event["event"]: event for event in found}

    return told


@pytest.mark.parametrize(
    ("address", "event", "extra"),
    [
        ("jane", "processed", {"recipients", "srchost"}),
        ("jane", "delivered", {"rcpt", "host", "context", "message", "srchost"}),
        ("bounce", "bounce", {"rcpt", "host", "context", "message", "bounce"}),
        ("open", "open", {*READER, "opened-at", "read-secs"}),
        ("click", "click", {*READER, "clicked-at", "url"}),
        ("complaint", "spam", {"rcpt", "context", "message"}),
        ("unsubscribe", "unsubscribe", {"rcpt", "context", "message"}),
        ("resubscribe", "resubscribe", {"rcpt", "context", "message"}),
        ("reject", "reject", {"rcpt", "context", "message", "srchost"}),
    ],
)
def test_an_event_has_the_fields_of_its_kind(told, address, event, extra):
    assert told([f"{address}@example.org"])[event].keys() == COMMON | extra


def test_the_values_that_all_events_have(told, account):
    event = told(["jane@example.org"])["delivered"]
    [sent] = account.sent
    name = f"<E{sent.email_id}@message-id.smtpcorp.com>"
    assert re.fullmatch(r"[0-9a-f]{32}", event.pop("id"))
    assert event == {
        "Message-Id": name,
        "Subject": "Hello",
        "auth": "api-SANDBOX0SAND",
        "email_id": sent.email_id,
        "event": "delivered",
        "from": "shop@example.com",
        "from_address": "shop@example.com",
        "from_name": "Shop",
        "message-id": name,
        "sender": "shop@example.com",
        "sendtime": "2026-11-21T12:00:00.000000+00:00",
        "subject": "Hello",
        "time": "2026-11-21T12:00:00Z",
        "rcpt": "jane@example.org",
        "host": "mx.example.com [192.0.2.25]",
        "context": "Unavailable",
        "message": "250 Message received",
        "srchost": "192.0.2.1",
    }


@pytest.mark.parametrize(("address", "kind"), [("bounce", "hard"), ("softbounce", "soft")])
def test_a_bounce_says_of_which_kind_it_is(told, address, kind):
    event = told([f"{address}@example.org"])["bounce"]
    assert (event["bounce"], event["context"]) == (kind, f"RCPT TO:<{address}@example.org>")


def test_processed_is_told_once_for_all_recipients(account, email, bodies):
    to = ["jane@example.org", "joe@example.org", "reject@example.org"]
    found = bodies(lambda: account.call("/email/send", email(to=to)))
    assert [event["event"] for event in found] == ["processed", "delivered", "delivered", "reject"]
    assert found[0]["recipients"] == to[:2]


def test_each_email_of_a_batch_is_told_by_itself(account, email, bodies):
    emails = [email(subject="one"), email(subject="two")]
    found = bodies(lambda: account.call("/email/batch", {"emails": emails}))
    assert [(event["event"], event["subject"]) for event in found] == [
        ("processed", "one"),
        ("delivered", "one"),
        ("processed", "two"),
        ("delivered", "two"),
    ]


def test_events_that_are_alike_have_different_ids(account, email, bodies):
    found = bodies(lambda: account.call("/email/send", email(to=["a@example.org", "b@example.org"])))
    assert len({event["id"] for event in found}) == len(found) == 3


def test_headers_are_echoed_as_they_were_spelt_if_the_email_has_them(told):
    headers = [{"header": "X-Order", "value": "17"}, {"header": "X-Umlaut", "value": "Jörg"}]
    webhook = {"headers": ["x-ORDER", "X-Umlaut", "X-Missing", "Reply-To"]}
    event = told(["jane@example.org"], webhook, custom_headers=headers)["delivered"]
    assert event.keys() - COMMON >= {"x-ORDER", "X-Umlaut"}
    assert (event["x-ORDER"], event["X-Umlaut"]) == ("17", "Jörg")
    assert "X-Missing" not in event


def test_a_form_repeats_the_field_of_several_recipients(told, account, email, bodies):
    to = ["jane@example.org", "joe@example.org"]
    processed, *_ = bodies(lambda: account.call("/email/send", email(to=to, subject="Grüße & ?")), output_format="form")
    assert processed.count("recipients=") == 2
    fields = parse_qs(processed, keep_blank_values=True)
    assert fields["recipients"] == to
    assert (fields["Subject"], fields["event"]) == (["Grüße & ?"], ["processed"])


def test_a_ready_message_has_its_own_id_and_name(account, b64, bodies):
    raw = b"From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\nTo: a@example.org\nMessage-ID: <own@example.com>\nSubject: S\n\nHi"
    event = bodies(lambda: account.call("/email/mime", {"mime_email": b64(raw)}))[1]
    assert (event["Message-Id"], event["message-id"]) == ("<own@example.com>", "<own@example.com>")
    assert (event["from_name"], event["from_address"]) == ("Jörg", "j@example.com")


def test_half_a_surrogate_pair_does_not_break_a_body(account, b64, bodies):
    raw = b"From: a@example.com\nTo: b@example.org\nSubject: \xff\xfe\n\nHi"
    for output_format in ("json", "form"):
        assert bodies(lambda: account.call("/email/mime", {"mime_email": b64(raw)}), output_format=output_format)
        account.clear()


def test_a_text_has_the_documented_fields(account, bodies):
    call = {"destination": ["+12025550001"], "content": "Hi", "sender": "+12025550100"}
    found = bodies(lambda: account.call("/sms/send", call))
    assert [event["event"] for event in found] == ["sms_sending", "sms_submitted", "sms_failed"]
    assert re.fullmatch(r"[0-9a-f]{32}", found[2].pop("id"))
    assert found[2] == {
        "destination_number": "+12025550001",
        "email_subject": "",
        "event": "sms_failed",
        "message_content": "Hi",
        "message_id": account.sms[0].message_id,
        "received_timestamp": "2026-11-21T12:00:00Z",
        "region": "us",
        "retry_count": 0,
        "sender_email": "",
        "source_number": "+12025550100",
        "status_code": "failed",
        "submitted_timestamp": "2026-11-21T12:00:00Z",
    }


def test_events_of_texts_and_of_emails_are_asked_for_apart(account, email, bodies):
    def both():
        account.call("/sms/send", {"destination": ["+12025550123"], "content": "Hi"})
        account.call("/email/send", email())

    found = bodies(both, events=["delivered"], sms_events=["submitted"])
    assert [event["event"] for event in found] == ["sms_submitted", "delivered"]
