"""A webhook's request -> an event. Nothing is waited for, stored or looked up: the same body gives the same event."""

from typing import Any, Final

from .._values.problems import wrong_type
from ..errors import WebhookError
from ._parse.decoding import decode
from ._parse.fields import ECHOED, KNOWN, PLANS, Plan, Slot
from ._parse.names import kind_of
from ._parse.values import to_addresses, to_header, to_word
from .events import Event, SmsEvent, UnknownEvent

_put: Final = object.__setattr__


def parse(body: bytes, content_type: str | None) -> Event:
    """Read the body of a webhook's request.

    Everything that can be read is read: a field of another type, an unknown field or an unknown event loses nothing,
    and `Event.raw` has every field as it came. Keys are read in their documented spelling; where that is absent, in the
    other spellings that are known. Of a key that JSON has twice, the last value counts.

    Args:
        body: The body as it came, in JSON or as a form, not compressed. JSON can be nested 32 levels deep, and a form
            can have 1,000 fields.
        content_type: The ``Content-Type`` header: ``application/json`` (also ``text/json`` and ``...+json``) or
            ``application/x-www-form-urlencoded``, each with or without a ``charset``. Without any, and where the body
            is clearly the other of the two, the body decides.

    Returns:
        An instance of the event's class; an `UnknownEvent` if its name is not known.

    Raises:
        WebhookError: The content type is another, or the body is empty, malformed, too deep, or names no event. The
            text says which of these it was, and shows nothing of the body.
        ArgumentTypeError: An argument has another type.

    Example:
        >>> event = parse(b'{"event": "bounce", "bounce": "hard", "rcpt": "jo@example.com"}', "application/json")
        >>> type(event).__name__, event.recipient, event.bounce
        ('Bounced', 'jo@example.com', 'hard')
    """
    if not isinstance(body, bytes):
        raise wrong_type("body", "bytes", body)
    if not isinstance(content_type, str | None):
        raise wrong_type("content_type", "text or None", content_type)
    raw = data = decode(body, content_type or "")
    name = to_word(data.get("event"))
    if name is None:
        data = _in_lower_case(raw)
        name = to_word(data.get("event"))
    if name is None:
        raise WebhookError("the body must have a field event with the name of an event, and has none that can be read")
    kind = kind_of(name, is_of_a_text="destination_number" in data)
    plan = PLANS[kind.event_class if kind is not None else UnknownEvent]
    fields = dict(plan.blank)
    fields["name"] = kind.name if kind is not None else name
    fields["raw"], fields["body"], fields["content_type"] = raw, body, content_type or ""
    _fill(fields, plan, data)
    # Of a field in two spellings, each spelling is a header.
    for key in ECHOED:
        if key in raw and (text := to_header(raw[key])) is not None:
            fields["headers"][key] = text
    if kind is not None and kind.bounce is not None and fields["bounce"] is None:
        fields["bounce"] = kind.bounce
    if issubclass(plan.event_class, SmsEvent) and fields["time"] is None:
        fields["time"] = fields["reported_at"] or fields["submitted_at"]
    event: Event = _instance(plan.event_class, fields)
    return event


def _in_lower_case(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with the keys that an event can have in lower case; a key that is so already wins."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        lower = key.strip().lower()
        if lower == key or lower not in KNOWN:
            found[key] = value
        else:
            found.setdefault(lower, value)
    return found


def _fill(fields: dict[str, Any], plan: Plan, data: dict[str, Any]) -> None:
    """Read the fields of an event into the ``__dict__`` of its instance."""
    headers: dict[str, str] = {}
    slot_of = plan.slots.get
    for key, value in data.items():
        slot = slot_of(key, _HEADER)
        if slot is _HEADER:
            if (text := to_header(value)) is not None:
                headers[key] = text
        elif slot is not None:
            attribute, read, is_documented = slot
            if (is_documented or fields[attribute] is None) and (found := read(value)) is not None:
                fields[attribute] = found
    fields["headers"] = headers
    for part in plan.parts:
        of_part = {name: _first(data, keys) for name, keys in part.keys.items()}
        fields[part.attribute] = _instance(part.cls, of_part)
    recipients = _recipients(plan.recipients, data, headers)
    fields["recipients"] = recipients
    if len(recipients) == 1:
        fields["recipient"] = recipients[0]


_HEADER: Final = Slot("", to_header, False)
"""Stands for the place of every key that no event has."""


def _first(data: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((text for key in keys if key in data and (text := to_word(data[key])) is not None), None)


def _recipients(keys: tuple[str, ...], data: dict[str, Any], headers: dict[str, str]) -> tuple[str, ...]:
    """Return the addresses of an event; keys such as ``recipients[0]`` are taken out of the headers."""
    indexed: dict[str, None] = {}
    for key in [key for key in headers if key[-1:] == "]"]:
        if key.partition("[")[0] in keys:
            del headers[key]
            indexed |= dict.fromkeys(to_addresses(data[key]))
    for key in keys:
        if key in data and (found := to_addresses(data[key])):
            return found
    return tuple(indexed)


def _instance(cls: Any, fields: dict[str, Any]) -> Any:
    """Make an instance of a model with all its attributes. The constructor takes twice as long as all the reading."""
    made = cls.__new__(cls)
    # A frozen class refuses `setattr`.
    _put(made, "__dict__", fields)
    return made
