"""Which class an event gets, and what its attributes are read from."""

import datetime as dt
from typing import Any

import attrs
import pytest
from webhooks.payloads import EMAIL, REQUEST, TEXT, parsed, parsed_form

from smtp2go_async.errors import WebhookError
from smtp2go_async.webhooks.events import (
    EVENT_CLASSES,
    Bounced,
    Clicked,
    Complained,
    Delivered,
    Event,
    MailClient,
    Opened,
    Place,
    Processed,
    Rejected,
    Resubscribed,
    SmsDelivered,
    SmsFailed,
    SmsOptedOut,
    SmsRejected,
    SmsSending,
    SmsSubmitted,
    UnknownEvent,
    Unsubscribed,
)

NAMES = {
    Processed: ["processed", "Processed", " processed\n"],
    Delivered: ["delivered", "DELIVERED"],
    Opened: ["open", "opened"],
    Clicked: ["click", "clicked"],
    Bounced: ["bounce", "bounced", "hard-bounced", "soft_bounced", "Hard Bounce", "softbounce"],
    Complained: ["spam", "spam_complaint", "spam-complaint"],
    Unsubscribed: ["unsubscribe", "unsubscribed"],
    Resubscribed: ["resubscribe", "resubscribed"],
    Rejected: ["reject", "rejected"],
    SmsSending: ["sms_sending", "sms-sending", "sending"],
    SmsSubmitted: ["sms_submitted", "submitted"],
    SmsDelivered: ["sms_delivered", "SMS_DELIVERED"],
    SmsFailed: ["sms_failed", "failed"],
    SmsRejected: ["sms_rejected"],
    SmsOptedOut: [
        "sms_opt-out", "sms_opt_out", "sms_optout", "sms-opt-out", "opt-out", "opt_out", "optout", "opt out",
        "sms_opted_out", "sms_opted-out", "opted-out", "SMS_OPTOUT",
    ],
}  # fmt: skip
DOCUMENTED = {event_class: name for name, event_class in EVENT_CLASSES.items()}


