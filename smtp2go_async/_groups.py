"""The groups of calls that both clients have. Each is imported when it is first touched, and none imports another."""

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from anyio.lowlevel import current_token

from ._runtime.loading import loading

if TYPE_CHECKING:
    from functools import cached_property

    from ._sync._loop_thread import LoopThread
    from ._sync.activity import Activity as SyncActivity
    from ._sync.allowed_recipients import AllowedRecipients as SyncAllowedRecipients
    from ._sync.allowed_senders import AllowedSenders as SyncAllowedSenders
    from ._sync.api_keys import ApiKeys as SyncApiKeys
    from ._sync.archive import Archive as SyncArchive
    from ._sync.bulk import Bulk as SyncBulk
    from ._sync.dedicated_ips import DedicatedIps as SyncDedicatedIps
    from ._sync.domains import Domains as SyncDomains
    from ._sync.email import Emails as SyncEmails
    from ._sync.ip_allow_list import IpAllowList as SyncIpAllowList
    from ._sync.ip_auth import IpAuth as SyncIpAuth
    from ._sync.single_sender_emails import SingleSenderEmails as SyncSingleSenderEmails
    from ._sync.sms import Sms as SyncSms
    from ._sync.smtp_users import SmtpUsers as SyncSmtpUsers
    from ._sync.stats import Stats as SyncStats
    from ._sync.subaccounts import Subaccounts as SyncSubaccounts
    from ._sync.suppressions import Suppressions as SyncSuppressions
    from ._sync.templates import Templates as SyncTemplates
    from ._sync.webhooks import Webhooks as SyncWebhooks
    from .bulk.sender import Bulk
    from .client import AsyncClient
    from .endpoints.activity import Activity
    from .endpoints.allowed_recipients import AllowedRecipients
    from .endpoints.allowed_senders import AllowedSenders
    from .endpoints.api_keys import ApiKeys
    from .endpoints.archive import Archive
    from .endpoints.dedicated_ips import DedicatedIps
    from .endpoints.domains import Domains
    from .endpoints.email import Emails
    from .endpoints.ip_allow_list import IpAllowList
    from .endpoints.ip_auth import IpAuth
    from .endpoints.single_sender_emails import SingleSenderEmails
    from .endpoints.sms import Sms
    from .endpoints.smtp_users import SmtpUsers
    from .endpoints.stats import Stats
    from .endpoints.subaccounts import Subaccounts
    from .endpoints.suppressions import Suppressions
    from .endpoints.templates import Templates
    from .endpoints.webhooks import Webhooks


else:

    class cached_property(functools.cached_property):  # noqa: N801 - as the one that it stands for
        """One whose value is made while a fork waits, as is all that its calls need of anyio."""

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            with loading:
                with contextlib.suppress(RuntimeError):  # no event loop runs yet
                    current_token()
                return super().__get__(instance, owner)


