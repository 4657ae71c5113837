"""Search what happened to the account's e-mails.

| method       | call                               | effect |
|--------------|------------------------------------|--------|
| `search`     | POST /activity/search, one page    | READ   |
| `search_all` | POST /activity/search, all pages   | READ   |
"""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Unpack

import attrs

from .._models.model import Joined, MaskedAddress, PersonalText, model, named
from .._operation import CallEffect, Operation
from .._paging import Page, all_of
from .._values.checks import check_count, check_some
from .._values.dates import DateLike, format_date_range
from .._values.options import Options
from ._group import EndpointGroup

MAX_PAGE_SIZE = 1000
"""Events on one page (the reference of ``/activity/search``)."""

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
"""The documented events; others may come. Webhooks have other words for them."""

ActivityRegion = Literal["us", "eu", "au"] | str


class ActivityFilters(Options, total=False):
    """What a search looks for; each can be left out, and all that are given must fit."""

    start_date: DateLike | None
    """The first moment; today at midnight UTC when left out. Free plans keep 5 days, others 30 and more."""
    end_date: DateLike | None
    """The first moment that is not included; now when left out."""
    search: str | None
    """Text in any of the fields that are searched."""
    search_email_id: str | None
    search_subject: str | None
    search_subject_op: str | None
    """How ``search_subject`` is compared; the API got it in November 2026 and does not list the values."""
    search_sender: str | None
    search_sender_op: str | None
    search_recipient: str | None
    search_recipient_op: str | None
    search_usernames: Sequence[str] | None
    """Sent by one of these; an API key goes by its first 16 characters."""
    subaccounts: Sequence[str] | None
    """Sent by one of these subaccounts."""
    only_latest: bool | None
    """Only the newest event of each e-mail."""
    only_latest_by_sent: bool | None
    """The same, ordered by when they were sent; goes before ``only_latest``."""
    event_types: Sequence[EventType] | None
    include_headers: bool | None
    """Return each e-mail's headers as well."""
    custom_headers: Sequence[str] | None
    """Names of headers to return one by one."""
    region: ActivityRegion | None
    """Where to search, when subaccounts are in another region than the master account."""


@model
class DeliveryAttempt:
    """One try to deliver an e-mail that is on its way."""

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
    """Who sent it: an SMTP user, or the first 16 characters of an API key."""
    subaccount_name: str = ""
    smtp_response: PersonalText = ""
    """What the recipient's server said; can have several lines."""
    reason: PersonalText = ""
    error: PersonalText = ""
    host: str = ""
    originating_host: str = ""
    outbound_ip: str = ""
    byte_size: int | None = None
    email_client: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    metadata: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    """What is known of an open or a click."""
    headers: PersonalText = ""
    """All headers in one text, with ``include_headers``."""
    custom_headers: Mapping[str, Joined] | None = attrs.field(default=None, repr=False)
    """Those that were asked for; the values of one that is there more than once are joined by commas."""
    delivery_attempts: tuple[DeliveryAttempt, ...] = ()


@model
class ActivityPage(Page):
    """One page of events."""

    events: tuple[ActivityEvent, ...] = ()
    total_events: int | None = None
    """How many there are on all pages."""


SEARCH = Operation("/activity/search", ActivityPage, effect=CallEffect.READ)


class Activity(EndpointGroup):
    """What happened to e-mails."""

    async def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ActivityFilters]
    ) -> ActivityPage:
        """Fetch one page of events.

        ``POST /activity/search``. At most 60 calls a minute.

        Args:
            limit: The most on the page, 1 to 1,000; 100 when left out.
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `ActivityFilters`.

        Raises:
            ValueError: A limit out of range, a time without a zone, or an end that is not after the start.
        """
        fields = {**filters, **format_date_range(filters.get("start_date"), filters.get("end_date"))}
        if limit is not None:
            check_count(limit, "limit", most=MAX_PAGE_SIZE)
        for name in ("search_usernames", "subaccounts", "event_types", "custom_headers"):
            check_some(fields.get(name), name)
        return await self._call(SEARCH, {**fields, "limit": limit, "continue_token": continue_token})

    def search_all(
        self, *, limit: int | None = MAX_PAGE_SIZE, max_items: int | None = None, **filters: Unpack[ActivityFilters]
    ) -> AsyncIterator[ActivityEvent]:
        """Iterate over the events of all pages.

        ``POST /activity/search``, once for each page.

        Args:
            limit: The most on a page; the most that is possible when left out, since 60 pages a minute are.
            max_items: The most events in all.
            **filters: What to look for; see `ActivityFilters`.

        Raises:
            PagingError: The token of the next page has expired. Go on by date from ``error.last``.
        """
        fetch = partial(self.search, limit=limit, **filters)
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.events, max_items)
