"""Send e-mails and manage scheduled ones."""

import datetime as dt
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from email.message import Message
from functools import partial
from typing import Any, BinaryIO, Unpack

import attrs

from .._calls import Calls
from .._mime.messages import mime_blob, refuse_other_libraries
from .._model_class import MaskedAddress, PersonalText, model, named
from .._operation import Operation
from .._paging import Paged, Step
from .._values.address import AddressLike
from .._values.checks import check_count
from .._values.dates import format_schedule
from .._values.options import Options
from .._values.problems import invalid, within, wrong_type
from ..errors import ReplyError
from ..message import Email, EmailParts
from ..reply import EmptyReply, ListReply, SendReply
from ..retry import CallEffect
from ._group import EndpointGroup

MAX_BATCH_SIZE = 1000
"""E-mails in a call of ``/email/batch`` (its reference page)."""


MAX_SCHEDULED_PAGE_SIZE = 1000
"""E-mails on a page of ``/email/scheduled/search`` when no limit is given (its reference page)."""


class ScheduledFilters(Options, total=False):
    """What to look for among scheduled e-mails; an e-mail must pass all filters that are given."""

    search_subject: str | None
    """Text in the subject."""
    search_recipient: str | None
    """Text in the recipients' addresses."""
    search_sender: str | None
    """Text in the sender's address."""


@model
class EmailSent(SendReply):
    """What happened to an e-mail."""

    email_id: str = ""
    """The id of the e-mail in activity and webhooks; empty if it was scheduled or refused."""
    schedule_id: str = ""
    """The id of a scheduled e-mail until it is sent; empty otherwise."""
    succeeded: int | None = None
    """E-mails accepted: 1, however many recipients. ``None`` with ``fastaccept`` or ``schedule``: not decided yet."""
    failed: int | None = None
    """E-mails refused. ``None`` as above."""
    failures: tuple[PersonalText, ...] = ()
    """The reasons, in the provider's words; each can have several lines and contain addresses."""

    @property
    def accepted(self) -> bool | None:
        """Whether the provider accepted the e-mail; ``None`` if the answer does not say."""
        taken = bool(self.email_id or self.schedule_id or (self.succeeded or 0) > 0)
        if (self.failed or 0) > 0:
            # A refusal beside a success or an id contradicts itself, so it says neither.
            return None if taken else False
        if taken:
            return True
        return False if self.failures else None

    @property
    def refusals(self) -> tuple[str, ...]:
        """The reasons why it was not accepted; the same as ``failures``."""
        return self.failures


@model
class BatchItem:
    """What happened to an e-mail of a batch; items are in the order of the request."""

    email_id: str = ""
    """The id of the e-mail in activity and webhooks; empty if it was scheduled."""
    schedule_id: str = ""
    """The id of a scheduled e-mail until it is sent."""
    error: PersonalText = attrs.field(default="", eq=False, metadata=named("error", "message", "failures"))
    """The text of the answer about an e-mail without an id, if any; no such answer is documented."""

    @property
    def accepted(self) -> bool | None:
        """Whether it was queued. ``None`` if it has no id, whose meaning is documented nowhere."""
        return True if self.email_id or self.schedule_id else None


@model
class ScheduledEmail:
    """A scheduled e-mail that has not been sent yet."""

    schedule_id: str = ""
    schedule: dt.datetime | None = None
    """The time at which it will be sent."""
    sender: MaskedAddress = ""
    subject: PersonalText = ""
    recipients: MaskedAddress = ""
    """All recipients as a single text, as the API sends it."""
    client_ip: str = ""
    """The IP address of the call that scheduled it."""


SEND = Operation("/email/send", EmailSent, effect=CallEffect.ONCE)
SEND_MIME = Operation("/email/mime", EmailSent, effect=CallEffect.ONCE)
SEND_BATCH = Operation("/email/batch", ListReply[BatchItem], effect=CallEffect.ONCE)
SEARCH_SCHEDULED = Operation("/email/scheduled/search", ListReply[ScheduledEmail], effect=CallEffect.READ)
REMOVE_SCHEDULED = Operation("/email/scheduled/remove", EmptyReply, effect=CallEffect.CONVERGES, empty_response=True)


