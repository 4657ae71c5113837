"""Manage IP addresses that may send over SMTP without a password."""

from typing import Unpack

import attrs

from .._model_class import Secret, model, named
from .._operation import Operation
from ..period import CalendarPeriod
from ..reply import EmptyReply, ListReply, Reply
from ..retry import CallEffect
from ._group import EndpointGroup
from ._sending import DefaultLimit, Sending, SendingOptions, sending_fields


@model
class IpAuthEntry(Sending):
    """An address that may send without a password."""

    ip_address: str = attrs.field(default="", metadata=named("ip_address", "ip_addres"))
    """The API's reference misspells the name of this field in one of two places."""
    comments: str = ""
    """Documented beside ``description``, but not seen in answers."""
    sending_allowed: bool | None = None
    email_password: Secret | None = None
    """Documented, although an address has no password. Not shown in reprs."""


@model
class IpAuthEntries(Reply):
    """Addresses that may send without a password, and the limit of addresses that have none of their own."""

    results: tuple[IpAuthEntry, ...] = ()
    default_ratelimit_value: DefaultLimit | None = None
    default_ratelimit_period: CalendarPeriod | None = None


PATCH = Operation(
    "/ip_auth/edit", ListReply[IpAuthEntry], effect=CallEffect.CONVERGES, method="PATCH", takes_subaccount=True
)
REMOVE = Operation(
    "/ip_auth/remove", EmptyReply, effect=CallEffect.CONVERGES, takes_subaccount=True, empty_response=True
)
VIEW = Operation("/ip_auth/view", IpAuthEntries, effect=CallEffect.READ, takes_subaccount=True)


class IpAuth(EndpointGroup):
    """Addresses that may send without a password (https://developers.smtp2go.com/reference/view-ip-auth)."""

    async def patch(self, ip_address: str, **options: Unpack[SendingOptions]) -> ListReply[IpAuthEntry]:
        """Change some options of an address and keep the others.

        ``PATCH /ip_auth/edit`` (https://developers.smtp2go.com/reference/patch-ip-auth). The API has no call that adds
        an address.

        Args:
            ip_address: An address of the account.
            **options: See `SendingOptions`.

        Raises:
            ValueError: The address is empty, or the rate limit is out of range.
        """
        return await self._call(PATCH, {"ip_address": ip_address, **sending_fields(SendingOptions(**options))})

    async def remove(self, ip_address: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove an address. Programs that send from it need a password from then on.

        ``POST /ip_auth/remove`` (https://developers.smtp2go.com/reference/remove-ip-auth). The answer is documented as
        empty.

        Args:
            ip_address: The address.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(REMOVE, {"ip_address": ip_address, "subaccount_id": subaccount_id})

    async def view(self, *, ip_address: str | None = None, subaccount_id: str | None = None) -> IpAuthEntries:
        """List the addresses of the account.

        ``POST /ip_auth/view`` (https://developers.smtp2go.com/reference/view-ip-auth)

        Args:
            ip_address: List nothing but this address.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"ip_address": ip_address, "subaccount_id": subaccount_id})
