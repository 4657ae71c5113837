# Written by tools/make_sync.py from endpoints/stats.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.stats`."""

from collections.abc import Sequence

from .._values.dates import DateLike
from ..endpoints.stats import (
    EmailBounces,
    EmailCycle,
    EmailHistory,
    EmailSpam,
    EmailSummary,
    EmailUnsubs,
    HistoryGroup,
    Stats,
)
from ._group import SyncGroup


class SyncStats(SyncGroup[Stats]):
    """Counts of e-mails."""

    __slots__ = ()

    def email_bounces(self, *, username: str | None = None) -> EmailBounces:
        """Count the bounces and rejects of the last 30 days.

        ``POST /stats/email_bounces``

        Args:
            username: Only of this user; an API key goes by its first 16 characters.
        """
        return self._run(self._async.email_bounces, username=username)

    def email_cycle(self) -> EmailCycle:
        """Tell how much of the plan is used, and when its cycle ends.

        ``POST /stats/email_cycle``
        """
        return self._run(self._async.email_cycle)

    def email_history(
        self,
        *,
        group_by: HistoryGroup | None = None,
        start_date: DateLike | None = None,
        end_date: DateLike | None = None,
        subaccounts: Sequence[str] | None = None,
    ) -> EmailHistory:
        """Count what was sent in a time, by sender, user, domain or subaccount.

        ``POST /stats/email_history``

        Args:
            group_by: ``email_address``, ``username``, ``domain`` or ``subaccount``; the first when left out.
            start_date: The first moment; midnight UTC 30 days ago when left out.
            end_date: The end; now when left out.
            subaccounts: Only of the subaccounts with these ids.

        Raises:
            ValueError: A time without a zone, an end that is not after the start, or an empty list.
        """
        return self._run(
            self._async.email_history,
            group_by=group_by,
            start_date=start_date,
            end_date=end_date,
            subaccounts=subaccounts,
        )

    def email_spam(self, *, username: str | None = None) -> EmailSpam:
        """Count the spam complaints and rejects of the last 30 days.

        ``POST /stats/email_spam``

        Args:
            username: Only of this user; an API key goes by its first 16 characters.
        """
        return self._run(self._async.email_spam, username=username)

    def email_summary(self, *, username: str | None = None) -> EmailSummary:
        """Fetch the cycle, bounces, complaints and unsubscribes in one call.

        ``POST /stats/email_summary``. It can take longer than the others.

        Args:
            username: Only of this user; an API key goes by its first 16 characters.
        """
        return self._run(self._async.email_summary, username=username)

    def email_unsubs(self, *, username: str | None = None) -> EmailUnsubs:
        """Count the unsubscribes and rejects of the last 30 days.

        ``POST /stats/email_unsubs``

        Args:
            username: Only of this user; an API key goes by its first 16 characters.
        """
        return self._run(self._async.email_unsubs, username=username)
