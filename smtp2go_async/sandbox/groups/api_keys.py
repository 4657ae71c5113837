"""The API keys of a sandbox account, the calls about them, and what a key may do. No sockets."""

from fnmatch import fnmatchcase
from typing import Any

from ..account_key import AccountKey
from ..call import Call, Operations
from ..rules import RequestError, check_key_form

PERMISSIONS = "/api_keys/permissions"
"""The call that every key may make."""


class KeyCalls:
    """The keys of an account.

    Args:
        secret: The key that the account starts with, which may make every call.
    """

    def __init__(self, secret: str) -> None:
        self.first = AccountKey(secret=secret)
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {PERMISSIONS: self._permissions}

    def clear(self) -> None:
        """Forget all keys but the first."""
        self._keys = {self.first.secret: self.first}

    def key_of(self, given: object) -> AccountKey:
        """Return the key that a request came with, or raise the provider's error."""
        secret = check_key_form(given)
        key = self._keys.get(secret)
        if key is None:
            raise RequestError(500, "API_EXCEPTION", "An API User matching the passed 'api_key' was not found")
        return key

    def check_permission(self, key: AccountKey, path: str) -> None:
        """Refuse a call that a key may not make."""
        if path != PERMISSIONS and not may_call(key, path):
            raise RequestError(
                400, "ENDPOINT_PERMISSION_DENIED", "You do not have permission to access this API endpoint"
            )

    def _permissions(self, call: Call) -> list[Any]:
        return list(call.key.endpoints)


def may_call(key: AccountKey, path: str) -> bool:
    """Return whether the endpoints of a key include a path."""
    return any(endpoint in ("*", path) or fnmatchcase(path, endpoint) for endpoint in key.endpoints)
