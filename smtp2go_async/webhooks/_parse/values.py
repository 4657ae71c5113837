"""Read single values of an event. Each function returns ``None`` for a value that it can't read, and never raises."""

import json
import math
import re
from typing import Any, Literal

from ..._models.scalars import to_int


def to_text(value: Any) -> str | None:
    """Return text without blanks around it, a number's digits, or the first text of a list.

    A form's field that came twice is a list.
    """
    if value.__class__ is str:
        text: str = value.strip()
        return text
    if value.__class__ is int or value.__class__ is float:
        return str(value)
    if value.__class__ is list:
        return next((found for part in value if part.__class__ is not list and (found := to_text(part))), None)
    return None


def to_number(value: Any) -> float | None:
    """Return a finite number, also from text."""
    try:
        # The quick way for text; `float` reads it as `to_text` does, without blanks around it.
        number = float(value if value.__class__ is str else to_text(value) or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def to_count(value: Any) -> int | None:
    """Return a whole number, also from text."""
    try:
        return to_int(value if value.__class__ is int else to_text(value))
    except (ValueError, TypeError, OverflowError):
        return None


def to_bounce(value: Any) -> Literal["hard", "soft"] | None:
    """Return the kind of a bounce, also from activity's words for it; an unclear bounce is not called soft."""
    word = (to_text(value) or "")[:20].lower()
    return "hard" if word in _HARD else "soft" if word in _SOFT else None


_HARD = frozenset(("hard", "hard-bounced", "hard-bounce", "hard_bounced", "hard_bounce"))
_SOFT = frozenset(word.replace("hard", "soft") for word in _HARD)


def to_header(value: Any) -> str | None:
    """Return a header's text; a header that came several times has its texts with commas between them."""
    if value.__class__ is str:
        text: str = value
        return text
    if value.__class__ is list:
        texts = [to_text(part) for part in value if part.__class__ is not list]
        return ", ".join([found for found in texts if found is not None])
    if value.__class__ is bool:
        return str(value).lower()
    return to_text(value)


def to_addresses(value: Any) -> tuple[str, ...]:
    """Return the addresses in a list or a text, each as it came, without blanks around it, and once."""
    if value.__class__ is str:
        text: str = value.strip()
        if not (text[:1] == "[" or "," in text or ";" in text):
            return (text,) if text else ()
        value = _listed(text)
    found: dict[str, None] = {}
    for part in value if value.__class__ is list else (value,):
        if part.__class__ is list or not (address := to_text(part)):
            continue
        if "," in address or ";" in address:
            found |= dict.fromkeys(_split(address))
        else:
            found[address] = None
    return tuple(found)


def _listed(text: str) -> Any:
    """Return a list that was written as text, in JSON or as Python writes it; the text itself if it is no list."""
    try:
        found = json.loads(text) if text[:1] == "[" else None
    except (ValueError, RecursionError):
        found = None
    if found.__class__ is list:
        return found
    return text[2:-2].split("', '") if text.startswith("['") and text.endswith("']") else text


def _split(text: str) -> list[str]:
    """Split a text at commas and semicolons, if each part can be an address: ``Doe, Jane <jane@...>`` is a single."""
    parts = [part for piece in _pieces(text) if (part := piece.strip())]
    return parts if "@" not in text or all("@" in part for part in parts) else [text.strip()]


_MARK = re.compile(r'[,;"\\]')


def _pieces(text: str) -> list[str]:
    # In a single pass, since a pattern for quoted parts would look for their end again and again.
    start, is_quoted, escaped, found = 0, False, -1, []
    for mark in _MARK.finditer(text):
        if mark.start() == escaped:
            continue
        if mark[0] == '"':
            is_quoted = not is_quoted
        elif mark[0] == "\\":
            escaped = mark.end() if is_quoted else escaped
        elif not is_quoted:
            found.append(text[start : mark.start()])
            start = mark.end()
    # A quote without an end quotes nothing.
    return re.split("[,;]", text) if is_quoted else [*found, text[start:]]
