import datetime as dt
import math

import pytest

from smtp2go_async.webhooks._parse.times import to_time

MOMENT = dt.datetime(2026, 3, 14, 9, 26, 53, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14T09:26:53Z",
        "2026-03-14t09:26:53z",
        "2026-03-14T09:26:53",
        "2026-03-14 09:26:53",
        "2026-03-14 09:26:53Z",
        "2026-03-14 09:26:53 UTC",
        "2026-03-14 09:26:53 +0000",
        "2026-03-14T09:26:53+00:00",
        "2026-03-14 22:26:53 +1300",
        "2026-03-14T22:26:53+13:00",
        "2026-03-14T04:56:53-04:30",
        " 2026-03-14T09:26:53Z\n",
        "2026-03-14T09:26:53.0Z",
        "2026-03-14T09:26:53.0000000",
        "2026-03-14T09:26:53." + "0" * 60 + "Z",
        1773480413,
        1773480413.0,
        1773480413000,
        "1773480413",
        "1773480413.0",
        "1773480413000",
        ["2026-03-14T09:26:53Z", "other"],
        "Sat, 14 Mar 2026 09:26:53 +0000",
        "Sat, 14 Mar 2026 09:26:53 GMT",
        "Sat, 14 Mar 2026 09:26:53 -0000",
        "14 Mar 2026 22:26:53 +1300",
        "14 Mar 26 05:26:53 EDT",
    ],
)
def test_every_format_is_the_same_moment(text: object) -> None:
    found = to_time(text)
    assert found == MOMENT
    assert found is not None
    assert found.tzinfo is not None


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-03-14T09:26:53.5Z", 500_000),
        ("2026-03-14 09:26:53.589793", 589_793),
        ("2026-03-14T09:26:53.589793+00:00", 589_793),
        ("2026-03-14T09:26:53.589793123Z", 589_793),
        ("2026-03-14T09:26:53." + "5" * 40 + "Z", 555_555),
        (1773480413.25, 250_000),
        (1773480413589, 589_000),
        ("1773480413589", 589_000),
    ],
)
def test_fractions_are_read_to_the_microsecond(text: object, microsecond: int) -> None:
    assert to_time(text) == MOMENT.replace(microsecond=microsecond)


@pytest.mark.parametrize("text", ["2026-03-14", "20260314", "14 Mar 26 00:00 UTC"])
def test_a_day_is_its_beginning(text: str) -> None:
    assert to_time(text) == dt.datetime(2026, 3, 14, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "value",
    [
        None, True, "", " ", "soon", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "0000-00-00 00:00:00",
        "2026-03-14T25:00:00Z", "2026-03-14T09:26:53+99:00", "2026-03-14T09:26:53 NZDT", "14 Mar 2026 09:26:53 NZDT",
        "99 Foo 2026 09:26:53 GMT", "31 Feb 2026 09:26:53 GMT", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00", 10**40, -(10**40), 10**17, math.inf, math.nan, "99999999999999999999", [], [[]],
        [None], {}, "\ud800", "١٧٧٣٤٨٠٤١٣", "1" * 1_000_000, "2026-03-14T" + "0" * 1_000_000, b"2026-03-14",
    ],
)  # fmt: skip
def test_what_is_no_time_in_the_calendar_is_none(value: object) -> None:
    assert to_time(value) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T14:00:00+14:00", "9999-12-31T23:59:59Z"])
def test_the_ends_of_the_calendar_can_be_converted(text: str) -> None:
    found = to_time(text)
    assert found is not None
    assert found.astimezone(dt.UTC).year in (1, 9999)
