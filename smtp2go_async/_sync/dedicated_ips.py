# Written by tools/make_sync.py from endpoints/dedicated_ips.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.dedicated_ips`."""

from ..endpoints.dedicated_ips import DedicatedIpPool, DedicatedIps
from ..reply import ListReply
from ._group import SyncGroup


class SyncDedicatedIps(SyncGroup[DedicatedIps]):
    """Dedicated IP addresses (https://developers.smtp2go.com/reference/view-dedicated-ips)."""

    __slots__ = ()

    def view(self) -> ListReply[DedicatedIpPool]:
        """List the pools of dedicated IP addresses.

        ``POST /dedicated_ips/view`` (https://developers.smtp2go.com/reference/view-dedicated-ips). It takes no
        ``subaccount_id``: it lists the pools of the account that the key belongs to.
        """
        return self._run(self._async.view)
