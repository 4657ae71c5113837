"""Send e-mails and manage scheduled ones.

| method             | call                        | effect    |
|--------------------|-----------------------------|-----------|
| `send`             | POST /email/send            | ONCE      |
| `send_message`     | as `send` or `send_mime`    | ONCE      |
| `send_mime`        | POST /email/mime            | ONCE      |
| `send_batch`       | POST /email/batch           | ONCE      |
| `search_scheduled` | POST /email/scheduled/search| READ      |
| `search_scheduled_all` | as above, all pages     | READ      |
| `remove_scheduled` | POST /email/scheduled/remove| CONVERGES |
"""

import datetime as dt
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from email.message import Message
from functools import partial
from typing import Any, BinaryIO, Unpack

import attrs

from .._calls import Calls
from .._mime.messages import mime_blob, refuse_other_libraries
from .._models.model import EmptyReply, ListReply, MaskedAddress, PersonalText, SendReply, model, named
from .._operation import CallEffect, Operation
from .._paging import Paged, Step
from .._values.address import AddressLike
from .._values.checks import check_count, type_name
from .._values.dates import format_schedule
from .._values.options import Options
from ..errors import ReplyError
from ..message import Email, EmailParts
from ._group import EndpointGroup

MAX_BATCH_SIZE = 1000
"""E-mails in one ``/email/batch`` call (its reference page)."""


MAX_SCHEDULED_PAGE_SIZE = 1000
"""E-mails on a page of ``/email/scheduled/search`` when no limit is given (its reference page)."""


class ScheduledFilters(Options, total=False):
    """What to look for among scheduled e-mails; each can be left out, and all that are given must fit."""

    search_subject: str | None
    search_recipient: str | None
    search_sender: str | None


