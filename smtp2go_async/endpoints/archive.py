"""Find and fetch copies of sent e-mails."""

import datetime as dt
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Unpack

import attrs

from .._model_class import MaskedAddress, PersonalText, Secret, model
from .._operation import Operation
from .._paging import Page, all_of
from .._values.checks import check_count
from .._values.dates import DateLike, format_date_range
from .._values.options import Options
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup

MAX_PAGE_SIZE = 5000
"""E-mails on a page (the reference of ``/archive/search``)."""


class ArchiveFilters(Options, total=False):
    """What a search looks for; each filter can be left out. Upper and lower case are the same since September 2026."""

    start_date: DateLike | None
    """The start of the time that is searched, included; today at midnight UTC when left out."""
    end_date: DateLike | None
    """The end of that time, not included; now when left out."""
    username: str | None
    """The SMTP user or the key that sent it."""
    recipient: str | None
    """The recipient's address."""
    sender: str | None
    """The address in the From header."""
    envelope_from: str | None
    """The sender of the envelope, to which bounces return."""
    subject: str | None
    """The subject."""
    headers: str | None
    """Text anywhere in the headers."""
    subaccount_id: str | None
    """The subaccount to act for; in the API since September 2026."""


@model
class ArchivedEmail(Reply):
    """A copy of an e-mail. On a page, ``request_id`` and ``raw`` are those of the page."""

    email_id: str = ""
    sent: dt.datetime | None = None
    sender: MaskedAddress = ""
    envelope_from: MaskedAddress = ""
    recipient: MaskedAddress = ""
    """The recipient of this copy."""
    to: MaskedAddress = ""
    """The To header."""
    subject: PersonalText = ""
    headers: PersonalText = ""
    """All headers as a single text."""
    byte_count: int | None = None
    attachment_count: int | None = None
    attachments: tuple[Any, ...] = attrs.field(default=(), repr=False)
    """As decoded JSON; the API does not document their fields."""
    url: Secret = ""
    """The address to download the e-mail from. Not shown in reprs: whether it asks for a key is not documented."""
    username: str = ""
    """The user that sent it: an SMTP user, or the start of an API key."""


@model
class ArchivePage(Page):
    """A page of archived e-mails."""

    emails: tuple[ArchivedEmail, ...] = ()
    email_count: int | None = None


EMAIL = Operation("/archive/email", ArchivedEmail, effect=CallEffect.READ, takes_subaccount=True)
SEARCH = Operation("/archive/search", ArchivePage, effect=CallEffect.READ, takes_subaccount=True)


class Archive(EndpointGroup):
    """Copies of e-mails, for senders that archive (https://developers.smtp2go.com/reference/search-archived-pages)."""

    async def email(self, email_id: str, *, subaccount_id: str | None = None) -> ArchivedEmail:
        """Fetch the details of an archived e-mail; its ``url`` leads to the e-mail itself.

        ``POST /archive/email`` (https://developers.smtp2go.com/reference/view-an-archived-email). An e-mail reaches the
        archive about 2 minutes after its delivery.

        Args:
            email_id: The id that `email.send` and activity give it.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: The id is empty.
        """
        return await self._call(EMAIL, {"email_id": email_id, "subaccount_id": subaccount_id})

    async def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ArchiveFilters]
    ) -> ArchivePage:
        """Fetch a page of archived e-mails.

        ``POST /archive/search`` (https://developers.smtp2go.com/reference/search-archived-pages). E-mails of the last 2
        minutes may not be found yet.

        Args:
            limit: The largest number of e-mails on the page, 1 to 5,000; 5,000 when left out.
            continue_token: The ``continue_token`` of the previous page; all other arguments must be as they were then.
            **filters: See `ArchiveFilters`.

        Raises:
            ValueError: The limit is out of range, a time has no zone, or the end is not after the start.
        """
        dates = format_date_range(filters.get("start_date"), filters.get("end_date"))
        fields = {**ArchiveFilters(**filters), **dates}
        if limit is not None:
            check_count(limit, "limit", most=MAX_PAGE_SIZE)
        return await self._call(SEARCH, {**fields, "limit": limit, "continue_token": continue_token})

    def search_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ArchiveFilters]
    ) -> AsyncIterator[ArchivedEmail]:
        """Iterate over the archived e-mails of all pages.

        ``POST /archive/search`` (https://developers.smtp2go.com/reference/search-archived-pages), once for each page.

        Args:
            limit: The largest number of e-mails on a page, 1 to 5,000; 5,000 when left out.
            max_items: Stop after this many e-mails.
            **filters: See `ArchiveFilters`.

        Raises:
            PagingError: The token of the next page has expired. Continue by date from ``error.last``.
        """
        fetch = partial(self.search, limit=limit, **ArchiveFilters(**filters))
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.emails, max_items)
