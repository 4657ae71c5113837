"""Times that go out: which are accepted, and how the API takes them."""

import datetime as dt
from collections.abc import Callable

DateLike = dt.datetime | dt.date
"""An aware time, or a date, which means its midnight in UTC."""

FURTHEST_SCHEDULE = dt.timedelta(days=3)
"""How far ahead a send can be scheduled (the API's reference of ``/email/send``)."""


def format_date(value: DateLike, argument: str) -> str:
    """Return a moment as ISO 8601 in UTC.

    Raises:
        ValueError: A time without a zone.
        TypeError: No time at all.
    """
    if isinstance(value, dt.datetime):
        return need_aware(value, argument).astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{argument}: an aware datetime or a date is needed, not a {type(value).__name__}")


def format_date_range(start: DateLike | None, end: DateLike | None) -> dict[str, str | None]:
    """Return ``start_date`` and ``end_date`` as the API takes them; the end is not included.

    Raises:
        ValueError: A time without a zone, or an end that is not after the start.
    """
    fields = {
        "start_date": None if start is None else format_date(start, "start_date"),
        "end_date": None if end is None else format_date(end, "end_date"),
    }
    if start is not None and end is not None and _moment(end) <= _moment(start):
        raise ValueError("end_date: is not after start_date")
    return fields


def _moment(value: DateLike) -> dt.datetime:
    if isinstance(value, dt.datetime):
        # Two times of one zone are compared by their clocks, and an hour that comes twice would be taken for one.
        return value.astimezone(dt.UTC)
    return dt.datetime.combine(value, dt.time(), dt.UTC)


def need_aware(value: object, argument: str) -> dt.datetime:
    """Return the value if it is a time that says its zone.

    Raises:
        ValueError: It has no zone, so it could mean any of some thirty moments.
        TypeError: It is not a `datetime.datetime`.
    """
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{argument}: an aware datetime is needed, not a {type(value).__name__}")
    if value.utcoffset() is None:
        raise ValueError(f"{argument}: a time with a zone is needed, for example datetime.now(timezone.utc)")
    return value


def format_schedule(value: dt.datetime | None, *, now: Callable[[], dt.datetime] | None = None) -> str | None:
    """Return a schedule in the one format of the API that names its zone, in UTC.

    Raises:
        ValueError: Without a zone, not in the future, or more than 3 days ahead.
    """
    if value is None:
        return None
    ahead = need_aware(value, "schedule") - (now() if now is not None else dt.datetime.now(dt.UTC))
    if ahead <= dt.timedelta(0):
        raise ValueError("schedule: is not in the future")
    if ahead > FURTHEST_SCHEDULE:
        raise ValueError("schedule: is more than 3 days ahead, which is the limit")
    return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
