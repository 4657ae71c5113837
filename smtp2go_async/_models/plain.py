"""Results as objects for JSON, so that they can go through a queue or into a store."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import attrs

from .period import CalendarPeriod


def result_to_dict(result: Any, *, raw: bool) -> dict[str, Any]:
    """Return the fields of a result under their names, ready for JSON."""
    found = _plain(result)
    if raw:
        found["raw"] = result.raw.decode(errors="replace") if isinstance(result.raw, bytes) else result.raw
    assert isinstance(found, dict)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, CalendarPeriod):
        return value.text
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if attrs.has(type(value)):
        return {name: _plain(getattr(value, name)) for name in attrs.fields_dict(type(value)) if name != "raw"}
    return value
