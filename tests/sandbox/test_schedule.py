"""E-mails for later: the times that are taken, searching, removing, and sending when the time has come."""

from datetime import UTC, datetime, timedelta

import pytest

from smtp2go_async.sandbox.rules import RequestError

# The clock of the fixture stands at 2026-11-21 12:00 UTC.
TOMORROW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "schedule",
    [
        "2026-11-22 12:00:00 +0000",
        "2026-11-23 01:00:00 +1300",
        "2026-11-22 12:00:00",
        "2026-11-22T12:00:00Z",
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T07:00:00-05:00",
        int(TOMORROW.timestamp()),
    ],
)
def test_a_schedule_is_taken_in_each_form_in_use(account, email, schedule):
    data = account.call("/email/send", email(schedule=schedule))["data"]
    [waiting] = account.scheduled
    assert waiting.schedule == TOMORROW
    assert data == {"schedule_id": waiting.schedule_id}
    assert account.sent == ()


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("", "was expecting a time"),
        ("tomorrow", "was expecting a time"),
        ("2026-11-22", "was expecting a time"),
        ("2026-11-31 12:00:00", "was expecting a time"),
        ("2026-11-22 12:00:00 CET", "was expecting a time"),
        (10**40, "was expecting a time"),
        (True, "was expecting a string"),
        (1.5, "was expecting a string"),
        ("2026-11-21 12:00:00", "must be in the future"),
        (0, "must be in the future"),
        ("2026-11-24 12:00:01", "within the next 3 days"),
    ],
)
def test_any_other_form_of_a_schedule_is_refused(account, email, schedule, reason):
    with pytest.raises(RequestError) as caught:
        account.call("/email/send", email(schedule=schedule))
    details = caught.value.data["field_validation_errors"]
    assert details["fieldname"] == "schedule"
    assert reason in details["message"]


def test_three_days_ahead_is_the_latest(account, email):
    account.call("/email/send", email(schedule="2026-11-24 12:00:00"))
    assert len(account.scheduled) == 1


def test_a_scheduled_message_carries_its_schedule_id_and_time(account, email):
    account.call("/email/send", email(schedule="2026-11-22 12:00:00", fastaccept=True))
    [waiting] = account.scheduled
    message = waiting.email.message
    assert message["X-Smtp2go-Schedule-Id"] == waiting.schedule_id == waiting.email.schedule_id
    assert message["Date"].datetime == TOMORROW


def test_a_scheduled_email_goes_out_when_its_time_has_come(account, email, clock):
    account.call("/email/send", email(subject="later", schedule="2026-11-22 12:00:00"))
    account.call("/email/send", email(subject="sooner", schedule="2026-11-22 11:00:00"))
    account.call("/email/send", email(subject="last", schedule="2026-11-22 13:00:00"))
    clock.move(days=1)
    account.call("/email/send", email(subject="now"))
    assert [sent.subject for sent in account.sent] == ["sooner", "later", "now"]
    assert [waiting.email.subject for waiting in account.scheduled] == ["last"]


def test_a_scheduled_email_goes_out_on_the_second(account, email, clock):
    account.call("/email/send", email(schedule="2026-11-22 12:00:00"))
    clock.move(hours=23, minutes=59, seconds=59.999)
    assert account.sent == ()
    clock.now = TOMORROW
    assert len(account.sent) == 1


def test_a_refused_scheduled_email_is_dropped_when_its_time_has_come(account, email, clock):
    data = account.call("/email/send", email(to=["refused@example.org"], schedule="2026-11-22 12:00:00"))["data"]
    assert list(data) == ["schedule_id"]
    clock.move(days=2)
    assert (account.sent, account.scheduled) == ((), ())


def test_a_search_lists_the_emails_that_wait(account, email):
    account.call(
        "/email/send", email(schedule="2026-11-23 01:00:00 +1300", cc=["cc@example.org"]), client_ip="192.0.2.7"
    )
    [found] = account.call("/email/scheduled/search", {})["data"]
    assert found == {
        "schedule_id": account.scheduled[0].schedule_id,
        "schedule": "2026-11-22T12:00:00Z",
        "sender": "shop@example.com",
        "subject": "Hello",
        "recipients": "jane@example.org, cc@example.org",
        "client_ip": "192.0.2.7",
    }


@pytest.fixture
def five(account, email):
    for number in range(5):
        fields = email(
            subject=f"Invoice {number}",
            sender=f"s{number}@example.com",
            to=[f"r{number}@example.org"],
            schedule=f"2026-11-22 12:00:0{number}",
        )
        account.call("/email/send", fields)
    return [waiting.schedule_id for waiting in account.scheduled]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"search_subject": "invoice 3"}, [3]),
        ({"search_recipient": "R2@"}, [2]),
        ({"search_sender": "s1@example.com"}, [1]),
        ({"search_sender": "s1@", "search_recipient": "r2@"}, []),
        ({"limit": 2}, [0, 1]),
        ({"limit": 2, "page": 3}, [4]),
        ({"page": 2}, []),
    ],
)
def test_a_search_can_be_narrowed(account, five, filters, numbers):
    found = account.call("/email/scheduled/search", filters)["data"]
    assert [item["schedule_id"] for item in found] == [five[number] for number in numbers]


def test_a_search_finds_an_email_by_its_schedule_id(account, five):
    [found] = account.call("/email/scheduled/search", {"schedule_id": five[2]})["data"]
    assert found["schedule_id"] == five[2]


def test_a_removed_email_is_never_sent(account, five, clock):
    account.call("/email/scheduled/remove", {"schedule_id": five[0]})
    assert [waiting.schedule_id for waiting in account.scheduled] == five[1:]
    clock.now += timedelta(days=3)
    assert len(account.sent) == 4


def test_an_unknown_schedule_id_cannot_be_removed(account):
    with pytest.raises(RequestError) as caught:
        account.call("/email/scheduled/remove", {"schedule_id": "00000000-0000-0000-0000-000000000000"})
    assert (caught.value.status, caught.value.data["error_code"]) == (400, "E_ApiResponseCodes.API_EXCEPTION")


def test_an_email_that_has_gone_out_can_not_be_removed(account, five, clock):
    clock.move(days=3)
    with pytest.raises(RequestError):
        account.call("/email/scheduled/remove", {"schedule_id": five[0]})
