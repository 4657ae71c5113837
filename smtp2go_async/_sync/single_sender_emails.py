# Written by tools/make_sync.py from endpoints/single_sender_emails.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.single_sender_emails`."""

from ..endpoints.single_sender_emails import SingleSenderEmails, SingleSenders
from ..reply import EmptyReply
from ._group import SyncGroup


class SyncSingleSenderEmails(SyncGroup[SingleSenderEmails]):
    """Single sender addresses (https://developers.smtp2go.com/reference/view-all-single-sender-emails)."""

    __slots__ = ()

    def add(self, email_address: str, *, message: str | None = None, subaccount_id: str | None = None) -> EmptyReply:
        """Ask the owner of an address for permission to send from it.

        ``POST /single_sender_emails/add`` (https://developers.smtp2go.com/reference/add-a-single-sender-email). It
        sends the owner an e-mail, and again if the address is on the list already but not verified. Not repeated when
        the outcome is unknown: that could send it twice.

        Args:
            email_address: The address alone, without a name.
            message: Plain text to add to the e-mail to the owner.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: The address is empty.
        """
        return self._run(self._async.add, email_address, message=message, subaccount_id=subaccount_id)

    def remove(self, email_address: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove an address. It can't send any more, unless its domain is verified.

        ``POST /single_sender_emails/remove`` (https://developers.smtp2go.com/reference/remove-a-single-sender-email)

        Args:
            email_address: The address alone, without a name.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.remove, email_address, subaccount_id=subaccount_id)

    def view(self, *, email_address: str | None = None, subaccount_id: str | None = None) -> SingleSenders:
        """List the addresses, and which of them are verified.

        ``POST /single_sender_emails/view`` (https://developers.smtp2go.com/reference/view-all-single-sender-emails)

        Args:
            email_address: List nothing but addresses that match this.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, email_address=email_address, subaccount_id=subaccount_id)
