# Written by tools/make_sync.py from endpoints/email.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.email`."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from email.message import Message
from typing import BinaryIO, Unpack

from .._values.address import AddressLike
from ..endpoints.email import BatchItem, Emails, EmailSent, ScheduledEmail, ScheduledFilters
from ..message import Email, EmailParts
from ..reply import EmptyReply, ListReply
from ._group import SyncGroup


class SyncEmails(SyncGroup[Emails]):
    """Sending, and scheduled e-mails (https://developers.smtp2go.com/reference/send-standard-email)."""

    __slots__ = ()

    def send(
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
        return self._run(self._async.send, sender, to, **EmailParts(**parts))

    def send_message(self, message: Email | Message) -> EmailSent:
        """Send an `Email`, or a ready message of the standard library.

        ``POST /email/send`` (https://developers.smtp2go.com/reference/send-standard-email), or ``POST /email/mime``
        (https://developers.smtp2go.com/reference/send-mime-email) for a ready message. Not repeated when the outcome is
        unknown. `send_mime` describes the treatment of a ready message and of its ``Bcc`` header.

        Raises:
            ValueError: A ready message can't be written; nothing was sent.
            TypeError: The message is of another kind.
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
        return self._run(self._async.send_mime, mime_email, schedule=schedule, fastaccept=fastaccept)

    def send_batch(self, emails: Sequence[Email]) -> ListReply[BatchItem]:
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
        return self._run(self._async.send_batch, emails)

    def search_scheduled(
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
        return self._run(
            self._async.search_scheduled, schedule_id=schedule_id, limit=limit, page=page, **ScheduledFilters(**filters)
        )

    def search_scheduled_all(
        self, *, limit: int | None = None, max_items: int | None = None, **filters: Unpack[ScheduledFilters]
    ) -> Iterator[ScheduledEmail]:
        """Iterate over all scheduled e-mails that have not been sent yet.

        ``POST /email/scheduled/search`` (https://developers.smtp2go.com/reference/search-scheduled-emails), once for
        each page. Whether the API counts pages from 0 or from 1 is not documented, so an e-mail that comes a second
        time is left out. The pages shift when an e-mail is sent or added meanwhile.

        Args:
            limit: The largest number of e-mails on a page; 1,000 when left out.
            max_items: Stop after this many e-mails.
            **filters: See `ScheduledFilters`.
        """
        return self._iterate(
            self._async.search_scheduled_all, limit=limit, max_items=max_items, **ScheduledFilters(**filters)
        )

    def remove_scheduled(self, schedule_id: str) -> EmptyReply:
        """Cancel a scheduled e-mail that has not been sent yet.

        ``POST /email/scheduled/remove`` (https://developers.smtp2go.com/reference/remove-scheduled-email)

        Args:
            schedule_id: The id that `send` returned, or `search_scheduled` lists.

        Raises:
            ValueError: The id is empty.
            ApiError: No such e-mail is waiting.
        """
        return self._run(self._async.remove_scheduled, schedule_id)
