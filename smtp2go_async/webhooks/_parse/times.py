"""Read a time in every format that webhooks and activity have been seen to use."""

import datetime as dt
import re
from typing import Any, Final

from ..._models.scalars import to_datetime

MAX_TIME_LENGTH: Final = 100
"""Characters of a time. The longest real time has 37."""

MIN_MILLISECONDS: Final = 1e11
"""The least number that counts milliseconds (of 1973), since as seconds it would be in the year 5138."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# 8 digits are a date. With fewer, no number of seconds is a time at which SMTP2GO existed.
_NUMBER = re.compile(r"\d{9,20}(?:\.\d*)?", re.ASCII)
# With a zone that has a known offset. The standard library takes any other word for UTC.
_MAIL_DATE = re.compile(
    r"(?:[a-z]{3},? +)?\d{1,2} [a-z]{3} \d{2}(?:\d\d)? \d\d:\d\d(?::\d\d)?(?: (?:[+-]\d{4}|Z|UTC?|GMT|[ECMP][SD]T))?",
    re.IGNORECASE | re.ASCII,
)


def to_time(value: Any) -> dt.datetime | None:
    """Return an aware time, or ``None`` if the value is no time. A time without a zone is in UTC.

    Read are ISO 8601 (with ``T`` or a blank, any fraction, any offset), seconds or milliseconds since 1970 as a number
    or as text, and the dates of e-mail headers.
    """
    try:
        if value.__class__ is str and value[10:11] == "T" and len(value) <= MAX_TIME_LENGTH:
            # The quick way for nearly all times.
            found = _from_iso(value)
            if found.tzinfo is not None and 1 < found.year < 9999:
                return found
    except ValueError:
        pass
    try:
        time = _read(value)
        # Only at both ends of the calendar there are times that can't be converted to UTC.
        if time is not None and not 1 < time.year < 9999:
            time.astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return time


_from_iso = dt.datetime.fromisoformat


def _read(value: Any) -> dt.datetime | None:
    if value.__class__ is str:
        return _of_text(value.strip())
    if value.__class__ is int or value.__class__ is float:
        return _of_number(value)
    return _read(value[0]) if value.__class__ is list and value and value[0].__class__ is not list else None


def _of_text(text: str) -> dt.datetime | None:
    if len(text) > MAX_TIME_LENGTH:
        return None
    if _NUMBER.fullmatch(text):
        return _of_number(float(text) if "." in text else int(text))
    if _MAIL_DATE.fullmatch(text):
        # Here, because email.utils loads a lot and nearly no event has such a date.
        from email.utils import parsedate_to_datetime

        found = parsedate_to_datetime(text)
        return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
    return to_datetime(text)


def _of_number(number: float) -> dt.datetime:
    in_milliseconds = abs(number) >= MIN_MILLISECONDS
    return _EPOCH + (dt.timedelta(milliseconds=number) if in_milliseconds else dt.timedelta(seconds=number))
