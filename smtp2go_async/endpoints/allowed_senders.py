"""Restrict the addresses that the account may send from."""

from collections.abc import Sequence
from typing import Literal

from .._model_class import MaskedAddress, model
from .._operation import Operation
from .._values.checks import check_some
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup

SenderMode = Literal["whitelist", "blacklist", "disabled"] | str
"""How the list is read: only its addresses may send, all others may send, or it has no effect. The API may add modes.
"""


@model
class AllowedSenderList(Reply):
    """The addresses and domains that may send, or may not, depending on the mode."""

    allowed_senders: tuple[MaskedAddress, ...] = ()
    mode: SenderMode = ""


ADD = Operation("/allowed_senders/add", AllowedSenderList, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/allowed_senders/remove", AllowedSenderList, effect=CallEffect.CONVERGES, takes_subaccount=True)
UPDATE = Operation("/allowed_senders/update", AllowedSenderList, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/allowed_senders/view", AllowedSenderList, effect=CallEffect.READ, takes_subaccount=True)


class AllowedSenders(EndpointGroup):
    """The list of allowed senders (https://developers.smtp2go.com/reference/view-allowed-senders)."""

    async def add(self, allowed_senders: str | Sequence[str], *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Add addresses or domains to the list.

        ``POST /allowed_senders/add`` (https://developers.smtp2go.com/reference/add-allowed-senders). The effect depends
        on the mode, which the answer shows: in ``blacklist`` the addresses may not send any more.

        Args:
            allowed_senders: Addresses or domains, at least 1.
            subaccount_id: The subaccount to act for.

        Raises:
            ValueError: There is no address, or an address is empty.
        """
        check_some(allowed_senders, "allowed_senders")
        return await self._call(ADD, _fields(allowed_senders, subaccount_id))

    async def remove(
        self,
        allowed_senders: str | Sequence[str],
        *,
        subaccount_id: str | None = None,
    ) -> AllowedSenderList:
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
        check_some(allowed_senders, "allowed_senders")
        return await self._call(REMOVE, _fields(allowed_senders, subaccount_id))

    async def update(
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
        return await self._call(UPDATE, {**_fields(allowed_senders, subaccount_id), "mode": mode})

    async def view(self, *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Fetch the list and its mode.

        ``POST /allowed_senders/view`` (https://developers.smtp2go.com/reference/view-allowed-senders)

        Args:
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"subaccount_id": subaccount_id})


def _fields(allowed_senders: Sequence[str], subaccount_id: str | None) -> dict[str, object]:
    return {"allowed_senders": allowed_senders, "subaccount_id": subaccount_id}
