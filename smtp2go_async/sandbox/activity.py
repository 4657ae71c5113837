"""The events of a sandbox account's e-mails, and ``/activity/search``. No sockets; the time is passed in.

An e-mail that goes out has two events for every recipient, ``processed`` and then ``delivered``. An e-mail that was
accepted and then dropped has the event ``rejected`` for every recipient. The provider writes dates in whole seconds, so
searches compare whole seconds.
"""

import secrets
import threading
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from .activity_filters import Filters, read_filters
from .ready import header_text, read_headers
from .records import RecordedEvent, SentEmail
from .rules import Fields, RequestError

ACTIVITY_PER_MINUTE = 60  # calls; the limit in the provider's reference
MAX_LAG_SECONDS = 86_400
TOKEN_LIFE = timedelta(seconds=300)  # of a token of 2016, whose content was published

_MINUTE = timedelta(minutes=1)
_MAX_TOKENS = 1000


@frozen
class _Search:
    """A search that has more pages: its fields, and all events that it found."""

    asked: Mapping[str, Any]
    found: Sequence[RecordedEvent]


@frozen
class _Token:
    search: _Search
    offset: int
    expires: datetime


class ActivityLog:
    """The events of an account in the order of time. May be used from several threads at once.

    Args:
        username: The user that the events are listed under.
        lag: Seconds from the sending of an e-mail until its events are found.
        per_minute: How many searches are answered in any minute; all when `None`.
    """

    def __init__(self, username: str, *, lag: float = 0.0, per_minute: int | None = ACTIVITY_PER_MINUTE) -> None:
        if not 0 <= lag <= MAX_LAG_SECONDS:
            raise ValueError(f"activity_lag: must be from 0 to {MAX_LAG_SECONDS} seconds, not {lag}")
        if per_minute is not None and per_minute < 1:
            raise ValueError(f"activity_per_minute: must be 1 or more, or None, not {per_minute}")
        self._username = username
        self._lag = timedelta(seconds=lag)
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all events and searches."""
        with self._lock:
            self._events: list[RecordedEvent] = []
            # The moment of each event, to find events by time with bisect.
            self._moments: list[datetime] = []
            self._tokens: dict[str, _Token] = {}
            self._searched: deque[datetime] = deque()

    def delivered(self, email: SentEmail, moment: datetime) -> None:
        """Note that an e-mail went out."""
        self._note(email, moment, ("processed", "delivered"), "")

    def rejected(self, email: SentEmail, moment: datetime, reason: str) -> None:
        """Note that an e-mail was dropped after it had been accepted."""
        self._note(email, moment, ("rejected",), reason)

    def _note(self, email: SentEmail, moment: datetime, kinds: tuple[str, ...], reason: str) -> None:
        events = [RecordedEvent(moment, kind, email, to, reason) for kind in kinds for to in email.recipients]
        with self._lock:
            # The place is nearly always the end, unless a clock was set back or two threads overtook each other.
            place = len(self._moments)
            if place and moment < self._moments[-1]:
                place = bisect_right(self._moments, moment)
            self._events[place:place] = events
            self._moments[place:place] = [moment] * len(events)

    def search(self, fields: Fields, now: datetime) -> dict[str, Any]:
        """Answer ``/activity/search``."""
        with self._lock:
            self._count_call(now)
            filters = read_filters(fields, now)
            asked = fields.without("continue_token", "api_key")
            if filters.continue_token:
                token = self._token(filters.continue_token, asked, now)
                search, offset = token.search, token.offset
            else:
                search, offset = _Search(asked, self._found(filters, now)), 0
            end = offset + filters.limit
            following = self._new_token(search, end, now) if end < len(search.found) else None
        return {
            "events": _Page(filters, self._username).shown(search.found[offset:end]),
            "total_events": len(search.found),
            "continue_token": following,
        }

    def _count_call(self, now: datetime) -> None:
        if self._per_minute is None:
            return
        while self._searched and self._searched[0] <= now - _MINUTE:
            self._searched.popleft()
        if len(self._searched) >= self._per_minute:
            raise RequestError(
                429,
                "REQ_LIMIT_EXCEEDED",
                f"This endpoint is rate limited to {self._per_minute} requests every 60 seconds",
            )
        self._searched.append(now)

    def _found(self, filters: Filters, now: datetime) -> Sequence[RecordedEvent]:
        first = bisect_left(self._moments, filters.start)
        last = bisect_right(self._moments, now - self._lag)
        if filters.end is not None:
            last = min(last, bisect_left(self._moments, filters.end))
        return filters.narrow(self._events[first:last], self._username)

    def _token(self, given: str, asked: Mapping[str, Any], now: datetime) -> _Token:
        token = self._tokens.get(given)
        # The provider has not published how it refuses a token.
        if token is None or token.expires <= now:
            raise RequestError(400, "API_EXCEPTION", "The passed 'continue_token' has expired or was never given out")
        if token.search.asked != asked:
            raise RequestError(400, "API_EXCEPTION", "The passed 'continue_token' belongs to another search")
        return token

    def _new_token(self, search: _Search, offset: int, now: datetime) -> str:
        self._tokens = {name: token for name, token in self._tokens.items() if token.expires > now}
        while len(self._tokens) >= _MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        name = secrets.token_urlsafe(32)
        self._tokens[name] = _Token(search, offset, now + TOKEN_LIFE)
        return name


class _Page:
    """Writes events in the form of the API."""

    def __init__(self, filters: Filters, username: str) -> None:
        self._filters = filters
        self._username = username
        self._emails: dict[str, dict[str, Any]] = {}

    def shown(self, events: Sequence[RecordedEvent]) -> list[dict[str, Any]]:
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
        if event.reason:
            fields["reason"] = event.reason
        return fields

    def _email(self, email: SentEmail) -> dict[str, Any]:
        headers = read_headers(email.raw)
        # Of headers with the same name, the first counts.
        values = {name.lower(): value for name, value in reversed(headers)}
        fields: dict[str, Any] = {
            "email_id": email.email_id,
            "username": self._username,
            "subaccount_name": "Master account",
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
