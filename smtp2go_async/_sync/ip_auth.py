# Written by tools/make_sync.py from endpoints/ip_auth.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.ip_auth`."""

from typing import Unpack

from ..endpoints._sending import SendingOptions
from ..endpoints.ip_auth import IpAuth, IpAuthEntries, IpAuthEntry
from ..reply import EmptyReply, ListReply
from ._group import SyncGroup


class SyncIpAuth(SyncGroup[IpAuth]):
    """Addresses that may send without a password (https://developers.smtp2go.com/reference/view-ip-auth)."""

    __slots__ = ()

    def patch(self, ip_address: str, **options: Unpack[SendingOptions]) -> ListReply[IpAuthEntry]:
        """Change some options of an address and keep the others.

        ``PATCH /ip_auth/edit`` (https://developers.smtp2go.com/reference/patch-ip-auth). The API has no call that adds
        an address.

        Args:
            ip_address: An address of the account.
            **options: See `SendingOptions`.

        Raises:
            ValueError: The address is empty, or the rate limit is out of range.
        """
        return self._run(self._async.patch, ip_address, **SendingOptions(**options))

    def remove(self, ip_address: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove an address. Programs that send from it need a password from then on.

        ``POST /ip_auth/remove`` (https://developers.smtp2go.com/reference/remove-ip-auth). The answer is documented as
        empty.

        Args:
            ip_address: The address.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.remove, ip_address, subaccount_id=subaccount_id)

    def view(self, *, ip_address: str | None = None, subaccount_id: str | None = None) -> IpAuthEntries:
        """List the addresses of the account.

        ``POST /ip_auth/view`` (https://developers.smtp2go.com/reference/view-ip-auth)

        Args:
            ip_address: List nothing but this address.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, ip_address=ip_address, subaccount_id=subaccount_id)
