"""Restrict the addresses that the account may send to."""

from collections.abc import Sequence

from .._model_class import MaskedAddress, model
from .._operation import Operation
from .._values.checks import check_some
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup


@model
class AllowedRecipientList(Reply):
    """The addresses and domains that the account may send to."""

    allowed_recipients: tuple[MaskedAddress, ...] = ()
    enabled: bool | None = None
    """True if the account may send to no other address. Otherwise the list is kept and has no effect."""


ADD = Operation("/allowed_recipients/add", AllowedRecipientList, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation(
    "/allowed_recipients/remove", AllowedRecipientList, effect=CallEffect.CONVERGES, takes_subaccount=True
)
UPDATE = Operation(
    "/allowed_recipients/update", AllowedRecipientList, effect=CallEffect.CONVERGES, takes_subaccount=True
)
VIEW = Operation("/allowed_recipients/view", AllowedRecipientList, effect=CallEffect.READ, takes_subaccount=True)


class AllowedRecipients(EndpointGroup):
    """The list of allowed recipients (https://developers.smtp2go.com/reference/view-allowed-recipients)."""

    async def add(
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
        check_some(allowed_recipients, "allowed_recipients")
        return await self._call(ADD, _fields(allowed_recipients, enabled, subaccount_id))

    async def remove(
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
        check_some(allowed_recipients, "allowed_recipients")
        return await self._call(REMOVE, _fields(allowed_recipients, enabled, subaccount_id))

    async def update(
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
        return await self._call(UPDATE, _fields(allowed_recipients, enabled, subaccount_id))

    async def view(self, *, subaccount_id: str | None = None) -> AllowedRecipientList:
        """Fetch the list, and whether it is switched on.

        ``POST /allowed_recipients/view`` (https://developers.smtp2go.com/reference/view-allowed-recipients)

        Args:
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"subaccount_id": subaccount_id})


def _fields(allowed_recipients: Sequence[str], enabled: bool | None, subaccount_id: str | None) -> dict[str, object]:
    return {"allowed_recipients": allowed_recipients, "enabled": enabled, "subaccount_id": subaccount_id}