@model
class EmailSent(SendReply):
    """What happened to one e-mail."""

    email_id: str = ""
    """Names the e-mail in activity and webhooks; empty when it was scheduled or refused."""
    schedule_id: str = ""
    """Names a scheduled e-mail until it is sent; empty otherwise."""
    succeeded: int | None = None
    """E-mails accepted: 1, however many recipients. ``None`` with ``fastaccept`` or ``schedule``: nobody knows yet."""
    failed: int | None = None
    """E-mails refused. ``None`` as above."""
    failures: tuple[PersonalText, ...] = ()
    """Why, in the provider's words; each can have several lines and hold addresses."""

    @property
    def accepted(self) -> bool | None:
        """Whether the provider took it; ``None`` when the answer doesn't say."""
        taken = bool(self.email_id or self.schedule_id or (self.succeeded or 0) > 0)
        if (self.failed or 0) > 0:
            # A refusal beside a success or an id contradicts itself, so it says neither.
            return None if taken else False
        if taken:
            return True
        return False if self.failures else None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it was not accepted; the same as ``failures``."""
        return self.failures


@model
class BatchItem:
    """What happened to one e-mail of a batch, at the position it had in the request."""

    email_id: str = ""
    """Names the e-mail in activity and webhooks; empty when it was scheduled."""
    schedule_id: str = ""
    """Names a scheduled e-mail until it is sent."""
    error: PersonalText = attrs.field(default="", eq=False, metadata=named("error", "message", "failures"))
    """What the answer says of an e-mail without an id, if anything; no such answer is documented."""

    @property
    def accepted(self) -> bool | None:
        """Whether it was queued. ``None`` when it has no id: what that means is documented nowhere."""
        return True if self.email_id or self.schedule_id else None


@model
class ScheduledEmail:
    """An e-mail that waits for its time."""

    schedule_id: str = ""
    schedule: dt.datetime | None = None
    """When it will be sent."""
    sender: MaskedAddress = ""
    subject: PersonalText = ""
    recipients: MaskedAddress = ""
    """All of them in one text, as the API sends it."""
    client_ip: str = ""
    """Where the call that scheduled it came from."""


SEND = Operation("/email/send", EmailSent, effect=CallEffect.ONCE)
SEND_MIME = Operation("/email/mime", EmailSent, effect=CallEffect.ONCE)
SEND_BATCH = Operation("/email/batch", ListReply[BatchItem], effect=CallEffect.ONCE)
SEARCH_SCHEDULED = Operation("/email/scheduled/search", ListReply[ScheduledEmail], effect=CallEffect.READ)
REMOVE_SCHEDULED = Operation("/email/scheduled/remove", EmptyReply, effect=CallEffect.CONVERGES, empty_answer=True)


class Emails(EndpointGroup):
    """E-mails: sending, and what is scheduled."""

    async def send(
        self, sender: AddressLike, to: AddressLike | Sequence[AddressLike], **parts: Unpack[EmailParts]
    ) -> EmailSent:
        """Send one e-mail.

        ``POST /email/send``. Not repeated when the outcome is unknown: that could send it twice.

        Args:
            sender: Who it is from; the domain or address must be verified with SMTP2GO.
            to: 1 to 100 recipients; one alone may stand without a list.
            **parts: ``subject``, ``text_body``, ``html_body``, ``cc``, ``bcc``, ``reply_to``, ``custom_headers``,
                ``attachments``, ``inlines``, ``template_id``, ``template_data``, ``schedule`` and ``fastaccept``, as
                `Email` describes them. An `Email` that was made before is sent by `send_message`.

        Raises:
            ValueError: Something that is missing, wrong or over a limit; nothing was sent.
            SendRefusedError: The answer says that the e-mail was not accepted, for example for an unverified sender.
            OutcomeUnknownError: No answer came; the e-mail may have been sent.
        """
        return await self.send_message(Email(sender=sender, to=to, **parts))

    async def send_message(self, message: Email | Message) -> EmailSent:
        """Send an `Email`, or a ready message of the standard library.

        ``POST /email/send``, or ``POST /email/mime`` for a ready message. Not repeated when the outcome is unknown.
        `send_mime` says what becomes of a ready message and of its ``Bcc`` header.

        Raises:
            ValueError: A ready message that can't be written; nothing was sent.
            TypeError: Another kind of message.
            SendRefusedError: The answer says that the e-mail was not accepted.
        """
        if isinstance(message, Email):
            return await self._call(SEND, message.to_fields())
        if isinstance(message, Message):
            return await self.send_mime(message)
        refuse_other_libraries(message, "message")
        hint = "; write Email.from_dict(...) around it" if isinstance(message, dict) else ""
        raise TypeError(f"message: an Email or an EmailMessage is needed, not a {type_name(message)}{hint}")

    async def send_mime(
        self,
        mime_email: str | bytes | Message | os.PathLike[str] | BinaryIO,
        *,
        schedule: dt.datetime | None = None,
        fastaccept: bool | None = None,
    ) -> EmailSent:
        """Send a ready MIME message.

        ``POST /email/mime``. Not repeated when the outcome is unknown. The call has no field for recipients, so they
        can only be those in the headers of the message; the provider's example shows a ``To`` header. A message with no
        ``To``, ``Cc`` or ``Bcc`` header at all is sent with a `UserWarning`; files are not looked into for that.

        What the provider does with a ``Bcc`` header is not documented: whether it delivers to the addresses in it, and
        whether it takes the header out. If it does not, every recipient can read who the others are. Where addresses
        must stay hidden, use `send` with ``bcc=``.

        Text, bytes and files go out byte by byte. A message of the standard library is written by its own policy with
        CRLF at the end of its lines; if it has parts that are signed, or a ``DKIM-Signature``, give the bytes that were
        signed, since Python may fold a header in another way than it did for the signature. A body without an encoding
        that mail would change (binary data, lines longer than 998 octets) goes out in Base64.

        Args:
            mime_email: The message as text, as bytes, as a message of the standard library, or as a file (a `pathlib`
                path or one open in binary mode), which is read while it is sent; one that can't be rewound, as a pipe,
                is read to its end before. The base64 of the call is done here. Of an e-mail of Django, its
                ``message()``, which leaves out ``bcc`` recipients.
            schedule: When to send it: an aware time, at least 10 seconds and at most 3 days ahead.
            fastaccept: Answer at once and send in the background; then nothing says whether it was refused.

        Raises:
            ValueError: An empty message, a file that can't be read, or a message that the standard library can't write;
                the error says why without any of its content.
            TypeError: Something else, as a message of another library.
            SendRefusedError: The answer says that the e-mail was not accepted.
        """
        when = format_schedule(schedule)
        return await self._call(
            SEND_MIME, {"mime_email": await mime_blob(mime_email), "schedule": when, "fastaccept": fastaccept}
        )

    async def send_batch(self, emails: Sequence[Email]) -> ListReply[BatchItem]:
        """Queue up to 1,000 e-mails in one call.

        ``POST /email/batch``. Not repeated when the outcome is unknown. They are sent in the background, so refusals
        are seen only in activity and webhooks.

        Args:
            emails: 1 to 1,000. The result has one item for each, in the same order.

        Raises:
            ValueError: None or too many, or one with ``fastaccept=False``; the message names its position.
            ReplyError: The answer has another number of items, so which were queued can't be told; ``raw`` has them.
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
        """List e-mails that wait for their time.

        ``POST /email/scheduled/search``

        Args:
            schedule_id: Only this one.
            limit: The most to return; 1,000 when left out.
            page: Which page of them.
            **filters: What to look for; see `ScheduledFilters`.
        """
        if limit is not None:
            check_count(limit, "limit")
        return await self._call(SEARCH_SCHEDULED, {"schedule_id": schedule_id, **filters, "limit": limit, "page": page})

    def search_scheduled_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ScheduledFilters]
    ) -> AsyncIterator[ScheduledEmail]:
        """Iterate over all the e-mails that wait for their time.

        ``POST /email/scheduled/search``, once for each page. Whether the API counts pages from 0 or from 1 is not
        documented, so e-mails that came before are left out. The pages move when an e-mail is sent or added meanwhile.

        Args:
            limit: The most on a page; 1,000 when left out.
            max_items: The most in all.
            **filters: What to look for; see `ScheduledFilters`.
        """
        search = partial(self.search_scheduled, limit=limit, **filters)
        return Paged(SEARCH_SCHEDULED, _by_number(search, limit), max_items)

    async def remove_scheduled(self, schedule_id: str) -> EmptyReply:
        """Take back an e-mail that was scheduled and has not been sent.

        ``POST /email/scheduled/remove``

        Raises:
            ValueError: The id is empty.
            ApiError: There is no such e-mail waiting.
        """
        return await self._call(REMOVE_SCHEDULED, {"schedule_id": schedule_id})


