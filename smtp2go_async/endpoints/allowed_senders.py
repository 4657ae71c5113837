"""Restrict whom the account may send as.

| method   | call                         | effect    |
|----------|------------------------------|-----------|
| `add`    | POST /allowed_senders/add    | CONVERGES |
| `remove` | POST /allowed_senders/remove | CONVERGES |
| `update` | POST /allowed_senders/update | CONVERGES |
| `view`   | POST /allowed_senders/view   | READ      |
"""

from collections.abc import Sequence
from typing import Literal

from .._models.model import MaskedAddress, Reply, model
from .._operation import CallEffect, Operation
from .._values.checks import check_some
from ._group import EndpointGroup

SenderMode = Literal["whitelist", "blacklist", "disabled"] | str
"""How the list is read: only those on it may send, all but those on it, or it has no effect. Others may come."""


@model
class AllowedSenderList(Reply):
    """The addresses and domains that may be sent from, or may not."""

    allowed_senders: tuple[MaskedAddress, ...] = ()
    mode: SenderMode = ""


ADD = Operation("/allowed_senders/add", AllowedSenderList, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/allowed_senders/remove", AllowedSenderList, effect=CallEffect.CONVERGES, takes_subaccount=True)
UPDATE = Operation("/allowed_senders/update", AllowedSenderList, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/allowed_senders/view", AllowedSenderList, effect=CallEffect.READ, takes_subaccount=True)


class AllowedSenders(EndpointGroup):
    """The list of those who may be sent as, or may not."""

    async def add(self, allowed_senders: str | Sequence[str], *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Put addresses or domains on the list.

        ``POST /allowed_senders/add``. What that means depends on the mode, which the answer has: in ``blacklist`` they
        may not send any more.

        Args:
            allowed_senders: 1 or more addresses or domains.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: No address at all, or an empty one.
        """
        check_some(allowed_senders, "allowed_senders")
        return await self._call(ADD, _fields(allowed_senders, subaccount_id))

    async def remove(
        self,
        allowed_senders: str | Sequence[str],
        *,
        subaccount_id: str | None = None,
    ) -> AllowedSenderList:
        """Take addresses or domains off the list.

        ``POST /allowed_senders/remove``. Those that are not on it are no error. Whether the answer holds what was taken
        off or what is left is not documented; `view` tells what is left.

        Args:
            allowed_senders: 1 or more addresses or domains.
            subaccount_id: Act for this subaccount.

        Raises:
            ValueError: No address at all, or an empty one.
        """
        check_some(allowed_senders, "allowed_senders")
        return await self._call(REMOVE, _fields(allowed_senders, subaccount_id))

    async def update(
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
        return await self._call(UPDATE, {**_fields(allowed_senders, subaccount_id), "mode": mode})

    async def view(self, *, subaccount_id: str | None = None) -> AllowedSenderList:
        """Fetch the list, and how it is read.

        ``POST /allowed_senders/view``

        Args:
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"subaccount_id": subaccount_id})


def _fields(allowed_senders: Sequence[str], subaccount_id: str | None) -> dict[str, object]:
    return {"allowed_senders": allowed_senders, "subaccount_id": subaccount_id}
