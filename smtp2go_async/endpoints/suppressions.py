"""Manage addresses that nothing is sent to.

| method     | call                             | effect    |
|------------|----------------------------------|-----------|
| `add`      | POST /suppression/add            | CONVERGES |
| `remove`   | POST /suppression/remove         | CONVERGES |
| `view`     | POST /suppression/view, one page | READ      |
| `view_all` | POST /suppression/view, all pages| READ      |
"""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Literal, Unpack

from .._models.model import MaskedAddress, PersonalText, Reply, model
from .._operation import CallEffect, Operation
from .._paging import Page, all_of
from .._values.checks import check_one_of, check_some, check_word
from .._values.dates import DateLike, format_date_range
from .._values.options import Options
from ._group import EndpointGroup

SuppressionType = Literal["manual", "spam", "unsubscribe", "bounce", "compliance"] | str
"""Why nothing is sent to an address; others may come. One address can be suppressed for several reasons."""

SortDirection = Literal["asc", "desc"] | str


class SuppressionFilters(Options, total=False):
    """What to look for; each can be left out. Of a field and its plural, only one can be given."""

    email_address: str | None
    """Only this address or domain."""
    start_date: DateLike | None
    """The first moment. Give both dates: the API's reference has their defaults, 30 days ago and today, swapped."""
    end_date: DateLike | None
    """The first moment that is not included."""
    fuzzy: bool | None
    """Whether ``reason`` and ``recipient``, and their plurals, need only be similar."""
    reason: str | None
    """Text in the reason."""
    reasons: Sequence[str] | None
    recipient: str | None
    """Text in the address."""
    recipients: Sequence[str] | None
    sort: SortDirection | None
    suppression_type: SuppressionType | None
    suppression_types: Sequence[SuppressionType] | None
    wildcard: str | None
    """Text in the name, the domain or the address."""
    subaccount_id: str | None
    """Act for this subaccount."""


@model
class SuppressionAdded(Reply):
    """What became of an address that was to be suppressed."""

    email_address: MaskedAddress = ""
    added: bool | None = None
    block_description: PersonalText = ""


@model
class RemovedSuppression:
    """What became of one suppression that was to be removed."""

    email_address: MaskedAddress = ""
    reason: SuppressionType = ""
    removed: bool | None = None
    """``False`` when there was none for this reason."""


@model
class SuppressionsRemoved(Reply):
    """What became of the suppressions of an address that were to be removed, one for each reason."""

    suppressions: tuple[RemovedSuppression, ...] = ()


@model
class Suppression:
    """An address or domain that nothing is sent to."""

    email_address: MaskedAddress = ""
    reason: SuppressionType = ""
    block_description: PersonalText = ""
    """What was said when it was added by hand."""
    complaint: PersonalText = ""
    subject: PersonalText | None = None
    """The subject of the e-mail that caused it, if any."""
    timestamp: dt.datetime | None = None
    """Since when."""


@model
class SuppressionPage(Page):
    """One page of suppressions."""

    results: tuple[Suppression, ...] = ()
    total_results: int | None = None


ADD = Operation("/suppression/add", SuppressionAdded, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/suppression/remove", SuppressionsRemoved, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/suppression/view", SuppressionPage, effect=CallEffect.READ, takes_subaccount=True)

_ONE_OF = (("reason", "reasons"), ("recipient", "recipients"), ("suppression_type", "suppression_types"))


class Suppressions(EndpointGroup):
    """Addresses and domains that nothing is sent to."""

    async def add(
        self, email_address: str, *, block_description: str | None = None, subaccount_id: str | None = None
    ) -> SuppressionAdded:
        """Send nothing more to an address or a domain.

        ``POST /suppression/add``. A domain stands for every address at it.

        Args:
            email_address: The address or domain.
            block_description: Why; a comment.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: The address is empty.
        """
        fields = {"block_description": block_description, "subaccount_id": subaccount_id}
        return await self._call(ADD, {"email_address": email_address, **fields})

    async def remove(
        self, email_address: str, reasons: str | Sequence[SuppressionType], *, subaccount_id: str | None = None
    ) -> SuppressionsRemoved:
        """Send to an address or a domain again.

        ``POST /suppression/remove``. Removes only what is named in ``reasons``, so an address may stay suppressed for
        another; and a reason for which there was nothing to remove is no error, but ``removed=False``.

        Args:
            email_address: The address or domain.
            reasons: 1 or more of the reasons that `view` shows, for example ``["manual", "bounce"]``.
            subaccount_id: Act for this subaccount.

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
        """Fetch one page of suppressions.

        ``POST /suppression/view``. Without dates, older ones may be missing: see `SuppressionFilters`.

        Args:
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `SuppressionFilters`.

        Raises:
            ValueError: A field and its plural at once, an empty list, a time without a zone, or an end that is not
                after the start.
        """
        fields = {**filters, **format_date_range(filters.get("start_date"), filters.get("end_date"))}
        if (email_address := filters.get("email_address")) is not None:
            check_word(email_address, "email_address")
        for one, several in _ONE_OF:
            check_one_of(fields.get(one), fields.get(several), (one, several))
            check_some(fields.get(several), several)
        return await self._call(VIEW, {**fields, "continue_token": continue_token})

    def view_all(
        self,
        *,
        max_items: int | None = None,
        **filters: Unpack[SuppressionFilters],
    ) -> AsyncIterator[Suppression]:
        """Iterate over the suppressions of all pages.

        ``POST /suppression/view``, once for each page. Without dates, older ones may be missing.

        Args:
            max_items: The most suppressions in all.
            **filters: What to look for; see `SuppressionFilters`.

        Raises:
            PagingError: The token of the next page has expired. Go on by date from ``error.last``.
        """
        fetch = partial(self.view, **filters)
        return all_of(VIEW, lambda token: fetch(continue_token=token), lambda page: page.results, max_items)
