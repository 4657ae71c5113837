# Written by tools/make_sync.py from endpoints/api_keys.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.api_keys`."""

from typing import Unpack

from ..endpoints.api_keys import ApiKey, ApiKeyOptions, ApiKeys
from ..reply import EmptyReply, ListReply
from ._group import SyncGroup


class SyncApiKeys(SyncGroup[ApiKeys]):
    """Keys of this API (https://developers.smtp2go.com/reference/view-api-keys)."""

    __slots__ = ()

    def add(self, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Make a key; no later call shows the whole key.

        ``POST /api_keys/add`` (https://developers.smtp2go.com/reference/add-api-key). At most 5 calls a minute. Not
        repeated when the outcome is unknown: that could make two. Without ``endpoints`` the key may make the call
        ``/email/send`` and no other.

        Args:
            **options: See `ApiKeyOptions`.
        """
        return self._run(self._async.add, **ApiKeyOptions(**options))

    def edit(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Replace all options of a key: an option that is left out returns to its default.

        ``POST /api_keys/edit`` (https://developers.smtp2go.com/reference/edit-api-key). To change some options and keep
        the others, use `patch`.

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return self._run(self._async.edit, id, **ApiKeyOptions(**options))

    def patch(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Change some options of a key and keep the others.

        ``PATCH /api_keys/edit`` (https://developers.smtp2go.com/reference/patch-api-key)

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return self._run(self._async.patch, id, **ApiKeyOptions(**options))

    def permissions(self) -> ListReply[str]:
        """List the calls that this client's key may make.

        ``POST /api_keys/permissions`` (https://developers.smtp2go.com/reference/view-api-key-permissions). Every key
        may make this call, so it can be used to test a key.
        """
        return self._run(self._async.permissions)

    def remove(self, id: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove a key. Programs that use it can't send any more.

        ``POST /api_keys/remove`` (https://developers.smtp2go.com/reference/remove-api-key)

        Args:
            id: The whole key.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.remove, id, subaccount_id=subaccount_id)

    def view(
        self, *, id: str | None = None, search: str | None = None, subaccount_id: str | None = None
    ) -> ListReply[ApiKey]:
        """List the keys of the account, masked.

        ``POST /api_keys/view`` (https://developers.smtp2go.com/reference/view-api-keys)

        Args:
            id: List nothing but this key, given whole.
            search: List nothing but keys with this text.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, id=id, search=search, subaccount_id=subaccount_id)
