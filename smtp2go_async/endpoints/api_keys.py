"""Manage the keys of this API."""

from collections.abc import Sequence
from typing import Any, Unpack

import attrs

from .._model_class import Secret, model, named
from .._operation import Operation
from .._values.checks import check_some
from ..reply import EmptyReply, ListReply
from ..retry import CallEffect
from ._group import EndpointGroup
from ._sending import Sending, SendingOptions, sending_fields


class ApiKeyOptions(SendingOptions, total=False):
    """Options of an API key; each can be left out."""

    endpoints: Sequence[str] | None
    """The calls that the key may make, for example ``["/email/send"]``: none that the calling key may not make."""


@model
class ApiKey(Sending):
    """An API key."""

    api_key: Secret = ""
    """The whole key in the answer of `add`; elsewhere its first 16 characters and asterisks. Not shown in reprs."""
    username: str = ""
    """The first 16 characters of the key, by which activity, statistics and webhooks name it."""
    custom_ratelimit: bool = attrs.field(default=False, metadata=named("custom_rate_limit", "custom_ratelimit"))
    """True if the key has a limit of its own. In answers about keys the API spells it ``custom_rate_limit``."""
    endpoints: tuple[str, ...] = ()
    """The calls that the key may make."""
    sending_status: str | None = None
    """Whether sending is blocked for misuse. In the API since October 2026; the values are not published."""


ADD = Operation("/api_keys/add", ListReply[ApiKey], effect=CallEffect.ONCE, takes_subaccount=True)
EDIT = Operation("/api_keys/edit", ListReply[ApiKey], effect=CallEffect.CONVERGES, takes_subaccount=True)
PATCH = Operation(
    "/api_keys/edit", ListReply[ApiKey], effect=CallEffect.CONVERGES, method="PATCH", takes_subaccount=True
)
PERMISSIONS = Operation("/api_keys/permissions", ListReply[str], effect=CallEffect.READ)
REMOVE = Operation(
    "/api_keys/remove", EmptyReply, effect=CallEffect.CONVERGES, takes_subaccount=True, empty_response=True
)
VIEW = Operation("/api_keys/view", ListReply[ApiKey], effect=CallEffect.READ, takes_subaccount=True)


class ApiKeys(EndpointGroup):
    """Keys of this API (https://developers.smtp2go.com/reference/view-api-keys)."""

    async def add(self, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Make a key; no later call shows the whole key.

        ``POST /api_keys/add`` (https://developers.smtp2go.com/reference/add-api-key). At most 5 calls a minute. Not
        repeated when the outcome is unknown: that could make two. Without ``endpoints`` the key may make the call
        ``/email/send`` and no other.

        Args:
            **options: See `ApiKeyOptions`.
        """
        return await self._call(ADD, _fields(ApiKeyOptions(**options)))

    async def edit(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Replace all options of a key: an option that is left out returns to its default.

        ``POST /api_keys/edit`` (https://developers.smtp2go.com/reference/edit-api-key). To change some options and keep
        the others, use `patch`.

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return await self._call(EDIT, {"id": id, **_fields(ApiKeyOptions(**options))})

    async def patch(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Change some options of a key and keep the others.

        ``PATCH /api_keys/edit`` (https://developers.smtp2go.com/reference/patch-api-key)

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return await self._call(PATCH, {"id": id, **_fields(ApiKeyOptions(**options))})

    async def permissions(self) -> ListReply[str]:
        """List the calls that this client's key may make.

        ``POST /api_keys/permissions`` (https://developers.smtp2go.com/reference/view-api-key-permissions). Every key
        may make this call, so it can be used to test a key.
        """
        return await self._call(PERMISSIONS, {})

    async def remove(self, id: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove a key. Programs that use it can't send any more.

        ``POST /api_keys/remove`` (https://developers.smtp2go.com/reference/remove-api-key)

        Args:
            id: The whole key.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(REMOVE, {"id": id, "subaccount_id": subaccount_id})

    async def view(
        self, *, id: str | None = None, search: str | None = None, subaccount_id: str | None = None
    ) -> ListReply[ApiKey]:
        """List the keys of the account, masked.

        ``POST /api_keys/view`` (https://developers.smtp2go.com/reference/view-api-keys)

        Args:
            id: List nothing but this key, given whole.
            search: List nothing but keys with this text.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"id": id, "search": search, "subaccount_id": subaccount_id})


def _fields(options: ApiKeyOptions) -> dict[str, Any]:
    check_some(options.get("endpoints"), "endpoints")
    return sending_fields(options)
