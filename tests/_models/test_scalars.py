"""How is each kind of value read, in every form that the API has been seen to send?"""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async._models.scalars import to_bool, to_datetime, to_float, to_int, to_str

UTC = dt.UTC


def at(hours, minutes=0):
    return dt.timezone(dt.timedelta(hours=hours, minutes=minutes))


# --- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), ("", ""), (12025550123, "12025550123"), (0, "0"), (-3, "-3"), (1.5, "1.5"), (" x ", " x ")],
)
def test_text_is_kept_and_a_number_becomes_its_digits(value, text):
    assert to_str(value) == text


@pytest.mark.parametrize("value", [None, True, False, [], ["x"], {}, {"x": 1}, b"x"])
def test_only_text_and_numbers_are_read_as_text(value):
    with pytest.raises(TypeError, match="not text"):
        to_str(value)


# --- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (-3, -3),
        ("17", 17),
        (" 17 ", 17),
        ("-3", -3),
        ("+4", 4),
        (17.0, 17),
        ("17.0", 17),
        ("1e3", 1000),
        (2**60 + 1, 2**60 + 1),
        (str(2**60 + 1), 2**60 + 1),
        (f" {2**60 + 1} ", 2**60 + 1),
    ],
)
def test_a_count_is_read_from_a_number_or_its_digits_exactly(value, number):
    assert to_int(value) == number
    assert type(to_int(value)) is int


@pytest.mark.parametrize("value", [1.5, "1.5", "", " ", "x", "1,000", None, True, False, [], [1], {}, "nan", "inf"])
def test_only_a_whole_number_is_a_count(value):
    with pytest.raises((TypeError, ValueError)):
        to_int(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0.0), (17, 17.0), (1.5, 1.5), ("1.5", 1.5), ("12.5%", 12.5), (" 3 ", 3.0), ("-0.5", -0.5), ("0.00", 0.0)],
)
def test_a_number_is_read_from_a_number_or_its_text_with_or_without_a_percent_sign(value, number):
    assert to_float(value) == number
    assert type(to_float(value)) is float


@pytest.mark.parametrize(
    "value", [None, True, False, "", "x", "%", "1.5.1", [], {}, "nan", "inf", "-Infinity", float("nan"), float("inf")]
)
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        to_float(value)


@given(st.integers())
def test_every_whole_number_is_read_back_from_its_digits(number):
    assert to_int(number) == number
    if number >= 0:
        assert to_int(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_back_from_its_text(number):
    assert to_float(repr(number)) == number


# --- truth values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [True, 1, "true", "True", "TRUE", " true ", "1", "yes", "on"])
def test_true_in_every_form(value):
    assert to_bool(value) is True


@pytest.mark.parametrize("value", [False, 0, "false", "False", "FALSE", " false ", "0", "no", "off"])
def test_false_in_every_form(value):
    assert to_bool(value) is False


@pytest.mark.parametrize("value", [None, "", " ", "maybe", "2", 2, -1, 1.5, [], [True], {}, {"true": True}])
def test_a_value_that_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(ValueError, match="neither true nor false"):
        to_bool(value)


# --- times -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-25T09:24:20Z", dt.datetime(2026, 3, 25, 9, 24, 20, tzinfo=UTC)),
        ("2026-03-25T09:24:20z", dt.datetime(2026, 3, 25, 9, 24, 20, tzinfo=UTC)),
        ("2026-03-25T09:24:20.061234+00:00", dt.datetime(2026, 3, 25, 9, 24, 20, 61234, tzinfo=UTC)),
        ("2026-11-01 00:00:00+00:00", dt.datetime(2026, 11, 1, tzinfo=UTC)),
        ("2016-09-05 02:50:16.974001", dt.datetime(2016, 9, 5, 2, 50, 16, 974001, tzinfo=UTC)),
        ("2019-07-19 17:11:33.988173", dt.datetime(2019, 7, 19, 17, 11, 33, 988173, tzinfo=UTC)),
        ("2025-10-11 14:16:00 +1200", dt.datetime(2025, 10, 11, 14, 16, tzinfo=at(12))),
        ("2026-01-01 12:00:00", dt.datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01 12:00:00 UTC", dt.datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01 12:00:00.1234567 UTC", dt.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-01T12:00", dt.datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01", dt.datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T12:00:00-0330", dt.datetime(2026, 1, 1, 12, tzinfo=at(-3, -30))),
        ("2026-01-01T12:00:00.5Z", dt.datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)),
        ("2026-01-01T12:00:00,5Z", dt.datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)),
        ("2026-01-01T12:00:00.1234567Z", dt.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-01T12:00:00.123456789Z", dt.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        (" 2026-01-01T12:00:00Z ", dt.datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (1767268800, dt.datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (1767268800.5, dt.datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_every_format_that_has_been_seen(text, moment):
    assert to_datetime(text) == moment


@pytest.mark.parametrize(
    "text",
    ["2026-01-01", "2026-01-01 12:00:00", "2026-01-01T12:00:00.5", "2026-01-01T12:00:00Z", 0, "2026-01-01 +0200"],
)
def test_a_time_always_has_a_zone(text):
    assert to_datetime(text).utcoffset() is not None


def test_a_time_without_a_zone_is_utc():
    assert to_datetime("2026-01-01 12:00:00").utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "now",
        "2026-13-01",
        "2026-02-30",
        "2026-01-01T25:00:00",
        "2026-01-01T12:00:61Z",
        "26-01-01",
        "01/02/2026",
        "2026-01-01T12:00:00 CEST",
        "2026-01-01T12:00:00+99:00",
        "x2026-01-01",
        "2026-01-01x",
        "\u0662\u0660\u0662\u0666-01-01",
        [],
        {},
        ["2026-01-01"],
        float("nan"),
        float("inf"),
        10**30,
    ],
)
def test_a_value_that_is_not_a_time_is_refused(value):
    with pytest.raises((ValueError, OverflowError, OSError)):
        to_datetime(value)


zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
moments = st.datetimes(timezones=zones, min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30))


@given(moments, st.sampled_from("T "))
def test_every_moment_is_read_back_from_its_iso_format(moment, separator):
    assert to_datetime(moment.isoformat(separator)) == moment


@given(moments)
def test_every_moment_is_read_back_from_the_format_of_schedules(moment):
    moment = moment.replace(microsecond=0)
    assert to_datetime(f"{moment:%Y-%m-%d %H:%M:%S %z}".rjust(25, "0")) == moment


@examples(200)
@given(st.text(max_size=40))
def test_no_text_makes_the_reader_of_times_fail_in_another_way(text):
    with contextlib.suppress(ValueError):
        assert to_datetime(text).tzinfo is not None
