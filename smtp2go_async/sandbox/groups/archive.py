"""The archive of a sandbox account: all its e-mails, with their headers. No sockets."""

from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from ..activity_filters import read_date
from ..call import Call, Operations, refused
from ..pages import page_of
from ..ready import header_text
from ..records import SentEmail

MAX_PAGE_SIZE: Final = 5000


class ArchiveCalls:
    """The calls about archived e-mails. The caller holds the lock of the account.

    Args:
        sent: Returns the e-mails that went out, in order of time.
        lag: How long it takes until an e-mail is in the archive.
    """

    def __init__(self, sent: Callable[[], Sequence[SentEmail]], lag: timedelta) -> None:
        self._sent = sent
        self._lag = lag
        self.home: str = ""
        """The address of the sandbox, under which an e-mail can be downloaded."""

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {"/archive/email": self._email, "/archive/search": self._search}

    def clear(self) -> None:
        """Forget nothing: the e-mails are kept elsewhere."""

    def _archived(self, call: Call) -> list[SentEmail]:
        latest = call.now - self._lag
        return [
            email for email in self._sent() if email.received_at <= latest and call.subaccount in ("", email.subaccount)
        ]

    def _email(self, call: Call) -> dict[str, Any]:
        wanted = call.fields.required("email_id", call.fields.text("email_id"))
        for email in self._archived(call):
            if email.email_id == wanted:
                return self._shown(email)
        # The provider has not published how it refuses an unknown id.
        raise refused("No archived email was found with the passed 'email_id'")

    def _search(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        limit = fields.whole("limit", lowest=1, highest=MAX_PAGE_SIZE) or MAX_PAGE_SIZE
        today = call.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        start, end = read_date(fields, "start_date") or today, read_date(fields, "end_date")
        texts = {
            name: (fields.text(name) or "").lower()
            for name in ("username", "recipient", "sender", "envelope_from", "subject", "headers")
        }

        def has(email: SentEmail) -> bool:
            # The provider's matching ignores case, and it has not published whether a part of a field is enough.
            return (
                start <= email.received_at
                and (end is None or email.received_at < end)
                and texts["username"] in email.username.lower()
                and any(texts["recipient"] in recipient.lower() for recipient in email.recipients)
                and texts["sender"] in email.sender.lower()
                and texts["envelope_from"] in email.sender.lower()
                and texts["subject"] in email.subject.lower()
                and (not texts["headers"] or texts["headers"] in header_text(email.raw).lower())
            )

        found = [email for email in self._archived(call) if has(email)]
        emails, token = page_of(found, fields, limit)
        return {
            "email_count": len(found),
            "emails": [self._shown(email) for email in emails],
            "continue_token": token or None,
        }

    def _shown(self, email: SentEmail) -> dict[str, Any]:
        headers = header_text(email.raw)
        return {
            "attachment_count": len(email.attachments),
            "attachments": [file.filename for file in email.attachments],
            "byte_count": email.size,
            "email_id": email.email_id,
            "envelope_from": email.sender,
            "headers": headers,
            "recipient": ", ".join(email.recipients),
            "sender": email.sender,
            "sent": email.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject": email.subject,
            "to": ", ".join(address for address in email.recipients if address not in email.bcc),
            "url": f"{self.home}/sandbox/emails/{email.email_id}",
            "username": email.username,
        }