class Emails(EndpointGroup):
    """Sending, and scheduled e-mails (https://developers.smtp2go.com/reference/send-standard-email)."""

    async def send(
        self, sender: AddressLike, to: AddressLike | Sequence[AddressLike], **parts: Unpack[EmailParts]
    ) -> EmailSent:
        """Send an e-mail.

        ``POST /email/send`` (https://developers.smtp2go.com/reference/send-standard-email). Not repeated when the
        outcome is unknown: that could send it twice. An `Email` that was made before is sent by `send_message`.

        Args:
            sender: The sender, as ``"jane@example.com"``, ``"Jane <jane@example.com>"`` or ``("Jane",
                "jane@example.com")``; the domain or the address must be verified with SMTP2GO.
            to: 1 to 100 recipients, written as the sender is; a single recipient needs no list.
            **parts: See `EmailParts`.

        Raises:
            ValueError, TypeError: An argument is missing, wrong or over a limit; nothing was sent.
            SendRefusedError: The answer says that the e-mail was not accepted, for example for an unverified sender.
            OutcomeUnknownError: No answer came; the e-mail may have been sent.
        """
        return await self.send_message(Email(sender=sender, to=to, **parts))

    async def send_message(self, message: Email | Message) -> EmailSent:
        """Send an `Email`, or a ready message of the standard library.

        ``POST /email/send`` (https://developers.smtp2go.com/reference/send-standard-email), or ``POST /email/mime``
        (https://developers.smtp2go.com/reference/send-mime-email) for a ready message. Not repeated when the outcome is
        unknown. `send_mime` describes the treatment of a ready message and of its ``Bcc`` header.

        Raises:
            ValueError: A ready message can't be written; nothing was sent.
            TypeError: The message is of another kind.
            SendRefusedError: The answer says that the e-mail was not accepted.
        """
        if isinstance(message, Email):
            return await self._call(SEND, message.to_fields())
        if isinstance(message, Message):
            return await self.send_mime(message)
        refuse_other_libraries(message, "message")
        hint = "; write Email.from_dict(...) around it" if isinstance(message, dict) else ""
        raise wrong_type("message", "an Email or an EmailMessage", message, hint)

    async def send_mime(
        self,
        mime_email: str | bytes | Message | os.PathLike[str] | BinaryIO,
        *,
        schedule: dt.datetime | None = None,
        fastaccept: bool | None = None,
    ) -> EmailSent:
        """Send a ready MIME message.

        ``POST /email/mime`` (https://developers.smtp2go.com/reference/send-mime-email). Not repeated when the outcome
        is unknown. The call has no field for recipients, so they are taken from the headers of the message; the
        provider's example shows a ``To`` header. A message without any ``To``, ``Cc`` or ``Bcc`` header is sent with a
        `Smtp2goWarning`; files are not searched for headers.

        The provider does not document whether it delivers to the addresses in a ``Bcc`` header, nor whether it removes
        the header. If it does not remove it, every recipient can read the hidden addresses. Where addresses must stay
        hidden, use `send` with ``bcc=``.

        Text, bytes and files go out byte by byte. A message of the standard library is written by its own policy, with
        CRLF at the end of each line. If it has signed parts or a ``DKIM-Signature``, pass the bytes that were signed,
        since Python may fold a header differently than it did for the signature. A body without a transfer encoding
        that mail would change (binary data, lines longer than 998 octets) goes out in Base64.

        Args:
            mime_email: The message as text, as bytes, as a message of the standard library, or as a file (a `pathlib`
                path, or a file open in binary mode), which is read while it is sent; a file that can't be rewound, such
                as a pipe, is read to its end first. The message is encoded in base64 here. For an e-mail of Django,
                pass its ``message()``, from which Django leaves out ``bcc`` recipients.
            schedule: When to send it: a datetime with a time zone, 10 seconds to 3 days ahead.
            fastaccept: True to have the API answer at once and send in the background. Then nothing says whether it was
                refused.

        Raises:
            ValueError: The message is empty, its file can't be read, or the standard library can't write it; the error
                gives the reason without any of the content.
            TypeError: The message is of another kind, such as a message of another library.
            SendRefusedError: The answer says that the e-mail was not accepted.
        """
        when = format_schedule(schedule)
        return await self._call(
            SEND_MIME, {"mime_email": await mime_blob(mime_email), "schedule": when, "fastaccept": fastaccept}
        )

    async def send_batch(self, emails: Sequence[Email]) -> ListReply[BatchItem]:
        """Queue up to 1,000 e-mails in a single call.

        ``POST /email/batch`` (https://developers.smtp2go.com/reference/send-email-batch). Not repeated when the outcome
        is unknown. The e-mails are sent in the background, so refusals are seen only in activity and webhooks.

        Args:
            emails: 1 to 1,000 e-mails. The result has an item for each, in the same order.

        Raises:
            ValueError: There are no e-mails or too many, or an e-mail has ``fastaccept=False``; the error names its
                position.
            ReplyError: The answer has another number of items, so it is unknown which e-mails were queued; ``raw`` has
                the items.
        """
        return await call_batch(self._calls, _batch(emails))

    async def search_scheduled(
        self,
        *,
        schedule_id: str | None = None,
        limit: int | None = None,
        page: int | None = None,
        **filters: Unpack[ScheduledFilters],
    ) -> ListReply[ScheduledEmail]:
        """List scheduled e-mails that have not been sent yet.

        ``POST /email/scheduled/search`` (https://developers.smtp2go.com/reference/search-scheduled-emails)

        Args:
            schedule_id: List nothing but this e-mail.
            limit: The largest number of e-mails to return; 1,000 when left out.
            page: The number of the page; whether the API counts from 0 or from 1 is not documented.
            **filters: See `ScheduledFilters`.
        """
        if limit is not None:
            check_count(limit, "limit")
        fields = {"schedule_id": schedule_id, **ScheduledFilters(**filters), "limit": limit, "page": page}
        return await self._call(SEARCH_SCHEDULED, fields)

    def search_scheduled_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ScheduledFilters]
    ) -> AsyncIterator[ScheduledEmail]:
        """Iterate over all scheduled e-mails that have not been sent yet.

        ``POST /email/scheduled/search`` (https://developers.smtp2go.com/reference/search-scheduled-emails), once for
        each page. Whether the API counts pages from 0 or from 1 is not documented, so an e-mail that comes a second
        time is left out. The pages shift when an e-mail is sent or added meanwhile.

        Args:
            limit: The largest number of e-mails on a page; 1,000 when left out.
            max_items: Stop after this many e-mails.
            **filters: See `ScheduledFilters`.
        """
        search = partial(self.search_scheduled, limit=limit, **ScheduledFilters(**filters))
        return Paged(SEARCH_SCHEDULED, _by_number(search, limit), max_items)

    async def remove_scheduled(self, schedule_id: str) -> EmptyReply:
        """Cancel a scheduled e-mail that has not been sent yet.

        ``POST /email/scheduled/remove`` (https://developers.smtp2go.com/reference/remove-scheduled-email)

        Args:
            schedule_id: The id that `send` returned, or `search_scheduled` lists.

        Raises:
            ValueError: The id is empty.
            ApiError: No such e-mail is waiting.
        """
        return await self._call(REMOVE_SCHEDULED, {"schedule_id": schedule_id})