class AsyncGroups:
    """The groups of `AsyncClient`."""

    @cached_property
    def activity(self: "AsyncClient") -> "Activity":  # type: ignore[misc]
        """Search what happened to e-mails."""
        from .endpoints.activity import Activity

        return Activity(self)

    @cached_property
    def allowed_recipients(self: "AsyncClient") -> "AllowedRecipients":  # type: ignore[misc]
        """Restrict whom the account may send to."""
        from .endpoints.allowed_recipients import AllowedRecipients

        return AllowedRecipients(self)

    @cached_property
    def allowed_senders(self: "AsyncClient") -> "AllowedSenders":  # type: ignore[misc]
        """Restrict whom the account may send as."""
        from .endpoints.allowed_senders import AllowedSenders

        return AllowedSenders(self)

    @cached_property
    def api_keys(self: "AsyncClient") -> "ApiKeys":  # type: ignore[misc]
        """Manage the keys of this API."""
        from .endpoints.api_keys import ApiKeys

        return ApiKeys(self)

    @cached_property
    def archive(self: "AsyncClient") -> "Archive":  # type: ignore[misc]
        """Find and fetch copies of what was sent."""
        from .endpoints.archive import Archive

        return Archive(self)

    @cached_property
    def bulk(self: "AsyncClient") -> "Bulk":  # type: ignore[misc]
        """Send to many, with a journal from which a run goes on."""
        from .bulk.sender import Bulk

        return Bulk(self)

    @cached_property
    def dedicated_ips(self: "AsyncClient") -> "DedicatedIps":  # type: ignore[misc]
        """List the account's dedicated addresses."""
        from .endpoints.dedicated_ips import DedicatedIps

        return DedicatedIps(self)

    @cached_property
    def domains(self: "AsyncClient") -> "Domains":  # type: ignore[misc]
        """Manage sender domains and the DNS records that they need."""
        from .endpoints.domains import Domains

        return Domains(self)

    @cached_property
    def email(self: "AsyncClient") -> "Emails":  # type: ignore[misc]
        """Send e-mails, one or up to 1,000 at a time, and manage scheduled ones."""
        from .endpoints.email import Emails

        return Emails(self)

    @cached_property
    def ip_allow_list(self: "AsyncClient") -> "IpAllowList":  # type: ignore[misc]
        """Restrict where the account can be used from."""
        from .endpoints.ip_allow_list import IpAllowList

        return IpAllowList(self)

    @cached_property
    def ip_auth(self: "AsyncClient") -> "IpAuth":  # type: ignore[misc]
        """Manage addresses that may send over SMTP without a password."""
        from .endpoints.ip_auth import IpAuth

        return IpAuth(self)

    @cached_property
    def single_sender_emails(self: "AsyncClient") -> "SingleSenderEmails":  # type: ignore[misc]
        """Manage single addresses that may be sent from."""
        from .endpoints.single_sender_emails import SingleSenderEmails

        return SingleSenderEmails(self)

    @cached_property
    def smtp_users(self: "AsyncClient") -> "SmtpUsers":  # type: ignore[misc]
        """Manage the users of the SMTP servers."""
        from .endpoints.smtp_users import SmtpUsers

        return SmtpUsers(self)

    @cached_property
    def sms(self: "AsyncClient") -> "Sms":  # type: ignore[misc]
        """Send texts, and list those that were sent and received."""
        from .endpoints.sms import Sms

        return Sms(self)

    @cached_property
    def stats(self: "AsyncClient") -> "Stats":  # type: ignore[misc]
        """Count what was sent, bounced, opened and complained about."""
        from .endpoints.stats import Stats

        return Stats(self)

    @cached_property
    def subaccounts(self: "AsyncClient") -> "Subaccounts":  # type: ignore[misc]
        """Manage subaccounts."""
        from .endpoints.subaccounts import Subaccounts

        return Subaccounts(self)

    @cached_property
    def suppressions(self: "AsyncClient") -> "Suppressions":  # type: ignore[misc]
        """Manage addresses that nothing is sent to."""
        from .endpoints.suppressions import Suppressions

        return Suppressions(self)

    @cached_property
    def templates(self: "AsyncClient") -> "Templates":  # type: ignore[misc]
        """Manage templates of e-mails."""
        from .endpoints.templates import Templates

        return Templates(self)

    @cached_property
    def webhooks(self: "AsyncClient") -> "Webhooks":  # type: ignore[misc]
        """Manage where the provider reports events to."""
        from .endpoints.webhooks import Webhooks

        return Webhooks(self)


