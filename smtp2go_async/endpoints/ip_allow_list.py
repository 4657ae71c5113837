"""Restrict the IP addresses that the account can be used from.

There are two lists, for SMTP and for this API. All of these calls carry the key in their body.
"""

from typing import Literal

from .._model_class import model
from .._operation import Operation
from .._values.checks import check_word
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup

AllowListType = Literal["smtp", "api"] | str
"""The documented lists; the API may add others."""


@model
class AllowedIp:
    """An address on a list."""

    ip_address: str = ""
    description: str = ""


@model
class ChangedAllowedIp(AllowedIp, Reply):
    """The address that was added, changed or removed."""


@model
class AllowListState(Reply):
    """Whether a list is in force."""

    enabled: bool | None = None


@model
class AllowList(AllowListState):
    """A list, and whether it is in force."""

    ip_addresses: tuple[AllowedIp, ...] = ()


ADD = Operation("/ip_allow_list/add", ChangedAllowedIp, effect=CallEffect.CONVERGES, key_in_body=True)
EDIT = Operation("/ip_allow_list/edit", ChangedAllowedIp, effect=CallEffect.CONVERGES, key_in_body=True)
REMOVE = Operation("/ip_allow_list/remove", ChangedAllowedIp, effect=CallEffect.CONVERGES, key_in_body=True)
SET_ENABLED = Operation("/ip_allow_list", AllowListState, effect=CallEffect.CONVERGES, key_in_body=True)
VIEW = Operation("/ip_allow_list/view", AllowList, effect=CallEffect.READ, key_in_body=True)


class IpAllowList(EndpointGroup):
    """IP addresses that the account can be used from (https://developers.smtp2go.com/reference/view-ip-allowlist)."""

    async def add(
        self, ip_address: str, *, description: str | None = None, type: AllowListType | None = None
    ) -> ChangedAllowedIp:
        """Add an address to a list.

        ``POST /ip_allow_list/add`` (https://developers.smtp2go.com/reference/add-ip-allowlist)

        Args:
            ip_address: The address. The API's reference calls it optional, but the call needs it.
            description: A comment.
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.

        Raises:
            ValueError: The address is empty.
        """
        return await self._call(ADD, {"ip_address": ip_address, "description": description, "type": type})

    async def edit(
        self,
        ip_address: str,
        *,
        new_ip_address: str | None = None,
        description: str | None = None,
        type: AllowListType | None = None,
    ) -> ChangedAllowedIp:
        """Change an address that is on a list, or its comment.

        ``POST /ip_allow_list/edit`` (https://developers.smtp2go.com/reference/edit-ip-allowlist)

        Args:
            ip_address: The present address. The API's reference calls it optional, but the call needs it.
            new_ip_address: The address to replace it with.
            description: A comment.
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.

        Raises:
            ValueError: An address is empty.
        """
        if new_ip_address is not None:
            check_word(new_ip_address, "new_ip_address")
        fields = {"ip_address": ip_address, "new_ip_address": new_ip_address}
        return await self._call(EDIT, {**fields, "description": description, "type": type})

    async def remove(self, ip_address: str, *, type: AllowListType | None = None) -> ChangedAllowedIp:
        """Remove an address from a list.

        ``POST /ip_allow_list/remove`` (https://developers.smtp2go.com/reference/remove-ip-allowlist)

        Args:
            ip_address: The address. The API's reference calls it optional, but the call needs it.
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.

        Raises:
            ValueError: The address is empty.
        """
        return await self._call(REMOVE, {"ip_address": ip_address, "type": type})

    async def set_enabled(self, enabled: bool, *, type: AllowListType | None = None) -> AllowListState:
        """Put a list in force, or out of force.

        ``POST /ip_allow_list`` (https://developers.smtp2go.com/reference/ip-allowlist). While the list for the API is
        in force, calls from other addresses are refused, among them the call that would put it out of force: add this
        machine's address first.

        Args:
            enabled: True to put the list in force. The API's reference calls it optional, but the call needs it.
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.
        """
        return await self._call(SET_ENABLED, {"enabled": enabled, "type": type})

    async def view(self, *, type: AllowListType | None = None) -> AllowList:
        """Fetch a list, and whether it is in force.

        ``POST /ip_allow_list/view`` (https://developers.smtp2go.com/reference/view-ip-allowlist)

        Args:
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.
        """
        return await self._call(VIEW, {"type": type})
