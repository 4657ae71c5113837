"""The fields of events: what the provider calls each attribute, and how its value is read."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import attrs

from ..events import (
    EVENT_CLASSES,
    Bounced,
    Clicked,
    EmailEvent,
    Event,
    MailClient,
    Opened,
    Place,
    Processed,
    SmsEvent,
    UnknownEvent,
)
from .times import to_time
from .values import to_bounce, to_count, to_number, to_text

Keys = Mapping[str, tuple[str, ...]]

# The documented key stands first, and wins; a hyphen in any of them can be an underscore, and the other way round.
_KEYS: Final[Mapping[type[Event], Keys]] = {
    Event: {
        "id": ("id",),
        "email_id": ("email_id",),
        "time": ("time",),
        "sender": ("sender",),
        "subject": ("subject", "Subject"),
        "host": ("host",),
        "source_host": ("srchost",),
        "context": ("context",),
        "message": ("message",),
        "username": ("auth", "username"),
    },
    EmailEvent: {
        "message_id": ("message-id", "Message-Id", "Message-ID"),
        "from_address": ("from_address", "from"),
        "from_name": ("from_name",),
        "send_time": ("sendtime", "send_time"),
    },
    Opened: {"opened_at": ("opened-at",), "read_seconds": ("read-secs", "read_seconds")},
    Clicked: {"clicked_at": ("clicked-at",), "url": ("url", "click_url", "link")},
    Bounced: {"bounce": ("bounce",)},
    SmsEvent: {
        "sender": ("source_number", "sender"),
        "subject": ("email_subject", "subject", "Subject"),
        "message_id": ("message_id",),
        "content": ("message_content", "content"),
        "region": ("region",),
        "status_code": ("status_code",),
        "retry_count": ("retry_count",),
        "submitted_at": ("submitted_timestamp",),
        "reported_at": ("received_timestamp",),
        "sender_email": ("sender_email",),
    },
    # It can be about an e-mail or about a text.
    UnknownEvent: {
        "time": ("time", "received_timestamp"),
        "sender": ("sender", "source_number"),
    },
}

# In the order in which they are asked; the first that names somebody decides. An e-mail's ``processed`` is about all
# its recipients, any other event about one of them.
_RECIPIENTS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    Event: ("rcpt", "recipient", "recipients"),
    Processed: ("recipients", "rcpt", "recipient"),
    SmsEvent: ("destination_number", "destination-number", "rcpt", "recipient", "recipients"),
    UnknownEvent: ("rcpt", "recipient", "recipients", "destination_number"),
}

_CLIENT: Final = {"name": "client", "device": "client-device", "os": "client-os", "user_agent": "user-agent"}
_PLACE: Final = {"continent": "geoip-continent", "country": "geoip-country", "city": "geoip-city"}

ECHOED: Final = ("subject", "Subject", "message-id", "Message-Id", "Message-ID")
"""Fields that are headers of the e-mail as well, in the spellings that have been seen."""

DOCUMENTED: Final = frozenset(
    {"event", "from"}
    | {key for keys in _RECIPIENTS.values() for key in keys}
    | {keys[0] for table in _KEYS.values() for keys in table.values()}
    | {*_CLIENT.values(), *_PLACE.values()}
)
"""Every key that is never a header of the e-mail, whichever event it comes with."""

Reader = Callable[[Any], Any]


class Slot(NamedTuple):
    """Where the value of a key goes, and how it is read."""

    attribute: str | None
    """``None`` for a key that is no attribute of the class, such as the name of the event."""
    read: Reader
    is_documented: bool
    """Whether this is the spelling that wins over all others."""


class Part(NamedTuple):
    """An attribute that is an object made of several fields."""

    attribute: str
    cls: type[Any]
    fields: tuple[tuple[str, str], ...]
    """The attributes of the object, each with the key under which its value is kept until the object is made."""


@attrs.frozen
class Plan:
    """How an instance of a class is filled from a decoded body."""

    event_class: type[Event]
    texts: dict[str, str]
    """The attributes of documented keys whose value is text: most of them."""
    slots: dict[str, Slot]
    """All keys that are not headers alone, those in `texts` among them."""
    parts: tuple[Part, ...]
    recipients: tuple[str, ...]
    blank: dict[str, Any]
    """The ``__dict__`` of an instance without any field, with a place for each field of the parts."""


def _reader(annotation: Any) -> Reader:
    kind = annotation
    while get_origin(kind) in (Union, UnionType, Annotated):
        # Of ``X | None`` and of ``Annotated[X, ...]``, the type comes first.
        kind = get_args(kind)[0]
    return to_bounce if get_origin(kind) is Literal else _READERS[kind]


_READERS: Final[Mapping[type, Reader]] = {str: to_text, dt.datetime: to_time, float: to_number, int: to_count}


_PARTS: Final = (
    Part("client", MailClient, tuple(_CLIENT.items())),
    Part("place", Place, tuple(_PLACE.items())),
)


def _spellings(keys: tuple[str, ...]) -> list[str]:
    return [spelling for key in keys for spelling in (key, key.replace("-", "_"), key.replace("_", "-"))]


def _plan(event_class: type[Event]) -> Plan:
    model: Any = event_class
    types: dict[str, Any] = {name: field.type for name, field in attrs.fields_dict(model).items()}
    keys: dict[str, tuple[str, ...]] = {}
    recipients: tuple[str, ...] = ()
    for base in reversed(event_class.__mro__):
        keys |= _KEYS.get(base, {})
        recipients = _RECIPIENTS.get(base, recipients)
    parts = tuple(part for part in _PARTS if part.attribute in types)
    of_parts = [key for part in parts for _, key in part.fields]
    keys |= {key: (key,) for key in of_parts}
    slots: dict[str, Slot] = {key: Slot(None, to_text, True) for key in DOCUMENTED}
    for attribute, documented_first in keys.items():
        read = to_text if attribute in of_parts else _reader(types[attribute])
        for key in reversed(_spellings(documented_first)):
            slots[key] = Slot(attribute, read, key == documented_first[0])
    texts = {
        key: slot.attribute
        for key, slot in slots.items()
        if slot.attribute and slot.read is to_text and slot.is_documented
    }
    blank = event_class(name="").__dict__ | dict.fromkeys(of_parts)
    return Plan(event_class, texts, slots, parts, recipients, blank)


PLANS: Final = {event_class: _plan(event_class) for event_class in (*EVENT_CLASSES.values(), UnknownEvent)}

KNOWN: Final = frozenset(key for plan in PLANS.values() for key in plan.slots)
"""Every key that any event has, in every spelling."""

TELLING: Final = frozenset({"rcpt", "recipients", "destination_number", "email_id", "bounce"})
"""Keys that tell, in another case, that a body's keys are not in their own: no header of an e-mail has such a name."""
