# Written by tools/make_sync.py from endpoints/dedicated_ips.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.dedicated_ips`."""

from .._models.model import ListReply
from ..endpoints.dedicated_ips import DedicatedIpPool, DedicatedIps
from ._group import SyncGroup


class SyncDedicatedIps(SyncGroup[DedicatedIps]):
    """IP addresses that only this account sends from."""

    __slots__ = ()

    def view(self) -> ListReply[DedicatedIpPool]:
        """List the pools of dedicated IP addresses.

        ``POST /dedicated_ips/view``. It has no ``subaccount_id``: it lists those of the account whose key is used.
        """
        return self._run(self._async.view)
