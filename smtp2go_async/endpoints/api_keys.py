"""Manage the keys of this API.

| method        | call                        | effect    |
|---------------|-----------------------------|-----------|
| `add`         | POST /api_keys/add          | ONCE      |
| `edit`        | POST /api_keys/edit         | CONVERGES |
| `patch`       | PATCH /api_keys/edit        | CONVERGES |
| `permissions` | POST /api_keys/permissions  | READ      |
| `remove`      | POST /api_keys/remove       | CONVERGES |
| `view`        | POST /api_keys/view         | READ      |
"""

from collections.abc import Sequence
from typing import Any, Unpack

import attrs

from .._models.model import EmptyReply, ListReply, Secret, model, named
from .._operation import CallEffect, Operation
from .._values.checks import check_some
from ._group import EndpointGroup
from ._sending import Sending, SendingOptions, sending_fields


class ApiKeyOptions(SendingOptions, total=False):
    """Options of an API key; each can be left out."""

    endpoints: Sequence[str] | None
    """The calls it may make, for example ``/email/send``: no others than the key that makes this call may make."""


@model
class ApiKey(Sending):
    """An API key."""

    api_key: Secret = ""
    """Whole only in the answer of `add`; elsewhere its first 16 characters and asterisks. Not shown in reprs."""
    username: str = ""
    """The first 16 characters, by which activity, statistics and webhooks name it."""
    custom_ratelimit: bool = attrs.field(default=False, metadata=named("custom_rate_limit", "custom_ratelimit"))
    """Whether a limit of its own is in force. The API spells it differently in answers about keys."""
    endpoints: tuple[str, ...] = ()
    """The calls it may make."""
    sending_status: str | None = None
    """Whether sending with it is blocked for misuse; the API got it in October 2026 and does not list the values."""


ADD = Operation("/api_keys/add", ListReply[ApiKey], effect=CallEffect.ONCE, takes_subaccount=True)
EDIT = Operation("/api_keys/edit", ListReply[ApiKey], effect=CallEffect.CONVERGES, takes_subaccount=True)
PATCH = Operation(
    "/api_keys/edit", ListReply[ApiKey], effect=CallEffect.CONVERGES, method="PATCH", takes_subaccount=True
)
PERMISSIONS = Operation("/api_keys/permissions", ListReply[str], effect=CallEffect.READ)
REMOVE = Operation(
    "/api_keys/remove", EmptyReply, effect=CallEffect.CONVERGES, takes_subaccount=True, empty_answer=True
)
VIEW = Operation("/api_keys/view", ListReply[ApiKey], effect=CallEffect.READ, takes_subaccount=True)


class ApiKeys(EndpointGroup):
    """Keys of this API."""

    async def add(self, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Make a key; this is the only time that the whole key is shown.

        ``POST /api_keys/add``. At most 5 calls a minute. Not repeated when the outcome is unknown: that could make two.

        Args:
            **options: See `ApiKeyOptions`; without ``endpoints`` it may only make the call ``/email/send``.
        """
        return await self._call(ADD, _fields(options))

    async def edit(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Replace all options of a key: those that are left out go back to their defaults.

        ``POST /api_keys/edit``. To change some and leave the others, use `patch`.

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return await self._call(EDIT, {"id": id, **_fields(options)})

    async def patch(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Change some options of a key, and leave the others as they are.

        ``PATCH /api_keys/edit``

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return await self._call(PATCH, {"id": id, **_fields(options)})

    async def permissions(self) -> ListReply[str]:
        """List the calls that this client's key may make.

        ``POST /api_keys/permissions``. Every key may make this one, so it is the way to test a key.
        """
        return await self._call(PERMISSIONS, {})

    async def remove(self, id: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove a key. What uses it can't send any more.

        ``POST /api_keys/remove``

        Args:
            id: The whole key.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(REMOVE, {"id": id, "subaccount_id": subaccount_id})

    async def view(
        self, *, id: str | None = None, search: str | None = None, subaccount_id: str | None = None
    ) -> ListReply[ApiKey]:
        """List the keys of the account, masked.

        ``POST /api_keys/view``

        Args:
            id: Only this one; the whole key.
            search: Only those with this text.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"id": id, "search": search, "subaccount_id": subaccount_id})


def _fields(options: ApiKeyOptions) -> dict[str, Any]:
    check_some(options.get("endpoints"), "endpoints")
    return sending_fields(options)
