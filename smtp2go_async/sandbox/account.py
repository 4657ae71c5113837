"""An SMTP2GO account in memory: its calls and their replies. No sockets; the clock is passed in.

The account refuses senders at ``unverified.example``, recipients whose address starts with ``refused``, and all that
`Account.refuse_sender` and `Account.refuse_address` add, with the provider's words.
"""

import random
import string
import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from attrs import frozen

from .._wire.settings import SANDBOX_KEY
from .activity import ACTIVITY_PER_MINUTE, ActivityLog
from .mime import attachments_of, build_message, subject_of
from .ready import read_message
from .records import ReceivedRequest, SentEmail, StoredReply, StoredSchedule, StoredSms, Via
from .rules import (
    MAX_BATCH,
    Draft,
    Fields,
    RequestError,
    check_key,
    is_key,
    read_draft,
    read_schedule,
)
from .sms import TextMessages
from .webhooks import MAX_WEBHOOKS, StoredWebhook, WebhookSettings

UNVERIFIED_DOMAIN = "unverified.example"
REFUSED_PREFIX = "refused"
DEFAULT_SEARCH_LIMIT = 1000  # of /email/scheduled/search

KEPT_REQUESTS = 10_000

# Maps any byte to one of 62 letters and digits.
_BASE62 = ((string.ascii_letters + string.digits) * 5)[:256].encode()
_random = random.Random()  # noqa: S311 - ids only have to differ, and the system's random numbers take ten times as long


@frozen
class _Call:
    fields: Fields
    request_id: str
    client_ip: str
    now: datetime


def utc_now() -> datetime:
    """Return the time now, aware."""
    return datetime.now(UTC)


