"""Which times may stand in a request, and how do they go out?"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async._models.scalars import to_datetime
from smtp2go_async._values.dates import check_aware, format_date, format_date_range, format_schedule

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
NAIVE = dt.datetime(2026, 6, 1, 12)
EAST = dt.timezone(dt.timedelta(hours=12))


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (NOON, "2026-06-01T12:00:00Z"),
        (NOON.replace(microsecond=5), "2026-06-01T12:00:00.000005Z"),
        (dt.datetime(2026, 6, 2, tzinfo=EAST), "2026-06-01T12:00:00Z"),
        (dt.datetime(2026, 6, 1, 14, tzinfo=ZoneInfo("Europe/Berlin")), "2026-06-01T12:00:00Z"),
        (dt.date(2026, 6, 1), "2026-06-01"),
    ],
)
def test_a_moment_goes_out_in_utc_and_a_date_as_it_is(value, sent):
    assert format_date(value, "start_date") == sent


def test_a_moment_without_a_zone_is_refused_with_advice():
    with pytest.raises(ValueError, match=r"^start_date: must be a time with a zone, for example datetime\.now\("):
        format_date(NAIVE, "start_date")


class Undecided(dt.tzinfo):
    """A zone that does not say how far it is from UTC."""

    def utcoffset(self, _when):
        return None


def test_a_zone_that_does_not_know_its_distance_from_utc_is_no_zone():
    with pytest.raises(ValueError, match=r"^start_date: must be a time with a zone"):
        format_date(NAIVE.replace(tzinfo=Undecided()), "start_date")


class Broken(dt.tzinfo):
    """A zone that can't be asked."""

    def utcoffset(self, _when):
        raise RuntimeError("no rules for this year")


class NoTime(dt.datetime):
    """A time that is none, as pandas has one: everything that it is asked is no time again."""

    def utcoffset(self):
        return self


@pytest.mark.parametrize("value", [NAIVE.replace(tzinfo=Broken()), NAIVE.replace(tzinfo=dt.tzinfo())])
def test_a_zone_that_raises_is_refused_by_the_name_of_the_argument(value):
    with pytest.raises(ValueError, match=r"^start_date: must have a zone that can tell its offset from UTC$"):
        format_date(value, "start_date")


def test_an_impossible_time_is_refused():
    with pytest.raises(ValueError, match=r"^start_date: must be a time with a zone"):
        format_date(NoTime(2026, 6, 1, tzinfo=dt.UTC), "start_date")


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=1))),
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(minutes=1))),
        dt.datetime.min.replace(tzinfo=EAST),
    ],
)
def test_a_moment_outside_the_years_of_utc_is_refused_by_the_name_of_the_argument(value):
    with pytest.raises(ValueError, match=r"^start_date: must be within the years 1 to 9999 in UTC$"):
        format_date_range(value, None)
    with pytest.raises(ValueError, match=r"^end_date: must be within the years 1 to 9999 in UTC$"):
        format_date_range(dt.date(2026, 6, 1), value)


@pytest.mark.parametrize("value", [dt.datetime.max.replace(tzinfo=dt.UTC), dt.datetime.min.replace(tzinfo=dt.UTC)])
def test_the_first_and_the_last_moment_of_utc_are_possible(value):
    assert to_datetime(format_date(value, "start_date")) == value


@pytest.mark.parametrize("value", ["2026-06-01", 1767268800, 1.5, dt.time(12), dt.timedelta(1)])
def test_anything_else_is_no_time(value):
    with pytest.raises(
        TypeError, match=rf"^end_date: must be a datetime or a date, not an? ([a-z]+\.)?{type(value).__name__}$"
    ):
        format_date(value, "end_date")


@pytest.mark.parametrize("value", [None, "2026-06-01", dt.date(2026, 6, 1)])
def test_only_a_datetime_can_be_aware(value):
    with pytest.raises(TypeError, match=r"^schedule: must be a datetime with a zone"):
        check_aware(value, "schedule")


@given(st.datetimes(timezones=st.timezones(), min_value=dt.datetime(1900, 1, 2), max_value=dt.datetime(2100, 1, 1)))
def test_a_written_time_is_the_same_moment_when_it_is_read_back(moment):
    assert to_datetime(format_date(moment, "start_date")) == moment.astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("start", "end", "sent"),
    [
        (None, None, (None, None)),
        (NOON, None, ("2026-06-01T12:00:00Z", None)),
        (None, NOON, (None, "2026-06-01T12:00:00Z")),
        (dt.date(2026, 6, 1), dt.date(2026, 6, 2), ("2026-06-01", "2026-06-02")),
        (dt.date(2026, 6, 1), NOON, ("2026-06-01", "2026-06-01T12:00:00Z")),
        (NOON, NOON + dt.timedelta(microseconds=1), ("2026-06-01T12:00:00Z", "2026-06-01T12:00:00.000001Z")),
    ],
)
def test_a_range_goes_out_as_two_fields(start, end, sent):
    assert format_date_range(start, end) == {"start_date": sent[0], "end_date": sent[1]}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOON, NOON),
        (NOON, NOON - dt.timedelta(seconds=1)),
        (dt.date(2026, 6, 1), dt.date(2026, 6, 1)),
        (dt.date(2026, 6, 2), NOON),
        (NOON, dt.date(2026, 6, 1)),
        # The wall clocks are in order, and the moments are not.
        (NOON, dt.datetime(2026, 6, 1, 23, tzinfo=EAST)),
    ],
)
def test_an_end_that_is_not_after_its_start_is_refused(start, end):
    with pytest.raises(ValueError, match=r"^end_date: must be after start_date$"):
        format_date_range(start, end)


def test_the_hour_that_comes_twice_in_autumn_is_two_hours():
    first = dt.datetime(2026, 10, 25, 2, 50, tzinfo=ZoneInfo("Europe/Berlin"))
    second = dt.datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    assert format_date_range(first, second) == {
        "start_date": "2026-10-25T00:50:00Z",
        "end_date": "2026-10-25T01:10:00Z",
    }
    with pytest.raises(ValueError, match=r"^end_date: must be after start_date$"):
        format_date_range(second, first)


@pytest.mark.parametrize(("start", "end", "argument"), [(NAIVE, NOON, "start_date"), (NOON, NAIVE, "end_date")])
def test_the_message_about_a_range_names_the_wrong_end(start, end, argument):
    with pytest.raises(ValueError, match=rf"^{argument}: must be a time with a zone"):
        format_date_range(start, end)


def test_no_schedule_is_no_schedule():
    assert format_schedule(None) is None
