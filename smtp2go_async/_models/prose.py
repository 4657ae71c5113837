"""Make text of a list or an object that came in its place: reasons of a refusal, headers, addresses."""

from collections.abc import Mapping
from typing import Any

_WHOM = ("email", "email_address", "address", "recipient", "rcpt", "destination", "header", "fieldname", "field")
_CODES = ("code", "error_code", "status", "status_code")
_WHAT = ("error", "message", "reason", "description", "detail", "failure", "text", "value")
_LABELS = (*_WHOM, *_CODES, *_WHAT)


def to_prose(value: object, separator: str) -> str:
    """Read text; the items of a list are joined, and an object is written out with everything in it.

    Raises:
        TypeError: The value holds no text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and value:
        return separator.join([to_prose(part, separator) for part in value if part is not None])
    if isinstance(value, dict) and value:
        return _of_an_object(
            {str(key): to_prose(part, ", ") for key, part in value.items() if part not in (None, "", [])}
        )
    raise TypeError(f"not text: a {type(value).__name__}")


def _of_an_object(parts: Mapping[str, str]) -> str:
    if not parts:
        raise TypeError("not text: an object with nothing in it")
    if len(parts) == 2 and "name" in parts and (address := parts.get("email") or parts.get("address")):
        return f"{parts['name']} <{address}>"
    if parts.keys() <= set(_LABELS):
        return ": ".join([parts[label] for label in _LABELS if label in parts])
    return "\n".join([f"{key}: {part}" for key, part in parts.items()])


def pieces(value: Mapping[str, Any]) -> list[Any]:
    """Return an object as a list: the object itself, or its entries where it says something about each of several."""
    if not value.keys().isdisjoint((*_LABELS, "name")):
        return [value]
    if all(key.isdigit() for key in value):
        return list(value.values())
    if len(value) == 1 and isinstance(inner := next(iter(value.values())), list) and not _is_whom(next(iter(value))):
        return inner
    return [{key: part} for key, part in value.items()]


def _is_whom(key: str) -> bool:
    return "@" in key or "." in key
