"""Lengths of time as the API writes them: ``0:30:00``, ``1 hour``, ``2 days``, ``4 months 5:00:00``, ``unlimited``."""

import datetime as dt
import re
from typing import Final

import attrs

from ._masking import shown_half_made
from ._values.checks import check_word
from ._values.problems import invalid, wrong_type

_PART = re.compile(r"(\d+)\s*(hour|day|week|month|year)s?|(\d+):(\d\d):(\d\d)", re.IGNORECASE)
_UNITS: Final = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(weeks=1)}


@shown_half_made
@attrs.frozen
class CalendarPeriod:
    """A length of time, with the text that the API sent."""

    text: str
    """As the API wrote it."""

    @property
    def length(self) -> dt.timedelta | None:
        """The length; ``None`` for ``unlimited``, and for months and years, whose length varies."""
        try:
            return self._length()
        except (OverflowError, ValueError):
            return None

    def _length(self) -> dt.timedelta | None:
        parts = list(_PART.finditer(self.text))
        if not parts or _PART.sub("", self.text).strip():
            return None
        length = dt.timedelta()
        for part in parts:
            count, unit, hours, minutes, seconds = part.groups()
            if unit is None:
                length += dt.timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
            elif unit.lower() in _UNITS:
                length += int(count) * _UNITS[unit.lower()]
            else:
                return None
        return length

    def __str__(self) -> str:
        return self.text


def format_period(value: "str | dt.timedelta | CalendarPeriod", argument: str) -> str:
    """Return a length of time as the API takes it.

    Raises:
        ValueError: The value is empty, is not in whole seconds, or is not more than 0.
        TypeError: The value is not a length of time.
    """
    if isinstance(value, CalendarPeriod):
        return value.text
    if isinstance(value, str):
        return check_word(value, argument)
    if not isinstance(value, dt.timedelta):
        raise wrong_type(argument, "a str, a timedelta or a CalendarPeriod", value)
    if value <= dt.timedelta(0) or value.microseconds:
        raise invalid(argument, f"must be 1 or more whole seconds, not {value.total_seconds():g}")
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}"
    if not value.days:
        return clock
    days = f"{value.days} day{'s' if value.days > 1 else ''}"
    return days if clock == "0:00:00" else f"{days} {clock}"
