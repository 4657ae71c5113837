"""Manage single addresses that may be sent from, where the whole domain is not verified.

| method   | call                              | effect    |
|----------|-----------------------------------|-----------|
| `add`    | POST /single_sender_emails/add    | ONCE      |
| `remove` | POST /single_sender_emails/remove | CONVERGES |
| `view`   | POST /single_sender_emails/view   | READ      |
"""

from .._models.model import EmptyReply, MaskedAddress, Reply, model
from .._operation import CallEffect, Operation
from ._group import EndpointGroup


@model
class SingleSender:
    """An address that may be sent from once its owner has agreed."""

    email_address: MaskedAddress = ""
    verified: bool | None = None
    """Whether its owner has followed the link in the e-mail that `SingleSenderEmails.add` sends."""


@model
class SingleSenders(Reply):
    """Addresses that may be sent from once their owners have agreed."""

    senders: tuple[SingleSender, ...] = ()


ADD = Operation("/single_sender_emails/add", EmptyReply, effect=CallEffect.ONCE, takes_subaccount=True)
REMOVE = Operation("/single_sender_emails/remove", EmptyReply, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/single_sender_emails/view", SingleSenders, effect=CallEffect.READ, takes_subaccount=True)


class SingleSenderEmails(EndpointGroup):
    """Single addresses that may be sent from."""

    async def add(
        self,
        email_address: str,
        *,
        message: str | None = None,
        subaccount_id: str | None = None,
    ) -> EmptyReply:
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
        fields = {"email_address": email_address, "message": message, "subaccount_id": subaccount_id}
        return await self._call(ADD, fields)

    async def remove(self, email_address: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove an address. Nothing can be sent from it any more, unless its domain is verified.

        ``POST /single_sender_emails/remove``

        Args:
            email_address: The address alone, without a name.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(REMOVE, {"email_address": email_address, "subaccount_id": subaccount_id})

    async def view(self, *, email_address: str | None = None, subaccount_id: str | None = None) -> SingleSenders:
        """List the addresses, and which of them are verified.

        ``POST /single_sender_emails/view``

        Args:
            email_address: Only those that match this.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"email_address": email_address, "subaccount_id": subaccount_id})
