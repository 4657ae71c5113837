# Written by tools/make_sync.py from endpoints/ip_allow_list.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.ip_allow_list`."""

from ..endpoints.ip_allow_list import AllowList, AllowListState, AllowListType, ChangedAllowedIp, IpAllowList
from ._group import SyncGroup


class SyncIpAllowList(SyncGroup[IpAllowList]):
    """Addresses that the account can be used from."""

    __slots__ = ()

    def add(
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
        return self._run(self._async.add, ip_address=ip_address, description=description, type=type)

    def edit(
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
        return self._run(
            self._async.edit, ip_address=ip_address, new_ip_address=new_ip_address, description=description, type=type
        )

    def remove(self, *, ip_address: str | None = None, type: AllowListType | None = None) -> ChangedAllowedIp:
        """Remove an address from a list.

        ``POST /ip_allow_list/remove``

        Args:
            ip_address: The address. It is needed, although the API's reference does not say so.
            type: ``smtp`` or ``api``; the list for SMTP when left out.

        Raises:
            ValueError: No address.
        """
        return self._run(self._async.remove, ip_address=ip_address, type=type)

    def set_enabled(self, *, enabled: bool | None = None, type: AllowListType | None = None) -> AllowListState:
        """Put a list in force, or out of force.

        ``POST /ip_allow_list``. With the list for the API in force, calls from elsewhere are refused, and so is the one
        that would put it out of force: add this machine's address first.

        Args:
            enabled: Whether it shall be in force. It is needed, although the API's reference does not say so.
            type: ``smtp`` or ``api``; the list for SMTP when left out.

        Raises:
            ValueError: Neither true nor false.
        """
        return self._run(self._async.set_enabled, enabled=enabled, type=type)

    def view(self, *, type: AllowListType | None = None) -> AllowList:
        """Show a list, and whether it is in force.

        ``POST /ip_allow_list/view``

        Args:
            type: ``smtp`` or ``api``; the list for SMTP when left out.
        """
        return self._run(self._async.view, type=type)
