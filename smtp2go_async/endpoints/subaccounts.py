"""Manage subaccounts.

| method       | call                                | effect    |
|--------------|-------------------------------------|-----------|
| `add`        | POST /subaccount/add                | ONCE      |
| `close`      | POST /subaccount/close              | CONVERGES |
| `edit`       | POST /subaccount/edit               | CONVERGES |
| `reopen`     | POST /subaccount/reopen             | CONVERGES |
| `search`     | POST /subaccounts/search, one page  | READ      |
| `search_all` | POST /subaccounts/search, all pages | READ      |
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, Literal, Unpack

from .._models.model import EmptyReply, MaskedAddress, Reply, model
from .._operation import CallEffect, Operation
from .._paging import Page, all_of
from .._values.checks import check_count, check_some, check_word
from .._values.options import Options
from ._group import EndpointGroup

SubaccountStates = Literal["all", "active", "closed", "suspended"] | str
SortDirection = Literal["asc", "desc"] | str


class SubaccountOptions(Options, total=False):
    """Options of a subaccount; each can be left out."""

    limit: int | None
    """E-mails in a billing cycle: 2,000, 5,000, 10,000 and so on to 10,000,000, the sizes of the plans."""
    dedicated_ip: bool | None
    """Assign a dedicated IP address; only with a limit above 100,000."""
    ip_pool: int | None
    """Send from the dedicated addresses of this pool; `dedicated_ips.view` lists them. In the API since November 2026.
    """
    archiving: bool | None
    """Allow archiving; it is still switched on for each sender of the subaccount."""
    enforce_2fa: bool | None
    """Team members need a second factor."""
    enable_sms: bool | None
    """Allow texts, which are charged for."""
    sms_limit: int | None
    """Texts in a month; the limit of the master account applies as well."""


class SubaccountFilters(Options, total=False):
    """What a search looks for; each can be left out."""

    search_terms: Sequence[str] | None
    """Any of these texts."""
    fuzzy_search: bool | None
    """``True``, which is the default: text anywhere in a field, in upper or lower case. ``False``: the whole field."""
    states: SubaccountStates | None
    """One of them; ``all`` when left out."""
    sort_direction: SortDirection | None
    """By name; ``asc`` when left out."""


@model
class Subaccount(Reply):
    """A subaccount. On a page, ``request_id`` and ``raw`` are those of the page."""

    id: str = ""
    """What ``subaccount_id`` takes."""
    name: str = ""
    email: MaskedAddress = ""
    state: str = ""
    """``Active``, for example."""
    plan_size: int | None = None
    """E-mails that it may send in a billing cycle."""
    plan_used: int | None = None
    plan_remaining: int | None = None
    dedicated_ip: bool | None = None
    archiving: bool | None = None
    enforce_2fa: bool | None = None
    sms_enabled: bool | None = None
    sms_limit: int | None = None


@model
class SubaccountReopened(EmptyReply):
    """A subaccount that is active again; the API documents both a sentence and an object as its answer."""

    id: str = ""
    """Empty when the answer was a sentence, which ``message`` has."""
    name: str = ""
    email: MaskedAddress = ""


@model
class SubaccountPage(Page):
    """One page of subaccounts."""

    subaccounts: tuple[Subaccount, ...] = ()
    total_count: int | None = None
    """How many there are on all pages."""


ADD = Operation("/subaccount/add", Subaccount, effect=CallEffect.ONCE)
CLOSE = Operation("/subaccount/close", EmptyReply, effect=CallEffect.CONVERGES)
EDIT = Operation("/subaccount/edit", Subaccount, effect=CallEffect.CONVERGES)
REOPEN = Operation("/subaccount/reopen", SubaccountReopened, effect=CallEffect.CONVERGES)
SEARCH = Operation("/subaccounts/search", SubaccountPage, effect=CallEffect.READ)


class Subaccounts(EndpointGroup):
    """Accounts below the master account, each with senders and limits of its own."""

    async def add(
        self, fullname: str, *, subaccount_email: str | None = None, **options: Unpack[SubaccountOptions]
    ) -> Subaccount:
        """Make a subaccount.

        ``POST /subaccount/add``. At most 50 calls an hour. Not repeated when the outcome is unknown: that could make
        two.

        Args:
            fullname: Its name.
            subaccount_email: MaskedAddress of its first team member, who gets an invitation.
            **options: See `SubaccountOptions`; a limit of 10,000 e-mails and 1,000 texts, and everything else switched
                off, when left out.

        Raises:
            ValueError: An empty name or address, or a limit out of range.
            OutcomeUnknownError: No answer came; the subaccount may have been made. Look for it with `search`.
        """
        fields = {**_fields(options), "fullname": fullname}
        if subaccount_email is not None:
            fields["subaccount_email"] = check_word(subaccount_email, "subaccount_email")
        return await self._call(ADD, fields)

    async def close(self, id: str, *, email: str | None = None) -> EmptyReply:
        """Close a subaccount; `reopen` makes it active again.

        ``POST /subaccount/close``

        Args:
            id: Its id.
            email: Its address.

        Raises:
            ValueError: The id is empty.
        """
        return await self._call(CLOSE, {"id": id, "email": email})

    async def edit(self, id: str, *, fullname: str | None = None, **options: Unpack[SubaccountOptions]) -> Subaccount:
        """Change a subaccount.

        ``POST /subaccount/edit``. The API says of the name, the limit and the dedicated address that they stay when
        left out, and does not say it of the other options.

        Args:
            id: Its id.
            fullname: Its new name.
            **options: See `SubaccountOptions`.

        Raises:
            ValueError: The id or the name is empty, or a limit is out of range.
        """
        fields = {**_fields(options), "id": id}
        if fullname is not None:
            fields["fullname"] = check_word(fullname, "fullname")
        return await self._call(EDIT, fields)

    async def reopen(self, id: str, *, email: str | None = None) -> SubaccountReopened:
        """Make a closed subaccount active again.

        ``POST /subaccount/reopen``

        Args:
            id: Its id.
            email: Its address.

        Raises:
            ValueError: The id is empty.
        """
        return await self._call(REOPEN, {"id": id, "email": email})

    async def search(
        self, *, page_size: int | None = None, continue_token: str | None = None, **filters: Unpack[SubaccountFilters]
    ) -> SubaccountPage:
        """Fetch one page of subaccounts.

        ``POST /subaccounts/search``

        Args:
            page_size: The most on the page; 100 when left out.
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `SubaccountFilters`.

        Raises:
            ValueError: A page size that is not 1 or more, or an empty list of terms.
        """
        if page_size is not None:
            check_count(page_size, "page_size")
        check_some(filters.get("search_terms"), "search_terms")
        return await self._call(SEARCH, {**filters, "page_size": page_size, "continue_token": continue_token})

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[SubaccountFilters]
    ) -> AsyncIterator[Subaccount]:
        """Iterate over the subaccounts of all pages.

        ``POST /subaccounts/search``, once for each page.

        Args:
            page_size: The most on a page; 100 when left out.
            max_items: The most subaccounts in all.
            **filters: What to look for; see `SubaccountFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        fetch = partial(self.search, page_size=page_size, **filters)
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.subaccounts, max_items)


def _fields(options: SubaccountOptions) -> dict[str, Any]:
    if (limit := options.get("limit")) is not None:
        check_count(limit, "limit")
    if (sms_limit := options.get("sms_limit")) is not None:
        check_count(sms_limit, "sms_limit", least=0)
    return {**options}
