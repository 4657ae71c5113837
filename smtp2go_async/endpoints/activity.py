"""Search what happened to the account's e-mails."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Unpack

import attrs

from .._model_class import Joined, MaskedAddress, PersonalText, model, named
from .._operation import Operation
from .._paging import Page, all_of
from .._values.checks import check_count, check_some
from .._values.dates import DateLike, format_date_range
from .._values.options import Options
from ..retry import CallEffect
from ._group import EndpointGroup

MAX_PAGE_SIZE = 1000
"""Events on a page (the reference of ``/activity/search``)."""

EventType = (
    Literal[
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
    ]
    | str
)
"""The documented events; the API may add others. Webhooks have other words for them."""

ActivityRegion = Literal["us", "eu", "au"] | str


class ActivityFilters(Options, total=False):
    """What a search looks for. Each filter can be left out, and an event must pass all that are given."""

    start_date: DateLike | None
    """The start of the time that is searched, included; today at midnight UTC when left out. Free plans keep 5 days of
    events, paid plans 30 or more."""
    end_date: DateLike | None
    """The end of that time, not included; now when left out."""
    search: str | None
    """Text in the e-mail's id, subject or addresses; ``"text1 | text2"`` finds either."""
    search_email_id: str | None
    """The id of an e-mail, as `email.send` returned it."""
    search_subject: str | None
    """Text in the subject."""
    search_subject_op: str | None
    """How ``search_subject`` is compared. In the API since November 2026, and the possible operators are not published:
    passed on as it is."""
    search_sender: str | None
    """Text in the sender's address."""
    search_sender_op: str | None
    """How ``search_sender`` is compared; as for ``search_subject_op``."""
    search_recipient: str | None
    """Text in the recipient's address."""
    search_recipient_op: str | None
    """How ``search_recipient`` is compared; as for ``search_subject_op``."""
    search_usernames: Sequence[str] | None
    """The users that sent it: SMTP users, or API keys by their first 16 characters."""
    subaccounts: Sequence[str] | None
    """Ids of the subaccounts that sent it."""
    only_latest: bool | None
    """True for nothing but the newest event of each e-mail."""
    only_latest_by_sent: bool | None
    """The same, ordered by the time of sending; takes precedence over ``only_latest``."""
    event_types: Sequence[EventType] | None
    """Kinds of events: ``processed``, ``soft-bounced``, ``hard-bounced``, ``rejected``, ``spam``, ``delivered``,
    ``unsubscribed``, ``resubscribed``, ``opened`` or ``clicked``. Webhooks have other words for them."""
    include_headers: bool | None
    """True to return the headers of each e-mail as well."""
    custom_headers: Sequence[str] | None
    """Names of headers to return by themselves."""
    region: ActivityRegion | None
    """Where to search, if subaccounts are in another region than the master account: ``us``, ``eu`` or ``au``."""


@model
class DeliveryAttempt:
    """An attempt to deliver an e-mail that is on its way."""

    smtptime: dt.datetime | None = None
    host: str = ""
    smtpresponse: PersonalText = ""


@model
class ActivityEvent:
    """Something that happened to an e-mail. Fields that do not apply to the event are empty."""

    email_id: str = ""
    date: dt.datetime | None = None
    """When it happened."""
    event: EventType = ""
    recipient: MaskedAddress = ""
    recipients: tuple[MaskedAddress, ...] = ()
    from_: MaskedAddress = attrs.field(default="", metadata=named("from"), alias="from_")
    """The envelope's sender; ``from`` in the API."""
    sender: MaskedAddress = ""
    """The address in the From header."""
    sender_full: MaskedAddress = ""
    """The From header with the name."""
    to: MaskedAddress = ""
    cc: MaskedAddress = ""
    bcc: MaskedAddress = ""
    reply_to: MaskedAddress = ""
    subject: PersonalText = ""
    username: str = ""
    """The user that sent it: an SMTP user, or the first 16 characters of an API key."""
    subaccount_name: str = ""
    smtp_response: PersonalText = ""
    """The answer of the recipient's server; can have several lines."""
    reason: PersonalText = ""
    error: PersonalText = ""
    host: str = ""
    originating_host: str = ""
    outbound_ip: str = ""
    byte_size: int | None = None
    email_client: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    metadata: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    """Details of an open or a click."""
    headers: PersonalText = ""
    """All headers as a single text, with ``include_headers``."""
    custom_headers: Mapping[str, Joined] | None = attrs.field(default=None, repr=False)
    """The headers that were asked for; the values of a header that occurs more than once are joined by commas."""
    delivery_attempts: tuple[DeliveryAttempt, ...] = ()


@model
class ActivityPage(Page):
    """A page of events."""

    events: tuple[ActivityEvent, ...] = ()
    total_events: int | None = None
    """Events on all pages together."""


SEARCH = Operation("/activity/search", ActivityPage, effect=CallEffect.READ)


class Activity(EndpointGroup):
    """What happened to e-mails (https://developers.smtp2go.com/reference/search-activity)."""

    async def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ActivityFilters]
    ) -> ActivityPage:
        """Fetch a page of events.

        ``POST /activity/search`` (https://developers.smtp2go.com/reference/search-activity). At most 60 calls a minute.

        Args:
            limit: The largest number of events on the page, 1 to 1,000; 100 when left out.
            continue_token: The ``continue_token`` of the previous page; all other arguments must be as they were then.
            **filters: See `ActivityFilters`.

        Raises:
            ValueError: The limit is out of range, a time has no zone, or the end is not after the start.
        """
        dates = format_date_range(filters.get("start_date"), filters.get("end_date"))
        fields = {**ActivityFilters(**filters), **dates}
        if limit is not None:
            check_count(limit, "limit", most=MAX_PAGE_SIZE)
        for name in ("search_usernames", "subaccounts", "event_types", "custom_headers"):
            check_some(fields.get(name), name)
        return await self._call(SEARCH, {**fields, "limit": limit, "continue_token": continue_token})

    def search_all(
        self, *, limit: int | None = MAX_PAGE_SIZE, max_items: int | None = None, **filters: Unpack[ActivityFilters]
    ) -> AsyncIterator[ActivityEvent]:
        """Iterate over the events of all pages.

        ``POST /activity/search`` (https://developers.smtp2go.com/reference/search-activity), once for each page.

        Args:
            limit: The largest number of events on a page, 1 to 1,000; 1,000 when left out, since 60 pages a minute are
                allowed.
            max_items: Stop after this many events.
            **filters: See `ActivityFilters`.

        Raises:
            PagingError: The token of the next page has expired. Continue by date from ``error.last``.
        """
        fetch = partial(self.search, limit=limit, **ActivityFilters(**filters))
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.events, max_items)
