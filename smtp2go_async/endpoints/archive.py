"""Find and fetch copies of what was sent.

| method       | call                            | effect |
|--------------|---------------------------------|--------|
| `email`      | POST /archive/email             | READ   |
| `search`     | POST /archive/search, one page  | READ   |
| `search_all` | POST /archive/search, all pages | READ   |
"""

import datetime as dt
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Unpack

import attrs

from .._models.model import MaskedAddress, PersonalText, Reply, Secret, model
from .._operation import CallEffect, Operation
from .._paging import Page, all_of
from .._values.checks import check_count
from .._values.dates import DateLike, format_date_range
from .._values.options import Options
from ._group import EndpointGroup

MAX_PAGE_SIZE = 5000
"""E-mails on one page (the reference of ``/archive/search``)."""


class ArchiveFilters(Options, total=False):
    """What a search looks for; each can be left out. Upper and lower case are the same, since September 2026."""

    start_date: DateLike | None
    """The first moment; today at midnight UTC when left out."""
    end_date: DateLike | None
    """The first moment that is not included; now when left out."""
    username: str | None
    """Sent by this SMTP user or key."""
    recipient: str | None
    sender: str | None
    envelope_from: str | None
    subject: str | None
    headers: str | None
    """Text anywhere in the headers."""
    subaccount_id: str | None
    """Act for this subaccount; the API got it in September 2026."""


@model
class ArchivedEmail(Reply):
    """A copy of an e-mail. On a page, ``request_id`` and ``raw`` are those of the page."""

    email_id: str = ""
    sent: dt.datetime | None = None
    sender: MaskedAddress = ""
    envelope_from: MaskedAddress = ""
    recipient: MaskedAddress = ""
    """Whom this copy went to."""
    to: MaskedAddress = ""
    """The To header."""
    subject: PersonalText = ""
    headers: PersonalText = ""
    """All headers in one text."""
    byte_count: int | None = None
    attachment_count: int | None = None
    attachments: tuple[Any, ...] = attrs.field(default=(), repr=False)
    """As decoded JSON; the API does not document what is known of each."""
    url: Secret = ""
    """Where the whole e-mail can be downloaded. Not shown in reprs: that it asks for a key is not documented."""
    username: str = ""
    """Who sent it: an SMTP user, or the beginning of an API key."""


@model
class ArchivePage(Page):
    """One page of archived e-mails."""

    emails: tuple[ArchivedEmail, ...] = ()
    email_count: int | None = None


EMAIL = Operation("/archive/email", ArchivedEmail, effect=CallEffect.READ, takes_subaccount=True)
SEARCH = Operation("/archive/search", ArchivePage, effect=CallEffect.READ, takes_subaccount=True)


class Archive(EndpointGroup):
    """Copies of what was sent, for senders that have archiving switched on."""

    async def email(self, email_id: str, *, subaccount_id: str | None = None) -> ArchivedEmail:
        """Fetch what is known of one archived e-mail; its ``url`` leads to the e-mail itself.

        ``POST /archive/email``. An e-mail gets into the archive about 2 minutes after it was delivered.

        Args:
            email_id: As `email.send` and activity name it.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: The id is empty.
        """
        return await self._call(EMAIL, {"email_id": email_id, "subaccount_id": subaccount_id})

    async def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ArchiveFilters]
    ) -> ArchivePage:
        """Fetch one page of archived e-mails.

        ``POST /archive/search``. E-mails of the last 2 minutes may not be found yet.

        Args:
            limit: The most on the page, 1 to 5,000; 5,000 when left out.
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `ArchiveFilters`.

        Raises:
            ValueError: A limit out of range, a time without a zone, or an end that is not after the start.
        """
        fields = {**filters, **format_date_range(filters.get("start_date"), filters.get("end_date"))}
        if limit is not None:
            check_count(limit, "limit", most=MAX_PAGE_SIZE)
        return await self._call(SEARCH, {**fields, "limit": limit, "continue_token": continue_token})

    def search_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ArchiveFilters]
    ) -> AsyncIterator[ArchivedEmail]:
        """Iterate over the archived e-mails of all pages.

        ``POST /archive/search``, once for each page.

        Args:
            limit: The most on a page, 1 to 5,000; 5,000 when left out.
            max_items: The most e-mails in all.
            **filters: What to look for; see `ArchiveFilters`.

        Raises:
            PagingError: The token of the next page has expired. Go on by date from ``error.last``.
        """
        fetch = partial(self.search, limit=limit, **filters)
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.emails, max_items)
