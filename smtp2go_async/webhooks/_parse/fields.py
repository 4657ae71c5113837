"""The fields of events: what the provider calls each attribute, and how its value is read."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

import attrs

from ..._model_class import PersonalText
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
from .values import to_bounce, to_count, to_number, to_text, to_word

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
}

# In the order in which they are asked; the first that names somebody decides. An e-mail's ``processed`` is about all
# its recipients, any other event about one of them.
_RECIPIENTS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    Event: ("rcpt", "recipient", "recipients"),
    Processed: ("recipients", "rcpt", "recipient"),
    SmsEvent: ("destination_number", "destination-number", "rcpt", "recipient", "recipients"),
}

_CLIENT: Final = {"name": "client", "device": "client-device", "os": "client-os", "user_agent": "user-agent"}
_PLACE: Final = {"continent": "geoip-continent", "country": "geoip-country", "city": "geoip-city"}

ECHOED: Final = frozenset(("subject", "Subject", "message-id", "Message-Id", "Message-ID"))
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
    is_header: bool
    """Whether the value is a header of the e-mail as well."""


class Part(NamedTuple):
    """An attribute that is an object made of several fields."""

    attribute: str
    cls: type[Any]
    keys: tuple[tuple[str, str, str], ...]
    """For each attribute of the object, its name, its key, and another spelling of the key."""


@attrs.frozen
class Plan:
    """How an instance of a class is filled from a decoded body."""

    event_class: type[Event]
    words: dict[str, str]
    """The attributes of documented keys whose value is text without blanks around it: most of them."""
    slots: dict[str, Slot]
    """All keys that are not headers alone, those in `words` among them."""
    parts: tuple[Part, ...]
    recipients: tuple[str, ...]
    blank: dict[str, Any]
    """The ``__dict__`` of an instance without any field."""


def _bare(annotation: Any) -> Any:
    """Return the type of an attribute without ``None``, which every attribute can be."""
    return next((part for part in get_args(annotation) if part is not NoneType), annotation)


def _reader(annotation: Any) -> Reader:
    kind = annotation if get_origin(annotation) is Annotated else _bare(annotation)
    if kind == PersonalText:
        # What a person wrote is kept with the blanks around it.
        return to_text
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return to_bounce if get_origin(kind) is Literal else _READERS[kind]


_READERS: Final[Mapping[type, Reader]] = {str: to_word, dt.datetime: to_time, float: to_number, int: to_count}


def _underscored(key: str) -> str:
    return key.replace("-", "_")


def _spellings(keys: tuple[str, ...]) -> list[str]:
    return [spelling for key in keys for spelling in (key, _underscored(key), key.replace("_", "-"))]


def _part(attribute: str, cls: type[Any], keys: Mapping[str, str]) -> Part:
    return Part(attribute, cls, tuple((name, key, _underscored(key)) for name, key in keys.items()))


_PARTS: Final = (_part("client", MailClient, _CLIENT), _part("place", Place, _PLACE))


def _plan(event_class: type[Event]) -> Plan:
    model: Any = event_class
    fields = attrs.fields_dict(model)
    keys: dict[str, tuple[str, ...]] = {}
    recipients: tuple[str, ...] = ()
    for base in reversed(event_class.__mro__):
        keys |= _KEYS.get(base, {})
        recipients = _RECIPIENTS.get(base, recipients)
    parts = tuple(part for part in _PARTS if part.attribute in fields)
    of_parts = [key for part in parts for _, *spellings in part.keys for key in spellings]
    slots = {key: Slot(None, to_text, True, key in ECHOED) for key in (*DOCUMENTED, *of_parts)}
    for attribute, documented_first in keys.items():
        read = _reader(fields[attribute].type)
        for key in reversed(_spellings(documented_first)):
            slots[key] = Slot(attribute, read, key == documented_first[0], key in ECHOED)
    words = {
        key: slot.attribute
        for key, slot in slots.items()
        if slot.attribute and slot.read is to_word and slot.is_documented and not slot.is_header
    }
    return Plan(event_class, words, slots, parts, recipients, event_class(name="").__dict__)


PLANS: Final = {event_class: _plan(event_class) for event_class in (*EVENT_CLASSES.values(), UnknownEvent)}

KNOWN: Final = frozenset(key for plan in PLANS.values() for key in plan.slots)
"""Every key that any event has, in every spelling."""
