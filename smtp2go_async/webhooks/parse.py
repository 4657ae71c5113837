"""A webhook's request -> an event. Nothing is waited for, stored or looked up: the same body gives the same event."""

from typing import Any, Final

from .._values.problems import wrong_type
from ..errors import WebhookError
from ._parse.decoding import decode
from ._parse.fields import ECHOED, KNOWN, PLANS, TELLING, Plan
from ._parse.names import kind_of
from ._parse.values import to_addresses, to_header, to_text
from .events import Event, UnknownEvent

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
    if content_type is None:
        content_type = ""
    elif not isinstance(content_type, str):
        raise wrong_type("content_type", "text or None", content_type)
    raw = data = decode(body, content_type)
    name = to_text(data.get("event"))
    if not name:
        data = _in_lower_case(raw)
        name = to_text(data.get("event"))
    if not name:
        raise WebhookError("the body must have a field event with the name of an event, and has none that can be read")
    plan, fields = _plan_of(name, data)
    if _fill(fields, plan, data) and data is raw:
        data = _in_lower_case(raw)
        plan, fields = _plan_of(name, data)
        _fill(fields, plan, data)
    fields["raw"], fields["body"], fields["content_type"] = raw, body, content_type
    if data is not raw:
        fields["headers"] = _as_spelled(fields["headers"], raw)
    if fields["time"] is None and "reported_at" in fields:
        fields["time"] = fields["reported_at"] or fields["submitted_at"]
    event: Event = _instance(plan.event_class, fields)
    return event


def _plan_of(name: str, data: dict[str, Any]) -> tuple[Plan, dict[str, Any]]:
    """Return how the event of a name is read, and what the name alone says of its fields."""
    kind = kind_of(name, is_of_a_text="destination_number" in data)
    plan = PLANS[kind.event_class if kind is not None else UnknownEvent]
    fields = plan.blank.copy()
    fields["name"] = kind.name if kind is not None else name
    if kind is not None and kind.bounce is not None:
        fields["bounce"] = kind.bounce
    return plan, fields


def _in_lower_case(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with the keys that an event can have in lower case; a key that is so already wins."""
    # The event is looked for, so an exact key without a value in it does not count.
    given = {key: value for key, value in data.items() if key != "event"}
    found: dict[str, Any] = {}
    for key, value in given.items():
        lower = key.strip().lower()
        if lower == key or lower not in KNOWN:
            found[key] = value
        elif lower not in given:
            found.setdefault(lower, value)
    return found


def _as_spelled(headers: dict[str, str], raw: dict[str, Any]) -> dict[str, str]:
    """Return the headers with their keys as they came, after the keys were brought into lower case."""
    echoed = {key: text for key in raw if key.strip().lower() in ECHOED and (text := to_header(raw[key])) is not None}
    return {key: text for key, text in headers.items() if key in raw} | echoed


def _fill(fields: dict[str, Any], plan: Plan, data: dict[str, Any]) -> bool:
    """Read the fields of an event into the ``__dict__`` of its instance.

    Return whether a key that is never a header came in another case, and not in its own.
    """
    headers: dict[str, str] = {}
    is_in_another_case = False
    attribute_of, slot_of = plan.texts.get, plan.slots.get
    for key, value in data.items():
        attribute = attribute_of(key)
        if attribute is not None and value.__class__ is str:
            # The quick way for most of the fields of an event.
            fields[attribute] = value.strip()
            continue
        slot = slot_of(key)
        if slot is None:
            if (lower := key.strip().lower()) in TELLING and lower not in data:
                is_in_another_case = True
            if (text := to_header(value)) is not None:
                headers[key] = text
            continue
        attribute, read, is_documented = slot
        if attribute is not None and (is_documented or not fields[attribute]):
            found = read(value)
            if found is not None:
                fields[attribute] = found
    for key in ECHOED:
        if key in data and (text := to_header(data[key])) is not None:
            headers[key] = text
    fields["headers"] = headers
    for part in plan.parts:
        fields[part.attribute] = _instance(part.cls, {name: fields.pop(key) for name, key in part.fields})
    for key in plan.recipients:
        if key in data and (recipients := to_addresses(data[key])):
            break
    else:
        recipients = _of_several_keys(plan.recipients, headers) if headers else ()
    fields["recipients"] = recipients
    if len(recipients) == 1:
        fields["recipient"] = recipients[0]
    return is_in_another_case


def _of_several_keys(keys: tuple[str, ...], headers: dict[str, str]) -> tuple[str, ...]:
    """Take the recipients out of fields such as ``recipients[0]``, which look like headers."""
    found = [key for key in headers if key[-1:] == "]" and key.partition("[")[0] in keys]
    return tuple(dict.fromkeys(address for key in found for address in to_addresses(headers.pop(key))))


def _instance(cls: Any, fields: dict[str, Any]) -> Any:
    """Make an instance of a model with all its attributes. The constructor takes twice as long as all the reading."""
    made = cls.__new__(cls)
    # A frozen class refuses `setattr`.
    _put(made, "__dict__", fields)
    return made
