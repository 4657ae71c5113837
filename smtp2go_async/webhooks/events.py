"""What a webhook tells: a class for each event of an e-mail and of a text."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal

import attrs

from .._model_class import MaskedAddress, PersonalText, Url, model

Source = Literal["webhook", "activity"]

MAX_KEY_LENGTH: Final = 255
"""Characters of `Event.key`; a longer key is hashed."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _second(time: dt.datetime | None) -> int | None:
    """Return the second of a moment, counted from 1970, for times that `datetime.timestamp` has no room for as well."""
    if time is None:
        return None
    return ((time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)) - _EPOCH) // dt.timedelta(seconds=1)


def _hash(facts: object) -> str:
    # ASCII, since a text can hold halves of characters, which UTF-8 has no form for.
    return hashlib.sha256(json.dumps(facts, default=repr).encode("ascii")).hexdigest()


@model
class MailClient:
    """The program that opened an e-mail or a link, as the provider recognised it."""

    name: str | None = None
    """Such as ``Thunderbird 2.0``."""
    device: str | None = None
    os: str | None = None
    user_agent: MaskedAddress | None = None
    """The ``User-Agent`` header of the request."""


@model
class Place:
    """Where an e-mail or a link was opened, by the address of the request."""

    continent: str | None = None
    """Two letters, such as ``OC``."""
    country: str | None = None
    """Two letters, such as ``NZ``."""
    city: str | None = None


@model
class Event:
    """Something that happened to an e-mail or a text, as a webhook told it.

    A field that the provider did not send, or that can't be read, is ``None`` or empty; `raw` has all of it as it came.
    """

    name: MaskedAddress
    """The provider's word for the event, such as ``delivered`` or ``sms_failed``; of an alias, the documented word."""
    id: str | None = None
    """The provider's id of this event: 32 hex digits where it was seen. Not every event has an id."""
    email_id: str | None = None
    """The id of the e-mail, as `client.email.send` returned it. It joins events to the e-mails that were sent."""
    time: dt.datetime | None = None
    """When it happened, with a time zone."""
    recipient: MaskedAddress | None = None
    """The address or telephone number that the event is about; ``None`` if it is about several."""
    recipients: tuple[MaskedAddress, ...] = ()
    """All addresses that the event is about: ``processed`` is about every recipient of an e-mail, others about one."""
    sender: MaskedAddress | None = None
    """The address or telephone number that it was sent from."""
    subject: PersonalText | None = None
    host: MaskedAddress | None = None
    """The server that was asked to take the e-mail, with its IP address: ``mx.example.com [203.0.113.22]``."""
    source_host: MaskedAddress | None = None
    """The IP address that an e-mail was handed in from, or that an e-mail or a link was opened from."""
    context: MaskedAddress | None = None
    """In which step it happened, such as ``RCPT TO:<...>``, ``submission`` or ``Unavailable``."""
    message: PersonalText | None = None
    """What the recipient's server responded, or why an e-mail was rejected."""
    username: MaskedAddress | None = None
    """The SMTP user, or the first 16 characters of the API key, that sent it."""
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False, hash=False)
    """The headers of the e-mail that the webhook was asked to send along, spelled as they came.

    The subject and the Message-ID are always among them, and each can come in two spellings: ``Message-Id`` and
    ``message-id``.
    """
    raw: Mapping[str, Any] = attrs.field(factory=dict, repr=False, hash=False)
    """Every field as it came. A form's field is a text, or a list of texts if it came more than once."""
    attempt: int = 1
    """Which try this is. More than 1 means that an earlier try failed or was cut off: a handler may have done its work
    before."""
    source: Source = "webhook"
    """``activity`` if the event never came and `backfill` found it in the account's activity."""
    received_at: dt.datetime | None = attrs.field(default=None, eq=False)
    """When an inbox stored it."""
    body: bytes = attrs.field(default=b"", repr=False, eq=False)
    """The body of the request that told it."""
    content_type: str = attrs.field(default="", repr=False, eq=False)
    """The content type of that body."""

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what happened, to whom and when: 64 hex digits, the same for each report of the same event.

        The moment counts in whole seconds, since webhooks and activity report whole seconds. An event without a time,
        or of an unknown e-mail or text, is told from others by the whole body.
        """
        subject = self.email_id or getattr(self, "message_id", None)
        facts = [subject, self.name, sorted(self.recipients), _second(self.time), getattr(self, "url", None)]
        if not subject or self.time is None:
            facts.append(hashlib.sha256(self.body).hexdigest())
        return _hash(facts)

    @cached_property
    def key(self) -> str:
        """What tells this event from all others, for storing it once: its id, or its fingerprint if it has no id.

        The name stands before the id, so that no two different events can share a key. A key is printable ASCII and has
        at most 255 characters, whatever the provider sent: a database can hold it.
        """
        key = f"{self.name}:{self.id or self.fingerprint}"
        return key if len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable() else _hash(key)


@model
class EmailEvent(Event):
    """An event of an e-mail."""

    message_id: str | None = None
    """The Message-ID of the e-mail, with its angle brackets."""
    from_address: MaskedAddress | None = None
    """The address in the From header."""
    from_name: PersonalText | None = None
    """The name in the From header."""
    send_time: dt.datetime | None = None
    """``sendtime`` as it came, with a time zone. It was seen to follow the event, and not the moment of sending."""


@model
class Processed(EmailEvent):
    """The provider took an e-mail and is about to deliver it to all its `recipients`."""


@model
class Delivered(EmailEvent):
    """The recipient's server took the e-mail; its response is in `message`."""


