# Written by tools/make_sync.py from endpoints/subaccounts.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.subaccounts`."""

from collections.abc import Iterator
from typing import Unpack

from ..endpoints.subaccounts import (
    Subaccount,
    SubaccountFilters,
    SubaccountOptions,
    SubaccountPage,
    SubaccountReopened,
    Subaccounts,
)
from ..reply import EmptyReply
from ._group import SyncGroup


class SyncSubaccounts(SyncGroup[Subaccounts]):
    """Accounts below the master account (https://developers.smtp2go.com/reference/search-subaccounts)."""

    __slots__ = ()

    def add(
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
        return self._run(self._async.add, fullname, subaccount_email=subaccount_email, **SubaccountOptions(**options))

    def close(self, id: str, *, email: str | None = None) -> EmptyReply:
        """Close a subaccount; `reopen` makes it active again.

        ``POST /subaccount/close`` (https://developers.smtp2go.com/reference/close-a-subaccount)

        Args:
            id: The id of the subaccount.
            email: The address of the subaccount.

        Raises:
            ValueError: The id is empty.
        """
        return self._run(self._async.close, id, email=email)

    def edit(self, id: str, *, fullname: str | None = None, **options: Unpack[SubaccountOptions]) -> Subaccount:
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
        return self._run(self._async.edit, id, fullname=fullname, **SubaccountOptions(**options))

    def reopen(self, id: str, *, email: str | None = None) -> SubaccountReopened:
        """Make a closed subaccount active again.

        ``POST /subaccount/reopen`` (https://developers.smtp2go.com/reference/reopen-a-closed-subaccount)

        Args:
            id: The id of the subaccount.
            email: The address of the subaccount.

        Raises:
            ValueError: The id is empty.
        """
        return self._run(self._async.reopen, id, email=email)

    def search(
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
        return self._run(
            self._async.search, page_size=page_size, continue_token=continue_token, **SubaccountFilters(**filters)
        )

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[SubaccountFilters]
    ) -> Iterator[Subaccount]:
        """Iterate over the subaccounts of all pages.

        ``POST /subaccounts/search`` (https://developers.smtp2go.com/reference/search-subaccounts), once for each page.

        Args:
            page_size: The largest number of subaccounts on a page; 100 when left out.
            max_items: Stop after this many subaccounts.
            **filters: See `SubaccountFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        return self._iterate(
            self._async.search_all, page_size=page_size, max_items=max_items, **SubaccountFilters(**filters)
        )
