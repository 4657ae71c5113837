"""An SMTP2GO account in memory: its groups of calls and their replies. No sockets; the clock is passed in."""

import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .._wire.settings import SANDBOX_KEY
from .account_key import AccountKey
from .activity import ACTIVITY_PER_MINUTE, ActivityLog
from .call import Call, Group, operation_name
from .dns import CnameRecord
from .groups.allowed_recipients import AllowedRecipientCalls
from .groups.allowed_senders import AllowedSenderCalls
from .groups.api_keys import KeyCalls
from .groups.archive import ArchiveCalls
from .groups.dedicated_ips import DedicatedIpCalls
from .groups.domains import DomainCalls
from .groups.email import EmailCalls, unverified_sender
from .groups.ip_allow_list import IpAllowListCalls
from .groups.ip_auth import IpAuthCalls
from .groups.single_sender_emails import SingleSenderCalls
from .groups.smtp_users import SmtpUserCalls
from .groups.stats import StatsCalls
from .groups.subaccounts import SubaccountCalls
from .groups.suppressions import SuppressionCalls
from .groups.templates import TemplateCalls
from .notify.queue import Notifications
from .notify.schedule import RetryTimes
from .outcomes import Deliveries
from .records import ReceivedRequest, SentEmail, StoredReply, StoredSchedule, StoredSms
from .rules import Fields, is_key
from .sms import TextMessages
from .webhooks import MAX_WEBHOOKS, StoredWebhook, WebhookSettings

KEPT_REQUESTS = 10_000

_METHODS = ("POST", "PATCH")
# In the provider's examples these calls have the id of the request inside data and nowhere else.
_ID_INSIDE = frozenset({"/single_sender_emails/view", "/sms/view-received", "/sms/view-sent"})


def utc_now() -> datetime:
    """Return the time now, aware."""
    return datetime.now(UTC)


