"""The e-mails of a sandbox account and the calls about them, ``/activity/search`` among them. No sockets.

Senders at ``unverified.example`` are refused, recipients whose address starts with ``refused``, and all that
`EmailCalls.refuse_sender` and `EmailCalls.refuse_address` add, with the provider's words.
"""

import random
import string
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..activity import ActivityLog
from ..call import Call, Operations
from ..mime import attachments_of, build_message
from ..outcomes import Deliveries
from ..ready import read_message
from ..records import SentEmail, StoredSchedule, Via
from ..rules import MAX_BATCH, Draft, RequestError, read_draft, read_schedule
from .templates import TemplateCalls

UNVERIFIED_DOMAIN = "unverified.example"
REFUSED_PREFIX = "refused"
DEFAULT_SEARCH_LIMIT = 1000  # of /email/scheduled/search
SANDBOXED = "The API key is in sandbox mode"

Check = Callable[[SentEmail], str | None]
"""Returns why an e-mail is refused, in the provider's words, or `None`."""

# Maps any byte to one of 62 letters and digits.
_BASE62 = ((string.ascii_letters + string.digits) * 5)[:256].encode()
_random = random.Random()  # noqa: S311 - ids only have to differ, and the system's random numbers take ten times as long


class EmailCalls:
    """The e-mails that were sent and those that wait. May be used from several threads at once.

    Args:
        clock: Returns the time, aware.
        lock: The lock of the account.
        activity: The events of e-mails.
        deliveries: Lets happen to e-mails what their recipients stand for.
        templates: Makes the texts of e-mails with a template.
        checks: What else an e-mail is refused for, asked in this order.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        lock: threading.RLock,
        *,
        activity: ActivityLog,
        deliveries: Deliveries,
        templates: TemplateCalls,
        checks: Sequence[Check] = (),
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._activity = activity
        self.deliveries: Deliveries = deliveries
        self._templates = templates
        self._checks = (self._own_refusal, *checks)
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/email/send": self._send,
            "/email/mime": self._send_mime,
            "/email/batch": self._send_batch,
            "/email/scheduled/search": self._search_scheduled,
            "/email/scheduled/remove": self._remove_scheduled,
            "/activity/search": self._search_activity,
        }

    def clear(self) -> None:
        """Forget all e-mails, their events and added refusals."""
        with self._lock:
            self._sent: list[SentEmail] = []
            self._used: Counter[str] = Counter()
            self._scheduled: dict[str, StoredSchedule] = {}
            self._next_due: datetime | None = None
            self.deliveries.clear()
            self._refused_addresses: set[str] = set()
            self._refused_senders = {UNVERIFIED_DOMAIN}

    @property
    def sent(self) -> tuple[SentEmail, ...]:
        """Return the e-mails that would have gone out, in the order of going out."""
        with self._lock:
            self.release_due()
            return tuple(self._sent)

    @property
    def scheduled(self) -> tuple[StoredSchedule, ...]:
        """Return the e-mails that wait for their scheduled time."""
        with self._lock:
            self.release_due()
            return tuple(self._scheduled.values())

    def used(self, subaccount: str) -> int:
        """Return how many e-mails an account has sent, counted by recipient as its plan counts them."""
        with self._lock:
            self.release_due()
            return self._used[subaccount]

    def refuse_address(self, address: str) -> None:
        """Refuse e-mails to this recipient from now on."""
        if "@" not in address:
            raise ValueError("address: must be an e-mail address, with an @")
        with self._lock:
            self._refused_addresses.add(address.lower())

    def refuse_sender(self, sender: str) -> None:
        """Refuse e-mails from this address or domain from now on."""
        with self._lock:
            self._refused_senders.add(sender.lower())

    def _send(self, call: Call) -> dict[str, Any]:
        draft = self._templates.filled(read_draft(call.fields, call.now), call.subaccount)
        fastaccept = call.fields.flag("fastaccept")
        email = self._compose(draft, "send", call)
        return self._accept(email, draft.schedule, fastaccept, call)

    def _send_mime(self, call: Call) -> dict[str, Any]:
        content = call.fields.decoded("mime_email")
        schedule = read_schedule(call.fields, call.now)
        fastaccept = call.fields.flag("fastaccept")
        schedule_id = str(uuid.uuid4()) if schedule else None
        ready = read_message(content, schedule_id)
        email = SentEmail(
            email_id=_new_email_id(),
            username=call.key.username,
            sandboxed=call.key.settings.status == "sandbox",
            subaccount=call.subaccount,
            client_ip=call.client_ip,
            via="mime",
            sender=ready.sender,
            recipients=ready.recipients,
            bcc=ready.bcc,
            subject=ready.subject,
            build=lambda: ready.raw,
            attachments=ready.attachments,
            request_id=call.request_id,
            received_at=call.now,
            schedule_id=schedule_id,
        )
        return self._accept(email, schedule, fastaccept, call)

    def _send_batch(self, call: Call) -> list[dict[str, Any]]:
        # All e-mails are checked before any is kept: the provider has not published what a partly invalid batch does.
        items = call.fields.objects("emails", most=MAX_BATCH, required=True)
        drafts = [self._templates.filled(read_draft(item, call.now), call.subaccount) for item in items]
        emails = [(self._compose(draft, "batch", call), draft.schedule) for draft in drafts]
        with self._lock:
            return [self._accept(email, schedule, True, call) for email, schedule in emails]

    def _compose(self, draft: Draft, via: Via, call: Call) -> SentEmail:
        email_id = _new_email_id()
        schedule_id = str(uuid.uuid4()) if draft.schedule else None
        recipients = (*draft.to, *draft.cc, *draft.bcc)
        return SentEmail(
            email_id=email_id,
            username=call.key.username,
            sandboxed=call.key.settings.status == "sandbox",
            subaccount=call.subaccount,
            client_ip=call.client_ip,
            via=via,
            sender=draft.sender.address,
            sender_name=draft.sender.name,
            recipients=tuple([mailbox.address for mailbox in recipients]),
            bcc=tuple([mailbox.address for mailbox in draft.bcc]),
            subject=draft.subject,
            build=partial(build_message, draft, email_id, draft.schedule or call.now, schedule_id),
            custom_headers=draft.headers,
            attachments=attachments_of(draft),
            request_id=call.request_id,
            received_at=call.now,
            template_id=draft.template_id,
            template_data=draft.template_data,
            schedule_id=schedule_id,
        )

    def _accept(self, email: SentEmail, schedule: datetime | None, fastaccept: bool, call: Call) -> dict[str, Any]:
        with self._lock:
            self.release_due()
            if schedule and email.schedule_id:
                self._scheduled[email.schedule_id] = StoredSchedule(
                    schedule_id=email.schedule_id, schedule=schedule, client_ip=call.client_ip, email=email
                )
                self._next_due = min(schedule, self._next_due or schedule)
                return {"schedule_id": email.schedule_id}
            failure = self._go_out(email, call.now)
            if failure is not None and fastaccept:
                self.deliveries.rejected(email, call.now, failure)
        if fastaccept:
            # A refused e-mail is dropped without a word, as seen live in 2026; only the activity shows it.
            return {"email_id": email.email_id}
        if failure is None:
            return {"succeeded": 1, "failed": 0, "failures": [], "email_id": email.email_id}
        return {"succeeded": 0, "failed": 1, "failures": [failure], "email_id": ""}

    def _go_out(self, email: SentEmail, moment: datetime) -> str | None:
        """Let an e-mail go out, or return why it is refused."""
        failure = self._refusal_of(email)
        if failure is None:
            self._used[email.subaccount] += len(email.recipients)
            if email.sandboxed:
                # Such an e-mail is answered like any other and counts as sent, but it is shown as rejected.
                self.deliveries.rejected(email, moment, SANDBOXED)
            elif self.deliveries.delivered(email, moment):
                self._sent.append(email)
        return failure

    def _refusal_of(self, email: SentEmail) -> str | None:
        for check in self._checks:
            if (failure := check(email)) is not None:
                return failure
        return None

    def _own_refusal(self, email: SentEmail) -> str | None:
        sender = email.sender.lower()
        domain = sender.rpartition("@")[2]
        if {sender, domain} & self._refused_senders:
            return unverified_sender(domain)
        for address in email.recipients:
            lowered = address.lower()
            if lowered in self._refused_addresses or lowered.startswith(REFUSED_PREFIX):
                return (
                    f"An error occurred during the SMTP request: Verification failed for <{address}>\n"
                    f"Unrouteable address\ndomain verify fail <{address}>"
                )
        return None

    def release_due(self) -> None:
        """Let all e-mails go out whose scheduled time has come; the lock must be held."""
        now = self._clock()
        self.deliveries.release(now)
        if self._next_due is None or now < self._next_due:
            return
        due = sorted(
            (item for item in self._scheduled.values() if item.schedule <= now), key=lambda item: item.schedule
        )
        for item in due:
            del self._scheduled[item.schedule_id]
            failure = self._go_out(item.email, item.schedule)
            if failure is not None:
                self.deliveries.rejected(item.email, item.schedule, failure)
        self._next_due = min((item.schedule for item in self._scheduled.values()), default=None)

    def _search_activity(self, call: Call) -> dict[str, Any]:
        with self._lock:
            self.release_due()
        return self._activity.search(call)

    def _search_scheduled(self, call: Call) -> list[dict[str, str]]:
        fields = call.fields
        wanted_id = fields.text("schedule_id")
        subject, recipient, sender = (
            (fields.text(name) or "").lower() for name in ("search_subject", "search_recipient", "search_sender")
        )
        limit = fields.whole("limit", lowest=1) or DEFAULT_SEARCH_LIMIT
        # The provider has not published the number of the first page; here it is 1.
        page = fields.whole("page", lowest=1) or 1
        found = [
            item
            for item in self.scheduled
            if wanted_id in {None, item.schedule_id}
            and subject in item.email.subject.lower()
            and recipient in ", ".join(item.email.recipients).lower()
            and sender in item.email.sender.lower()
        ]
        return [
            {
                "schedule_id": item.schedule_id,
                "schedule": item.schedule.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "sender": item.email.sender,
                "subject": item.email.subject,
                "recipients": ", ".join(item.email.recipients),
                "client_ip": item.client_ip,
            }
            for item in found[(page - 1) * limit : page * limit]
        ]

    def _remove_scheduled(self, call: Call) -> dict[str, Any]:
        wanted = call.fields.required("schedule_id", call.fields.text("schedule_id"))
        with self._lock:
            self.release_due()
            if self._scheduled.pop(wanted, None) is None:
                raise RequestError(400, "API_EXCEPTION", "No scheduled email was found with the passed 'schedule_id'")
        return {}


def unverified_sender(domain: str) -> str:
    """Return how the provider refuses the sender of an e-mail."""
    return (
        f"An error occurred during the SMTP request: From header sender domain not verified ({domain})\n"
        "Add the domain or the address on the Verified Senders page - Code(550)"
    )


def _new_email_id() -> str:
    part = _random.randbytes(20).translate(_BASE62).decode()
    return f"1{part[:5]}-{part[5:16]}-{part[16:]}"
