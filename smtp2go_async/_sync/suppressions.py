# Written by tools/make_sync.py from endpoints/suppressions.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.suppressions`."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from ..endpoints.suppressions import (
    Suppression,
    SuppressionAdded,
    SuppressionFilters,
    SuppressionPage,
    Suppressions,
    SuppressionsRemoved,
    SuppressionType,
)
from ._group import SyncGroup


class SyncSuppressions(SyncGroup[Suppressions]):
    """Addresses and domains that nothing is sent to (https://developers.smtp2go.com/reference/view-suppressions)."""

    __slots__ = ()

    def add(
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
        return self._run(
            self._async.add, email_address, block_description=block_description, subaccount_id=subaccount_id
        )

    def remove(
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
        return self._run(self._async.remove, email_address, reasons, subaccount_id=subaccount_id)

    def view(self, *, continue_token: str | None = None, **filters: Unpack[SuppressionFilters]) -> SuppressionPage:
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
        return self._run(self._async.view, continue_token=continue_token, **SuppressionFilters(**filters))

    def view_all(self, *, max_items: int | None = None, **filters: Unpack[SuppressionFilters]) -> Iterator[Suppression]:
        """Iterate over the suppressions of all pages.

        ``POST /suppression/view`` (https://developers.smtp2go.com/reference/view-suppressions), once for each page.
        Without dates, older suppressions may be missing.

        Args:
            max_items: Stop after this many suppressions.
            **filters: See `SuppressionFilters`.

        Raises:
            PagingError: The token of the next page has expired. Continue by date from ``error.last``.
        """
        return self._iterate(self._async.view_all, max_items=max_items, **SuppressionFilters(**filters))
