"""Restrict where the account can be used from.

| method        | call                       | effect    |
|---------------|----------------------------|-----------|
| `add`         | POST /ip_allow_list/add    | CONVERGES |
| `edit`        | POST /ip_allow_list/edit   | CONVERGES |
| `remove`      | POST /ip_allow_list/remove | CONVERGES |
| `set_enabled` | POST /ip_allow_list        | CONVERGES |
| `view`        | POST /ip_allow_list/view   | READ      |

There are two lists, one for SMTP and one for this API. All of these calls carry the key in their body.
"""

from typing import Literal

from .._models.model import Reply, model
from .._operation import CallEffect, Operation
from .._values.checks import check_word
from ._group import EndpointGroup

AllowListType = Literal["smtp", "api"] | str
"""The documented lists; others may come."""


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
    """Addresses that the account can be used from."""

    async def add(
        self, *, ip_address: str | None = None, description: str | None = None, type: AllowListType | None = None
    ) -> ChangedAllowedIp:
        """Add an address to a list.

        ``POST /ip_allow_list/add``

        Args:
            ip_address: The address. It is needed, although the API's reference does not say so.
            description: A comment.
            type: ``smtp`` or ``api``; the list for SMTP when left out.

        Raises:
            ValueError: No address.
        """
        fields = {"ip_address": _needed(ip_address), "description": description, "type": type}
        return await self._call(ADD, fields)

    async def edit(
        self,
        *,
        ip_address: str | None = None,
        new_ip_address: str | None = None,
        description: str | None = None,
        type: AllowListType | None = None,
    ) -> ChangedAllowedIp:
        """Change an address that is on a list, or its comment.

        ``POST /ip_allow_list/edit``

        Args:
            ip_address: The address as it is. It is needed, although the API's reference does not say so.
            new_ip_address: What to make of it.
            description: A comment.
            type: ``smtp`` or ``api``; the list for SMTP when left out.

        Raises:
            ValueError: No address, or an empty new one.
        """
        if new_ip_address is not None:
            check_word(new_ip_address, "new_ip_address")
        fields = {"ip_address": _needed(ip_address), "new_ip_address": new_ip_address}
        return await self._call(EDIT, {**fields, "description": description, "type": type})

    async def remove(self, *, ip_address: str | None = None, type: AllowListType | None = None) -> ChangedAllowedIp:
        """Remove an address from a list.

        ``POST /ip_allow_list/remove``

        Args:
            ip_address: The address. It is needed, although the API's reference does not say so.
            type: ``smtp`` or ``api``; the list for SMTP when left out.

        Raises:
            ValueError: No address.
        """
        return await self._call(REMOVE, {"ip_address": _needed(ip_address), "type": type})

    async def set_enabled(self, *, enabled: bool | None = None, type: AllowListType | None = None) -> AllowListState:
        """Put a list in force, or out of force.

        ``POST /ip_allow_list``. With the list for the API in force, calls from elsewhere are refused, and so is the one
        that would put it out of force: add this machine's address first.

        Args:
            enabled: Whether it shall be in force. It is needed, although the API's reference does not say so.
            type: ``smtp`` or ``api``; the list for SMTP when left out.

        Raises:
            ValueError: Neither true nor false.
        """
        if enabled is None:
            raise ValueError("enabled: is needed")
        return await self._call(SET_ENABLED, {"enabled": enabled, "type": type})

    async def view(self, *, type: AllowListType | None = None) -> AllowList:
        """Show a list, and whether it is in force.

        ``POST /ip_allow_list/view``

        Args:
            type: ``smtp`` or ``api``; the list for SMTP when left out.
        """
        return await self._call(VIEW, {"type": type})


def _needed(ip_address: str | None) -> str:
    if ip_address is None:
        raise ValueError("ip_address: is needed")
    return check_word(ip_address, "ip_address")