def _by_number(search: Callable[..., Awaitable[ListReply[ScheduledEmail]]], limit: int | None) -> Step[ScheduledEmail]:
    """Fetch pages by number, the first without one, so that page 1 shows whether it is the first or the second."""
    seen: set[str] = set()
    # No upper bound of the limit is documented: a server may give fewer than a high one asks for, and have more.
    full = min(limit or MAX_SCHEDULED_PAGE_SIZE, MAX_SCHEDULED_PAGE_SIZE)

    async def step(mark: str | None) -> tuple[Sequence[ScheduledEmail], str | None]:
        found = await search(page=None if mark is None else int(mark))
        new = [one for one in found if one.schedule_id not in seen]
        seen.update(one.schedule_id for one in new)
        following = 1 if mark is None else int(mark) + 1
        if found and not new and following > 2 and mark is not None:
            # Only a server that does not turn its pages gives nothing new twice; going back to this mark tells of it.
            return new, mark
        return new, None if len(found) < full else str(following)

    return step


def _batch(emails: Sequence[Email]) -> list[dict[str, Any]]:
    if isinstance(emails, (str, bytes, Email)) or not isinstance(emails, Sequence):
        raise TypeError(f"emails: a list of Email is needed, not a {type(emails).__name__}")
    if not 1 <= len(emails) <= MAX_BATCH_SIZE:
        raise ValueError(f"emails: 1 to {MAX_BATCH_SIZE:,} are possible in a batch, not {len(emails):,}")
    batch = []
    for number, one in enumerate(emails):
        if not isinstance(one, Email):
            raise TypeError(f"emails[{number}]: an Email is needed, not a {type(one).__name__}")
        try:
            batch.append(batch_fields(one))
        except ValueError as error:
            raise ValueError(f"emails[{number}]: {error}") from error
    return batch


def batch_fields(email: Email) -> dict[str, Any]:
    """Return the fields of one e-mail of a batch.

    Raises:
        ValueError: One that can't be sent in a batch.
    """
    if email.fastaccept is False:
        raise ValueError("fastaccept can't be false in a batch, which is always queued")
    fields = email.to_fields()
    # The API has no such field here, because a batch is accepted at once in any case.
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
