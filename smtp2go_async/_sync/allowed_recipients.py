# Written by tools/make_sync.py from endpoints/allowed_recipients.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.allowed_recipients`."""

from collections.abc import Sequence

from ..endpoints.allowed_recipients import AllowedRecipientList, AllowedRecipients
from ._group import SyncGroup


class SyncAllowedRecipients(SyncGroup[AllowedRecipients]):
    """The list of those who may be sent to."""

    __slots__ = ()

    def add(
        self, allowed_recipients: str | Sequence[str], *, enabled: bool | None = None, subaccount_id: str | None = None
    ) -> AllowedRecipientList:
        """Put addresses or domains on the list.

        ``POST /allowed_recipients/add``. Succeeds also while the list is switched off, and then has no effect yet.

        Args:
            allowed_recipients: 1 or more addresses or domains.
            enabled: Switch the list on or off; as it was when left out.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: No address at all, or an empty one.
        """
        return self._run(self._async.add, allowed_recipients, enabled=enabled, subaccount_id=subaccount_id)

    def remove(
        self, allowed_recipients: str | Sequence[str], *, enabled: bool | None = None, subaccount_id: str | None = None
    ) -> AllowedRecipientList:
        """Take addresses or domains off the list.

        ``POST /allowed_recipients/remove``. Those that are not on it are no error. Whether the answer holds what was
        taken off or what is left is not documented; `view` tells what is left.

        Args:
            allowed_recipients: 1 or more addresses or domains.
            enabled: Switch the list on or off; as it was when left out.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: No address at all, or an empty one.
        """
        return self._run(self._async.remove, allowed_recipients, enabled=enabled, subaccount_id=subaccount_id)

    def update(
        self, allowed_recipients: str | Sequence[str], enabled: bool, *, subaccount_id: str | None = None
    ) -> AllowedRecipientList:
        """Replace the whole list.

        ``POST /allowed_recipients/update``

        Args:
            allowed_recipients: Addresses or domains; an empty list takes all of them off.
            enabled: Whether nobody else may be sent to.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: An empty address.
        """
        return self._run(self._async.update, allowed_recipients, enabled, subaccount_id=subaccount_id)

    def view(self, *, subaccount_id: str | None = None) -> AllowedRecipientList:
        """Fetch the list, and whether it is switched on.

        ``POST /allowed_recipients/view``

        Args:
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, subaccount_id=subaccount_id)
