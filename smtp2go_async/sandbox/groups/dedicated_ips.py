"""The dedicated IP addresses of a sandbox account. No sockets."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from attrs import frozen

from ..call import Call, Operations

_FIRST_ID = 1234


@frozen
class IpPool:
    """Addresses that e-mails of a sender go out from."""

    id: int
    name: str
    ip_addresses: tuple[str, ...]


class DedicatedIpCalls:
    """The pools of an account, none at first."""

    def __init__(self) -> None:
        # Other groups keep this dict, to look pools up in it.
        self.pools: dict[int, IpPool] = {}

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {"/dedicated_ips/view": self._view}

    def clear(self) -> None:
        """Forget all pools."""
        self.pools.clear()

    def add(self, name: str, addresses: Sequence[str]) -> int:
        """Give the account one more pool, and return its id."""
        for address in addresses:
            try:
                ip_address(address)
            except ValueError:
                raise ValueError("ip_addresses: must be IPv4 or IPv6 addresses") from None
        pool = IpPool(_FIRST_ID + len(self.pools), name, tuple(addresses))
        self.pools[pool.id] = pool
        return pool.id

    def _view(self, _call: Call) -> list[dict[str, Any]]:
        return [
            {"id": pool.id, "name": pool.name, "ip_addresses": list(pool.ip_addresses)} for pool in self.pools.values()
        ]
