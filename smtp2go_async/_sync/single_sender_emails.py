# Written by tools/make_sync.py from endpoints/single_sender_emails.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.single_sender_emails`."""

from .._models.model import EmptyReply
from ..endpoints.single_sender_emails import SingleSenderEmails, SingleSenders
from ._group import SyncGroup


class SyncSingleSenderEmails(SyncGroup[SingleSenderEmails]):
    """Single addresses that may be sent from."""

    __slots__ = ()

    def add(self, email_address: str, *, message: str | None = None, subaccount_id: str | None = None) -> EmptyReply:
        """Ask the owner of an address for leave to send from it.

        ``POST /single_sender_emails/add``. It sends an e-mail, and another one when the address is there already and
        not verified. Not repeated when the outcome is unknown: that could send it twice.

        Args:
            email_address: The address alone, without a name.
            message: Plain text to add to that e-mail.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: The address is empty.
        """
        return self._run(self._async.add, email_address, message=message, subaccount_id=subaccount_id)

    def remove(self, email_address: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove an address. Nothing can be sent from it any more, unless its domain is verified.

        ``POST /single_sender_emails/remove``

        Args:
            email_address: The address alone, without a name.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.remove, email_address, subaccount_id=subaccount_id)

    def view(self, *, email_address: str | None = None, subaccount_id: str | None = None) -> SingleSenders:
        """List the addresses, and which of them are verified.

        ``POST /single_sender_emails/view``

        Args:
            email_address: Only those that match this.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, email_address=email_address, subaccount_id=subaccount_id)
