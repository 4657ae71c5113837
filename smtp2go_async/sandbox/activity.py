"""The events of a sandbox account's e-mails, and ``/activity/search``. No sockets; the time is passed in.

The log is the only place where events are kept: statistics are counted from it, too. `outcomes` decides which events
there are. The provider writes dates in whole seconds, so searches compare whole seconds.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .activity_filters import Filters, read_filters
from .call import Call
from .continuing import Continuing
from .rate_limit import RateLimit
from .ready import header_text, read_headers
from .records import RecordedEvent, SentEmail

ACTIVITY_PER_MINUTE = 60  # calls; the limit in the provider's reference
MAX_LAG_SECONDS = 86_400

# The fields that show the detail of an event. The provider has not published what an opening or a click has.
_DETAILS: Mapping[str, tuple[str, ...]] = {
    "hard-bounced": ("smtp_response", "reason"),
    "soft-bounced": ("smtp_response", "reason"),
    "rejected": ("reason",),
    "clicked": ("url",),
}


class ActivityLog:
    """The events of an account in the order of time. May be used from several threads at once.

    Args:
        lag: Seconds from the sending of an e-mail until its events are found.
        per_minute: How many searches are answered in any minute; all when `None`.
    """

    def __init__(self, *, lag: float = 0.0, per_minute: int | None = ACTIVITY_PER_MINUTE) -> None:
        if not 0 <= lag <= MAX_LAG_SECONDS:
            raise ValueError(f"activity_lag: must be from 0 to {MAX_LAG_SECONDS} seconds, not {lag}")
        if per_minute is not None and per_minute < 1:
            raise ValueError(f"activity_per_minute: must be 1 or more, or None, not {per_minute}")
        self._lag = timedelta(seconds=lag)
        self._limit = None if per_minute is None else RateLimit(per_minute, 60)
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all events and searches."""
        with self._lock:
            self._events: list[RecordedEvent] = []
            # The moment of each event, to find events by time with bisect.
            self._moments: list[datetime] = []
            self._continuing = Continuing()
            if self._limit is not None:
                self._limit.clear()

    def note(self, events: Sequence[RecordedEvent]) -> None:
        """Note events of one moment, in their order."""
        if not events:
            return
        moment = events[0].moment
        with self._lock:
            # The place is nearly always the end, unless a clock was set back or two threads overtook each other.
            place = len(self._moments)
            if place and moment < self._moments[-1]:
                place = bisect_right(self._moments, moment)
            self._events[place:place] = events
            self._moments[place:place] = [moment] * len(events)

    def between(self, start: datetime, end: datetime) -> Sequence[RecordedEvent]:
        """Return the events from ``start`` to before ``end``, in the order of time."""
        with self._lock:
            return self._events[bisect_left(self._moments, start) : bisect_left(self._moments, end)]

    def of_email(self, email_id: str) -> Sequence[RecordedEvent]:
        """Return the events of an e-mail, in the order of time."""
        with self._lock:
            return [event for event in self._events if event.email.email_id == email_id]

    def search(self, call: Call) -> dict[str, Any]:
        """Answer ``/activity/search``."""
        with self._lock:
            if self._limit is not None:
                self._limit.count(call.now)
            filters = read_filters(call.fields, call.now)
            page = self._continuing.page(call, lambda: self._found(filters, call), filters.limit)
        return {
            "events": _Shown(filters).all(page.items),
            "total_events": page.total,
            "continue_token": page.token,
        }

    def _found(self, filters: Filters, call: Call) -> Sequence[RecordedEvent]:
        first = bisect_left(self._moments, filters.start)
        last = bisect_right(self._moments, call.now - self._lag)
        if filters.end is not None:
            last = min(last, bisect_left(self._moments, filters.end))
        return filters.narrow(self._events[first:last], call.subaccount)


class _Shown:
    """Writes events in the form of the API."""

    def __init__(self, filters: Filters) -> None:
        self._filters = filters
        self._emails: dict[str, dict[str, Any]] = {}

    def all(self, events: Sequence[RecordedEvent]) -> list[dict[str, Any]]:
        return [self._event(event) for event in events]

    def _event(self, event: RecordedEvent) -> dict[str, Any]:
        email = event.email
        shared = self._emails.get(email.email_id)
        if shared is None:
            shared = self._emails[email.email_id] = self._email(email)
        date = f"{event.moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        fields = {**shared, "recipient": event.recipient, "date": date, "event": event.kind}
        if event.kind == "delivered":
            fields |= {"smtp_response": "250 Message received", "host": "192.0.2.25", "outbound_ip": "192.0.2.1"}
        elif event.detail:
            for name in _DETAILS.get(event.kind, ()):
                fields[name] = event.detail
        return fields

    def _email(self, email: SentEmail) -> dict[str, Any]:
        headers = read_headers(email.raw)
        # Of headers with the same name, the first counts.
        values = {name.lower(): value for name, value in reversed(headers)}
        fields: dict[str, Any] = {
            "email_id": email.email_id,
            "username": email.username,
            "subaccount_name": email.subaccount or "Master account",
            "from": email.sender,
            "sender": email.sender,
            "sender_full": values.get("from", email.sender),
            "recipients": list(email.recipients),
            "to": values.get("to", ""),
            "subject": email.subject,
            "byte_size": len(email.raw),
        }
        fields |= {
            name: values[header] for name, header in (("cc", "cc"), ("reply_to", "reply-to")) if header in values
        }
        if email.bcc:
            fields["bcc"] = ", ".join(email.bcc)
        if self._filters.include_headers:
            fields["headers"] = header_text(email.raw)
        if self._filters.custom_headers:
            fields["custom_headers"] = {
                name: values[name.lower()] for name in self._filters.custom_headers if name.lower() in values
            }
        return fields
