"""Count sent, bounced, opened and reported e-mails."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from .._model_class import MaskedAddress, Percent, model
from .._operation import Operation
from .._values.checks import check_some
from .._values.dates import DateLike, format_date_range
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup

HistoryGroup = Literal["email_address", "username", "domain", "subaccount"] | str
"""The groups of a history; the API may add others."""


@model
class EmailBounces(Reply):
    """Bounces and rejects of the last 30 days."""

    emails: int | None = None
    hardbounces: int | None = None
    softbounces: int | None = None
    bounce_percent: Percent | None = None
    rejects: int | None = None


@model
class EmailCycle(Reply):
    """E-mails of the current cycle of the plan."""

    cycle_start: dt.datetime | None = None
    cycle_end: dt.datetime | None = None
    cycle_used: int | None = None
    cycle_remaining: int | None = None
    cycle_max: int | None = None
    """E-mails that the plan allows in a cycle."""


@model
class EmailSpam(Reply):
    """Spam complaints and rejects of the last 30 days."""

    emails: int | None = None
    spams: int | None = None
    spam_percent: Percent | None = None
    rejects: int | None = None


@model
class EmailUnsubs(Reply):
    """Unsubscribes and rejects of the last 30 days."""

    emails: int | None = None
    unsubscribes: int | None = None
    unsubscribe_percent: Percent | None = None
    rejects: int | None = None


@model
class EmailSummary(EmailCycle):
    """The current cycle, and the bounces, complaints and unsubscribes of the last 30 days."""

    email_count: int | None = None
    hardbounces: int | None = None
    softbounces: int | None = None
    bounce_percent: Percent | None = None
    bounce_rejects: int | None = None
    """Deprecated by the API: use ``rejects``."""
    spam_emails: int | None = None
    spam_percent: Percent | None = None
    spam_rejects: int | None = None
    """Deprecated by the API: use ``rejects``."""
    unsubscribes: int | None = None
    unsubscribe_percent: Percent | None = None
    opens: int | None = None
    clicks: int | None = None
    rejects: int | None = None


@model
class HistoryEntry:
    """E-mails of a sender, user, domain or subaccount. Fields of other kinds of groups are empty."""

    email_address: MaskedAddress = ""
    username: str = ""
    description: str = ""
    """The comment on the user."""
    domain: str = ""
    domain_verified: bool | None = None
    subaccount: str = ""
    """The name of the subaccount."""
    lastip: str = ""
    used: int | None = None
    """E-mails sent."""
    bytecount: int | None = None
    avgsize: float | None = None
    """Average size of an e-mail in bytes."""
    bounces: int | None = None
    bounce_percent: float | None = None
    clicks: int | None = None
    opens: int | None = None
    open_percent: float | None = None
    rejects: int | None = None
    reject_percent: float | None = None
    spam: int | None = None
    spam_percent: float | None = None
    unsubscribes: int | None = None
    unsubscribe_percent: float | None = None


@model
class EmailHistory(Reply):
    """E-mails of a time, by groups."""

    count: int | None = None
    history: tuple[HistoryEntry, ...] = ()
    bounce_percent_total: float | None = None
    open_percent_total: float | None = None
    reject_percent_total: float | None = None
    spam_percent_total: float | None = None
    unsubscribe_percent_total: float | None = None


BOUNCES = Operation("/stats/email_bounces", EmailBounces, effect=CallEffect.READ)
CYCLE = Operation("/stats/email_cycle", EmailCycle, effect=CallEffect.READ)
HISTORY = Operation("/stats/email_history", EmailHistory, effect=CallEffect.READ)
SPAM = Operation("/stats/email_spam", EmailSpam, effect=CallEffect.READ)
SUMMARY = Operation("/stats/email_summary", EmailSummary, effect=CallEffect.READ)
UNSUBS = Operation("/stats/email_unsubs", EmailUnsubs, effect=CallEffect.READ)


class Stats(EndpointGroup):
    """Counts of e-mails (https://developers.smtp2go.com/reference/email-summary)."""

    async def email_bounces(self, *, username: str | None = None) -> EmailBounces:
        """Count the bounces and rejects of the last 30 days.

        ``POST /stats/email_bounces`` (https://developers.smtp2go.com/reference/email-bounces)

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return await self._call(BOUNCES, {"username": username})

    async def email_cycle(self) -> EmailCycle:
        """Fetch how much of the plan is used, and when its cycle ends.

        ``POST /stats/email_cycle`` (https://developers.smtp2go.com/reference/email-cycle)
        """
        return await self._call(CYCLE, {})

    async def email_history(
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
        check_some(subaccounts, "subaccounts")
        dates = format_date_range(start_date, end_date)
        return await self._call(HISTORY, {**dates, "group_by": group_by, "subaccounts": subaccounts})

    async def email_spam(self, *, username: str | None = None) -> EmailSpam:
        """Count the spam complaints and rejects of the last 30 days.

        ``POST /stats/email_spam`` (https://developers.smtp2go.com/reference/email-spam)

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return await self._call(SPAM, {"username": username})

    async def email_summary(self, *, username: str | None = None) -> EmailSummary:
        """Fetch the cycle, bounces, complaints and unsubscribes in a single call.

        ``POST /stats/email_summary`` (https://developers.smtp2go.com/reference/email-summary). It can take longer than
        the other calls.

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return await self._call(SUMMARY, {"username": username})

    async def email_unsubs(self, *, username: str | None = None) -> EmailUnsubs:
        """Count the unsubscribes and rejects of the last 30 days.

        ``POST /stats/email_unsubs`` (https://developers.smtp2go.com/reference/email-unsubscribes)

        Args:
            username: Count for this user: an SMTP user, or the first 16 characters of an API key.
        """
        return await self._call(UNSUBS, {"username": username})
