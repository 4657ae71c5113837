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

from .._models.model import Done, Listing, Secret, model, named
from .._operation import Effect, Operation
from .._values.checks import need_some
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


ADD = Operation("/api_keys/add", Listing[ApiKey], effect=Effect.ONCE, takes_subaccount=True)
EDIT = Operation("/api_keys/edit", Listing[ApiKey], effect=Effect.CONVERGES, takes_subaccount=True)
PATCH = Operation("/api_keys/edit", Listing[ApiKey], effect=Effect.CONVERGES, method="PATCH", takes_subaccount=True)
PERMISSIONS = Operation("/api_keys/permissions", Listing[str], effect=Effect.READ)
REMOVE = Operation("/api_keys/remove", Done, effect=Effect.CONVERGES, takes_subaccount=True, empty_answer=True)
VIEW = Operation("/api_keys/view", Listing[ApiKey], effect=Effect.READ, takes_subaccount=True)


class ApiKeys(EndpointGroup):
    """Keys of this API."""

    async def add(self, **options: Unpack[ApiKeyOptions]) -> Listing[ApiKey]:
        """Make a key; this is the only time that the whole key is shown.

        ``POST /api_keys/add``. At most 5 calls a minute. Not repeated when the outcome is unknown: that could make two.

        Args:
            **options: See `ApiKeyOptions`; without ``endpoints`` it may only make the call ``/email/send``.
        """
        return await self._call(ADD, _fields(options))

    async def edit(self, id: str, **options: Unpack[ApiKeyOptions]) -> Listing[ApiKey]:
        """Replace all options of a key: those that are left out go back to their defaults.

        ``POST /api_keys/edit``. To change some and leave the others, use `patch`.

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return await self._call(EDIT, {"id": id, **_fields(options)})

    async def patch(self, id: str, **options: Unpack[ApiKeyOptions]) -> Listing[ApiKey]:
        """Change some options of a key, and leave the others as they are.

        ``PATCH /api_keys/edit``

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return await self._call(PATCH, {"id": id, **_fields(options)})

    async def permissions(self) -> Listing[str]:
        """List the calls that this client's key may make.

        ``POST /api_keys/permissions``. Every key may make this one, so it is the way to test a key.
        """
        return await self._call(PERMISSIONS, {})

    async def remove(self, id: str, *, subaccount_id: str | None = None) -> Done:
        """Remove a key. What uses it can't send any more.

        ``POST /api_keys/remove``

        Args:
            id: The whole key.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(REMOVE, {"id": id, "subaccount_id": subaccount_id})

    async def view(
        self, *, id: str | None = None, search: str | None = None, subaccount_id: str | None = None
    ) -> Listing[ApiKey]:
        """List the keys of the account, masked.

        ``POST /api_keys/view``

        Args:
            id: Only this one; the whole key.
            search: Only those with this text.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"id": id, "search": search, "subaccount_id": subaccount_id})


def _fields(options: ApiKeyOptions) -> dict[str, Any]:
    need_some(options.get("endpoints"), "endpoints")
    return sending_fields(options)
