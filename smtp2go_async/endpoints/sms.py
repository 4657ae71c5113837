"""Send texts, and list those that were sent and received.

| method          | call                    | effect |
|-----------------|-------------------------|--------|
| `send`          | POST /sms/send          | ONCE   |
| `summary`       | POST /sms/summary       | READ   |
| `view_received` | POST /sms/view-received | READ   |
| `view_sent`     | POST /sms/view-sent     | READ   |
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import attrs

from .._models.model import MaskedAddress, PersonalText, Reply, SendReply, model, named
from .._operation import CallEffect, Operation
from .._values.checks import check_not_blank, check_one_of, check_text
from .._values.dates import DateLike, format_date_range
from .._values.numbers import normal_number
from ._group import EndpointGroup

MAX_NUMBERS = 100
"""Numbers in one ``/sms/send`` call (its reference page)."""

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
"""The documented statuses; others may come."""

_TAKEN = frozenset({"processing", "enroute", "queued", "submitted", "processed", "delivered", "held", "sending"})
"""Statuses of a text that was taken: the documented ones, and ``sending``, which callbacks have."""

_NOT_SENT = frozenset({"failed", "rejected", "cancelled", "canceled", "expired"})
"""Statuses of a text that the recipient does not get: the provider has ended it."""


def was_taken(status: str) -> bool | None:
    """Tell whether a text with this status was taken; ``None`` for a status that is documented nowhere."""
    word = status.strip().lower()
    return True if word in _TAKEN else False if word in _NOT_SENT else None


def _any_taken(statuses: Iterable[str]) -> bool | None:
    """Tell whether any of several texts was taken; ``None`` when that can't be told."""
    verdicts = {was_taken(status) for status in statuses}
    return True if True in verdicts else False if verdicts == {False} else None


@model
class SmsMessage:
    """What happened to the text for one number."""

    destination: MaskedAddress = ""
    message_id: str = ""
    status: SmsStatus = ""


@model
class SmsSent(SendReply):
    """What happened to one text for up to 100 numbers."""

    statuses: Mapping[str, int] = attrs.field(factory=dict)
    """How many messages are in which status."""
    total_sent: int | None = None
    messages: tuple[SmsMessage, ...] = ()
    """One for each number; the API's examples leave it out, so it can be empty."""

    @property
    def accepted(self) -> bool | None:
        """Whether any message was taken; ``None`` when the answer doesn't say, or contradicts itself.

        One that failed, or was rejected or cancelled, or has expired, was not. A status that is documented nowhere
        tells nothing; then ``total_sent`` does.
        """
        counts = self.counts
        by_counts = _any_taken(counts)
        told = [one.status for one in self.messages if one.status]
        by_messages = _any_taken(told)
        if by_counts is None or by_messages is None:
            verdict = by_messages if by_counts is None else by_counts
            return True if verdict is None and self.total_sent else verdict
        # Where not every message is listed, some that are not can have fared otherwise.
        whole = len(told) >= sum(counts.values())
        return by_counts if by_counts == by_messages else None if whole else True

    @property
    def counts(self) -> Mapping[str, int]:
        """``statuses`` without those that no message is in."""
        return {status: count for status, count in self.statuses.items() if count > 0}

    @property
    def refusals(self) -> tuple[str, ...]:
        """How many messages were not sent, by their status, for example ``2 rejected``; the API gives no reasons."""
        counts = self.counts or Counter(one.status for one in self.messages)
        return tuple(f"{count} {status}" for status, count in counts.items() if was_taken(status) is False)


@model
class SmsSummary(Reply):
    """What was sent in a time."""

    total_messages: int | None = None
    total_units: int | None = None
    """A text of over 160 characters is sent, and paid for, as several units."""
    total_cost: float | None = None


@model
class ReceivedSms:
    """A text that somebody sent to a number of the account."""

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
    """Who sent it, where it came as an e-mail."""
    destination_address: MaskedAddress = ""
    destination_address_country: str = attrs.field(
        default="", metadata=named("destination_address_country", "destination_address_county")
    )
    """Two letters. The API's reference misspells the name of this field in one of its two places."""
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


class Sms(EndpointGroup):
    """Text messages."""

    async def send(self, destination: str | Sequence[str], content: str, *, sender: str | None = None) -> SmsSent:
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
        numbers = _numbers(destination)
        check_not_blank(content, "content")
        return await self._call(SEND, {"destination": numbers, "content": content, "sender": check_sender(sender)})

    async def summary(
        self,
        *,
        start_date: DateLike | None = None,
        end_date: DateLike | None = None,
        subaccount_id: str | None = None,
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
        fields = {**format_date_range(start_date, end_date), "subaccount_id": subaccount_id}
        return await self._call(SUMMARY, fields)

    async def view_received(
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
        check_one_of(start_date, unix_start, ("start_date", "unix_start"))
        check_one_of(end_date, unix_end, ("end_date", "unix_end"))
        fields = {"unix_start": unix_start, "unix_end": unix_end, "username": username, "subaccount_id": subaccount_id}
        return await self._call(VIEW_RECEIVED, {**format_date_range(start_date, end_date), **fields})

    async def view_sent(
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
        fields = {"username": username, "subaccount_id": subaccount_id}
        return await self._call(VIEW_SENT, {**format_date_range(start_date, end_date), **fields})


def check_sender(sender: object) -> str | None:
    """Return a number to send from; ``None`` for the account's default, which the API takes an empty one for, too.

    Raises:
        ValueError: It is not in E.164.
    """
    if sender is None or check_text(sender, "sender") == "":
        return None
    text = check_text(sender, "sender")
    try:
        is_normal = normal_number(text) == text
    except ValueError:
        is_normal = False
    if not is_normal:
        raise ValueError("sender: a number in E.164 is needed, for example +12025550123")
    return text


def _numbers(destination: str | Sequence[str]) -> list[str]:
    if isinstance(destination, str):
        destination = [destination]
    if isinstance(destination, (bytes, bytearray)) or not isinstance(destination, Sequence):
        raise TypeError(f"destination: a list of numbers is needed, not a {type(destination).__name__}")
    if not 1 <= len(destination) <= MAX_NUMBERS:
        raise ValueError(f"destination: 1 to {MAX_NUMBERS} numbers are possible, not {len(destination)}")
    numbers: list[str] = []
    for position, one in enumerate(destination):
        try:
            numbers.append(normal_number(one))
        except (TypeError, ValueError) as error:
            raise type(error)(f"destination[{position}]: {error}") from None
    return numbers
