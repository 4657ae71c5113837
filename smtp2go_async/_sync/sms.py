# Written by tools/make_sync.py from endpoints/sms.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.sms`."""

from collections.abc import Sequence

from .._values.dates import DateLike
from ..endpoints.sms import ReceivedSmsPage, SentSmsPage, Sms, SmsSent, SmsSummary
from ._group import SyncGroup


class SyncSms(SyncGroup[Sms]):
    """Text messages."""

    __slots__ = ()

    def send(self, destination: str | Sequence[str], content: str, *, sender: str | None = None) -> SmsSent:
        """Send one text to up to 100 numbers.

        ``POST /sms/send``. Not repeated when the outcome is unknown: that could send it twice.

        Args:
            destination: 1 to 100 numbers with their country code, in any writing that can mean one number only:
                ``+12025550123``, ``12025550123``, ``+1 (202) 555-0123``, ``+44 (0)20 7946 0958``. One may stand alone.
            content: The text; over 160 characters it goes as several units.
            sender: Number to send from, in E.164 (``+12025550123``); the account's default when left out or empty.

        Raises:
            ValueError: No number or more than 100, something that is not one number for certain, or an empty text.
            SendRefusedError: The answer says of every message that it was not sent.
            OutcomeUnknownError: No answer came; the texts may have been sent.
            ReplyError: The answer does not say whether any message was taken.
        """
        return self._run(self._async.send, destination, content, sender=sender)

    def summary(
        self, *, start_date: DateLike | None = None, end_date: DateLike | None = None, subaccount_id: str | None = None
    ) -> SmsSummary:
        """Count the texts of a time, their units and their cost.

        ``POST /sms/summary``

        Args:
            start_date: The first moment; today at midnight UTC when left out.
            end_date: The first moment that is not included; now when left out.
            subaccount_id: Count for this subaccount.

        Raises:
            ValueError: A time without a zone, or an end that is not after the start.
        """
        return self._run(self._async.summary, start_date=start_date, end_date=end_date, subaccount_id=subaccount_id)

    def view_received(
        self,
        *,
        start_date: DateLike | None = None,
        end_date: DateLike | None = None,
        unix_start: int | None = None,
        unix_end: int | None = None,
        username: str | None = None,
        subaccount_id: str | None = None,
    ) -> ReceivedSmsPage:
        """List the texts that were received.

        ``POST /sms/view-received``

        Args:
            start_date: The first moment; 7 days ago at midnight UTC when left out.
            end_date: The first moment that is not included; now when left out.
            unix_start: As ``start_date``, in seconds since 1970; the API calls it deprecated.
            unix_end: As ``end_date``.
            username: Only those of this user.
            subaccount_id: List those of this subaccount.

        Raises:
            ValueError: A time without a zone, an end that is not after the start, or one moment named in two ways.
        """
        return self._run(
            self._async.view_received,
            start_date=start_date,
            end_date=end_date,
            unix_start=unix_start,
            unix_end=unix_end,
            username=username,
            subaccount_id=subaccount_id,
        )

    def view_sent(
        self,
        *,
        start_date: DateLike | None = None,
        end_date: DateLike | None = None,
        username: str | None = None,
        subaccount_id: str | None = None,
    ) -> SentSmsPage:
        """List the texts that were sent.

        ``POST /sms/view-sent``

        Args:
            start_date: The first moment; 7 days ago at midnight UTC when left out.
            end_date: The first moment that is not included; now when left out.
            username: Only those of this user.
            subaccount_id: List those of this subaccount.

        Raises:
            ValueError: A time without a zone, or an end that is not after the start.
        """
        return self._run(
            self._async.view_sent,
            start_date=start_date,
            end_date=end_date,
            username=username,
            subaccount_id=subaccount_id,
        )
