# Written by tools/make_sync.py from _groups.py: change that file, then run `nox -s sync`.
"""The groups of calls of `SyncClient`; each is imported when it is first touched."""

from typing import TYPE_CHECKING

from .._groups import cached_property

if TYPE_CHECKING:
    from ..client import AsyncClient
    from ._loop_thread import LoopThread
    from .activity import SyncActivity
    from .allowed_recipients import SyncAllowedRecipients
    from .allowed_senders import SyncAllowedSenders
    from .api_keys import SyncApiKeys
    from .archive import SyncArchive
    from .bulk import SyncBulk
    from .dedicated_ips import SyncDedicatedIps
    from .domains import SyncDomains
    from .email import SyncEmails
    from .ip_allow_list import SyncIpAllowList
    from .ip_auth import SyncIpAuth
    from .single_sender_emails import SyncSingleSenderEmails
    from .sms import SyncSms
    from .smtp_users import SyncSmtpUsers
    from .stats import SyncStats
    from .subaccounts import SyncSubaccounts
    from .suppressions import SyncSuppressions
    from .templates import SyncTemplates
    from .webhooks import SyncWebhooks


class SyncGroups:
    """The groups of `SyncClient`."""

    if TYPE_CHECKING:
        _async: "AsyncClient"
        _thread: "LoopThread"

    @cached_property
    def activity(self) -> "SyncActivity":
        """Search what happened to e-mails."""
        from .activity import SyncActivity

        return SyncActivity(self._async.activity, self._thread)

    @cached_property
    def allowed_recipients(self) -> "SyncAllowedRecipients":
        """Restrict whom the account may send to."""
        from .allowed_recipients import SyncAllowedRecipients

        return SyncAllowedRecipients(self._async.allowed_recipients, self._thread)

    @cached_property
    def allowed_senders(self) -> "SyncAllowedSenders":
        """Restrict whom the account may send as."""
        from .allowed_senders import SyncAllowedSenders

        return SyncAllowedSenders(self._async.allowed_senders, self._thread)

    @cached_property
    def api_keys(self) -> "SyncApiKeys":
        """Manage the keys of this API."""
        from .api_keys import SyncApiKeys

        return SyncApiKeys(self._async.api_keys, self._thread)

    @cached_property
    def archive(self) -> "SyncArchive":
        """Find and fetch copies of what was sent."""
        from .archive import SyncArchive

        return SyncArchive(self._async.archive, self._thread)

    @cached_property
    def bulk(self) -> "SyncBulk":
        """Send to many, with a journal from which a run goes on."""
        from .bulk import SyncBulk

        return SyncBulk(self._async.bulk, self._thread)

    @cached_property
    def dedicated_ips(self) -> "SyncDedicatedIps":
        """List the account's dedicated addresses."""
        from .dedicated_ips import SyncDedicatedIps

        return SyncDedicatedIps(self._async.dedicated_ips, self._thread)

    @cached_property
    def domains(self) -> "SyncDomains":
        """Manage sender domains and the DNS records that they need."""
        from .domains import SyncDomains

        return SyncDomains(self._async.domains, self._thread)

    @cached_property
    def email(self) -> "SyncEmails":
        """Send e-mails, alone or up to 1,000 at a time, and manage scheduled e-mails."""
        from .email import SyncEmails

        return SyncEmails(self._async.email, self._thread)

    @cached_property
    def ip_allow_list(self) -> "SyncIpAllowList":
        """Restrict where the account can be used from."""
        from .ip_allow_list import SyncIpAllowList

        return SyncIpAllowList(self._async.ip_allow_list, self._thread)

    @cached_property
    def ip_auth(self) -> "SyncIpAuth":
        """Manage addresses that may send over SMTP without a password."""
        from .ip_auth import SyncIpAuth

        return SyncIpAuth(self._async.ip_auth, self._thread)

    @cached_property
    def single_sender_emails(self) -> "SyncSingleSenderEmails":
        """Manage single addresses that may be sent from."""
        from .single_sender_emails import SyncSingleSenderEmails

        return SyncSingleSenderEmails(self._async.single_sender_emails, self._thread)

    @cached_property
    def smtp_users(self) -> "SyncSmtpUsers":
        """Manage the users of the SMTP servers."""
        from .smtp_users import SyncSmtpUsers

        return SyncSmtpUsers(self._async.smtp_users, self._thread)

    @cached_property
    def sms(self) -> "SyncSms":
        """Send texts, and list those that were sent and received."""
        from .sms import SyncSms

        return SyncSms(self._async.sms, self._thread)

    @cached_property
    def stats(self) -> "SyncStats":
        """Count what was sent, bounced, opened and complained about."""
        from .stats import SyncStats

        return SyncStats(self._async.stats, self._thread)

    @cached_property
    def subaccounts(self) -> "SyncSubaccounts":
        """Manage subaccounts."""
        from .subaccounts import SyncSubaccounts

        return SyncSubaccounts(self._async.subaccounts, self._thread)

    @cached_property
    def suppressions(self) -> "SyncSuppressions":
        """Manage addresses that nothing is sent to."""
        from .suppressions import SyncSuppressions

        return SyncSuppressions(self._async.suppressions, self._thread)

    @cached_property
    def templates(self) -> "SyncTemplates":
        """Manage templates of e-mails."""
        from .templates import SyncTemplates

        return SyncTemplates(self._async.templates, self._thread)

    @cached_property
    def webhooks(self) -> "SyncWebhooks":
        """Manage where the provider reports events to."""
        from .webhooks import SyncWebhooks

        return SyncWebhooks(self._async.webhooks, self._thread)
