# Written by tools/make_sync.py from endpoints/subaccounts.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.subaccounts`."""

from collections.abc import Iterator
from typing import Unpack

from .._models.model import EmptyReply
from ..endpoints.subaccounts import (
    Subaccount,
    SubaccountFilters,
    SubaccountOptions,
    SubaccountPage,
    SubaccountReopened,
    Subaccounts,
)
from ._group import SyncGroup


class SyncSubaccounts(SyncGroup[Subaccounts]):
    """Accounts below the master account, each with senders and limits of its own."""

    __slots__ = ()

    def add(
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
        return self._run(self._async.add, fullname, subaccount_email=subaccount_email, **SubaccountOptions(**options))

    def close(self, id: str, *, email: str | None = None) -> EmptyReply:
        """Close a subaccount; `reopen` makes it active again.

        ``POST /subaccount/close``

        Args:
            id: Its id.
            email: Its address.

        Raises:
            ValueError: The id is empty.
        """
        return self._run(self._async.close, id, email=email)

    def edit(self, id: str, *, fullname: str | None = None, **options: Unpack[SubaccountOptions]) -> Subaccount:
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
        return self._run(self._async.edit, id, fullname=fullname, **SubaccountOptions(**options))

    def reopen(self, id: str, *, email: str | None = None) -> SubaccountReopened:
        """Make a closed subaccount active again.

        ``POST /subaccount/reopen``

        Args:
            id: Its id.
            email: Its address.

        Raises:
            ValueError: The id is empty.
        """
        return self._run(self._async.reopen, id, email=email)

    def search(
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
        return self._run(
            self._async.search, page_size=page_size, continue_token=continue_token, **SubaccountFilters(**filters)
        )

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[SubaccountFilters]
    ) -> Iterator[Subaccount]:
        """Iterate over the subaccounts of all pages.

        ``POST /subaccounts/search``, once for each page.

        Args:
            page_size: The most on a page; 100 when left out.
            max_items: The most subaccounts in all.
            **filters: What to look for; see `SubaccountFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        return self._iterate(
            self._async.search_all, page_size=page_size, max_items=max_items, **SubaccountFilters(**filters)
        )
