# Written by tools/make_sync.py from endpoints/ip_allow_list.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.ip_allow_list`."""

from ..endpoints.ip_allow_list import AllowList, AllowListState, AllowListType, ChangedAllowedIp, IpAllowList
from ._group import SyncGroup


class SyncIpAllowList(SyncGroup[IpAllowList]):
    """IP addresses that the account can be used from (https://developers.smtp2go.com/reference/view-ip-allowlist)."""

    __slots__ = ()

    def add(
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
        return self._run(self._async.add, ip_address, description=description, type=type)

    def edit(
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
        return self._run(
            self._async.edit, ip_address, new_ip_address=new_ip_address, description=description, type=type
        )

    def remove(self, ip_address: str, *, type: AllowListType | None = None) -> ChangedAllowedIp:
        """Remove an address from a list.

        ``POST /ip_allow_list/remove`` (https://developers.smtp2go.com/reference/remove-ip-allowlist)

        Args:
            ip_address: The address. The API's reference calls it optional, but the call needs it.
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.

        Raises:
            ValueError: The address is empty.
        """
        return self._run(self._async.remove, ip_address, type=type)

    def set_enabled(self, enabled: bool, *, type: AllowListType | None = None) -> AllowListState:
        """Put a list in force, or out of force.

        ``POST /ip_allow_list`` (https://developers.smtp2go.com/reference/ip-allowlist). While the list for the API is
        in force, calls from other addresses are refused, among them the call that would put it out of force: add this
        machine's address first.

        Args:
            enabled: True to put the list in force. The API's reference calls it optional, but the call needs it.
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.
        """
        return self._run(self._async.set_enabled, enabled, type=type)

    def view(self, *, type: AllowListType | None = None) -> AllowList:
        """Fetch a list, and whether it is in force.

        ``POST /ip_allow_list/view`` (https://developers.smtp2go.com/reference/view-ip-allowlist)

        Args:
            type: The list: ``smtp`` or ``api``; ``smtp`` when left out.
        """
        return self._run(self._async.view, type=type)
