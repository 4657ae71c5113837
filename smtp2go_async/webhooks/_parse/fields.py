"""The fields of events: what the provider calls each attribute, and how its value is read."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType, NoneType
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

_CLIENT: Final[Keys] = {
    "name": ("client",),
    "device": ("client-device", "client_device"),
    "os": ("client-os", "client_os"),
    "user_agent": ("user-agent", "user_agent"),
}
_PLACE: Final[Keys] = {
    "continent": ("geoip-continent", "geoip_continent"),
    "country": ("geoip-country", "geoip_country"),
    "city": ("geoip-city", "geoip_city"),
}

ECHOED: Final = ("subject", "Subject", "message-id", "Message-Id", "Message-ID")
"""Fields that are headers of the e-mail as well, in the spellings that have been seen."""

DOCUMENTED: Final = frozenset(
    {"event", "from"}
    | {key for keys in _RECIPIENTS.values() for key in keys}
    | {keys[0] for table in (*_KEYS.values(), _CLIENT, _PLACE) for keys in table.values()}
)
"""Every key that is never a header of the e-mail, whichever event it comes with."""

Reader = Callable[[Any], Any]


class Slot(NamedTuple):
    """Where the value of a key goes, and how it is read."""

    attribute: str
    read: Reader
    is_documented: bool


@attrs.frozen
class Part:
    """An attribute that is an object made of several fields."""

    attribute: str
    cls: type[Any]
    keys: Keys


@attrs.frozen
class Plan:
    """How an instance of a class is filled from a decoded body."""

    event_class: type[Event]
    slots: Mapping[str, Slot | None]
    """By key. ``None`` for keys that are neither an attribute of this class nor a header."""
    parts: tuple[Part, ...]
    recipients: tuple[str, ...]
    blank: Mapping[str, Any]
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


def _swapped(keys: tuple[str, ...]) -> dict[str, bool]:
    """Return the keys in every spelling, each with whether it is the documented spelling."""
    spelled = (way for key in keys for way in (key, key.replace("-", "_"), key.replace("_", "-")))
    return {key: key == keys[0] for key in spelled}


def _plan(event_class: type[Event]) -> Plan:
    model: Any = event_class
    fields = attrs.fields_dict(model)
    slots: dict[str, Slot | None] = {}
    keys: dict[str, tuple[str, ...]] = {}
    recipients: tuple[str, ...] = ()
    for base in reversed(event_class.__mro__):
        keys |= _KEYS.get(base, {})
        recipients = _RECIPIENTS.get(base, recipients)
    for attribute, spellings in keys.items():
        for key, is_documented in _swapped(spellings).items():
            slots.setdefault(key, Slot(attribute, _reader(fields[attribute].type), is_documented))
    parts = [("client", MailClient, _CLIENT), ("place", Place, _PLACE)]
    own = tuple(Part(*part) for part in parts if part[0] in fields)
    of_parts = {key: None for part in own for spellings in part.keys.values() for key in spellings}
    blank = event_class(name="").__dict__
    return Plan(event_class, {**dict.fromkeys(DOCUMENTED), **of_parts, **slots}, own, recipients, blank)


PLANS: Final[Mapping[type[Event], Plan]] = MappingProxyType(
    {event_class: _plan(event_class) for event_class in (*EVENT_CLASSES.values(), UnknownEvent)}
)

KNOWN: Final = frozenset(key for plan in PLANS.values() for key in plan.slots)
"""Every key that any event has, in every spelling."""
