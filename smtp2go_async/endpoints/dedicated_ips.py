"""List the account's dedicated addresses."""

from .._model_class import model
from .._operation import Operation
from ..reply import ListReply
from ..retry import CallEffect
from ._group import EndpointGroup


@model
class DedicatedIpPool:
    """A pool of IP addresses that no other account sends from."""

    id: int | None = None
    """The number to give as ``ip_pool`` to keys, users and subaccounts."""
    name: str = ""
    ip_addresses: tuple[str, ...] = ()


VIEW = Operation("/dedicated_ips/view", ListReply[DedicatedIpPool], effect=CallEffect.READ)


class DedicatedIps(EndpointGroup):
    """Dedicated IP addresses (https://developers.smtp2go.com/reference/view-dedicated-ips)."""

    async def view(self) -> ListReply[DedicatedIpPool]:
        """List the pools of dedicated IP addresses.

        ``POST /dedicated_ips/view`` (https://developers.smtp2go.com/reference/view-dedicated-ips). It takes no
        ``subaccount_id``: it lists the pools of the account that the key belongs to.
        """
        return await self._call(VIEW, {})
