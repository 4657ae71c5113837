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
    """Addresses and domains that nothing is sent to."""

    __slots__ = ()

    def add(
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
        return self._run(
            self._async.add, email_address, block_description=block_description, subaccount_id=subaccount_id
        )

    def remove(
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
        return self._run(self._async.remove, email_address, reasons, subaccount_id=subaccount_id)

    def view(self, *, continue_token: str | None = None, **filters: Unpack[SuppressionFilters]) -> SuppressionPage:
        """Fetch one page of suppressions.

        ``POST /suppression/view``. Without dates, older ones may be missing: see `SuppressionFilters`.

        Args:
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `SuppressionFilters`.

        Raises:
            ValueError: A field and its plural at once, an empty list, a time without a zone, or an end that is not
                after the start.
        """
        return self._run(self._async.view, continue_token=continue_token, **SuppressionFilters(**filters))

    def view_all(self, *, max_items: int | None = None, **filters: Unpack[SuppressionFilters]) -> Iterator[Suppression]:
        """Iterate over the suppressions of all pages.

        ``POST /suppression/view``, once for each page. Without dates, older ones may be missing.

        Args:
            max_items: The most suppressions in all.
            **filters: What to look for; see `SuppressionFilters`.

        Raises:
            PagingError: The token of the next page has expired. Go on by date from ``error.last``.
        """
        return self._iterate(self._async.view_all, max_items=max_items, **SuppressionFilters(**filters))