@pytest.mark.parametrize(("event_class", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_every_spelling_of_a_name_gives_the_class_and_the_documented_word(event_class: type[Event], name: str) -> None:
    event = parsed({"event": name})
    assert type(event) is event_class
    assert event.name == DOCUMENTED[event_class]


def test_every_documented_name_is_tried_above() -> None:
    assert set(NAMES) == set(EVENT_CLASSES.values())


@pytest.mark.parametrize("name", ["a_later_event", "Deferred", "constructor", "", "x" * 100_000])
def test_an_unknown_name_stays_as_it_came(name: str) -> None:
    if not name:
        with pytest.raises(WebhookError, match="field event"):
            parsed({**EMAIL, "event": name})
        return
    event = parsed({**EMAIL, "event": f" {name} "})
    assert type(event) is UnknownEvent
    assert (event.name, event.recipient, event.raw["event"]) == (name, "kim@mail.example", f" {name} ")


@pytest.mark.parametrize(
    ("name", "event_class"), [("delivered", SmsDelivered), ("rejected", SmsRejected), ("sms_failed", SmsFailed)]
)
def test_an_event_with_a_number_is_an_event_of_a_text(name: str, event_class: type[Event]) -> None:
    assert type(parsed({**TEXT, "event": name})) is event_class


def test_an_unknown_event_of_a_text_has_its_number_and_time() -> None:
    event = parsed({**TEXT, "event": "sms_read"})
    assert type(event) is UnknownEvent
    assert (event.recipient, event.sender) == ("+64210000001", "+64210000002")
    assert event.time == dt.datetime(2026, 3, 14, 9, 26, 55, tzinfo=dt.UTC)


TIME = dt.datetime(2026, 3, 14, 9, 26, 53, tzinfo=dt.UTC)
ALL_OF_EMAIL = {
    "id": "0123456789abcdef0123456789abcdef",
    "email_id": "1wAbCd-k3jX9QzTr2b",
    "time": TIME,
    "send_time": TIME.replace(microsecond=589793),
    "recipient": "kim@mail.example",
    "recipients": ("kim@mail.example",),
    "sender": "orders@shop.example",
    "from_address": "orders@shop.example",
    "from_name": "",
    "username": "shop-orders",
    "subject": "Your order",
    "message_id": "<order-7@shop.example>",
    "host": "mx1.mail.example [203.0.113.7]",
    "source_host": "192.0.2.41",
    "context": "RCPT TO:<kim@mail.example>",
    "message": "250 2.0.0 Ok",
    "headers": {
        "subject": "Your order",
        "Subject": "Your order",
        "message-id": "<order-7@shop.example>",
        "Message-Id": "<order-7@shop.example>",
    },
    "attempt": 1,
    "source": "webhook",
    "received_at": None,
}
OF_REQUEST = {
    "client": MailClient(name="Thunderbird 140.0", device="Other", os="Linux", user_agent="A mail program"),
    "place": Place(continent="OC", country="NZ", city="Christchurch"),
}
ALL_OF_TEXT = {
    "id": "fedcba9876543210fedcba9876543210",
    "recipient": "+64210000001",
    "recipients": ("+64210000001",),
    "sender": "+64210000002",
    "message_id": "text-7",
    "content": "Your parcel arrives today.",
    "subject": "Parcel",
    "sender_email": "orders@shop.example",
    "submitted_at": TIME,
    "reported_at": TIME.replace(second=55),
    "time": TIME.replace(second=55),
    "region": "NZ",
    "status_code": "0",
    "retry_count": 2,
    "headers": {},
}


@pytest.mark.parametrize("parsed_as", [parsed, parsed_form])
@pytest.mark.parametrize(
    ("payload", "attributes"),
    [
        (EMAIL, ALL_OF_EMAIL),
        ({**EMAIL, "event": "bounce", "bounce": "hard"}, {**ALL_OF_EMAIL, "bounce": "hard"}),
        (
            {**EMAIL, **REQUEST, "event": "open", "opened-at": "2026-03-14T09:26:53Z", "read-secs": "12.5"},
            {**ALL_OF_EMAIL, **OF_REQUEST, "opened_at": TIME, "read_seconds": 12.5},
        ),
        (
            {
                **EMAIL,
                **REQUEST,
                "event": "click",
                "clicked-at": "2026-03-14T09:26:53Z",
                "url": "https://shop.example/7",
            },
            {**ALL_OF_EMAIL, **OF_REQUEST, "clicked_at": TIME, "url": "https://shop.example/7"},
        ),
        (TEXT, ALL_OF_TEXT),
    ],
)
def test_every_field_is_read(parsed_as: Any, payload: dict[str, Any], attributes: dict[str, Any]) -> None:
    event = parsed_as(payload)
    assert {name: getattr(event, name) for name in attributes} == attributes
    # Nothing that the class has was forgotten above.
    names = {field.name for field in attrs.fields(type(event))}
    rest = names - attributes.keys() - {"name", "raw", "body", "content_type"}
    assert all(getattr(event, name) == getattr(type(event)(name=""), name) for name in rest)


def test_an_event_has_its_body_and_every_field_as_it_came() -> None:
    event = parsed(EMAIL)
    assert event.raw == EMAIL
    assert event.body.startswith(b"{")
    assert event.content_type == "application/json"


@pytest.mark.parametrize(
    ("event", "key", "attribute", "value", "expected"),
    [
        ("open", "read_secs", "read_seconds", 60, 60.0),
        ("open", "opened_at", "opened_at", "2026-03-14T09:26:53Z", TIME),
        ("click", "clicked_at", "clicked_at", "2026-03-14T09:26:53Z", TIME),
        ("click", "click_url", "url", "https://a.example", "https://a.example"),
        ("click", "link", "url", "https://a.example", "https://a.example"),
        ("open", "client_device", "client", "Other", MailClient(device="Other")),
        ("open", "user_agent", "client", "curl", MailClient(user_agent="curl")),
        ("open", "geoip_country", "place", "NZ", Place(country="NZ")),
        ("spam", "message_id", "message_id", "<a@b>", "<a@b>"),
        ("spam", "Message-ID", "message_id", "<a@b>", "<a@b>"),
        ("spam", "Subject", "subject", "Hello", "Hello"),
        ("spam", "from", "from_address", "a@b.example", "a@b.example"),
        ("spam", "email-id", "email_id", "1w", "1w"),
        ("spam", "username", "username", "me", "me"),
        ("sms_failed", "message-content", "content", "Hello", "Hello"),
        ("sms_failed", "destination-number", "recipient", "+64210000001", "+64210000001"),
    ],
)
def test_other_spellings_of_a_key_are_read(
    event: str, key: str, attribute: str, value: object, expected: object
) -> None:
    assert getattr(parsed({"event": event, key: value}), attribute) == expected


@pytest.mark.parametrize("order", [1, -1])
def test_the_documented_key_wins_over_its_other_spellings(order: int) -> None:
    payload = dict(
        list({"event": "open", "read-secs": "1", "read_secs": "2", "Subject": "B", "subject": "A"}.items())[::order]
    )
    event = parsed(payload)
    assert (event.read_seconds, event.subject) == (1.0, "A")
    assert event.headers == {"subject": "A", "Subject": "B"}


def test_a_documented_key_without_a_readable_value_gives_way_to_another_spelling() -> None:
    assert parsed({"event": "click", "url": None, "link": "https://a.example"}).url == "https://a.example"
    assert parsed({"event": "click", "link": "https://a.example", "url": {}}).url == "https://a.example"


def test_keys_of_another_case_are_headers() -> None:
    event = parsed({"event": "delivered", "rcpt": "a@b.example", "Rcpt": "header", "Host": "h", "X-Order": 7})
    assert (event.recipient, event.host) == ("a@b.example", None)
    assert event.headers == {"Rcpt": "header", "Host": "h", "X-Order": "7"}


def test_without_an_exact_event_the_case_of_all_keys_is_ignored() -> None:
    event = parsed({"Event": "Bounce", "RCPT": "a@b.example", "Subject": "S", "X-Order": "7", "SUBJECT": "T"})
    assert type(event) is Bounced
    assert (event.recipient, event.subject) == ("a@b.example", "S")
    assert event.headers == {"Subject": "S", "SUBJECT": "T", "X-Order": "7"}
    assert event.raw["RCPT"] == "a@b.example"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"Rcpt": "jo@example.com"}, {"recipient": "jo@example.com"}),
        ({"RECIPIENTS": "jo@example.com"}, {"recipient": "jo@example.com"}),
        ({"rcpt": "jo@example.com", "Email_Id": "1abc"}, {"recipient": "jo@example.com", "email_id": "1abc"}),
        ({"rcpt": "jo@example.com", "Bounce": "hard", "X-Order": "5"}, {"bounce": "hard", "headers": {"X-Order": "5"}}),
        ({"rcpt": "jo@example.com", "RCPT": "other@example.com"}, {"recipient": "jo@example.com"}),
        ({"Rcpt": "jo@example.com", "Subject": "Hi"}, {"subject": "Hi", "headers": {"Subject": "Hi"}}),
        ({"Rcpt": "jo@example.com", "Event": "open"}, {"name": "bounce", "recipient": "jo@example.com"}),
    ],
)
def test_an_exact_event_beside_telling_keys_of_another_case_loses_none_of_them(payload, expected) -> None:
    for event in (parsed({"event": "bounce", **payload}), parsed_form({"event": "bounce", **payload})):
        assert {name: getattr(event, name) for name in expected} == expected
        assert event.raw == {"event": "bounce", **payload}


