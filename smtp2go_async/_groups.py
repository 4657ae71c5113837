"""The groups of calls of `AsyncClient`. Each is imported when it is first touched, and none imports another."""

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from anyio.lowlevel import current_token

from ._calls import Calls
from ._runtime.loading import loading

__all__ = ["AsyncGroups", "cached_property"]

if TYPE_CHECKING:
    from builtins import property as cached_property  # read-only, and jedi takes nothing but the group for its value

    from .bulk.sender import Bulk
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

    class cached_property(functools.cached_property):  # noqa: N801 - named as the class that it extends
        """Makes its value while a fork waits, and loads with it what the calls of the group need of anyio."""

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            with loading:
                with contextlib.suppress(RuntimeError):  # no event loop runs yet
                    current_token()
                return super().__get__(instance, owner)


class AsyncGroups:
    """The groups of `AsyncClient`."""

    _calls: Calls

    @cached_property
    def activity(self) -> "Activity":
        """Search what happened to e-mails."""
        from .endpoints.activity import Activity

        return Activity(self._calls)

    @cached_property
    def allowed_recipients(self) -> "AllowedRecipients":
        """Restrict whom the account may send to."""
        from .endpoints.allowed_recipients import AllowedRecipients

        return AllowedRecipients(self._calls)

    @cached_property
    def allowed_senders(self) -> "AllowedSenders":
        """Restrict whom the account may send as."""
        from .endpoints.allowed_senders import AllowedSenders

        return AllowedSenders(self._calls)

    @cached_property
    def api_keys(self) -> "ApiKeys":
        """Manage the keys of this API."""
        from .endpoints.api_keys import ApiKeys

        return ApiKeys(self._calls)

    @cached_property
    def archive(self) -> "Archive":
        """Find and fetch copies of what was sent."""
        from .endpoints.archive import Archive

        return Archive(self._calls)

    @cached_property
    def bulk(self) -> "Bulk":
        """Send to many, with a journal from which a run goes on."""
        from .bulk.sender import Bulk

        return Bulk(self._calls)

    @cached_property
    def dedicated_ips(self) -> "DedicatedIps":
        """List the account's dedicated addresses."""
        from .endpoints.dedicated_ips import DedicatedIps

        return DedicatedIps(self._calls)

    @cached_property
    def domains(self) -> "Domains":
        """Manage sender domains and the DNS records that they need."""
        from .endpoints.domains import Domains

        return Domains(self._calls)

    @cached_property
    def email(self) -> "Emails":
        """Send e-mails, alone or up to 1,000 at a time, and manage scheduled e-mails."""
        from .endpoints.email import Emails

        return Emails(self._calls)

    @cached_property
    def ip_allow_list(self) -> "IpAllowList":
        """Restrict where the account can be used from."""
        from .endpoints.ip_allow_list import IpAllowList

        return IpAllowList(self._calls)

    @cached_property
    def ip_auth(self) -> "IpAuth":
        """Manage addresses that may send over SMTP without a password."""
        from .endpoints.ip_auth import IpAuth

        return IpAuth(self._calls)

    @cached_property
    def single_sender_emails(self) -> "SingleSenderEmails":
        """Manage single addresses that may be sent from."""
        from .endpoints.single_sender_emails import SingleSenderEmails

        return SingleSenderEmails(self._calls)

    @cached_property
    def smtp_users(self) -> "SmtpUsers":
        """Manage the users of the SMTP servers."""
        from .endpoints.smtp_users import SmtpUsers

        return SmtpUsers(self._calls)

    @cached_property
    def sms(self) -> "Sms":
        """Send texts, and list those that were sent and received."""
        from .endpoints.sms import Sms

        return Sms(self._calls)

    @cached_property
    def stats(self) -> "Stats":
        """Count what was sent, bounced, opened and complained about."""
        from .endpoints.stats import Stats

        return Stats(self._calls)

    @cached_property
    def subaccounts(self) -> "Subaccounts":
        """Manage subaccounts."""
        from .endpoints.subaccounts import Subaccounts

        return Subaccounts(self._calls)

    @cached_property
    def suppressions(self) -> "Suppressions":
        """Manage addresses that nothing is sent to."""
        from .endpoints.suppressions import Suppressions

        return Suppressions(self._calls)

    @cached_property
    def templates(self) -> "Templates":
        """Manage templates of e-mails."""
        from .endpoints.templates import Templates

        return Templates(self._calls)

    @cached_property
    def webhooks(self) -> "Webhooks":
        """Manage where the provider reports events to."""
        from .endpoints.webhooks import Webhooks

        return Webhooks(self._calls)
