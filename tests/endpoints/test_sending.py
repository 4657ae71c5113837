"""What API keys, SMTP users and authenticated addresses share: the options that go out, and what comes back of them."""

import datetime as dt

import pytest

from smtp2go_async._models.converter import loose
from smtp2go_async.endpoints._sending import Sending, sending_fields
from smtp2go_async.period import CalendarPeriod, format_period

on = pytest.mark.parametrize


def sent(**options):
    return sending_fields(options)


def read(**fields):
    return loose().structure(fields, Sending)


@on(
    ("period", "text"),
    [
        (dt.timedelta(minutes=30), "0:30:00"),
        (dt.timedelta(seconds=1), "0:00:01"),
        (dt.timedelta(hours=23, minutes=59, seconds=59), "23:59:59"),
        (dt.timedelta(days=1), "1 day"),
        (dt.timedelta(weeks=1), "7 days"),
        (dt.timedelta(days=2, hours=5), "2 days 5:00:00"),
        ("4 months 5:00:00", "4 months 5:00:00"),
        (CalendarPeriod("3 months"), "3 months"),
    ],
)
def test_a_period_goes_out_in_the_words_of_the_api(period, text):
    assert sent(custom_ratelimit_period=period) == {"custom_ratelimit_period": text}


@on("length", [dt.timedelta(seconds=1), dt.timedelta(minutes=90), dt.timedelta(days=1), dt.timedelta(days=40, hours=1)])
def test_a_length_comes_back_as_it_went_out(length):
    assert CalendarPeriod(format_period(length, "period")).length == length


@on(
    ("period", "words"),
    [
        (dt.timedelta(0), "custom_ratelimit_period: must be 1 or more whole seconds, not 0"),
        (dt.timedelta(seconds=-1), "custom_ratelimit_period: must be 1 or more whole"),
        (dt.timedelta(milliseconds=1500), "custom_ratelimit_period: must be 1 or more whole"),
        (" ", "custom_ratelimit_period: must not be empty"),
    ],
)
def test_a_wrong_period_is_refused(period, words):
    with pytest.raises(ValueError, match=words):
        sent(custom_ratelimit_period=period)


@on(
    ("text", "length"),
    [
        ("0:30:00", dt.timedelta(minutes=30)),
        ("0:00:00", dt.timedelta(0)),
        ("1 hour", dt.timedelta(hours=1)),
        ("2 days", dt.timedelta(days=2)),
        ("1 Week 2 days 1:00:00", dt.timedelta(days=9, hours=1)),
    ],
)
def test_a_period_has_a_length(text, length):
    assert CalendarPeriod(text).length == length
    assert str(CalendarPeriod(text)) == text


@on("text", ["unlimited", "", "3 months", "4 months 5:00:00", "1 year", "2 days or so", "9" * 30 + " days"])
def test_a_period_of_unknown_length_has_no_length(text):
    assert CalendarPeriod(text).length is None


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="custom_ratelimit_value: must be 0 or more, not -1"):
        sent(custom_ratelimit_value=-1)


@on(
    ("options", "words"),
    [
        (
            {"custom_ratelimit_period": 1800},
            "custom_ratelimit_period: must be a str, a timedelta or a CalendarPeriod, not an int",
        ),
        ({"custom_ratelimit_value": "100"}, "custom_ratelimit_value: must be an int"),
        ({"custom_ratelimit_value": True}, "custom_ratelimit_value: must be an int"),
        ({"feedback_domain": "default"}, r"patch\(\) got an unexpected keyword argument 'feedback_domain'"),
    ],
)
async def test_options_of_another_type_and_unknown_ones_are_refused(options, words, client, nothing_sent):
    with pytest.raises(TypeError, match=words):
        await client.ip_auth.patch("192.0.2.20", **options)


def test_options_go_out_as_they_were_given():
    options = {"status": "resting", "ip_pool": 17, "custom_ratelimit": False, "bounce_notifications": "drop"}
    assert sent(**options) == options


def test_both_spellings_of_the_limit_and_of_the_pool_are_read():
    assert read(custom_rate_limit=True).custom_ratelimit is True
    assert read(custom_ratelimit=True).custom_ratelimit is True
    assert (read(ippool=17).ip_pool, read(ip_pool=18).ip_pool) == (17, 18)


@on("value", [250, "250"])
def test_the_default_limit_is_a_number_though_it_comes_as_text_as_well(value):
    assert read(default_ratelimit_value=value).default_ratelimit_value == 250


def test_a_null_is_read_as_unknown():
    found = read(custom_ratelimit=None, custom_ratelimit_value=None, audit_email=None, status=None, ippool=None)
    assert found == Sending()
    assert found.custom_ratelimit is False


def test_truth_values_that_come_as_text_are_read():
    found = read(feedback_enabled="false", archive_enabled="true", open_tracking_enabled=1)
    assert (found.feedback_enabled, found.archive_enabled, found.open_tracking_enabled) == (False, True, True)


def test_an_unknown_status_is_passed_on():
    assert read(status="resting").status == "resting"


def test_addresses_are_masked_in_reprs():
    shown = repr(read(audit_email="audit@example.com", bounce_notifications="jane@example.com"))
    assert "audit@" not in shown
    assert "jane@" not in shown
    assert "'***@example.com'" in shown
