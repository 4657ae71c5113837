"""Send text messages, and list sent and received ones."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Unpack

import attrs

from .._model_class import MaskedAddress, PersonalText, model, named
from .._operation import Operation
from .._values.checks import check_not_blank, check_one_of, check_text
from .._values.dates import DateLike, format_date_range
from .._values.numbers import normal_number
from .._values.options import Options
from .._values.problems import invalid, wrong_type
from ..reply import Reply, SendReply
from ..retry import CallEffect
from ._group import EndpointGroup

MAX_NUMBERS = 100
"""Numbers in a call of ``/sms/send`` (its reference page)."""

SmsStatus = (
    Literal[
        "processing",
        "enroute",
        "queued",
        "submitted",
        "processed",
        "delivered",
        "held",
        "expired",
        "cancelled",
        "failed",
        "rejected",
    ]
    | str
)
"""The documented statuses; the API may add others."""

_TAKEN = frozenset({"processing", "enroute", "queued", "submitted", "processed", "delivered", "held", "sending"})
"""Statuses of an accepted text: the documented ones, and ``sending``, which callbacks have."""

_NOT_SENT = frozenset({"failed", "rejected", "cancelled", "canceled", "expired"})
"""Statuses of a text that the recipient does not get, because the provider has given it up."""


def was_taken(status: str) -> bool | None:
    """Return whether a text with this status was accepted; ``None`` for a status that is documented nowhere."""
    word = status.strip().lower()
    return True if word in _TAKEN else False if word in _NOT_SENT else None


def _any_taken(statuses: Iterable[str]) -> bool | None:
    """Return whether any of several texts was accepted; ``None`` if that is unknown."""
    verdicts = {was_taken(status) for status in statuses}
    return True if True in verdicts else False if verdicts == {False} else None


@model
class SmsMessage:
    """What happened to the text for a number."""

    destination: MaskedAddress = ""
    message_id: str = ""
    status: SmsStatus = ""


@model
class SmsSent(SendReply):
    """What happened to a text for up to 100 numbers."""

    statuses: Mapping[str, int] = attrs.field(factory=dict)
    """Messages by status."""
    total_sent: int | None = None
    messages: tuple[SmsMessage, ...] = ()
    """A message for each number; the API's examples leave them out, so this can be empty."""

    @property
    def accepted(self) -> bool | None:
        """Whether any message was accepted; ``None`` if the answer does not say, or contradicts itself.

        A message that failed, was rejected or cancelled, or has expired, was not accepted. If the statuses are
        documented nowhere, ``total_sent`` decides.
        """
        counts = self.counts
        by_counts = _any_taken(counts)
        listed = [message.status for message in self.messages if message.status]
        by_messages = _any_taken(listed)
        if by_counts is None or by_messages is None:
            verdict = by_messages if by_counts is None else by_counts
            return True if verdict is None and self.total_sent else verdict
        # If the answer does not list every message, the others may have another status.
        whole = len(listed) >= sum(counts.values())
        return by_counts if by_counts == by_messages else None if whole else True

    @property
    def counts(self) -> Mapping[str, int]:
        """``statuses`` without the statuses of no message."""
        return {status: count for status, count in self.statuses.items() if count > 0}

    @property
    def refusals(self) -> tuple[str, ...]:
        """The messages that were not sent, counted by status, for example ``2 rejected``; the API gives no reasons."""
        counts = self.counts or Counter(message.status for message in self.messages)
        return tuple(f"{count} {status}" for status, count in counts.items() if was_taken(status) is False)


@model
class SmsSummary(Reply):
    """The texts of a time, counted."""

    total_messages: int | None = None
    total_units: int | None = None
    """A text of over 160 characters is sent, and charged, as several units."""
    total_cost: float | None = None


@model
class ReceivedSms:
    """A text that was sent to a number of the account."""

    source_address: MaskedAddress = ""
    destination_address: MaskedAddress = ""
    timestamp: dt.datetime | None = None
    content: PersonalText = ""
    message_id: str = ""
    username: str = ""


@model
class ReceivedSmsPage(Reply):
    """Texts that were received."""

    messages: tuple[ReceivedSms, ...] = ()


