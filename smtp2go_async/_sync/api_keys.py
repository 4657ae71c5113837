# Written by tools/make_sync.py from endpoints/api_keys.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.api_keys`."""

from typing import Unpack

from .._models.model import EmptyReply, ListReply
from ..endpoints.api_keys import ApiKey, ApiKeyOptions, ApiKeys
from ._group import SyncGroup


class SyncApiKeys(SyncGroup[ApiKeys]):
    """Keys of this API."""

    __slots__ = ()

    def add(self, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Make a key; this is the only time that the whole key is shown.

        ``POST /api_keys/add``. At most 5 calls a minute. Not repeated when the outcome is unknown: that could make two.

        Args:
            **options: See `ApiKeyOptions`; without ``endpoints`` it may only make the call ``/email/send``.
        """
        return self._run(self._async.add, **ApiKeyOptions(**options))

    def edit(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Replace all options of a key: those that are left out go back to their defaults.

        ``POST /api_keys/edit``. To change some and leave the others, use `patch`.

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return self._run(self._async.edit, id, **ApiKeyOptions(**options))

    def patch(self, id: str, **options: Unpack[ApiKeyOptions]) -> ListReply[ApiKey]:
        """Change some options of a key, and leave the others as they are.

        ``PATCH /api_keys/edit``

        Args:
            id: The whole key.
            **options: See `ApiKeyOptions`.
        """
        return self._run(self._async.patch, id, **ApiKeyOptions(**options))

    def permissions(self) -> ListReply[str]:
        """List the calls that this client's key may make.

        ``POST /api_keys/permissions``. Every key may make this one, so it is the way to test a key.
        """
        return self._run(self._async.permissions)

    def remove(self, id: str, *, subaccount_id: str | None = None) -> EmptyReply:
        """Remove a key. What uses it can't send any more.

        ``POST /api_keys/remove``

        Args:
            id: The whole key.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.remove, id, subaccount_id=subaccount_id)

    def view(
        self, *, id: str | None = None, search: str | None = None, subaccount_id: str | None = None
    ) -> ListReply[ApiKey]:
        """List the keys of the account, masked.

        ``POST /api_keys/view``

        Args:
            id: Only this one; the whole key.
            search: Only those with this text.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, id=id, search=search, subaccount_id=subaccount_id)
