"""Manage addresses that nothing is sent to."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Literal, Unpack

from .._model_class import MaskedAddress, PersonalText, model
from .._operation import Operation
from .._paging import Page, all_of
from .._values.checks import check_one_of, check_some, check_word
from .._values.dates import DateLike, format_date_range
from .._values.options import Options
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup
from ._sorting import SortDirection

SuppressionType = Literal["manual", "spam", "unsubscribe", "bounce", "compliance"] | str
"""The reasons to send nothing to an address; the API may add others. An address can be suppressed for several reasons.
"""


class SuppressionFilters(Options, total=False):
    """What to look for; each filter can be left out. A filter excludes its plural."""

    email_address: str | None
    """List nothing but this address or domain."""
    start_date: DateLike | None
    """The start of the time, included. Give both dates: the API's reference has their defaults, 30 days ago and today,
    swapped."""
    end_date: DateLike | None
    """The end of the time, not included."""
    fuzzy: bool | None
    """True if ``reason`` and ``recipient``, and their plurals, need only be similar."""
    reason: str | None
    """Text in the reason."""
    reasons: Sequence[str] | None
    """Texts of which the reason must have any."""
    recipient: str | None
    """Text in the address."""
    recipients: Sequence[str] | None
    """Texts of which the address must have any."""
    sort: SortDirection | None
    """The order: ``asc`` or ``desc``."""
    suppression_type: SuppressionType | None
    """A kind of suppression: ``manual``, ``spam``, ``unsubscribe``, ``bounce`` or ``compliance``."""
    suppression_types: Sequence[SuppressionType] | None
    """Several kinds of suppressions."""
    wildcard: str | None
    """Text in the name, the domain or the address."""
    subaccount_id: str | None
    """The subaccount to act for."""


@model
class SuppressionAdded(Reply):
    """The result of suppressing an address."""

    email_address: MaskedAddress = ""
    added: bool | None = None
    block_description: PersonalText = ""


@model
class RemovedSuppression:
    """The result of removing a suppression."""

    email_address: MaskedAddress = ""
    reason: SuppressionType = ""
    removed: bool | None = None
    """``False`` if the address was not suppressed for this reason."""


@model
class SuppressionsRemoved(Reply):
    """The results of removing an address's suppressions, in a list with an item for each reason."""

    suppressions: tuple[RemovedSuppression, ...] = ()


@model
class Suppression:
    """An address or domain that nothing is sent to."""

    email_address: MaskedAddress = ""
    reason: SuppressionType = ""
    block_description: PersonalText = ""
    """The comment that it was added with, if it was added by hand."""
    complaint: PersonalText = ""
    subject: PersonalText | None = None
    """The subject of the e-mail that caused it, if any."""
    timestamp: dt.datetime | None = None
    """The time since which nothing is sent."""


@model
class SuppressionPage(Page):
    """A page of suppressions."""

    results: tuple[Suppression, ...] = ()
    total_results: int | None = None


ADD = Operation("/suppression/add", SuppressionAdded, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/suppression/remove", SuppressionsRemoved, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/suppression/view", SuppressionPage, effect=CallEffect.READ, takes_subaccount=True)

_SINGLE_AND_PLURAL = (("reason", "reasons"), ("recipient", "recipients"), ("suppression_type", "suppression_types"))


class Suppressions(EndpointGroup):
    """Addresses and domains that nothing is sent to (https://developers.smtp2go.com/reference/view-suppressions)."""

    async def add(
        self, email_address: str, *, block_description: str | None = None, subaccount_id: str | None = None
    ) -> SuppressionAdded:
        """Send nothing more to an address or a domain.

        ``POST /suppression/add`` (https://developers.smtp2go.com/reference/add-a-suppression). A domain stands for
        every address at it.

        Args:
            email_address: The address or domain.
            block_description: The reason; a comment.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: The address is empty.
        """
        fields = {"block_description": block_description, "subaccount_id": subaccount_id}
        return await self._call(ADD, {"email_address": email_address, **fields})

    async def remove(
        self, email_address: str, reasons: str | Sequence[SuppressionType], *, subaccount_id: str | None = None
    ) -> SuppressionsRemoved:
        """Send to an address or a domain again.

        ``POST /suppression/remove`` (https://developers.smtp2go.com/reference/remove-a-suppression). It removes nothing
        but the suppressions for ``reasons``, so an address may stay suppressed for another reason. A reason that the
        address was not suppressed for is no error, but comes with ``removed=False``.

        Args:
            email_address: The address or domain.
            reasons: The reasons to remove, at least 1, as `view` shows them, for example ``["manual", "bounce"]``.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: The address is empty, or there is no reason.
        """
        check_some(reasons, "reasons")
        fields = {"email_address": email_address, "reasons": reasons, "subaccount_id": subaccount_id}
        return await self._call(REMOVE, fields)

    async def view(
        self,
        *,
        continue_token: str | None = None,
        **filters: Unpack[SuppressionFilters],
    ) -> SuppressionPage:
        """Fetch a page of suppressions.

        ``POST /suppression/view`` (https://developers.smtp2go.com/reference/view-suppressions). Without dates, older
        suppressions may be missing.

        Args:
            continue_token: The ``continue_token`` of the previous page; all other arguments must be as they were then.
            **filters: See `SuppressionFilters`.

        Raises:
            ValueError: A filter and its plural are both given, a list is empty, a time has no zone, or the end is not
                after the start.
        """
        dates = format_date_range(filters.get("start_date"), filters.get("end_date"))
        fields = {**SuppressionFilters(**filters), **dates}
        if (email_address := filters.get("email_address")) is not None:
            check_word(email_address, "email_address")
        for single, plural in _SINGLE_AND_PLURAL:
            check_one_of(fields.get(single), fields.get(plural), (single, plural))
            check_some(fields.get(plural), plural)
        return await self._call(VIEW, {**fields, "continue_token": continue_token})

    def view_all(
        self,
        *,
        max_items: int | None = None,
        **filters: Unpack[SuppressionFilters],
    ) -> AsyncIterator[Suppression]:
        """Iterate over the suppressions of all pages.

        ``POST /suppression/view`` (https://developers.smtp2go.com/reference/view-suppressions), once for each page.
        Without dates, older suppressions may be missing.

        Args:
            max_items: Stop after this many suppressions.
            **filters: See `SuppressionFilters`.

        Raises:
            PagingError: The token of the next page has expired. Continue by date from ``error.last``.
        """
        fetch = partial(self.view, **SuppressionFilters(**filters))
        return all_of(VIEW, lambda token: fetch(continue_token=token), lambda page: page.results, max_items)