@model
class SentSms:
    """A text that was sent."""

    id: str = ""
    timestamp: dt.datetime | None = None
    username: str = ""
    sender: MaskedAddress = ""
    """The number it was sent from, or a word such as ``shared``."""
    sender_email: MaskedAddress = ""
    """The sender of the e-mail that it was sent by, if it was."""
    destination_address: MaskedAddress = ""
    destination_address_country: str = attrs.field(
        default="", metadata=named("destination_address_country", "destination_address_county")
    )
    """Two letters. The API's reference misspells the name of this field in one of two places."""
    format: str = ""
    status: str = ""
    """Free text, for example ``Message discarded``."""
    content: PersonalText = ""
    units: int | None = None


@model
class SentSmsPage(Reply):
    """Texts that were sent."""

    messages: tuple[SentSms, ...] = ()


SEND = Operation("/sms/send", SmsSent, effect=CallEffect.ONCE)
SUMMARY = Operation("/sms/summary", SmsSummary, effect=CallEffect.READ, takes_subaccount=True)
VIEW_RECEIVED = Operation("/sms/view-received", ReceivedSmsPage, effect=CallEffect.READ, takes_subaccount=True)
VIEW_SENT = Operation("/sms/view-sent", SentSmsPage, effect=CallEffect.READ, takes_subaccount=True)


class SmsPeriod(Options, total=False):
    """The time that texts are counted or listed for."""

    start_date: DateLike | None
    """The start of the time, included. When left out, it is midnight UTC: of today for `summary`, of the day 7 days ago
    for the lists."""
    end_date: DateLike | None
    """The end of the time, not included; now when left out."""
    subaccount_id: str | None
    """The subaccount to act for."""


class SmsFilters(SmsPeriod, total=False):
    """The texts to list."""

    username: str | None
    """List nothing but texts of this user."""


class Sms(EndpointGroup):
    """Text messages (https://developers.smtp2go.com/reference/send-sms)."""

    async def send(self, destination: str | Sequence[str], content: str, *, sender: str | None = None) -> SmsSent:
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
        numbers = _numbers(destination)
        check_not_blank(content, "content")
        return await self._call(SEND, {"destination": numbers, "content": content, "sender": check_sender(sender)})

    async def summary(self, **period: Unpack[SmsPeriod]) -> SmsSummary:
        """Count the texts of a time, their units and their cost.

        ``POST /sms/summary`` (https://developers.smtp2go.com/reference/sms-summary)

        Args:
            **period: See `SmsPeriod`.

        Raises:
            ValueError: A time has no zone, or the end is not after the start.
        """
        return await self._call(SUMMARY, _fields(SmsPeriod(**period)))

    async def view_received(
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
        check_one_of(filters.get("start_date"), unix_start, ("start_date", "unix_start"))
        check_one_of(filters.get("end_date"), unix_end, ("end_date", "unix_end"))
        fields = {**_fields(SmsFilters(**filters)), "unix_start": unix_start, "unix_end": unix_end}
        return await self._call(VIEW_RECEIVED, fields)

    async def view_sent(self, **filters: Unpack[SmsFilters]) -> SentSmsPage:
        """List sent texts.

        ``POST /sms/view-sent`` (https://developers.smtp2go.com/reference/view-sent-sms)

        Args:
            **filters: See `SmsFilters`.

        Raises:
            ValueError: A time has no zone, or the end is not after the start.
        """
        return await self._call(VIEW_SENT, _fields(SmsFilters(**filters)))


def _fields(period: SmsPeriod) -> dict[str, object]:
    return {**period, **format_date_range(period.get("start_date"), period.get("end_date"))}


def check_sender(sender: object) -> str | None:
    """Return a number to send from; ``None`` for the account's default, which an empty text means, too.

    Raises:
        ValueError: The number is not in E.164.
    """
    if sender is None or check_text(sender, "sender") == "":
        return None
    text = check_text(sender, "sender")
    try:
        is_normal = normal_number(text) == text
    except ValueError:
        is_normal = False
    if not is_normal:
        raise invalid("sender", "must be a number in E.164, which is + and its digits alone, with the country code")
    return text


def _numbers(destination: str | Sequence[str]) -> list[str]:
    if isinstance(destination, str):
        destination = [destination]
    if isinstance(destination, (bytes, bytearray)) or not isinstance(destination, Sequence):
        raise wrong_type("destination", "a list of numbers", destination)
    if not 1 <= len(destination) <= MAX_NUMBERS:
        raise invalid("destination", f"must be 1 to {MAX_NUMBERS} numbers, not {len(destination):,}")
    numbers: list[str] = []
    for position, number in enumerate(destination):
        numbers.append(normal_number(number, f"destination[{position}]"))
    return numbers
