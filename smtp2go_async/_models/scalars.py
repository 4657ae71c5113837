"""Read single values of a response: text, numbers, truth values, times and lengths of time, in every form seen."""

import datetime as dt
import math
import re
from collections.abc import Callable
from typing import Any

from ..period import CalendarPeriod

Hook = Callable[[Any, Any], Any]


def to_str(value: object, _type: object = str) -> str:
    """Read text; a number becomes its digits, since telephone numbers and ids have come as numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"not text: a {type(value).__name__}")


def to_int(value: object, _type: object = int) -> int:
    """Read a count, from a number or its digits."""
    if type(value) is int:
        return value
    number = to_float(value)
    if number != int(number):
        raise ValueError("not a whole number")
    return int(value) if isinstance(value, str) and value.strip().isdigit() else int(number)


def to_float(value: object, _type: object = float) -> float:
    """Read a number, from a number or its text; statistics send percentages as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"not a number: a {type(value).__name__}")
    number = float(value.strip().rstrip("%")) if isinstance(value, str) else float(value)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def to_bool(value: object, _type: object = bool) -> bool:
    """Read a truth value: ``bool("false")`` would be true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    raise ValueError("neither true nor false")


# datetime.fromisoformat takes at most 6 digits of a fraction on Python 3.11, and no space before the zone.
_TIME = re.compile(
    r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$", re.IGNORECASE
)


def to_datetime(value: object, _type: object = dt.datetime) -> dt.datetime:
    """Read a time in any format that the API has been seen to use, as an aware datetime; no zone means UTC."""
    if isinstance(value, str):
        try:
            # The quick way for nearly all times; the rest of this function reads the other formats.
            found = dt.datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return dt.datetime.fromtimestamp(value, dt.UTC)
    match = _TIME.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a time")
    date, clock, fraction, zone = match.groups()
    text = f"{date}T{clock or '00:00'}"
    if fraction:
        text += f".{fraction[:6].ljust(6, '0')}"
    text += "+00:00" if zone is None or zone.upper() in ("Z", "UTC") else zone
    return dt.datetime.fromisoformat(text)


def to_period(value: object, _type: object = CalendarPeriod) -> CalendarPeriod:
    """Read a length of time, keeping its text."""
    return CalendarPeriod(to_str(value))


SCALARS: dict[type, Hook] = {
    str: to_str,
    int: to_int,
    float: to_float,
    bool: to_bool,
    dt.datetime: to_datetime,
    CalendarPeriod: to_period,
}