class SyncGroups:
    """The groups of `SyncClient`."""

    _async: "AsyncClient"
    _thread: "LoopThread"

    @cached_property
    def activity(self) -> "SyncActivity":
        """Search what happened to e-mails."""
        from ._sync.activity import Activity

        return Activity(self._async.activity, self._thread)

    @cached_property
    def allowed_recipients(self) -> "SyncAllowedRecipients":
        """Restrict whom the account may send to."""
        from ._sync.allowed_recipients import AllowedRecipients

        return AllowedRecipients(self._async.allowed_recipients, self._thread)

    @cached_property
    def allowed_senders(self) -> "SyncAllowedSenders":
        """Restrict whom the account may send as."""
        from ._sync.allowed_senders import AllowedSenders

        return AllowedSenders(self._async.allowed_senders, self._thread)

    @cached_property
    def api_keys(self) -> "SyncApiKeys":
        """Manage the keys of this API."""
        from ._sync.api_keys import ApiKeys

        return ApiKeys(self._async.api_keys, self._thread)

    @cached_property
    def archive(self) -> "SyncArchive":
        """Find and fetch copies of what was sent."""
        from ._sync.archive import Archive

        return Archive(self._async.archive, self._thread)

    @cached_property
    def bulk(self) -> "SyncBulk":
        """Send to many, with a journal from which a run goes on."""
        from ._sync.bulk import Bulk

        return Bulk(self._async.bulk, self._thread)

    @cached_property
    def dedicated_ips(self) -> "SyncDedicatedIps":
        """List the account's dedicated addresses."""
        from ._sync.dedicated_ips import DedicatedIps

        return DedicatedIps(self._async.dedicated_ips, self._thread)

    @cached_property
    def domains(self) -> "SyncDomains":
        """Manage sender domains and the DNS records that they need."""
        from ._sync.domains import Domains

        return Domains(self._async.domains, self._thread)

    @cached_property
    def email(self) -> "SyncEmails":
        """Send e-mails, one or up to 1,000 at a time, and manage scheduled ones."""
        from ._sync.email import Emails

        return Emails(self._async.email, self._thread)

    @cached_property
    def ip_allow_list(self) -> "SyncIpAllowList":
        """Restrict where the account can be used from."""
        from ._sync.ip_allow_list import IpAllowList

        return IpAllowList(self._async.ip_allow_list, self._thread)

    @cached_property
    def ip_auth(self) -> "SyncIpAuth":
        """Manage addresses that may send over SMTP without a password."""
        from ._sync.ip_auth import IpAuth

        return IpAuth(self._async.ip_auth, self._thread)

    @cached_property
    def single_sender_emails(self) -> "SyncSingleSenderEmails":
        """Manage single addresses that may be sent from."""
        from ._sync.single_sender_emails import SingleSenderEmails

        return SingleSenderEmails(self._async.single_sender_emails, self._thread)

    @cached_property
    def smtp_users(self) -> "SyncSmtpUsers":
        """Manage the users of the SMTP servers."""
        from ._sync.smtp_users import SmtpUsers

        return SmtpUsers(self._async.smtp_users, self._thread)

    @cached_property
    def sms(self) -> "SyncSms":
        """Send texts, and list those that were sent and received."""
        from ._sync.sms import Sms

        return Sms(self._async.sms, self._thread)

    @cached_property
    def stats(self) -> "SyncStats":
        """Count what was sent, bounced, opened and complained about."""
        from ._sync.stats import Stats

        return Stats(self._async.stats, self._thread)

    @cached_property
    def subaccounts(self) -> "SyncSubaccounts":
        """Manage subaccounts."""
        from ._sync.subaccounts import Subaccounts

        return Subaccounts(self._async.subaccounts, self._thread)

    @cached_property
    def suppressions(self) -> "SyncSuppressions":
        """Manage addresses that nothing is sent to."""
        from ._sync.suppressions import Suppressions

        return Suppressions(self._async.suppressions, self._thread)

    @cached_property
    def templates(self) -> "SyncTemplates":
        """Manage templates of e-mails."""
        from ._sync.templates import Templates

        return Templates(self._async.templates, self._thread)

    @cached_property
    def webhooks(self) -> "SyncWebhooks":
        """Manage where the provider reports events to."""
        from ._sync.webhooks import Webhooks

        return Webhooks(self._async.webhooks, self._thread)
