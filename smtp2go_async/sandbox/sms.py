"""The text messages of a sandbox account and the calls about them. No sockets; the time is passed in."""

import threading
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from .call import Operations
from .records import StoredReply, StoredSms
from .rules import Fields, read_numbers, read_period, read_sms_sender

_Text = TypeVar("_Text", StoredSms, StoredReply)

SMS_UNIT = 160  # characters; the provider has not published how it cuts longer texts
# The countries that /sms/view-sent names here; it leaves the country of every other number empty.
_COUNTRIES = {"1": "US", "44": "GB", "61": "AU", "64": "NZ"}


class TextMessages:
    """The texts that were sent and received. May be used from several threads at once."""

    def __init__(self, username: str) -> None:
        self._username = username
        self._lock = threading.Lock()
        self._sent: list[StoredSms] = []
        self._received: list[StoredReply] = []

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/sms/send": lambda call: self.send(call.fields, call.request_id, call.now),
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
        """Forget all texts."""
        with self._lock:
            self._sent.clear()
            self._received.clear()

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

    def send(self, fields: Fields, request_id: str, now: datetime) -> dict[str, Any]:
        """Answer ``/sms/send``."""
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
                status="queued",
                request_id=request_id,
                received_at=now,
            )
            for number in numbers
        ]
        with self._lock:
            self._sent += texts
        messages = [
            {"destination": text.destination, "message_id": text.message_id, "status": text.status} for text in texts
        ]
        return {"statuses": {"queued": len(texts)}, "total_sent": len(texts), "messages": messages}

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
                    "username": self._username,
                    "sender": text.sender or "shared",
                    "sender_email": "",
                    "destination_address": text.destination,
                    # The provider's schema spells this field "county", its example "country".
                    "destination_address_country": _country(text.destination),
                    "format": "SMS",
                    "status": "Message sent",
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

    def _is_asked_for(self, fields: Fields) -> bool:
        return fields.text("username") in {None, "", self._username}


def _between(texts: Iterable[_Text], fields: Fields, first_day: datetime) -> list[_Text]:
    midnight = first_day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = read_period(fields, midnight)
    return [text for text in texts if start <= text.received_at and (end is None or text.received_at < end)]


def _milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _country(number: str) -> str:
    digits = number.removeprefix("+")
    return next((country for code, country in _COUNTRIES.items() if digits.startswith(code)), "")
