"""The text messages of a sandbox account and the calls about them. No sockets; the time is passed in.

`SMS_OUTCOMES` is the table of numbers: the last four digits decide. A text to every other number is sent, submitted and
delivered at once.
"""

import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar

from .call import Call, Operations
from .records import RecordedSmsEvent, StoredReply, StoredSms
from .rules import Fields, read_numbers, read_period, read_sms_sender

_Text = TypeVar("_Text", StoredSms, StoredReply)

SMS_UNIT = 160  # characters; the provider has not published how it cuts longer texts
# The countries that /sms/view-sent names here; it leaves the country of every other number empty.
_COUNTRIES = {"1": "US", "44": "GB", "61": "AU", "64": "NZ"}
_DELIVERED: Final = ("sending", "submitted", "delivered")
SMS_OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "0001": ("sending", "submitted", "failed"),
        "0002": ("rejected",),
        "0003": ("sending", "submitted"),
        "0004": (*_DELIVERED, "opt-out"),
    }
)
"""The table of numbers: the events of a text by the last four digits. After an opt-out all texts are rejected."""

SHARED_NUMBER: Final = "+12025550199"
"""The number from which a text without a sender comes, so that it can be answered. It is made up."""

STOP_WORDS: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
"""Texts with which a recipient opts out; the words of the carriers of the USA."""

_STATUSES: Final[Mapping[str, str]] = {"failed": "Message failed", "rejected": "Message rejected"}


class TextMessages:
    """The texts that were sent and received. May be used from several threads at once.

    Args:
        username: The user that received texts are listed under.
    """

    def __init__(self, username: str) -> None:
        self._username = username
        self._lock = threading.Lock()
        self.listener: Callable[[RecordedSmsEvent], None] = lambda _: None
        """Is given all events."""
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/sms/send": self.send,
            "/sms/summary": lambda call: self.summary(call.fields, call.now),
            "/sms/view-sent": lambda call: self.view_sent(call.fields, call.now),
            "/sms/view-received": lambda call: self.view_received(call.fields, call.now),
        }

    @property
    def sent(self) -> tuple[StoredSms, ...]:
        """Return the texts that would have gone out, a text for each number."""
        with self._lock:
            return tuple(self._sent)

    def clear(self) -> None:
        """Forget all texts, their events and the numbers that opted out."""
        with self._lock:
            self._sent: list[StoredSms] = []
            self._received: list[StoredReply] = []
            self._events: dict[str, list[RecordedSmsEvent]] = defaultdict(list)
            self._opted_out: set[str] = set()

    def receive(self, source: str, destination: str, content: str, now: datetime) -> StoredReply:
        """Keep a text that arrived at a number of the account."""
        received = StoredReply(
            message_id=str(uuid.uuid4()),
            source=source,
            destination=destination,
            content=content,
            username=self._username,
            received_at=now,
        )
        with self._lock:
            self._received.append(received)
        return received

    def reply(self, text: StoredSms, content: str, now: datetime) -> StoredReply:
        """Keep a text that answers another; the word STOP lets its number opt out."""
        received = self.receive(text.destination, text.sender or SHARED_NUMBER, content, now)
        if content.strip().lower() in STOP_WORDS:
            self.happen(text, "opt-out", now)
        return received

    def happen(self, text: StoredSms, kind: str, now: datetime) -> None:
        """Let an event happen to a text."""
        event = RecordedSmsEvent(now, kind, text)
        with self._lock:
            self._events[text.message_id].append(event)
            if kind == "opt-out":
                self._opted_out.add(_digits(text.destination))
        self.listener(event)

    def events_of(self, message_id: str) -> Sequence[RecordedSmsEvent]:
        """Return the events of a text, in their order."""
        with self._lock:
            return tuple(self._events.get(message_id, ()))

    def find(self, message_id: str) -> StoredSms:
        """Return a text by its id.

        Raises:
            ValueError: There is none.
        """
        for text in self.sent:
            if text.message_id == message_id:
                return text
        raise ValueError("text: there is no text with this id")

    def send(self, call: Call) -> dict[str, Any]:
        """Answer ``/sms/send``."""
        fields = call.fields
        numbers = read_numbers(fields)
        content = fields.required("content", fields.text("content"))
        sender = read_sms_sender(fields)
        texts = [
            StoredSms(
                message_id=str(uuid.uuid4()),
                destination=number,
                sender=sender,
                content=content,
                units=-(-len(content) // SMS_UNIT),
                status="rejected" if _digits(number) in self._opted_out else "queued",
                request_id=call.request_id,
                received_at=call.now,
                username=call.key.username,
            )
            for number in numbers
        ]
        with self._lock:
            self._sent += texts
        for text in texts:
            kinds = SMS_OUTCOMES.get(text.destination[-4:], _DELIVERED)
            for kind in ("rejected",) if text.status == "rejected" else kinds:
                self.happen(text, kind, call.now)
        messages = [
            {"destination": text.destination, "message_id": text.message_id, "status": text.status} for text in texts
        ]
        return {
            "statuses": dict(Counter(text.status for text in texts)),
            "total_sent": len(texts),
            "messages": messages,
        }

    def summary(self, fields: Fields, now: datetime) -> dict[str, Any]:
        """Answer ``/sms/summary``; all texts are free of charge here."""
        texts = _between(self.sent, fields, now)
        return {"total_messages": len(texts), "total_units": sum(text.units for text in texts), "total_cost": 0.0}

    def view_sent(self, fields: Fields, now: datetime) -> dict[str, Any]:
        """Answer ``/sms/view-sent``."""
        texts = _between(self.sent, fields, now - timedelta(days=7)) if self._is_asked_for(fields) else []
        return {
            "messages": [
                {
                    "id": text.message_id,
                    "timestamp": _milliseconds(text.received_at),
                    "username": text.username,
                    "sender": text.sender or "shared",
                    "sender_email": "",
                    "destination_address": text.destination,
                    # The provider's schema spells this field "county", its example "country".
                    "destination_address_country": _country(text.destination),
                    "format": "SMS",
                    "status": self._status_of(text),
                    "content": text.content,
                    "units": text.units,
                }
                for text in texts
            ]
        }

    def view_received(self, fields: Fields, now: datetime) -> dict[str, Any]:
        """Answer ``/sms/view-received``."""
        with self._lock:
            received = tuple(self._received)
        texts = _between(received, fields, now - timedelta(days=7)) if self._is_asked_for(fields) else []
        return {
            "messages": [
                {
                    "source_address": text.source.removeprefix("+"),
                    "destination_address": text.destination.removeprefix("+"),
                    "timestamp": _milliseconds(text.received_at),
                    "content": text.content,
                    "message_id": text.message_id,
                    "username": text.username,
                }
                for text in texts
            ]
        }

    def _status_of(self, text: StoredSms) -> str:
        kinds = [event.kind for event in self.events_of(text.message_id)]
        return next((_STATUSES[kind] for kind in reversed(kinds) if kind in _STATUSES), "Message sent")

    def _is_asked_for(self, fields: Fields) -> bool:
        return fields.text("username") in {None, "", self._username}


def _between(texts: Iterable[_Text], fields: Fields, first_day: datetime) -> list[_Text]:
    midnight = first_day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = read_period(fields, midnight)
    return [text for text in texts if start <= text.received_at and (end is None or text.received_at < end)]


def _digits(number: str) -> str:
    return number.removeprefix("+")


def _milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _country(number: str) -> str:
    digits = number.removeprefix("+")
    return next((country for code, country in _COUNTRIES.items() if digits.startswith(code)), "")
