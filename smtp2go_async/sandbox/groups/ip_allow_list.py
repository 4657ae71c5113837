"""The lists of IP addresses that may use a sandbox account, one for SMTP and one for the API. No sockets.

A list that is enabled refuses every other address. The one for SMTP refuses nothing, since the sandbox has no SMTP.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

from ..account_key import AccountKey
from ..call import Call, Operations, refused
from ..rules import Fields, RequestError

KINDS = ("smtp", "api")


class _AllowList:
    def __init__(self) -> None:
        self.enabled = False
        self.addresses: dict[str, str] = {}
        """The description of each address."""


class IpAllowListCalls:
    """The allow lists of an account and of its subaccounts.

    Args:
        key_of: Returns the key of an account by its text, or raises the provider's error.
    """

    def __init__(self, key_of: Callable[[object], AccountKey]) -> None:
        self._key_of = key_of
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/ip_allow_list": self._set_enabled,
            "/ip_allow_list/add": self._add,
            "/ip_allow_list/edit": self._edit,
            "/ip_allow_list/remove": self._remove,
            "/ip_allow_list/view": self._view,
        }

    def clear(self) -> None:
        """Forget all lists."""
        self._lists: dict[tuple[str, str], _AllowList] = {}

    def disable(self) -> None:
        """Disable all lists, and keep their addresses."""
        for found in self._lists.values():
            found.enabled = False

    def check(self, client_ip: str, subaccount: str) -> None:
        """Refuse a request from an address that an enabled list for the API does not have."""
        found = self._lists.get((subaccount, "api"))
        if found is not None and found.enabled and _plain(client_ip) not in found.addresses:
            # The provider has not published this refusal.
            raise RequestError(403, "API_EXCEPTION", "The IP address of this request is not on the IP allow list")

    def _set_enabled(self, call: Call) -> dict[str, Any]:
        found = self._list_of(call)
        if "enabled" in call.fields:
            found.enabled = call.fields.flag("enabled")
        return {"enabled": found.enabled}

    def _add(self, call: Call) -> dict[str, Any]:
        found = self._list_of(call)
        address = _address(call.fields, "ip_address")
        description = call.fields.text("description") or ""
        if address in found.addresses:
            raise refused("The passed 'ip_address' is on the IP allow list already")
        found.addresses[address] = description
        return _shown(found, address)

    def _edit(self, call: Call) -> dict[str, Any]:
        found = self._list_of(call)
        address = _listed(found, call.fields)
        new = _address(call.fields, "new_ip_address") if "new_ip_address" in call.fields else address
        description = call.fields.text("description")
        if new != address and new in found.addresses:
            raise refused("The passed 'new_ip_address' is on the IP allow list already")
        kept = found.addresses[address]
        # The address keeps its place in the list.
        found.addresses = {new if name == address else name: text for name, text in found.addresses.items()}
        found.addresses[new] = kept if description is None else description
        return _shown(found, new)

    def _remove(self, call: Call) -> dict[str, Any]:
        found = self._list_of(call)
        address = _listed(found, call.fields)
        shown = _shown(found, address)
        del found.addresses[address]
        return shown

    def _view(self, call: Call) -> dict[str, Any]:
        found = self._list_of(call)
        return {"enabled": found.enabled, "ip_addresses": [_shown(found, address) for address in found.addresses]}

    def _list_of(self, call: Call) -> _AllowList:
        # These calls need the key in the body, whatever the headers have.
        key = self._key_of(call.fields.required("api_key", call.fields.text("api_key")))
        kind = call.fields.text("type") or "smtp"
        call.fields.one_of("type", kind, KINDS)
        return self._lists.setdefault((key.subaccount, kind), _AllowList())


def _listed(found: _AllowList, fields: Fields) -> str:
    address = _address(fields, "ip_address")
    if address not in found.addresses:
        raise refused("The passed 'ip_address' is not on the IP allow list")
    return address


def _address(fields: Fields, name: str) -> str:
    # The reference calls no address required, and without it these calls have nothing to do.
    value = fields.required(name, fields.text(name))
    try:
        return str(ip_address(value))
    except ValueError:
        fields.fail(name, "was expecting an IP address")


def _plain(client_ip: str) -> str:
    """Return an address as the lists have it; a socket for IPv6 writes IPv4 addresses as ::ffff:192.0.2.1."""
    try:
        address = ip_address(client_ip)
    except ValueError:
        return client_ip
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _shown(found: _AllowList, address: str) -> dict[str, Any]:
    return {"ip_address": address, "description": found.addresses[address]}
