"""The period of /activity/search."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from smtp2go_async.sandbox.activity_filters import read_moment
from smtp2go_async.sandbox.rules import RequestError


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21 12:30:05", datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)),
        ("2026-11-21T12:30:05", datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)),
        ("2026-11-21T12:30:05.1234567", datetime(2026, 11, 21, 12, 30, 5, 123456, tzinfo=UTC)),
        ("2026-11-21T12:30:05Z", datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)),
        ("2026-11-21T12:30:05+13:00", datetime(2026, 11, 20, 23, 30, 5, tzinfo=UTC)),
        ("2026-11-21T12:30:05.5Z", datetime(2026, 11, 21, 12, 30, 5, 500000, tzinfo=UTC)),
        ("2026-11-21T12:30:05.123456789-05:00", datetime(2026, 11, 21, 17, 30, 5, 123456, tzinfo=UTC)),
        ("21 Nov 26 12:30 UTC", datetime(2026, 11, 21, 12, 30, tzinfo=UTC)),
        ("21 Nov 99 12:30 GMT", datetime(1999, 11, 21, 12, 30, tzinfo=UTC)),
        ("21 nov 26 12:30 +1300", datetime(2026, 11, 20, 23, 30, tzinfo=UTC)),
        ("21 Nov 26 12:30 -0130", datetime(2026, 11, 21, 14, 0, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 12:30:05 UTC", datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)),
    ],
)
def test_each_documented_form_of_a_date_is_read(text, moment):
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-31",
        "2026-11-21T12:30",
        "2026-11-21T12:30:05+1300",
        "2026-11-21 12:30:05Z",
        "2026-11-21T12:30:05.",
        "2026-11-21Z",
        "21 Abc 26 12:30 UTC",
        "21 Nov 2026 12:30:05 UTC",
        "21.11.2026",
        "1795264205",
        "٢٠٢٦-11-21",
    ],
)
def test_any_other_form_is_refused(text):
    with pytest.raises(ValueError):
        read_moment(text)


@pytest.mark.parametrize("date", ["tomorrow", "2026-02-30", "9999-12-31T23:59:59.5Z"])
def test_an_invalid_date_names_its_field(account, date):
    with pytest.raises(RequestError) as caught:
        account.call("/activity/search", {"end_date": date})
    assert caught.value.data["field_validation_errors"]["fieldname"] == "end_date"


@pytest.fixture
def hours(account, email, clock):
    """Send an e-mail on the full hour, at 10, 11 and so on to 14 o'clock; give a search for them."""
    for hour in range(10, 15):
        clock.now = datetime(2026, 11, 21, hour, tzinfo=UTC)
        account.call("/email/send", email(subject=str(hour)))

    def search(**fields):
        found = account.call("/activity/search", {"event_types": ["delivered"], **fields})["data"]["events"]
        return [int(event["subject"]) for event in found]

    return search


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ({}, [10, 11, 12, 13, 14]),
        ({"start_date": "", "end_date": ""}, [10, 11, 12, 13, 14]),
        ({"start_date": "2026-11-21T12:00:00Z"}, [12, 13, 14]),
        ({"start_date": "2026-11-21T12:00:00.000001Z"}, [13, 14]),
        ({"end_date": "2026-11-21T12:00:00Z"}, [10, 11]),
        ({"end_date": "2026-11-21T12:00:00.000001Z"}, [10, 11, 12]),
        ({"start_date": "2026-11-21T11:00:00Z", "end_date": "2026-11-21T13:00:00Z"}, [11, 12]),
        ({"start_date": "2026-11-22T01:00:00+13:00"}, [12, 13, 14]),
        ({"start_date": "2026-11-21T13:00:00Z", "end_date": "2026-11-21T11:00:00Z"}, []),
        ({"start_date": "2027-01-01"}, []),
        ({"start_date": "0001-01-01", "end_date": "9999-12-31"}, [10, 11, 12, 13, 14]),
    ],
)
def test_a_period_has_its_start_and_not_its_end(hours, period, found):
    assert hours(**period) == found


def test_without_a_start_the_period_begins_today_at_midnight_utc(hours, account, clock, email):
    # In the evening in New York it is the next day already.
    clock.now = datetime(2026, 11, 21, 19, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert hours() == []
    assert len(hours(start_date="2026-11-21")) == 5


def test_periods_are_compared_with_dates_in_whole_seconds_as_they_are_shown(account, email, clock):
    clock.move(seconds=0.7)
    account.call("/email/send", email())

    def found(**period):
        return account.call("/activity/search", period)["data"]["total_events"]

    assert account.call("/activity/search", {})["data"]["events"][0]["date"] == "2026-11-21T12:00:00Z"
    assert found(start_date="2026-11-21T12:00:00Z") == 2
    assert found(start_date="2026-11-21T12:00:00.5Z") == 0
    assert found(end_date="2026-11-21T12:00:00.5Z") == 2
    assert found(end_date="2026-11-21T12:00:00Z") == 0


def test_events_stay_in_the_order_of_time_when_the_clock_is_set_back(account, email, clock):
    account.call("/email/send", email(subject="second"))
    clock.move(minutes=-5)
    account.call("/email/send", email(subject="first"))
    clock.move(minutes=5)
    found = account.call("/activity/search", {})["data"]["events"]
    assert [event["subject"] for event in found] == ["first", "first", "second", "second"]
