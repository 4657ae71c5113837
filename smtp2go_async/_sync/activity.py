# Written by tools/make_sync.py from endpoints/activity.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.activity`."""

from collections.abc import Iterator
from typing import Unpack

from ..endpoints.activity import MAX_PAGE_SIZE, Activity, ActivityEvent, ActivityFilters, ActivityPage
from ._group import SyncGroup


class SyncActivity(SyncGroup[Activity]):
    """What happened to e-mails (https://developers.smtp2go.com/reference/search-activity)."""

    __slots__ = ()

    def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ActivityFilters]
    ) -> ActivityPage:
        """Fetch a page of events.

        ``POST /activity/search`` (https://developers.smtp2go.com/reference/search-activity). At most 60 calls a minute.

        Args:
            limit: The largest number of events on the page, 1 to 1,000; 100 when left out.
            continue_token: The ``continue_token`` of the previous page; all other arguments must be as they were then.
            **filters: See `ActivityFilters`.

        Raises:
            ValueError: The limit is out of range, a time has no zone, or the end is not after the start.
        """
        return self._run(self._async.search, limit=limit, continue_token=continue_token, **ActivityFilters(**filters))

    def search_all(
        self, *, limit: int | None = MAX_PAGE_SIZE, max_items: int | None = None, **filters: Unpack[ActivityFilters]
    ) -> Iterator[ActivityEvent]:
        """Iterate over the events of all pages.

        ``POST /activity/search`` (https://developers.smtp2go.com/reference/search-activity), once for each page.

        Args:
            limit: The largest number of events on a page, 1 to 1,000; 1,000 when left out, since 60 pages a minute are
                allowed.
            max_items: Stop after this many events.
            **filters: See `ActivityFilters`.

        Raises:
            PagingError: The token of the next page has expired. Continue by date from ``error.last``.
        """
        return self._iterate(self._async.search_all, limit=limit, max_items=max_items, **ActivityFilters(**filters))
