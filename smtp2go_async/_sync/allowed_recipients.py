# Written by tools/make_sync.py from endpoints/allowed_recipients.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.allowed_recipients`."""

from collections.abc import Sequence

from ..endpoints.allowed_recipients import AllowedRecipientList, AllowedRecipients
from ._group import SyncGroup


class SyncAllowedRecipients(SyncGroup[AllowedRecipients]):
    """The list of allowed recipients (https://developers.smtp2go.com/reference/view-allowed-recipients)."""

    __slots__ = ()

    def add(
        self, allowed_recipients: str | Sequence[str], *, enabled: bool | None = None, subaccount_id: str | None = None
    ) -> AllowedRecipientList:
        """Add addresses or domains to the list.

        ``POST /allowed_recipients/add`` (https://developers.smtp2go.com/reference/add-allowed-recipients). It also
        succeeds while the list is switched off; then it has no effect yet.

        Args:
            allowed_recipients: Addresses or domains, at least 1.
            enabled: True to switch the list on, false to switch it off; unchanged when left out.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: There is no address, or an address is empty.
        """
        return self._run(self._async.add, allowed_recipients, enabled=enabled, subaccount_id=subaccount_id)

    def remove(
        self, allowed_recipients: str | Sequence[str], *, enabled: bool | None = None, subaccount_id: str | None = None
    ) -> AllowedRecipientList:
        """Remove addresses or domains from the list.

        ``POST /allowed_recipients/remove`` (https://developers.smtp2go.com/reference/remove-allowed-recipients).
        Addresses that are not on the list are no error. It is not documented whether the answer holds the removed or
        the remaining addresses; `view` returns the remaining ones.

        Args:
            allowed_recipients: Addresses or domains, at least 1.
            enabled: True to switch the list on, false to switch it off; unchanged when left out.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: There is no address, or an address is empty.
        """
        return self._run(self._async.remove, allowed_recipients, enabled=enabled, subaccount_id=subaccount_id)

    def update(
        self, allowed_recipients: str | Sequence[str], enabled: bool, *, subaccount_id: str | None = None
    ) -> AllowedRecipientList:
        """Replace the whole list.

        ``POST /allowed_recipients/update`` (https://developers.smtp2go.com/reference/update-allowed-recipients)

        Args:
            allowed_recipients: Addresses or domains; an empty list removes all of them.
            enabled: True if the account may send to no other address.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: An address is empty.
        """
        return self._run(self._async.update, allowed_recipients, enabled, subaccount_id=subaccount_id)

    def view(self, *, subaccount_id: str | None = None) -> AllowedRecipientList:
        """Fetch the list, and whether it is switched on.

        ``POST /allowed_recipients/view`` (https://developers.smtp2go.com/reference/view-allowed-recipients)

        Args:
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, subaccount_id=subaccount_id)
