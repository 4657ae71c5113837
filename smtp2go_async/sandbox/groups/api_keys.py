"""The API keys of a sandbox account, the calls about them, and what a key may do. No sockets."""

import secrets
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ..account_key import EVERY_ENDPOINT, AccountKey
from ..call import Call, Operations, refused
from ..rate_limit import RateLimit
from ..rules import RequestError, check_key_form, is_key, masked_key
from ..sender_settings import SenderSettings, read_settings, with_changes

KEYS_PER_MINUTE = 5
"""Calls of ``/api_keys/add`` that are answered in a minute."""
PERMISSIONS = "/api_keys/permissions"
"""The call that every key may make."""
DEFAULT_ENDPOINTS = ("/email/send",)

_SENDING = frozenset({"/email/send", "/email/mime", "/email/batch", "/sms/send"})


class KeyCalls:
    """The keys of an account and of its subaccounts.

    Args:
        secret: The key that the account starts with, which may make every call and cannot be removed.
        pools: The pools of dedicated IP addresses by their ids.
    """

    def __init__(self, secret: str, pools: Mapping[int, object]) -> None:
        self._secret = secret
        self._pools = pools
        self._limit = RateLimit(KEYS_PER_MINUTE, 60)
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/api_keys/add": self._add,
            "/api_keys/edit": self._edit,
            "PATCH /api_keys/edit": self._patch,
            "/api_keys/remove": self._remove,
            "/api_keys/view": self._view,
            PERMISSIONS: self._permissions,
        }

    def clear(self) -> None:
        """Forget all keys but the first, which is as it was at first."""
        self._keys = {self._secret: AccountKey(secret=self._secret)}
        self._limit.clear()

    def key_of(self, given: object) -> AccountKey:
        """Return the key that a request came with, or raise the provider's error."""
        key = self._keys.get(check_key_form(given))
        if key is None:
            # Seen live with 500, and with 400 in another program: neither is what a wrong key should be.
            raise RequestError(500, "API_EXCEPTION", "An API User matching the passed 'api_key' was not found")
        return key

    @property
    def first(self) -> AccountKey:
        """Return the key that the account started with, as it is now."""
        return self._keys[self._secret]

    def check_permission(self, key: AccountKey, path: str) -> None:
        """Refuse a call that a key may not make."""
        if path != PERMISSIONS and not key.may_call(path):
            raise RequestError(
                400, "ENDPOINT_PERMISSION_DENIED", "You do not have permission to access this API endpoint"
            )
        # The provider has not published what a blocked key is answered; SMTP users that are blocked do not send.
        if key.settings.status == "blocked" and path in _SENDING:
            raise refused("Sending is not allowed for the passed 'api_key'")

    def _add(self, call: Call) -> list[dict[str, Any]]:
        self._limit.count(call.now)
        changes = read_settings(call.fields, self._pools)
        key = AccountKey(
            secret=f"api-{secrets.token_hex(16).upper()}",
            endpoints=_endpoints(call, left_out=DEFAULT_ENDPOINTS),
            subaccount=call.subaccount,
            settings=with_changes(SenderSettings(), changes),
        )
        self._keys[key.secret] = key
        # Only this reply has the whole key.
        return [_shown(key, key.secret)]

    def _edit(self, call: Call) -> list[dict[str, Any]]:
        """Replace all of a key: what is left out has its default again."""
        key = self._named(call)
        changes = read_settings(call.fields, self._pools)
        endpoints = _endpoints(call, left_out=DEFAULT_ENDPOINTS, known=key.endpoints)
        return self._kept(evolve(key, settings=with_changes(SenderSettings(), changes), endpoints=endpoints))

    def _patch(self, call: Call) -> list[dict[str, Any]]:
        key = self._named(call)
        changes = read_settings(call.fields, self._pools)
        endpoints = _endpoints(call, left_out=key.endpoints, known=key.endpoints)
        return self._kept(evolve(key, settings=with_changes(key.settings, changes), endpoints=endpoints))

    def _remove(self, call: Call) -> dict[str, Any]:
        key = self._named(call)
        if key.secret == self._secret:
            # Without this key nothing could be asked of the sandbox any more.
            raise refused("The API key of the sandbox itself cannot be removed")
        del self._keys[key.secret]
        return {}

    def _view(self, call: Call) -> list[dict[str, Any]]:
        wanted, search = call.fields.text("id"), (call.fields.text("search") or "").lower()
        return [
            _shown(key, masked_key(key.secret))
            for key in self._keys.values()
            if key.subaccount == call.subaccount
            and (not wanted or _is_named(key, wanted))
            and (search in key.settings.description.lower() or search in key.username.lower())
        ]

    def _permissions(self, call: Call) -> list[str]:
        return list(call.key.endpoints)

    def _kept(self, key: AccountKey) -> list[dict[str, Any]]:
        self._keys[key.secret] = key
        return [_shown(key, masked_key(key.secret))]

    def _named(self, call: Call) -> AccountKey:
        wanted = call.fields.required("id", call.fields.text("id"))
        for key in self._keys.values():
            if key.subaccount == call.subaccount and _is_named(key, wanted):
                return key
        raise refused("No API key was found with the passed 'id'")


def _is_named(key: AccountKey, wanted: str) -> bool:
    # The reference asks for the whole key. Replies show only the short form and the masked key, so both name it here.
    return wanted == key.secret if is_key(wanted) else wanted in (key.username, masked_key(key.secret))


def _endpoints(call: Call, *, left_out: tuple[str, ...], known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the endpoints that a key shall have, each of which the caller's key must have unless it is known."""
    fields = call.fields
    if "endpoints" not in fields:
        return left_out
    endpoints = tuple(dict.fromkeys(fields.words("endpoints")))
    for index, endpoint in enumerate(endpoints):
        if endpoint != EVERY_ENDPOINT and not endpoint.startswith("/"):
            fields.fail(f"endpoints[{index}]", "was expecting a path such as '/email/send', or '*'")
        if endpoint not in known and not call.key.may_call(endpoint):
            raise refused("The passed 'endpoints' must be a subset of those of the API key of this call")
    return endpoints


def _shown(key: AccountKey, secret: str) -> dict[str, Any]:
    # "sending_status", which replies have had since 2026-10-27, is left out: its values are not published.
    return {
        "api_key": secret,
        "username": key.username,
        **key.settings.shown(),
        "endpoints": list(key.endpoints),
    }
