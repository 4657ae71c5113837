"""Manage subaccounts."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Literal, Unpack

from .._model_class import MaskedAddress, model
from .._operation import Operation
from .._paging import Page, all_of
from .._values.checks import check_count, check_some, check_word
from .._values.options import Options
from ..reply import EmptyReply, Reply
from ..retry import CallEffect
from ._group import EndpointGroup
from ._sorting import SortDirection

SubaccountStates = Literal["all", "active", "closed", "suspended"] | str
"""The documented states; the API may add others."""


class SubaccountOptions(Options, total=False):
    """Options of a subaccount; each can be left out."""

    limit: int | None
    """E-mails in a billing cycle, as the plans have them: 2,000, 5,000, 10,000 and so on to 10,000,000."""
    dedicated_ip: bool | None
    """True to assign a dedicated IP address; possible with a ``limit`` above 100,000."""
    ip_pool: int | None
    """The id of the pool of dedicated IP addresses to send from; `dedicated_ips.view` lists the pools. In the API since
    November 2026."""
    archiving: bool | None
    """True to allow archiving, which is then switched on for each sender of the subaccount."""
    enforce_2fa: bool | None
    """True if team members need a second factor to log in."""
    enable_sms: bool | None
    """True to allow texts, which are charged."""
    sms_limit: int | None
    """Texts in a month, 0 or more; the limit of the master account applies as well."""


class SubaccountFilters(Options, total=False):
    """What a search looks for; each filter can be left out."""

    search_terms: Sequence[str] | None
    """Texts of which a subaccount must have any."""
    fuzzy_search: bool | None
    """True to match terms anywhere in a field, in upper or lower case; false for whole fields. True when left out."""
    states: SubaccountStates | None
    """``all``, ``active``, ``closed`` or ``suspended``; ``all`` when left out."""
    sort_direction: SortDirection | None
    """The order of the names: ``asc`` or ``desc``; ``asc`` when left out."""


@model
class Subaccount(Reply):
    """A subaccount. On a page, ``request_id`` and ``raw`` are those of the page."""

    id: str = ""
    """The id to give as ``subaccount_id``."""
    name: str = ""
    email: MaskedAddress = ""
    state: str = ""
    """``Active``, for example."""
    plan_size: int | None = None
    """E-mails that the subaccount may send in a billing cycle."""
    plan_used: int | None = None
    plan_remaining: int | None = None
    dedicated_ip: bool | None = None
    archiving: bool | None = None
    enforce_2fa: bool | None = None
    sms_enabled: bool | None = None
    sms_limit: int | None = None


@model
class SubaccountReopened(EmptyReply):
    """A subaccount that is active again. The API documents both a sentence and an object as its answer."""

    id: str = ""
    """Empty if the answer was a sentence, which ``message`` holds then."""
    name: str = ""
    email: MaskedAddress = ""


@model
class SubaccountPage(Page):
    """A page of subaccounts."""

    subaccounts: tuple[Subaccount, ...] = ()
    total_count: int | None = None
    """Subaccounts on all pages together."""


ADD = Operation("/subaccount/add", Subaccount, effect=CallEffect.ONCE)
CLOSE = Operation("/subaccount/close", EmptyReply, effect=CallEffect.CONVERGES)
EDIT = Operation("/subaccount/edit", Subaccount, effect=CallEffect.CONVERGES)
REOPEN = Operation("/subaccount/reopen", SubaccountReopened, effect=CallEffect.CONVERGES)
SEARCH = Operation("/subaccounts/search", SubaccountPage, effect=CallEffect.READ)


class Subaccounts(EndpointGroup):
    """Accounts below the master account (https://developers.smtp2go.com/reference/search-subaccounts)."""

    async def add(
        self, fullname: str, *, subaccount_email: str | None = None, **options: Unpack[SubaccountOptions]
    ) -> Subaccount:
        """Make a subaccount.

        ``POST /subaccount/add`` (https://developers.smtp2go.com/reference/add-subaccount). At most 50 calls an hour.
        Not repeated when the outcome is unknown: that could make two. When left out, the limits are 10,000 e-mails and
        1,000 texts, and everything else is switched off.

        Args:
            fullname: The name of the subaccount.
            subaccount_email: The address of its first team member, to which an invitation is sent.
            **options: See `SubaccountOptions`.

        Raises:
            ValueError: The name or the address is empty, or a limit is out of range.
            OutcomeUnknownError: No answer came; the subaccount may have been made. Look for it with `search`.
        """
        fields = {**_fields(SubaccountOptions(**options)), "fullname": fullname}
        if subaccount_email is not None:
            fields["subaccount_email"] = check_word(subaccount_email, "subaccount_email")
        return await self._call(ADD, fields)

    async def close(self, id: str, *, email: str | None = None) -> EmptyReply:
        """Close a subaccount; `reopen` makes it active again.

        ``POST /subaccount/close`` (https://developers.smtp2go.com/reference/close-a-subaccount)

        Args:
            id: The id of the subaccount.
            email: The address of the subaccount.

        Raises:
            ValueError: The id is empty.
        """
        return await self._call(CLOSE, {"id": id, "email": email})

    async def edit(self, id: str, *, fullname: str | None = None, **options: Unpack[SubaccountOptions]) -> Subaccount:
        """Change a subaccount.

        ``POST /subaccount/edit`` (https://developers.smtp2go.com/reference/update-a-subaccount). The API documents that
        the name, the limit and the dedicated address are kept when left out, and does not say so of the other options.

        Args:
            id: The id of the subaccount.
            fullname: The new name.
            **options: See `SubaccountOptions`.

        Raises:
            ValueError: The id or the name is empty, or a limit is out of range.
        """
        fields = {**_fields(SubaccountOptions(**options)), "id": id}
        if fullname is not None:
            fields["fullname"] = check_word(fullname, "fullname")
        return await self._call(EDIT, fields)

    async def reopen(self, id: str, *, email: str | None = None) -> SubaccountReopened:
        """Make a closed subaccount active again.

        ``POST /subaccount/reopen`` (https://developers.smtp2go.com/reference/reopen-a-closed-subaccount)

        Args:
            id: The id of the subaccount.
            email: The address of the subaccount.

        Raises:
            ValueError: The id is empty.
        """
        return await self._call(REOPEN, {"id": id, "email": email})

    async def search(
        self, *, page_size: int | None = None, continue_token: str | None = None, **filters: Unpack[SubaccountFilters]
    ) -> SubaccountPage:
        """Fetch a page of subaccounts.

        ``POST /subaccounts/search`` (https://developers.smtp2go.com/reference/search-subaccounts)

        Args:
            page_size: The largest number of subaccounts on the page; 100 when left out.
            continue_token: The ``continue_token`` of the previous page; all other arguments must be as they were then.
            **filters: See `SubaccountFilters`.

        Raises:
            ValueError: The page size is below 1, or the list of terms is empty.
        """
        if page_size is not None:
            check_count(page_size, "page_size")
        fields = SubaccountFilters(**filters)
        check_some(fields.get("search_terms"), "search_terms")
        return await self._call(SEARCH, {**fields, "page_size": page_size, "continue_token": continue_token})

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[SubaccountFilters]
    ) -> AsyncIterator[Subaccount]:
        """Iterate over the subaccounts of all pages.

        ``POST /subaccounts/search`` (https://developers.smtp2go.com/reference/search-subaccounts), once for each page.

        Args:
            page_size: The largest number of subaccounts on a page; 100 when left out.
            max_items: Stop after this many subaccounts.
            **filters: See `SubaccountFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        fetch = partial(self.search, page_size=page_size, **SubaccountFilters(**filters))
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.subaccounts, max_items)


def _fields(options: SubaccountOptions) -> dict[str, Any]:
    if (limit := options.get("limit")) is not None:
        check_count(limit, "limit")
    if (sms_limit := options.get("sms_limit")) is not None:
        check_count(sms_limit, "sms_limit", least=0)
    return {**options}