def test_a_telephone_number_under_a_key_of_another_case_tells_an_event_of_a_text() -> None:
    event = parsed({"event": "delivered", "Destination_Number": "+64211111"})
    assert (type(event).__name__, event.recipient) == ("SmsDelivered", "+64211111")


def test_an_exact_key_wins_where_the_case_is_ignored() -> None:
    for payload in (
        {"EVENT": "open", "RCPT": "x@b.example", "rcpt": "a@b.example"},
        {"rcpt": "a@b.example", "RCPT": "x@b.example", "EVENT": "open"},
    ):
        assert parsed(payload).recipient == "a@b.example"


@pytest.mark.parametrize("exact", [None, "", {}])
def test_an_exact_event_without_a_name_gives_way_to_another_case(exact: object) -> None:
    for payload in ({"event": exact, "Event": "open"}, {"Event": "open", "event": exact}):
        assert type(parsed(payload)) is Opened


def test_headers_are_texts_as_they_were_spelled() -> None:
    event = parsed(
        {"event": "open", "X-A": ["1", 2, None, []], "x-a": " b ", "X-B": True, "X-C": None, "X-D": {"a": 1}}
    )
    assert event.headers == {"X-A": "1, 2", "x-a": " b ", "X-B": "true"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("bounce", "hard", "hard"),
        ("bounce", " SOFT ", "soft"),
        ("bounce", "hard-bounced", "hard"),
        ("bounce", None, None),
        ("bounce", "", None),
        ("bounce", "unclassified", None),
        ("bounce", "softish", None),
        ("bounce", 1, None),
        ("hard-bounced", None, "hard"),
        ("soft-bounced", "", "soft"),
        ("soft-bounced", "hard", "hard"),
    ],
)
def test_a_bounce_is_hard_or_soft_only_if_the_provider_says_so(name: str, value: object, expected: str | None) -> None:
    assert parsed({"event": name, "bounce": value}).bounce == expected


def test_a_text_without_the_time_of_its_event_has_the_time_when_it_was_submitted() -> None:
    assert parsed({**TEXT, "received_timestamp": "soon"}).time == TIME
    assert parsed({**TEXT, "time": "2026-01-01T00:00:00Z"}).time == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


DIRTY = [None, True, 0, -1.5, 10**40, [], [[]], {}, {"a": 1}, [None], "\x00", "\ud800", "x" * 100_000]


@pytest.mark.parametrize("value", DIRTY, ids=lambda value: repr(value)[:20])
def test_a_dirty_field_loses_no_event(value: object) -> None:
    for payload in (EMAIL, {**EMAIL, **REQUEST, "event": "open"}, TEXT):
        for key in payload.keys() - {"event"}:
            event = parsed({**payload, key: value})
            assert type(event) is type(parsed(payload))
            assert event.raw[key] == value
            assert len(event.key) <= 255
            assert repr(event)


def test_numbers_become_text_and_objects_stay_in_raw() -> None:
    event = parsed({"event": "delivered", "email_id": 31415926, "message": {"code": 250}, "host": True})
    assert (event.email_id, event.message, event.host) == ("31415926", None, None)
    assert event.raw["message"] == {"code": 250}


def test_a_field_that_a_form_has_twice_is_read_once_and_kept_twice() -> None:
    event = parsed_form({"event": ["open", "click"], "message": ["a", "b"]})
    assert (type(event), event.message, event.raw["message"]) == (Opened, "a", ["a", "b"])
