"""Times that go out: which are accepted, and how the API takes them."""

import datetime as dt
from collections.abc import Callable

from .checks import with_article

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
    raise TypeError(f"{argument}: must be a datetime or a date, not {with_article(value)}")


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
        raise ValueError("end_date: is not after start_date")
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
        raise ValueError(f"{argument}: must be within the years 1 to 9999 in UTC") from error


def check_aware(value: object, argument: str) -> dt.datetime:
    """Return the value if it is a time that says its zone.

    Raises:
        ValueError: It has no zone, so it could mean any of some thirty moments; or its zone can't tell its offset.
        TypeError: It is not a `datetime.datetime`.
    """
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{argument}: must be a datetime with a zone, not {with_article(value)}")
    try:
        offset = value.utcoffset()
    except Exception as error:
        # A zone of the caller's own can raise anything, and some do for the first and the last year.
        raise ValueError(f"{argument}: its zone can't tell its offset from UTC") from error
    # pandas has a time that is none, and calls that its offset as well.
    if not isinstance(offset, dt.timedelta):
        raise ValueError(f"{argument}: a time with a zone is needed, for example datetime.now(timezone.utc)")  # noqa: TRY004
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
        raise ValueError("schedule: is not in the future")
    if ahead < NEAREST_SCHEDULE:
        raise ValueError(
            f"schedule: is {ahead // _TENTH / 10} seconds ahead, and {NEAREST_SCHEDULE.seconds} are needed, since "
            "the request takes time to arrive; leave it out to send at once"
        )
    if ahead > FURTHEST_SCHEDULE:
        raise ValueError("schedule: is more than 3 days ahead, which is the limit")
    return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
