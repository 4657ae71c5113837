"""Manage single addresses to send from where the whole domain is not verified."""

from .._model_class import MaskedAddress, model
from .._operation import Operation
from ..reply import EmptyReply, Reply
from ..retry import CallEffect
from ._group import EndpointGroup


@model
class SingleSender:
    """An address that may send once its owner has agreed."""

    email_address: MaskedAddress = ""
    verified: bool | None = None
    """Whether its owner has followed the link in the e-mail that `SingleSenderEmails.add` sends."""


@model
class SingleSenders(Reply):
    """Addresses that may send once their owners have agreed."""

    senders: tuple[SingleSender, ...] = ()


ADD = Operation("/single_sender_emails/add", EmptyReply, effect=CallEffect.ONCE, takes_subaccount=True)
REMOVE = Operation("/single_sender_emails/remove", EmptyReply, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/single_sender_emails/view", SingleSenders, effect=CallEffect.READ, takes_subaccount=True)


class SingleSenderEmails(EndpointGroup):
    """Single sender addresses (https://developers.smtp2go.com/reference/view-all-single-sender-emails)."""

    async def add(
        self,
        email_address: str,
        *,
        message: str | None = None,
        subaccount_id: str | None = None,
    ) -> EmptyReply:
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
        fields = {"email_address": email_address, "message": message, "subaccount_id": subaccount_id}
        return await self._call(ADD, fields)

    async def remove(self, email_address: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove an address. It can't send any more, unless its domain is verified.

        ``POST /single_sender_emails/remove`` (https://developers.smtp2go.com/reference/remove-a-single-sender-email)

        Args:
            email_address: The address alone, without a name.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(REMOVE, {"email_address": email_address, "subaccount_id": subaccount_id})

    async def view(self, *, email_address: str | None = None, subaccount_id: str | None = None) -> SingleSenders:
        """List the addresses, and which of them are verified.

        ``POST /single_sender_emails/view`` (https://developers.smtp2go.com/reference/view-all-single-sender-emails)

        Args:
            email_address: List nothing but addresses that match this.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"email_address": email_address, "subaccount_id": subaccount_id})