@model
class Opened(EmailEvent):
    """The recipient's program loaded the e-mail's tracking image. It can happen any number of times."""

    opened_at: dt.datetime | None = None
    read_seconds: float | None = None
    """How long the e-mail was looked at, in seconds."""
    client: MailClient = attrs.field(factory=MailClient)
    place: Place = attrs.field(factory=Place)


@model
class Clicked(EmailEvent):
    """The recipient followed a link. It can happen any number of times."""

    url: Url | None = None
    """The link; a repr shows only its host."""
    clicked_at: dt.datetime | None = None
    client: MailClient = attrs.field(factory=MailClient)
    place: Place = attrs.field(factory=Place)


@model
class Bounced(EmailEvent):
    """The recipient's server did not take the e-mail; the reason is in `message`."""

    bounce: Literal["hard", "soft"] | None = None
    """``hard``: the address does not work, and the provider sends nothing more to it. ``soft``: a passing failure.
    ``None``: the provider did not say which."""


@model
class Complained(EmailEvent):
    """The recipient called the e-mail spam. The provider sends nothing more to the address."""


@model
class Unsubscribed(EmailEvent):
    """The recipient wants no more e-mails. The provider sends nothing more to the address."""


@model
class Resubscribed(EmailEvent):
    """The recipient wants e-mails again."""


@model
class Rejected(EmailEvent):
    """The provider did not send the e-mail; the reason is in `message`.

    The recipient bounced, complained or unsubscribed before, the sender is not verified, or the key is a sandbox key.
    """


@model
class SmsEvent(Event):
    """An event of a text. `recipient` and `sender` are telephone numbers.

    Texts have no `time` field of their own: `time` is when the provider received the event, or else when the text was
    submitted.
    """

    message_id: str | None = None
    """The id of the text, as `client.sms.send` returned it."""
    content: PersonalText | None = None
    """What the text says."""
    region: MaskedAddress | None = None
    status_code: MaskedAddress | None = None
    """The carrier's code; its values are not published."""
    retry_count: int | None = None
    submitted_at: dt.datetime | None = None
    reported_at: dt.datetime | None = None
    """``received_timestamp``: when the provider received the event."""
    sender_email: MaskedAddress | None = None
    """The sender of a text that was sent as an e-mail."""


@model
class SmsSending(SmsEvent):
    """The provider is about to hand the text to the carrier."""


@model
class SmsSubmitted(SmsEvent):
    """The carrier has the text."""


@model
class SmsDelivered(SmsEvent):
    """The text arrived."""


@model
class SmsFailed(SmsEvent):
    """The text did not arrive."""


@model
class SmsRejected(SmsEvent):
    """The provider or the carrier refused the text."""


@model
class SmsOptedOut(SmsEvent):
    """The recipient wants no more texts."""


@model
class UnknownEvent(Event):
    """An event that this version of the library has no class for. `name` and `raw` have all that came."""


EVENT_CLASSES: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        "processed": Processed,
        "delivered": Delivered,
        "open": Opened,
        "click": Clicked,
        "bounce": Bounced,
        "spam": Complained,
        "unsubscribe": Unsubscribed,
        "resubscribe": Resubscribed,
        "reject": Rejected,
        "sms_sending": SmsSending,
        "sms_submitted": SmsSubmitted,
        "sms_delivered": SmsDelivered,
        "sms_failed": SmsFailed,
        "sms_rejected": SmsRejected,
        "sms_opt-out": SmsOptedOut,
    }
)
"""The class of each documented event. Webhooks and ``/webhook/add`` use these words, activity has others."""