class Account:
    """An account with its keys, settings and e-mails. May be used from several threads at once."""

    def __init__(
        self,
        *,
        api_key: str = SANDBOX_KEY,
        clock: Callable[[], datetime] = utc_now,
        activity_lag: float = 0.0,
        activity_per_minute: int | None = ACTIVITY_PER_MINUTE,
        keep_requests: int | None = KEPT_REQUESTS,
        max_webhooks: int = MAX_WEBHOOKS,
        require_verified_senders: bool = False,
        time_factor: float = 1.0,
    ) -> None:
        if not is_key(api_key):
            raise ValueError("api_key: must be 'api-' followed by 32 letters and digits")
        if keep_requests is not None and keep_requests < 0:
            raise ValueError(f"keep_requests: must be 0 or more, not {keep_requests}")
        self.api_key: str = api_key
        self._clock = clock
        self._lock = threading.RLock()
        self._keep_requests = keep_requests
        self._dedicated_ips = DedicatedIpCalls()
        pools = self._dedicated_ips.pools
        self.keys: KeyCalls = KeyCalls(api_key, pools)
        self._ip_allow_list = IpAllowListCalls(self.keys.key_of)
        self._ip_auth = IpAuthCalls(pools)
        self._allowed_senders = AllowedSenderCalls()
        self._allowed_recipients = AllowedRecipientCalls()
        self._single_senders = SingleSenderCalls()
        self.texts: TextMessages = TextMessages(self.username)
        self.webhook_settings: WebhookSettings = WebhookSettings(max_webhooks)
        self.suppressions: SuppressionCalls = SuppressionCalls()
        self.templates: TemplateCalls = TemplateCalls()
        self.notifications: Notifications = Notifications(self.webhook_settings, RetryTimes(time_factor))
        self.texts.listener = self.notifications.note_sms
        self.activity: ActivityLog = ActivityLog(lag=activity_lag, per_minute=activity_per_minute)
        self.deliveries: Deliveries = Deliveries(
            self.activity, self.suppressions.blocking, [self.suppressions.note, self.notifications.note]
        )
        checks = [self._allowed_senders.refusal, self._allowed_recipients.refusal]
        if require_verified_senders:
            checks.insert(0, self._unverified)
        self.emails: EmailCalls = EmailCalls(
            clock,
            self._lock,
            activity=self.activity,
            deliveries=self.deliveries,
            templates=self.templates,
            checks=checks,
        )
        self.archive: ArchiveCalls = ArchiveCalls(lambda: self.emails.sent, timedelta(seconds=activity_lag))
        self._subaccounts = SubaccountCalls(self.emails.used, pools)
        self._domains = DomainCalls(self._subaccounts.has)
        self._subaccounts.on_add.append(self._domains.subaccount_added)
        self._groups: tuple[Group, ...] = (
            self._dedicated_ips,
            self.keys,
            SmtpUserCalls(pools),
            self._ip_auth,
            self._ip_allow_list,
            self._allowed_senders,
            self._allowed_recipients,
            self._single_senders,
            self._subaccounts,
            self._domains,
            self.emails,
            self.texts,
            self.webhook_settings,
            self.suppressions,
            self.templates,
            self.archive,
            StatsCalls(self.activity, self.emails.release_due),
        )
        self._operations = {name: answer for group in self._groups for name, answer in group.operations().items()}
        paths = {name.rpartition(" ")[2] for name in self._operations}
        self._methods = {
            path: tuple(method for method in _METHODS if operation_name(method, path) in self._operations)
            for path in paths
        }
        self.clear()

    def clear(self) -> None:
        """Forget all e-mails, texts, settings, calls and added refusals, as if the account were new."""
        with self._lock:
            for group in self._groups:
                group.clear()
            self.notifications.clear()
            self._requests: deque[ReceivedRequest] = deque(maxlen=self._keep_requests)
            self._calls: Counter[str] = Counter()

    @property
    def sent(self) -> tuple[SentEmail, ...]:
        """Return the e-mails that would have gone out, in the order of going out."""
        return self.emails.sent

    @property
    def scheduled(self) -> tuple[StoredSchedule, ...]:
        """Return the e-mails that wait for their scheduled time."""
        return self.emails.scheduled

    @property
    def sms(self) -> tuple[StoredSms, ...]:
        """Return the texts that would have gone out, a text for each number."""
        return self.texts.sent

    @property
    def webhooks(self) -> tuple[StoredWebhook, ...]:
        """Return the webhooks that are set up."""
        return self.webhook_settings.all

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
        return self.texts.receive(source, destination, content, self._clock())

    def now(self) -> datetime:
        """Return the time of the account's clock."""
        return self._clock()

    def release_due(self) -> None:
        """Let happen what waited for its time: scheduled e-mails, and events of delayed ones."""
        with self._lock:
            self.emails.release_due()

    def find_email(self, email_id: str) -> SentEmail:
        """Return an e-mail that went out, by its id.

        Raises:
            ValueError: There is none.
        """
        # The newest are asked for most.
        for email in reversed(self.sent):
            if email.email_id == email_id:
                return email
        raise ValueError("email: there is no e-mail with this id that went out")

    def set_outcome(self, recipient: str, outcome: str) -> None:
        """Decide what becomes of e-mails to an address or a domain from now on."""
        with self._lock:
            self.deliveries.rules.set(recipient, outcome)

    def happen(self, email: SentEmail | str, kind: str, recipient: str | None, detail: str = "") -> None:
        """Let an event happen to a recipient of an e-mail; `Deliveries.happen` has the arguments."""
        with self._lock:
            found = self.find_email(email) if isinstance(email, str) else email
            self.deliveries.happen(found, kind, recipient, self._clock(), detail)

    def publish_dns(self, domain: str) -> tuple[CnameRecord, ...]:
        """Publish the DNS records that a sender domain needs."""
        with self._lock:
            return self._domains.publish(domain)

    def verify_single_sender(self, address: str) -> None:
        """Let the owner of a single sender's address agree."""
        with self._lock:
            self._single_senders.verify(address)

    def add_ip_auth(self, address: str, description: str, subaccount: str) -> None:
        """Add an IP authentication."""
        with self._lock:
            if subaccount and not self._subaccounts.has(subaccount):
                raise ValueError("subaccount_id: must be the id of a subaccount")
            self._ip_auth.add(address, description, subaccount)

    def add_ip_pool(self, name: str, addresses: Sequence[str]) -> int:
        """Add a pool of dedicated IP addresses."""
        with self._lock:
            return self._dedicated_ips.add(name, addresses)

    def disable_ip_allow_lists(self) -> None:
        """Disable the IP allow lists of the account and of its subaccounts."""
        with self._lock:
            self._ip_allow_list.disable()

    def methods_of(self, path: str) -> tuple[str, ...]:
        """Return the HTTP methods of a path, none when the sandbox does not serve it; ``/v3`` is not part of a path."""
        return self._methods.get(path, ())

    def key_of(self, given: object) -> AccountKey:
        """Return the key that a request came with.

        Raises:
            RequestError: The key does not have the form of a key, or the account has no such key.
        """
        with self._lock:
            return self.keys.key_of(given)

    def call(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        method: str = "POST",
        key: AccountKey | None = None,
        request_id: str | None = None,
        client_ip: str = "127.0.0.1",
    ) -> dict[str, Any]:
        """Carry out a call and return the JSON of its reply. Without a key it is made with the account's first key.

        Raises:
            RequestError: The request breaks a rule; nothing was carried out.
        """
        used = key or self.keys.first
        fields = Fields(body)
        with self._lock:
            self._ip_allow_list.check(client_ip, used.subaccount)
            self.keys.check_permission(used, path)
            subaccount = self._subaccounts.acting(path, fields, used)
            call = Call(fields, request_id or str(uuid.uuid4()), client_ip, self._clock(), used, subaccount)
            data = self._operations[operation_name(method, path)](call)
        if path in _ID_INSIDE:
            return {"data": {"request_id": call.request_id, **data}}
        return {"request_id": call.request_id, "data": data}

    def _unverified(self, email: SentEmail) -> str | None:
        """Return why the sender of an e-mail is not verified."""
        domain = email.sender.rpartition("@")[2].lower()
        if (
            # The reference warns that a list of allowed senders switches the verification of senders off.
            self._allowed_senders.is_in_use(email.subaccount)
            or self._single_senders.may_send(email.sender, email.subaccount)
            or self._domains.may_send(domain, email.subaccount, self._clock())
        ):
            return None
        return unverified_sender(domain)
