# Written by tools/make_sync.py from endpoints/email.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.email`."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from email.message import Message
from typing import BinaryIO, Unpack

from .._models.model import EmptyReply, ListReply
from .._values.address import AddressLike
from ..endpoints.email import BatchItem, Emails, EmailSent, ScheduledEmail, ScheduledFilters
from ..message import Email, EmailParts
from ._group import SyncGroup


class SyncEmails(SyncGroup[Emails]):
    """E-mails: sending, and what is scheduled."""

    __slots__ = ()

    def send(
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
        return self._run(self._async.send, sender, to, **EmailParts(**parts))

    def send_message(self, message: Email | Message) -> EmailSent:
        """Send an `Email`, or a ready message of the standard library.

        ``POST /email/send``, or ``POST /email/mime`` for a ready message. Not repeated when the outcome is unknown.
        `send_mime` says what becomes of a ready message and of its ``Bcc`` header.

        Raises:
            ValueError: A ready message that can't be written; nothing was sent.
            TypeError: Another kind of message.
            SendRefusedError: The answer says that the e-mail was not accepted.
        """
        return self._run(self._async.send_message, message)

    def send_mime(
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
        return self._run(self._async.send_mime, mime_email, schedule=schedule, fastaccept=fastaccept)

    def send_batch(self, emails: Sequence[Email]) -> ListReply[BatchItem]:
        """Queue up to 1,000 e-mails in one call.

        ``POST /email/batch``. Not repeated when the outcome is unknown. They are sent in the background, so refusals
        are seen only in activity and webhooks.

        Args:
            emails: 1 to 1,000. The result has one item for each, in the same order.

        Raises:
            ValueError: None or too many, or one with ``fastaccept=False``; the message names its position.
            ReplyError: The answer has another number of items, so which were queued can't be told; ``raw`` has them.
        """
        return self._run(self._async.send_batch, emails)

    def search_scheduled(
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
        return self._run(
            self._async.search_scheduled, schedule_id=schedule_id, limit=limit, page=page, **ScheduledFilters(**filters)
        )

    def search_scheduled_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ScheduledFilters]
    ) -> Iterator[ScheduledEmail]:
        """Iterate over all the e-mails that wait for their time.

        ``POST /email/scheduled/search``, once for each page. Whether the API counts pages from 0 or from 1 is not
        documented, so e-mails that came before are left out. The pages move when an e-mail is sent or added meanwhile.

        Args:
            limit: The most on a page; 1,000 when left out.
            max_items: The most in all.
            **filters: What to look for; see `ScheduledFilters`.
        """
        return self._iterate(
            self._async.search_scheduled_all, limit=limit, max_items=max_items, **ScheduledFilters(**filters)
        )

    def remove_scheduled(self, schedule_id: str) -> EmptyReply:
        """Take back an e-mail that was scheduled and has not been sent.

        ``POST /email/scheduled/remove``

        Raises:
            ValueError: The id is empty.
            ApiError: There is no such e-mail waiting.
        """
        return self._run(self._async.remove_scheduled, schedule_id)