class Account:
    """An account with one API key. May be used from several threads at once."""

    def __init__(
        self,
        *,
        api_key: str = SANDBOX_KEY,
        clock: Callable[[], datetime] = utc_now,
        activity_lag: float = 0.0,
        activity_per_minute: int | None = ACTIVITY_PER_MINUTE,
        keep_requests: int | None = KEPT_REQUESTS,
        max_webhooks: int = MAX_WEBHOOKS,
    ) -> None:
        if not is_key(api_key):
            raise ValueError("api_key: must be 'api-' followed by 32 letters and digits")
        if keep_requests is not None and keep_requests < 0:
            raise ValueError(f"keep_requests: must be 0 or more, not {keep_requests}")
        self.api_key = api_key
        self._clock = clock
        self._lock = threading.RLock()
        self._texts = TextMessages(self.username)
        self._webhooks = WebhookSettings(max_webhooks)
        self._keep_requests = keep_requests
        self._activity = ActivityLog(self.username, lag=activity_lag, per_minute=activity_per_minute)
        self._operations: dict[str, Callable[[_Call], Any]] = {
            "/email/send": self._send,
            "/email/mime": self._send_mime,
            "/email/batch": self._send_batch,
            "/email/scheduled/search": self._search_scheduled,
            "/email/scheduled/remove": self._remove_scheduled,
            "/activity/search": self._search_activity,
            "/sms/send": lambda call: self._texts.send(call.fields, call.request_id, call.now),
            "/sms/summary": lambda call: self._texts.summary(call.fields, call.now),
            "/sms/view-sent": lambda call: self._texts.view_sent(call.fields, call.now),
            "/sms/view-received": lambda call: self._texts.view_received(call.fields, call.now),
            "/webhook/add": lambda call: self._webhooks.add(call.fields),
            "/webhook/edit": lambda call: self._webhooks.edit(call.fields),
            "/webhook/remove": lambda call: self._webhooks.remove(call.fields),
            "/webhook/view": lambda _call: self._webhooks.view(),
        }
        self.clear()

    def clear(self) -> None:
        """Forget all e-mails, texts, webhooks, calls and added refusals, as if the account were new."""
        with self._lock:
            self._sent: list[SentEmail] = []
            self._scheduled: dict[str, StoredSchedule] = {}
            self._next_due: datetime | None = None
            self._texts.clear()
            self._webhooks.clear()
            self._activity.clear()
            self._requests: deque[ReceivedRequest] = deque(maxlen=self._keep_requests)
            self._calls: Counter[str] = Counter()
            self._refused_addresses: set[str] = set()
            self._refused_senders = {UNVERIFIED_DOMAIN}

    @property
    def sent(self) -> tuple[SentEmail, ...]:
        """Return the e-mails that would have gone out, in the order of going out."""
        with self._lock:
            self._release_due()
            return tuple(self._sent)

    @property
    def scheduled(self) -> tuple[StoredSchedule, ...]:
        """Return the e-mails that wait for their scheduled time."""
        with self._lock:
            self._release_due()
            return tuple(self._scheduled.values())

    @property
    def sms(self) -> tuple[StoredSms, ...]:
        """Return the texts that would have gone out, a text for each number."""
        return self._texts.sent

    @property
    def webhooks(self) -> tuple[StoredWebhook, ...]:
        """Return the webhooks that are set up."""
        return self._webhooks.all

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Return the newest calls that came in, with every outcome."""
        with self._lock:
            return tuple(self._requests)

    @property
    def accepted(self) -> tuple[SentEmail, ...]:
        """Return the e-mails that would have gone out, and those that wait for their time."""
        with self._lock:
            return (*self.sent, *(item.email for item in self.scheduled))

    @property
    def calls(self) -> dict[str, int]:
        """Return how many calls came in for each path, including calls that are no longer kept."""
        with self._lock:
            return dict(self._calls)

    @property
    def username(self) -> str:
        """Return the short form of the key, under which the provider's reports list it."""
        return self.api_key[:16]

    def note_request(self, request: ReceivedRequest) -> None:
        """Keep a call that came in, and count it."""
        with self._lock:
            self._requests.append(request)
            self._calls[request.path] += 1

    def receive_sms(self, source: str, destination: str, content: str) -> StoredReply:
        """Let a text arrive at the account, for ``/sms/view-received``."""
        return self._texts.receive(source, destination, content, self._clock())

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

    def has_operation(self, path: str) -> bool:
        """Return whether the sandbox serves a path; ``/v3`` is not part of it."""
        return path in self._operations

    def call(
        self, path: str, body: Mapping[str, Any], *, request_id: str | None = None, client_ip: str = "127.0.0.1"
    ) -> dict[str, Any]:
        """Carry out a call and return the JSON of its reply.

        Raises:
            RequestError: The request breaks a rule; nothing was carried out.
        """
        call = _Call(Fields(body), request_id or str(uuid.uuid4()), client_ip, self._clock())
        data = self._operations[path](call)
        if path.startswith("/sms/view-"):
            # In the provider's examples these two calls have the id inside data and nowhere else.
            return {"data": {"request_id": call.request_id, **data}}
        return {"request_id": call.request_id, "data": data}

    def check_key(self, given: object) -> None:
        """Raise the provider's error unless this is the key of the account."""
        check_key(given, self.api_key)

    def _send(self, call: _Call) -> dict[str, Any]:
        draft = read_draft(call.fields, call.now)
        fastaccept = call.fields.flag("fastaccept")
        email = self._compose(draft, "send", call)
        return self._accept(email, draft.schedule, fastaccept, call)

    def _send_mime(self, call: _Call) -> dict[str, Any]:
        content = call.fields.decoded("mime_email")
        schedule = read_schedule(call.fields, call.now)
        fastaccept = call.fields.flag("fastaccept")
        schedule_id = str(uuid.uuid4()) if schedule else None
        ready = read_message(content, schedule_id)
        email = SentEmail(
            email_id=_new_email_id(),
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

    def _send_batch(self, call: _Call) -> list[dict[str, Any]]:
        # All e-mails are checked before any is kept: the provider has not published what a partly invalid batch does.
        drafts = [read_draft(item, call.now) for item in call.fields.objects("emails", most=MAX_BATCH, required=True)]
        emails = [(self._compose(draft, "batch", call), draft.schedule) for draft in drafts]
        with self._lock:
            return [self._accept(email, schedule, True, call) for email, schedule in emails]

    def _compose(self, draft: Draft, via: Via, call: _Call) -> SentEmail:
        email_id = _new_email_id()
        schedule_id = str(uuid.uuid4()) if draft.schedule else None
        recipients = (*draft.to, *draft.cc, *draft.bcc)
        return SentEmail(
            email_id=email_id,
            via=via,
            sender=draft.sender.address,
            recipients=tuple([mailbox.address for mailbox in recipients]),
            bcc=tuple([mailbox.address for mailbox in draft.bcc]),
            subject=subject_of(draft),
            build=partial(build_message, draft, email_id, draft.schedule or call.now, schedule_id),
            custom_headers=draft.headers,
            attachments=attachments_of(draft),
            request_id=call.request_id,
            received_at=call.now,
            template_id=draft.template_id,
            template_data=draft.template_data,
            schedule_id=schedule_id,
        )

    def _accept(self, email: SentEmail, schedule: datetime | None, fastaccept: bool, call: _Call) -> dict[str, Any]:
        with self._lock:
            self._release_due()
            if schedule and email.schedule_id:
                self._scheduled[email.schedule_id] = StoredSchedule(
                    schedule_id=email.schedule_id, schedule=schedule, client_ip=call.client_ip, email=email
                )
                self._next_due = min(schedule, self._next_due or schedule)
                return {"schedule_id": email.schedule_id}
            failure = self._refusal_of(email)
            if failure is None:
                self._sent.append(email)
                self._activity.delivered(email, call.now)
            elif fastaccept:
                self._activity.rejected(email, call.now, failure)
        if fastaccept:
            # A refused e-mail is dropped without a word, as seen live in 2026; only the activity shows it.
            return {"email_id": email.email_id}
        if failure is None:
            return {"succeeded": 1, "failed": 0, "failures": [], "email_id": email.email_id}
        return {"succeeded": 0, "failed": 1, "failures": [failure], "email_id": ""}

    def _refusal_of(self, email: SentEmail) -> str | None:
        sender = email.sender.lower()
        domain = sender.rpartition("@")[2]
        if {sender, domain} & self._refused_senders:
            return (
                f"An error occurred during the SMTP request: From header sender domain not verified ({domain})\n"
                "Add the domain or the address on the Verified Senders page - Code(550)"
            )
        for address in email.recipients:
            if address.lower() in self._refused_addresses or address.lower().startswith(REFUSED_PREFIX):
                return (
                    f"An error occurred during the SMTP request: Verification failed for <{address}>\n"
                    f"Unrouteable address\ndomain verify fail <{address}>"
                )
        return None

    def _release_due(self) -> None:
        now = self._clock()
        if self._next_due is None or now < self._next_due:
            return
        due = sorted(
            (item for item in self._scheduled.values() if item.schedule <= now), key=lambda item: item.schedule
        )
        for item in due:
            del self._scheduled[item.schedule_id]
            failure = self._refusal_of(item.email)
            if failure is None:
                self._sent.append(item.email)
                self._activity.delivered(item.email, item.schedule)
            else:
                self._activity.rejected(item.email, item.schedule, failure)
        self._next_due = min((item.schedule for item in self._scheduled.values()), default=None)

    def _search_activity(self, call: _Call) -> dict[str, Any]:
        with self._lock:
            self._release_due()
        return self._activity.search(call.fields, call.now)

    def _search_scheduled(self, call: _Call) -> list[dict[str, str]]:
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

    def _remove_scheduled(self, call: _Call) -> dict[str, Any]:
        wanted = call.fields.required("schedule_id", call.fields.text("schedule_id"))
        with self._lock:
            self._release_due()
            if self._scheduled.pop(wanted, None) is None:
                raise RequestError(400, "API_EXCEPTION", "No scheduled email was found with the passed 'schedule_id'")
        return {}


def _new_email_id() -> str:
    part = _random.randbytes(20).translate(_BASE62).decode()
    return f"1{part[:5]}-{part[5:16]}-{part[16:]}"
