"""The IP authentications of a sandbox account: addresses that may send over SMTP without a password. No sockets.

The API has no call that adds one, since that is done on the provider's pages; `IpAuthCalls.add` stands for it.
"""

from collections import defaultdict
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from ..call import Call, Operations, refused
from ..sender_settings import SenderSettings, read_settings, with_changes


class IpAuthCalls:
    """The IP authentications of an account and of its subaccounts.

    Args:
        pools: The pools of dedicated IP addresses by their ids.
    """

    def __init__(self, pools: Mapping[int, object]) -> None:
        self._pools = pools
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "PATCH /ip_auth/edit": self._patch,
            "/ip_auth/remove": self._remove,
            "/ip_auth/view": self._view,
        }

    def clear(self) -> None:
        """Forget all IP authentications."""
        self._entries: defaultdict[str, dict[str, SenderSettings]] = defaultdict(dict)

    def add(self, address: str, description: str, subaccount: str) -> None:
        """Let an address authenticate."""
        try:
            name = str(ip_address(address))
        except ValueError:
            raise ValueError("ip_address: must be an IPv4 or IPv6 address") from None
        self._entries[subaccount][name] = SenderSettings(description=description)

    def _patch(self, call: Call) -> list[dict[str, Any]]:
        address = self._named(call)
        entries = self._entries[call.subaccount]
        settings = with_changes(entries[address], read_settings(call.fields, self._pools))
        entries[address] = settings
        return [{"ip_address": address, **settings.shown()}]

    def _remove(self, call: Call) -> dict[str, Any]:
        del self._entries[call.subaccount][self._named(call)]
        return {}

    def _view(self, call: Call) -> dict[str, Any]:
        wanted = call.fields.text("ip_address")
        return {
            # The schema of the reply spells the field "ip_addres", its example as here.
            "results": [
                {"ip_address": address, **settings.shown_in_results()}
                for address, settings in self._entries[call.subaccount].items()
                if not wanted or address == wanted
            ],
            "default_ratelimit_value": 0,
            "default_ratelimit_period": "unlimited",
        }

    def _named(self, call: Call) -> str:
        wanted = call.fields.required("ip_address", call.fields.text("ip_address"))
        if wanted not in self._entries[call.subaccount]:
            raise refused("No IP authentication was found with the passed 'ip_address'")
        return wanted