def _by_number(search: Callable[..., Awaitable[ListReply[ScheduledEmail]]], limit: int | None) -> Step[ScheduledEmail]:
    """Fetch pages by number. The first call names no page, so page 1 shows whether it is the first or the second."""
    seen: set[str] = set()
    # No upper bound of the limit is documented: a server may return fewer e-mails than a high limit, and have more.
    full = min(limit or MAX_SCHEDULED_PAGE_SIZE, MAX_SCHEDULED_PAGE_SIZE)

    async def step(mark: str | None) -> tuple[Sequence[ScheduledEmail], str | None]:
        found = await search(page=None if mark is None else int(mark))
        new = [email for email in found if email.schedule_id not in seen]
        seen.update(email.schedule_id for email in new)
        following = 1 if mark is None else int(mark) + 1
        if found and not new and following > 2 and mark is not None:
            # Only a server that ignores the page number returns nothing new twice. Returning the same mark makes
            # the iterator raise.
            return new, mark
        return new, None if len(found) < full else str(following)

    return step


def _batch(emails: Sequence[Email]) -> list[dict[str, Any]]:
    if isinstance(emails, (str, bytes, Email)) or not isinstance(emails, Sequence):
        raise wrong_type("emails", "a list of Email", emails)
    if not 1 <= len(emails) <= MAX_BATCH_SIZE:
        raise invalid("emails", f"must be 1 to {MAX_BATCH_SIZE:,} in a batch, not {len(emails):,}")
    batch = []
    for number, email in enumerate(emails):
        if not isinstance(email, Email):
            raise wrong_type(f"emails[{number}]", "an Email", email)
        try:
            batch.append(batch_fields(email))
        except ValueError as error:
            raise within(f"emails[{number}]", error) from error
    return batch


def batch_fields(email: Email) -> dict[str, Any]:
    """Return the fields of an e-mail of a batch.

    Raises:
        ValueError: The e-mail can't be sent in a batch.
    """
    if email.fastaccept is False:
        raise invalid("fastaccept", "must not be False in a batch, which is always queued")
    fields = email.to_fields()
    # The API has no such field here: a batch is always accepted at once.
    fields.pop("fastaccept", None)
    return fields


async def call_batch(calls: Calls, emails: Sequence[Mapping[str, Any]]) -> ListReply[BatchItem]:
    """Make one call of ``/email/batch`` with the fields of e-mails, and check that each has a result."""
    listing = await calls.call(SEND_BATCH, {"emails": emails})
    if len(listing) != len(emails):
        raise ReplyError(
            f"the answer tells of {len(listing)} e-mails, and {len(emails)} were in the call",
            operation=SEND_BATCH.path,
            status=200,
            raw=listing.raw,
        )
    return listing
