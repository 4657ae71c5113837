# Written by tools/make_sync.py from endpoints/archive.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.archive`."""

from collections.abc import Iterator
from typing import Unpack

from ..endpoints.archive import Archive, ArchivedEmail, ArchiveFilters, ArchivePage
from ._group import SyncGroup


class SyncArchive(SyncGroup[Archive]):
    """Copies of e-mails, for senders that archive (https://developers.smtp2go.com/reference/search-archived-pages)."""

    __slots__ = ()

    def email(self, email_id: str, *, subaccount_id: str | None = None) -> ArchivedEmail:
        """Fetch the details of an archived e-mail; its ``url`` leads to the e-mail itself.

        ``POST /archive/email`` (https://developers.smtp2go.com/reference/view-an-archived-email). An e-mail reaches the
        archive about 2 minutes after its delivery.

        Args:
            email_id: The id that `email.send` and activity give it.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: The id is empty.
        """
        return self._run(self._async.email, email_id, subaccount_id=subaccount_id)

    def search(
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
        return self._run(self._async.search, limit=limit, continue_token=continue_token, **ArchiveFilters(**filters))

    def search_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ArchiveFilters]
    ) -> Iterator[ArchivedEmail]:
        """Iterate over the archived e-mails of all pages.

        ``POST /archive/search`` (https://developers.smtp2go.com/reference/search-archived-pages), once for each page.

        Args:
            limit: The largest number of e-mails on a page, 1 to 5,000; 5,000 when left out.
            max_items: Stop after this many e-mails.
            **filters: See `ArchiveFilters`.

        Raises:
            PagingError: The token of the next page has expired. Continue by date from ``error.last``.
        """
        return self._iterate(self._async.search_all, limit=limit, max_items=max_items, **ArchiveFilters(**filters))
