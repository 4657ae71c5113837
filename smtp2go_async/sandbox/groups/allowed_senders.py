"""The senders that a sandbox account may use, or may not use. No sockets."""

from collections import defaultdict
from typing import Any

from ..call import Call, Operations
from ..records import SentEmail
from .address_lists import is_listed, read_entries, without_doubles

MODES = ("whitelist", "blacklist", "disabled")


class _SenderList:
    def __init__(self) -> None:
        self.mode = "disabled"
        self.entries: list[str] = []

    def shown(self) -> dict[str, Any]:
        return {"allowed_senders": list(self.entries), "mode": self.mode}


class AllowedSenderCalls:
    """The list of senders of an account, and those of its subaccounts; a list refuses nothing until it has a mode."""

    def __init__(self) -> None:
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/allowed_senders/add": self._add,
            "/allowed_senders/remove": self._remove,
            "/allowed_senders/update": self._update,
            "/allowed_senders/view": lambda call: self._lists[call.subaccount].shown(),
        }

    def clear(self) -> None:
        """Forget all lists."""
        self._lists: defaultdict[str, _SenderList] = defaultdict(_SenderList)

    def is_in_use(self, subaccount: str) -> bool:
        """Return whether a list decides on senders. Verified domains and addresses do not count then."""
        return subaccount in self._lists and self._lists[subaccount].mode != "disabled"

    def refusal(self, email: SentEmail) -> str | None:
        """Return why a list refuses an e-mail; the provider has not published its words."""
        found = self._lists.get(email.subaccount)
        if (
            found is None
            or found.mode == "disabled"
            or is_listed(email.sender, found.entries) == (found.mode == "whitelist")
        ):
            return None
        return (
            f"An error occurred during the SMTP request: From header sender not allowed ({email.sender})\n"
            "Change the list on the Restrict Senders page - Code(550)"
        )

    def _add(self, call: Call) -> dict[str, Any]:
        entries = read_entries(call.fields, "allowed_senders")
        found = self._lists[call.subaccount]
        found.entries = without_doubles([*found.entries, *entries])
        return found.shown()

    def _remove(self, call: Call) -> dict[str, Any]:
        entries = read_entries(call.fields, "allowed_senders")
        found = self._lists[call.subaccount]
        found.entries = [entry for entry in found.entries if entry not in entries]
        return found.shown()

    def _update(self, call: Call) -> dict[str, Any]:
        entries = read_entries(call.fields, "allowed_senders")
        mode = call.fields.required("mode", call.fields.text("mode"))
        call.fields.one_of("mode", mode, MODES)
        found = self._lists[call.subaccount]
        found.entries, found.mode = without_doubles(entries), mode
        return found.shown()
