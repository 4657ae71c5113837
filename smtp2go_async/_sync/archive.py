# Written by tools/make_sync.py from endpoints/archive.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.archive`."""

from collections.abc import Iterator
from typing import Unpack

from ..endpoints.archive import Archive, ArchivedEmail, ArchiveFilters, ArchivePage
from ._group import SyncGroup


class SyncArchive(SyncGroup[Archive]):
    """Copies of what was sent, for senders that have archiving switched on."""

    __slots__ = ()

    def email(self, email_id: str, *, subaccount_id: str | None = None) -> ArchivedEmail:
        """Fetch what is known of one archived e-mail; its ``url`` leads to the e-mail itself.

        ``POST /archive/email``. An e-mail gets into the archive about 2 minutes after it was delivered.

        Args:
            email_id: As `email.send` and activity name it.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: The id is empty.
        """
        return self._run(self._async.email, email_id, subaccount_id=subaccount_id)

    def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ArchiveFilters]
    ) -> ArchivePage:
        """Fetch one page of archived e-mails.

        ``POST /archive/search``. E-mails of the last 2 minutes may not be found yet.

        Args:
            limit: The most on the page, 1 to 5,000; 5,000 when left out.
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `ArchiveFilters`.

        Raises:
            ValueError: A limit out of range, a time without a zone, or an end that is not after the start.
        """
        return self._run(self._async.search, limit=limit, continue_token=continue_token, **ArchiveFilters(**filters))

    def search_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ArchiveFilters]
    ) -> Iterator[ArchivedEmail]:
        """Iterate over the archived e-mails of all pages.

        ``POST /archive/search``, once for each page.

        Args:
            limit: The most on a page, 1 to 5,000; 5,000 when left out.
            max_items: The most e-mails in all.
            **filters: What to look for; see `ArchiveFilters`.

        Raises:
            PagingError: The token of the next page has expired. Go on by date from ``error.last``.
        """
        return self._iterate(self._async.search_all, limit=limit, max_items=max_items, **ArchiveFilters(**filters))
