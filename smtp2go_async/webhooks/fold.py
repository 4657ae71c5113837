"""What is true now of each recipient of an e-mail or a text, whatever the order in which its events came.

Events come twice, late, and in any order. So a status is not the last event that came: each kind of event has a rank,
and the highest rank decides. Only where two kinds share a rank, the later one decides, by the time in the events. The
result depends on the set of events alone.

| rank | e-mail                 | why it outranks the rows above                                                     |
|------|------------------------|------------------------------------------------------------------------------------|
| 0    | queued                 |                                                                                    |
| 1    | rejected               | the provider took the e-mail, and then did not send it                             |
| 2    | delivered, or one of   | the e-mail left after all. A later attempt can succeed, and a server that took an  |
|      | bounced, soft-bounced  | e-mail can return it, so the later one decides; delivered, if both came at once    |
| 3    | opened                 | it was delivered; a bounce that passes does not take that back                     |
| 4    | clicked                | a person followed a link; an image can be loaded by a program                      |
| 5    | hard-bounced           | the provider sends nothing more to the address. A server can return an e-mail      |
|      |                        | after it took it, and a scanner opens and clicks what nobody gets                  |
| 6    | unsubscribed           | a wish outlasts an address that does not work: the address may work again          |
| 7    | complained             | the strongest wish. Nothing undoes it: not a scanner that opens the e-mail later,  |
|      |                        | and not a new subscription                                                         |

An unsubscription counts unless a new subscription (``resubscribe``) has a later time. After that, both show no more
than that the e-mail was delivered.

| rank | text        | why it outranks the rows above                                                                 |
|------|-------------|------------------------------------------------------------------------------------------------|
| 0    | sending     |                                                                                                |
| 1    | submitted   | the carrier has it                                                                             |
| 2    | rejected    | the provider or the carrier refused it, so that it is not on its way                           |
| 3    | failed      | it was on its way, and did not arrive                                                          |
| 4    | delivered   | it arrived: a try that failed can be followed by another                                       |
| 5    | opted-out   | the recipient wants no more texts, whatever became of this text                                |
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from .._model_class import MaskedAddress, model
from .._values.dates import check_aware
from .._values.problems import wrong_type
from .events import Bounced, Clicked, Event, Opened, SmsEvent, Unsubscribed

EmailStatus = Literal[
    "queued",
    "rejected",
    "bounced",
    "soft-bounced",
    "delivered",
    "opened",
    "clicked",
    "hard-bounced",
    "unsubscribed",
    "complained",
]
"""What became of an e-mail to a recipient. ``bounced``: the provider did not say which kind of bounce it was."""

SmsStatus = Literal["sending", "submitted", "rejected", "failed", "delivered", "opted-out"]
"""What became of a text to a number."""

EMAIL_RANKS: Final[Mapping[EmailStatus, int]] = MappingProxyType(
    {
        "queued": 0,
        "rejected": 1,
        "bounced": 2,
        "soft-bounced": 2,
        "delivered": 2,
        "opened": 3,
        "clicked": 4,
        "hard-bounced": 5,
        "unsubscribed": 6,
        "complained": 7,
    }
)
"""The higher rank decides. Of the same rank the later event does; at the same moment, the one that is further down."""

SMS_RANKS: Final[Mapping[SmsStatus, int]] = MappingProxyType(
    {"sending": 0, "submitted": 1, "rejected": 2, "failed": 3, "delivered": 4, "opted-out": 5}
)
"""As `EMAIL_RANKS`."""

_RESUBSCRIBED: Final = "resubscribed"
"""No status: it only undoes another."""

_SMS: Final = "sms "
"""Begins the kinds of a text, some of which have the words of an e-mail."""

_KINDS: Final[Mapping[str, str]] = {
    "processed": "queued",
    "reject": "rejected",
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "resubscribe": _RESUBSCRIBED,
    "spam": "complained",
    "sms_sending": "sms sending",
    "sms_submitted": "sms submitted",
    "sms_rejected": "sms rejected",
    "sms_failed": "sms failed",
    "sms_delivered": "sms delivered",
    "sms_opt-out": "sms opted-out",
}
"""The kind of each event but ``bounce``, which has several."""

_PLACES: Final[Mapping[str, tuple[int, int]]] = {
    **{status: (rank, place) for place, (status, rank) in enumerate(EMAIL_RANKS.items())},
    **{f"{_SMS}{status}": (rank, place) for place, (status, rank) in enumerate(SMS_RANKS.items())},
}
"""The rank of each kind, and its place in the table."""

_BEFORE_ALL: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_AFTER_ALL: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


@model
class RecipientState:
    """What is true now of a recipient of an e-mail, or of a number that a text was sent to."""

    id: str
    """The id of the e-mail or of the text."""
    recipient: MaskedAddress
    """The address in small letters, or the number as ``+`` and digits."""
    status: EmailStatus | SmsStatus
    event: Event
    """The event that decided the status. If the same thing happened several times, the latest."""
    first_at: dt.datetime | None = None
    """The time of the earliest event."""
    last_at: dt.datetime | None = None
    """The time of the latest event, which need not have decided."""
    opened_at: dt.datetime | None = None
    """When the e-mail was first opened, whatever happened later; ``None`` if that is not known to have happened."""
    clicked_at: dt.datetime | None = None
    """When a link in the e-mail was first followed."""


class _Record:
    """What is kept of a recipient: the latest event of each kind, so that the number of openings costs no memory."""

    __slots__ = ("clicked_at", "first_at", "last_at", "latest", "opened_at")

    def __init__(self) -> None:
        self.latest: dict[str, Event] = {}
        self.first_at: dt.datetime | None = None
        self.last_at: dt.datetime | None = None
        self.opened_at: dt.datetime | None = None
        self.clicked_at: dt.datetime | None = None

    def add(self, kind: str, event: Event) -> None:
        known = self.latest.get(kind)
        if known is None or _order(event) > _order(known):
            self.latest[kind] = event
        if event.time is None:
            return
        self.first_at = _earlier(self.first_at, event.time)
        self.last_at = event.time if self.last_at is None else max(self.last_at, event.time)
        if isinstance(event, Opened):
            self.opened_at = _earlier(self.opened_at, event.time)
        elif isinstance(event, Clicked):
            self.clicked_at = _earlier(self.clicked_at, event.time)

    def decide(self) -> tuple[str, Event]:
        """Return the status, and the event that decides it."""
        found = self.latest.copy()
        again = found.pop(_RESUBSCRIBED, None)
        if again is not None:
            gone = found.get("unsubscribed")
            if gone is None or _moment(gone) < _moment(again):
                found.pop("unsubscribed", None)
                # Whoever subscribes again has got the e-mail.
                known = found.get("delivered")
                if known is None or _order(again) > _order(known):
                    found["delivered"] = again
        kind = max(found, key=lambda kind: (_PLACES[kind][0], _moment(found[kind]), _PLACES[kind][1]))
        return kind.removeprefix(_SMS), found[kind]


class RecipientStates(Mapping[tuple[str, str], RecipientState]):
    """The state of each recipient, by the id of the e-mail or text and the address or number.

    An address is found in capital and in small letters, and a number with and without spaces and ``+``.

    It is in the memory of a program: after a start it knows what it is given, and another process has its own. To keep
    statuses in a database, compare the ranks there (`EMAIL_RANKS`), as the page on webhooks shows.

    Args:
        events: Events in any order; an event may come several times.

    Example:
        states = RecipientStates()

        @router.on(Event)
        async def note(event: Event) -> None:
            for state in states.add(event):
                await database.set_status(state.id, state.recipient, state.status)
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._records: dict[str, dict[str, _Record]] = {}
        for event in events:
            self.add(event)

    def add(self, event: Event) -> tuple[RecipientState, ...]:
        """Take one more event in, and return the states of which it changed the status; none, as a rule.

        An event without an id of its e-mail or text, or without recipients, changes nothing, and neither does an
        `UnknownEvent`.

        Raises:
            ArgumentTypeError: It is not an event.
            InvalidArgumentError: Its time has no time zone.
        """
        if not isinstance(event, Event):
            raise wrong_type("event", "an event", event)
        kind = _kind_of(event)
        id = getattr(event, "message_id", None) if isinstance(event, SmsEvent) else event.email_id
        if kind is None or not id:
            return ()
        if event.time is not None:
            check_aware(event.time, "event.time")
        changed: list[RecipientState] = []
        names = event.recipients or (() if event.recipient is None else (event.recipient,))
        for recipient in dict.fromkeys(map(_canonical, names)):
            record = self._records.setdefault(id, {}).get(recipient)
            before = None if record is None else record.decide()[0]
            if record is None:
                record = self._records[id][recipient] = _Record()
            record.add(kind, event)
            if record.decide()[0] != before:
                changed.append(_state(id, recipient, record))
        return tuple(changed)

    def of(self, id: str) -> Mapping[str, RecipientState]:
        """Return the state of each recipient of an e-mail or text; an empty mapping if no event of it came."""
        return {recipient: _state(id, recipient, record) for recipient, record in self._records.get(id, {}).items()}

    def forget(self, id: str) -> None:
        """Drop an e-mail or a text, so that a program that runs for ever does not keep them all."""
        self._records.pop(id, None)

    def __getitem__(self, key: tuple[str, str]) -> RecipientState:
        id, recipient = key
        recipient = _canonical(recipient)
        return _state(id, recipient, self._records[id][recipient])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((id, recipient) for id, records in self._records.items() for recipient in records)

    def __len__(self) -> int:
        return sum(map(len, self._records.values()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} recipients>"


def fold(events: Iterable[Event]) -> RecipientStates:
    """Return what is true now of each recipient of each e-mail and text.

    The order of the events does not matter, nor how often each came. They are read once, and of a recipient only the
    latest event of each kind is kept. `RecipientStates.add` takes further events in. In async code, the events of an
    inbox are given to it as ``fold([stored.event async for stored in inbox.events()])``.

    Events of `backfill`, and of an inbox, can be among them. Openings are not counted: programs that load images for
    their users make a number meaningless, and to count each once its key would have to be kept.

    Args:
        events: Events of e-mails and texts.

    Example:
        >>> from smtp2go_async.webhooks.events import Bounced, Delivered
        >>> late = Bounced(name="bounce", bounce="soft", email_id="1", recipients=("jane@example.com",))
        >>> states = fold([Delivered(name="delivered", email_id="1", recipients=("Jane@example.com",)), late])
        >>> states["1", "jane@example.com"].status
        'delivered'
    """
    return RecipientStates(events)


def _kind_of(event: Event) -> str | None:
    if isinstance(event, Bounced):
        return f"{event.bounce}-bounced" if event.bounce else "bounced"
    return _KINDS.get(event.name)


def _canonical(recipient: str) -> str:
    """Return the form by which recipients are compared.

    Capital and small letters do not differ, before the @ either: the standard allows a server to tell them apart, but
    a provider that changes them would make of one recipient two, and the first would stay queued for ever.
    """
    text = recipient.strip()
    if "@" in text:
        return (text[text.rfind("<") + 1 : -1] if text.endswith(">") else text).lower()
    digits = "".join(filter(str.isdecimal, text))
    return f"+{digits}" if digits else text


def _moment(event: Event) -> dt.datetime:
    if event.time is not None:
        return event.time
    # An unsubscription at an unknown time is not undone: to be silent is the smaller mistake.
    return _AFTER_ALL if isinstance(event, Unsubscribed) else _BEFORE_ALL


def _order(event: Event) -> tuple[Any, ...]:
    """Return by what the latest of several events of a kind is found, so that the order of arrival never decides."""
    # The two reports of an event that came as a webhook and was found in the activity can differ.
    return _moment(event), event.key, event.source, event.attempt, event.body


def _earlier(known: dt.datetime | None, found: dt.datetime) -> dt.datetime:
    return found if known is None else min(known, found)


def _state(id: str, recipient: str, record: _Record) -> RecipientState:
    status, event = record.decide()
    return RecipientState(
        id=id,
        recipient=recipient,
        status=status,  # type: ignore[arg-type]
        event=event,
        first_at=record.first_at,
        last_at=record.last_at,
        opened_at=record.opened_at,
        clicked_at=record.clicked_at,
    )
