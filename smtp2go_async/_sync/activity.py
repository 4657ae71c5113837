# Written by tools/make_sync.py from endpoints/activity.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.activity`."""

from collections.abc import Iterator
from typing import Unpack

from ..endpoints.activity import MAX_PAGE_SIZE, Activity, ActivityEvent, ActivityFilters, ActivityPage
from ._group import SyncGroup


class SyncActivity(SyncGroup[Activity]):
    """What happened to e-mails."""

    __slots__ = ()

    def search(
        self, *, limit: int | None = None, continue_token: str | None = None, **filters: Unpack[ActivityFilters]
    ) -> ActivityPage:
        """Fetch one page of events.

        ``POST /activity/search``. At most 60 calls a minute.

        Args:
            limit: The most on the page, 1 to 1,000; 100 when left out.
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `ActivityFilters`.

        Raises:
            ValueError: A limit out of range, a time without a zone, or an end that is not after the start.
        """
        return self._run(self._async.search, limit=limit, continue_token=continue_token, **ActivityFilters(**filters))

    def search_all(
        self, *, limit: int | None = MAX_PAGE_SIZE, max_items: int | None = None, **filters: Unpack[ActivityFilters]
    ) -> Iterator[ActivityEvent]:
        """Iterate over the events of all pages.

        ``POST /activity/search``, once for each page.

        Args:
            limit: The most on a page; the most that is possible when left out, since 60 pages a minute are.
            max_items: The most events in all.
            **filters: What to look for; see `ActivityFilters`.

        Raises:
            PagingError: The token of the next page has expired. Go on by date from ``error.last``.
        """
        return self._iterate(self._async.search_all, limit=limit, max_items=max_items, **ActivityFilters(**filters))
