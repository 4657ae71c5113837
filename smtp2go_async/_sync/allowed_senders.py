# Written by tools/make_sync.py from endpoints/allowed_senders.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.allowed_senders`."""

from collections.abc import Sequence

from ..endpoints.allowed_senders import AllowedSenderList, AllowedSenders, SenderMode
from ._group import SyncGroup


class SyncAllowedSenders(SyncGroup[AllowedSenders]):
    """The list of allowed senders (https://developers.smtp2go.com/reference/view-allowed-senders)."""

    __slots__ = ()

    def add(self, allowed_senders: str | Sequence[str], *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Add addresses or domains to the list.

        ``POST /allowed_senders/add`` (https://developers.smtp2go.com/reference/add-allowed-senders). The effect depends
        on the mode, which the answer shows: in ``blacklist`` the addresses may not send any more.

        Args:
            allowed_senders: Addresses or domains, at least 1.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: There is no address, or an address is empty.
        """
        return self._run(self._async.add, allowed_senders, subaccount_id=subaccount_id)

    def remove(self, allowed_senders: str | Sequence[str], *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Remove addresses or domains from the list.

        ``POST /allowed_senders/remove`` (https://developers.smtp2go.com/reference/remove-allowed-senders). Addresses
        that are not on the list are no error. It is not documented whether the answer holds the removed or the
        remaining addresses; `view` returns the remaining ones.

        Args:
            allowed_senders: Addresses or domains, at least 1.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: There is no address, or an address is empty.
        """
        return self._run(self._async.remove, allowed_senders, subaccount_id=subaccount_id)

    def update(
        self, allowed_senders: str | Sequence[str], mode: SenderMode, *, subaccount_id: str | None = None
    ) -> AllowedSenderList:
        """Replace the whole list and set its mode.

        ``POST /allowed_senders/update`` (https://developers.smtp2go.com/reference/update-allowed-senders). The modes
        ``whitelist`` and ``blacklist`` switch off the account's sender domains and single sender e-mails.

        Args:
            allowed_senders: Addresses or domains; an empty list removes all of them.
            mode: ``whitelist`` (only these may send), ``blacklist`` (only the others may send) or ``disabled``.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: An address or the mode is empty.
        """
        return self._run(self._async.update, allowed_senders, mode, subaccount_id=subaccount_id)

    def view(self, *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Fetch the list and its mode.

        ``POST /allowed_senders/view`` (https://developers.smtp2go.com/reference/view-allowed-senders)

        Args:
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, subaccount_id=subaccount_id)
