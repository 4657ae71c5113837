"""The fields of ``/activity/search``: their checks, the forms of their dates, and the events that they select."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from attrs import frozen

from .records import RecordedEvent, SentEmail
from .rules import Fields

DEFAULT_PAGE = 100
MAX_PAGE_SIZE = 1000
_SECOND = timedelta(seconds=1)
# Both lists are those of the provider's reference.
_REGIONS = ("us", "eu", "au")
_EVENT_TYPES = (
    "processed",
    "soft-bounced",
    "hard-bounced",
    "rejected",
    "spam",
    "delivered",
    "unsubscribed",
    "resubscribed",
    "opened",
    "clicked",
)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# In the provider's reference a zone may follow the form with a "T", and not the form with a space.
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:(?P<between>[ T])(?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
_RFC822 = re.compile(
    r"(?P<day>\d\d) (?P<month>[A-Za-z]{3}) (?P<year>\d\d) (?P<hour>\d\d):(?P<minute>\d\d) "
    r"(?:[A-Z]{3,4}|(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))",
    re.ASCII,
)
_RFC1123 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>\d\d) (?P<month>[A-Za-z]{3}) (?P<year>\d{4}) "
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) [A-Z]{3,4}",
    re.ASCII,
)


@frozen(kw_only=True)
class Filters:
    """The fields of a search."""

    start: datetime
    end: datetime | None
    search: tuple[str, ...]
    email_id: str
    subject: str
    sender: str
    recipient: str
    usernames: tuple[str, ...]
    subaccounts: tuple[str, ...]
    event_types: frozenset[str]
    only_latest: bool
    only_latest_by_sent: bool
    include_headers: bool
    custom_headers: tuple[str, ...]
    limit: int

    def narrow(self, events: Sequence[RecordedEvent], subaccount: str) -> Sequence[RecordedEvent]:
        """Return the events that the fields select, in order.

        Args:
            events: All events of the time that is asked for.
            subaccount: The subaccount that asks, which sees its own events alone; the master account, which is empty,
                sees all, and those of `subaccounts` alone if there are any.
        """
        wanted = (subaccount,) if subaccount else self.subaccounts
        if wanted:
            events = _of_emails(events, lambda email: email.subaccount in wanted)
        if self.usernames:
            events = _of_emails(events, lambda email: email.username in self.usernames)
        if self.email_id:
            events = [event for event in events if event.email.email_id == self.email_id]
        if self.event_types:
            events = [event for event in events if event.kind in self.event_types]
        if self.recipient:
            events = [event for event in events if self.recipient in event.recipient.lower()]
        if self.subject:
            events = _of_emails(events, lambda email: self.subject in email.subject.lower())
        if self.sender:
            events = _of_emails(events, lambda email: self.sender in email.sender.lower())
        if self.search:
            events = [event for event in events if _mentions(event, self.search)]
        if self.only_latest or self.only_latest_by_sent:
            latest = {event.email.email_id: event for event in events}
            # A dict keeps the place of each key's first event, so this is the order in which the e-mails were sent.
            events = list(latest.values())
            if not self.only_latest_by_sent:
                events.sort(key=lambda event: event.moment)
        return events


def read_filters(fields: Fields, now: datetime) -> Filters:
    """Check the fields of a search."""
    # The *_op fields of November 2026 are ignored like any unknown field: their possible values are not published.
    region = fields.text("region")
    if region is not None:
        fields.one_of("region", region, _REGIONS)
    event_types = fields.words("event_types")
    for index, kind in enumerate(event_types):
        fields.one_of(f"event_types[{index}]", kind, _EVENT_TYPES)
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    alternatives = (part.strip().lower() for part in (fields.text("search") or "").split("|"))
    return Filters(
        start=read_date(fields, "start_date") or today,
        end=read_date(fields, "end_date"),
        search=tuple(part for part in alternatives if part),
        email_id=fields.text("search_email_id") or "",
        subject=(fields.text("search_subject") or "").lower(),
        sender=(fields.text("search_sender") or "").lower(),
        recipient=(fields.text("search_recipient") or "").lower(),
        usernames=tuple(fields.words("search_usernames")),
        subaccounts=tuple(fields.words("subaccounts")),
        event_types=frozenset(event_types),
        only_latest=fields.flag("only_latest"),
        only_latest_by_sent=fields.flag("only_latest_by_sent"),
        include_headers=fields.flag("include_headers"),
        custom_headers=tuple(fields.words("custom_headers")),
        limit=fields.whole("limit", lowest=1, highest=MAX_PAGE_SIZE) or DEFAULT_PAGE,
    )


def read_moment(text: str) -> datetime:
    """Read a time in any form that the provider's reference lists.

    Raises:
        ValueError: It has another form, or there is no such time.
    """
    if found := _ISO.fullmatch(text):
        between, zone = found["between"], found["zone"] or "Z"
        if between == " " and found["zone"]:
            raise ValueError(text)
        fraction = (found["fraction"] or "").ljust(6, "0")[:6]
        return datetime.fromisoformat(f"{found['date']}T{found['time'] or '00:00:00'}.{fraction}{zone}")
    found = _RFC822.fullmatch(text) or _RFC1123.fullmatch(text)
    if found is None or found["month"].lower() not in _MONTHS:
        raise ValueError(text)
    parts = found.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        # As in Go, whose names for these forms the reference uses.
        year += 1900 if year >= 69 else 2000
    # Go also takes the name of an unknown zone for UTC, and it knows few names.
    zone = UTC
    if parts.get("sign"):
        offset = timedelta(hours=int(parts["hours"]), minutes=int(parts["minutes"]))
        zone = timezone(-offset if parts["sign"] == "-" else offset)
    return datetime(
        year,
        _MONTHS.index(parts["month"].lower()) + 1,
        int(parts["day"]),
        int(parts["hour"]),
        int(parts["minute"]),
        int(parts.get("second") or 0),
        tzinfo=zone,
    )


def read_date(fields: Fields, name: str) -> datetime | None:
    """Read a date or a time, rounded up to a second, or return `None` when it was not sent."""
    text = fields.text(name)
    if not text:
        return None
    try:
        return _next_second(read_moment(text))
    except (ValueError, OverflowError):
        fields.fail(name, "was expecting a date or time such as '2026-01-31T13:15:00Z'")


def _next_second(moment: datetime) -> datetime:
    # A whole second is not before the moment exactly when it is not before the moment rounded up, so the fractions of
    # the events need not be cut off.
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + _SECOND


def _of_emails(events: Sequence[RecordedEvent], wanted: Callable[[SentEmail], bool]) -> list[RecordedEvent]:
    # The events of an e-mail mostly stand together, so each e-mail is checked about once.
    found, last, is_wanted = [], None, False
    for event in events:
        if event.email is not last:
            last, is_wanted = event.email, wanted(event.email)
        if is_wanted:
            found.append(event)
    return found


def _mentions(event: RecordedEvent, texts: tuple[str, ...]) -> bool:
    email = event.email
    fields = f"{email.email_id}\n{email.subject}\n{email.sender}\n{event.recipient}".lower()
    return any(text in fields for text in texts)
