"""Times that go out: which are accepted, and how the API takes them."""

import datetime as dt
from collections.abc import Callable

from .problems import invalid, wrong_type

DateLike = dt.datetime | dt.date
"""An aware time, or a date, which means its midnight in UTC."""

NEAREST_SCHEDULE = dt.timedelta(seconds=10)
"""How far ahead a send has to be scheduled: it takes its time to arrive, and the API refuses a time that is past."""

_TENTH = dt.timedelta(milliseconds=100)

FURTHEST_SCHEDULE = dt.timedelta(days=3)
"""How far ahead a send can be scheduled (the API's reference of ``/email/send``)."""


def format_date(value: DateLike, argument: str) -> str:
    """Return a moment as ISO 8601 in UTC.

    Raises:
        ValueError: A time without a zone, or one that in UTC is outside the years 1 to 9999.
        TypeError: No time at all.
    """
    if isinstance(value, dt.datetime):
        return _in_utc(value, argument).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise wrong_type(argument, "a datetime or a date", value)


def format_date_range(start: DateLike | None, end: DateLike | None) -> dict[str, str | None]:
    """Return ``start_date`` and ``end_date`` as the API takes them; the end is not included.

    Raises:
        ValueError: A time without a zone, or an end that is not after the start.
    """
    fields = {
        "start_date": None if start is None else format_date(start, "start_date"),
        "end_date": None if end is None else format_date(end, "end_date"),
    }
    if start is not None and end is not None and _moment(end, "end_date") <= _moment(start, "start_date"):
        raise invalid("end_date", "must be after start_date")
    return fields


def _moment(value: DateLike, argument: str) -> dt.datetime:
    if isinstance(value, dt.datetime):
        # Two times of one zone are compared by their clocks, and an hour that comes twice would be taken for one.
        return _in_utc(value, argument)
    return dt.datetime.combine(value, dt.time(), dt.UTC)


def _in_utc(value: dt.datetime, argument: str) -> dt.datetime:
    try:
        return check_aware(value, argument).astimezone(dt.UTC)
    except OverflowError as error:
        raise invalid(argument, "must be within the years 1 to 9999 in UTC") from error


def check_aware(value: object, argument: str) -> dt.datetime:
    """Return the value if it is a time that says its zone.

    Raises:
        ValueError: It has no zone, so it could mean any of some thirty moments; or its zone can't tell its offset.
        TypeError: It is not a `datetime.datetime`.
    """
    if not isinstance(value, dt.datetime):
        raise wrong_type(argument, "a datetime with a zone", value)
    try:
        offset = value.utcoffset()
    except Exception as error:
        # A zone of the caller's own can raise anything, and some do for the first and the last year.
        raise invalid(argument, "must have a zone that can tell its offset from UTC") from error
    # pandas has a time that is none, and calls that its offset as well.
    if not isinstance(offset, dt.timedelta):
        raise invalid(argument, "must be a time with a zone, for example datetime.now(timezone.utc)")
    return value


def format_schedule(value: dt.datetime | None, *, now: Callable[[], dt.datetime] | None = None) -> str | None:
    """Return a schedule in the one format of the API that names its zone, in UTC.

    Raises:
        ValueError: Without a zone, less than 10 seconds ahead, or more than 3 days.
    """
    if value is None:
        return None
    ahead = check_aware(value, "schedule") - (now() if now is not None else dt.datetime.now(dt.UTC))
    if ahead <= dt.timedelta(0):
        raise invalid("schedule", "must be in the future")
    if ahead < NEAREST_SCHEDULE:
        raise invalid(
            "schedule",
            f"must be {NEAREST_SCHEDULE.seconds} or more seconds ahead, since the request takes time to arrive, not "
            f"{ahead // _TENTH / 10}; leave it out to send at once",
        )
    if ahead > FURTHEST_SCHEDULE:
        raise invalid("schedule", "must be at most 3 days ahead")
    return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
