# Written by tools/make_sync.py from endpoints/sms.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.sms`."""

from collections.abc import Sequence
from typing import Unpack

from ..endpoints.sms import ReceivedSmsPage, SentSmsPage, Sms, SmsFilters, SmsPeriod, SmsSent, SmsSummary
from ._group import SyncGroup


class SyncSms(SyncGroup[Sms]):
    """Text messages (https://developers.smtp2go.com/reference/send-sms)."""

    __slots__ = ()

    def send(self, destination: str | Sequence[str], content: str, *, sender: str | None = None) -> SmsSent:
        """Send a text to up to 100 numbers.

        ``POST /sms/send`` (https://developers.smtp2go.com/reference/send-sms). Not repeated when the outcome is
        unknown: that could send it twice.

        Args:
            destination: 1 to 100 numbers with their country code, in any unambiguous writing: ``+12025550123``,
                ``12025550123``, ``+1 (202) 555-0123``, ``+44 (0)20 7946 0958``. A single number needs no list.
            content: The text; over 160 characters it is sent, and charged, as several units.
            sender: The number to send from, in E.164 (``+12025550123``); the account's default when left out or empty.

        Raises:
            ValueError: There is no number or more than 100, a number is ambiguous or none at all, or the text is empty.
            SendRefusedError: The answer says that no message was sent.
            OutcomeUnknownError: No answer came; the texts may have been sent.
            ReplyError: The answer does not say whether any message was accepted.
        """
        return self._run(self._async.send, destination, content, sender=sender)

    def summary(self, **period: Unpack[SmsPeriod]) -> SmsSummary:
        """Count the texts of a time, their units and their cost.

        ``POST /sms/summary`` (https://developers.smtp2go.com/reference/sms-summary)

        Args:
            **period: See `SmsPeriod`.

        Raises:
            ValueError: A time has no zone, or the end is not after the start.
        """
        return self._run(self._async.summary, **SmsPeriod(**period))

    def view_received(
        self, *, unix_start: int | None = None, unix_end: int | None = None, **filters: Unpack[SmsFilters]
    ) -> ReceivedSmsPage:
        """List received texts.

        ``POST /sms/view-received`` (https://developers.smtp2go.com/reference/view-received-sms)

        Args:
            unix_start: The same as ``start_date``, in seconds since 1970; deprecated by the API.
            unix_end: The same as ``end_date``, in seconds since 1970; deprecated by the API.
            **filters: See `SmsFilters`.

        Raises:
            ValueError: A time has no zone or is given in both ways, or the end is not after the start.
        """
        return self._run(self._async.view_received, unix_start=unix_start, unix_end=unix_end, **SmsFilters(**filters))

    def view_sent(self, **filters: Unpack[SmsFilters]) -> SentSmsPage:
        """List sent texts.

        ``POST /sms/view-sent`` (https://developers.smtp2go.com/reference/view-sent-sms)

        Args:
            **filters: See `SmsFilters`.

        Raises:
            ValueError: A time has no zone, or the end is not after the start.
        """
        return self._run(self._async.view_sent, **SmsFilters(**filters))
