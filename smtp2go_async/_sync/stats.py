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
    """Counts of e-mails (https://developers.smtp2go.com/reference/email-summary)."""

    __slots__ = ()

    def email_bounces(self, *, username: str | None = None) -> EmailBounces:
        """Count the bounces and rejects of the last 30 days.

        ``POST /stats/email_bounces`` (https://developers.smtp2go.com/reference/email-bounces)

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return self._run(self._async.email_bounces, username=username)

    def email_cycle(self) -> EmailCycle:
        """Fetch how much of the plan is used, and when its cycle ends.

        ``POST /stats/email_cycle`` (https://developers.smtp2go.com/reference/email-cycle)
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
        """Count e-mails of a time, by sender, user, domain or subaccount.

        ``POST /stats/email_history`` (https://developers.smtp2go.com/reference/email-history)

        Args:
            group_by: ``email_address``, ``username``, ``domain`` or ``subaccount``; ``email_address`` when left out.
            start_date: The start of the time, included; midnight UTC 30 days ago when left out.
            end_date: The end of the time; now when left out.
            subaccounts: Ids of the subaccounts to count for.

        Raises:
            ValueError: A time has no zone, the end is not after the start, or the list is empty.
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

        ``POST /stats/email_spam`` (https://developers.smtp2go.com/reference/email-spam)

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return self._run(self._async.email_spam, username=username)

    def email_summary(self, *, username: str | None = None) -> EmailSummary:
        """Fetch the cycle, bounces, complaints and unsubscribes in a single call.

        ``POST /stats/email_summary`` (https://developers.smtp2go.com/reference/email-summary). It can take longer than
        the other calls.

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return self._run(self._async.email_summary, username=username)

    def email_unsubs(self, *, username: str | None = None) -> EmailUnsubs:
        """Count the unsubscribes and rejects of the last 30 days.

        ``POST /stats/email_unsubs`` (https://developers.smtp2go.com/reference/email-unsubscribes)

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return self._run(self._async.email_unsubs, username=username)
