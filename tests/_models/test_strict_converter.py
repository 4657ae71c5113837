"""What does the strict converter refuse that users get? It tells the contract tests that an example is as documented."""

import attrs
import pytest
from _models.strict import strict

from smtp2go_async._model_class import Secret, model, named
from smtp2go_async._models.converter import loose
from smtp2go_async.endpoints import email, sms
from smtp2go_async.reply import Reply


@model
class Key(Reply):
    """Fields of the kinds that other groups need."""

    enabled: bool = True
    percent: float | None = None
    key: Secret | None = None
    headers: tuple[str, ...] = attrs.field(default=(), metadata=named("header_list", "headers"))


@pytest.mark.parametrize(
    ("data", "cls"),
    [
        ({"email_id": 17}, email.EmailSent),
        ({"email_id": None}, email.EmailSent),
        ({"succeeded": "1"}, email.EmailSent),
        ({"succeeded": True}, email.EmailSent),
        ({"succeeded": 1.0}, email.EmailSent),
        ({"failures": "one"}, email.EmailSent),
        ({"failures": None}, email.EmailSent),
        ({"failures": [17]}, email.EmailSent),
        ({"surprise": 1}, email.EmailSent),
        ({"schedule": "soon"}, email.ScheduledEmail),
        ({"messages": [{"status": 17}]}, sms.SmsSent),
        ({"messages": [{"surprise": 1}]}, sms.SmsSent),
        ({"statuses": {"queued": "1"}}, sms.SmsSent),
        ({"destination_address_county": "US"}, sms.SentSms),
        ({"enabled": "true"}, Key),
        ({"enabled": 1}, Key),
        ({"percent": "1.5"}, Key),
        ({"percent": True}, Key),
        (None, Key),
    ],
)
def test_strict_refuses_what_loose_accepts(data, cls):
    if data is not None:
        loose().structure(data, cls)
    with pytest.raises(Exception):  # cattrs has many
        strict().structure(data, cls)


@pytest.mark.parametrize(
    ("data", "cls"),
    [
        ({"succeeded": 1, "failed": 0, "failures": ["a"], "email_id": "x"}, email.EmailSent),
        ({"schedule_id": "s", "schedule": "2026-06-30T21:10:05Z"}, email.ScheduledEmail),
        ({"statuses": {"queued": 1}, "total_sent": 1, "messages": [{"status": "queued"}]}, sms.SmsSent),
        ({"total_messages": 3, "total_units": 4, "total_cost": 1}, sms.SmsSummary),
        ({"total_cost": 1.5}, sms.SmsSummary),
        ({"enabled": False, "percent": None, "key": "k", "header_list": []}, Key),
    ],
)
def test_strict_and_loose_read_the_same_from_what_is_documented(data, cls):
    assert strict().structure(data, cls) == loose().structure(data, cls)
