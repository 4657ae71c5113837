# Written by tools/make_sync.py from endpoints/allowed_senders.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.allowed_senders`."""

from collections.abc import Sequence

from ..endpoints.allowed_senders import AllowedSenderList, AllowedSenders, SenderMode
from ._group import SyncGroup


class SyncAllowedSenders(SyncGroup[AllowedSenders]):
    """The list of those who may be sent as, or may not."""

    __slots__ = ()

    def add(self, allowed_senders: str | Sequence[str], *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Put addresses or domains on the list.

        ``POST /allowed_senders/add``. What that means depends on the mode, which the answer has: in ``blacklist`` they
        may not send any more.

        Args:
            allowed_senders: 1 or more addresses or domains.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: No address at all, or an empty one.
        """
        return self._run(self._async.add, allowed_senders, subaccount_id=subaccount_id)

    def remove(self, allowed_senders: str | Sequence[str], *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Take addresses or domains off the list.

        ``POST /allowed_senders/remove``. Those that are not on it are no error. Whether the answer holds what was taken
        off or what is left is not documented; `view` tells what is left.

        Args:
            allowed_senders: 1 or more addresses or domains.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: No address at all, or an empty one.
        """
        return self._run(self._async.remove, allowed_senders, subaccount_id=subaccount_id)

    def update(
        self, allowed_senders: str | Sequence[str], mode: SenderMode, *, subaccount_id: str | None = None
    ) -> AllowedSenderList:
        """Replace the whole list, and say how it is read.

        ``POST /allowed_senders/update``. The modes ``whitelist`` and ``blacklist`` switch off the account's sender
        domains and single sender e-mails.

        Args:
            allowed_senders: Addresses or domains; an empty list takes all of them off.
            mode: ``whitelist`` (only these may send), ``blacklist`` (all but these may) or ``disabled``.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: An empty address, or no mode.
        """
        return self._run(self._async.update, allowed_senders, mode, subaccount_id=subaccount_id)

    def view(self, *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Fetch the list, and how it is read.

        ``POST /allowed_senders/view``

        Args:
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, subaccount_id=subaccount_id)
