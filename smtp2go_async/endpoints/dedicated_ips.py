"""List the account's dedicated addresses.

| method | call                     | effect |
|--------|--------------------------|--------|
| `view` | POST /dedicated_ips/view | READ   |
"""

from .._models.model import ListReply, model
from .._operation import CallEffect, Operation
from ._group import EndpointGroup


@model
class DedicatedIpPool:
    """A pool of IP addresses that only this account sends from."""

    id: int | None = None
    """What ``ip_pool`` takes where keys, users and subaccounts are set up."""
    name: str = ""
    ip_addresses: tuple[str, ...] = ()


VIEW = Operation("/dedicated_ips/view", ListReply[DedicatedIpPool], effect=CallEffect.READ)


class DedicatedIps(EndpointGroup):
    """IP addresses that only this account sends from."""

    async def view(self) -> ListReply[DedicatedIpPool]:
        """List the pools of dedicated IP addresses.

        ``POST /dedicated_ips/view``. It has no ``subaccount_id``: it lists those of the account whose key is used.
        """
        return await self._call(VIEW, {})
