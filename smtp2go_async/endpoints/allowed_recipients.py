"""Restrict whom the account may send to.

| method   | call                            | effect    |
|----------|---------------------------------|-----------|
| `add`    | POST /allowed_recipients/add    | CONVERGES |
| `remove` | POST /allowed_recipients/remove | CONVERGES |
| `update` | POST /allowed_recipients/update | CONVERGES |
| `view`   | POST /allowed_recipients/view   | READ      |
"""

from collections.abc import Sequence

from .._models.model import MaskedAddress, Reply, model
from .._operation import CallEffect, Operation
from .._values.checks import check_some
from ._group import EndpointGroup


@model
class AllowedRecipientList(Reply):
    """The addresses and domains that may be sent to."""

    allowed_recipients: tuple[MaskedAddress, ...] = ()
    enabled: bool | None = None
    """Whether nobody else may be sent to; otherwise the list is kept and has no effect."""


ADD = Operation("/allowed_recipients/add", AllowedRecipientList, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation(
    "/allowed_recipients/remove", AllowedRecipientList, effect=CallEffect.CONVERGES, takes_subaccount=True
)
UPDATE = Operation(
    "/allowed_recipients/update", AllowedRecipientList, effect=CallEffect.CONVERGES, takes_subaccount=True
)
VIEW = Operation("/allowed_recipients/view", AllowedRecipientList, effect=CallEffect.READ, takes_subaccount=True)


class AllowedRecipients(EndpointGroup):
    """The list of those who may be sent to."""

    async def add(
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
        check_some(allowed_recipients, "allowed_recipients")
        return await self._call(ADD, _fields(allowed_recipients, enabled, subaccount_id))

    async def remove(
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
        check_some(allowed_recipients, "allowed_recipients")
        return await self._call(REMOVE, _fields(allowed_recipients, enabled, subaccount_id))

    async def update(
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
        return await self._call(UPDATE, _fields(allowed_recipients, enabled, subaccount_id))

    async def view(self, *, subaccount_id: str | None = None) -> AllowedRecipientList:
        """Fetch the list, and whether it is switched on.

        ``POST /allowed_recipients/view``

        Args:
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"subaccount_id": subaccount_id})


def _fields(allowed_recipients: Sequence[str], enabled: bool | None, subaccount_id: str | None) -> dict[str, object]:
    return {"allowed_recipients": allowed_recipients, "enabled": enabled, "subaccount_id": subaccount_id}
