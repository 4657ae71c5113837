"""The only recipients that a sandbox account may send to, while that list is enabled. No sockets."""

from collections import defaultdict
from typing import Any

from ..call import Call, Operations
from ..records import SentEmail
from .address_lists import is_listed, read_entries, without_doubles


class _RecipientList:
    def __init__(self) -> None:
        self.enabled = False
        self.entries: list[str] = []

    def shown(self) -> dict[str, Any]:
        return {"allowed_recipients": list(self.entries), "enabled": self.enabled}


class AllowedRecipientCalls:
    """The list of recipients of an account and of each subaccount; a list refuses nothing until it is enabled."""

    def __init__(self) -> None:
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/allowed_recipients/add": self._add,
            "/allowed_recipients/remove": self._remove,
            "/allowed_recipients/update": self._update,
            "/allowed_recipients/view": lambda call: self._lists[call.subaccount].shown(),
        }

    def clear(self) -> None:
        """Forget all lists."""
        self._lists: defaultdict[str, _RecipientList] = defaultdict(_RecipientList)

    def refusal(self, email: SentEmail) -> str | None:
        """Return why a list refuses an e-mail. A recipient that is not listed stops the e-mail for all of them.

        The provider has published neither its words nor what becomes of the other recipients.
        """
        found = self._lists.get(email.subaccount)
        if found is None or not found.enabled:
            return None
        for address in email.recipients:
            if not is_listed(address, found.entries):
                return (
                    f"An error occurred during the SMTP request: Recipient not allowed ({address})\n"
                    "Change the list on the Restrict Recipients page - Code(550)"
                )
        return None

    def _add(self, call: Call) -> dict[str, Any]:
        entries = read_entries(call.fields, "allowed_recipients")
        found = self._enabled(call)
        found.entries = without_doubles([*found.entries, *entries])
        return found.shown()

    def _remove(self, call: Call) -> dict[str, Any]:
        entries = read_entries(call.fields, "allowed_recipients")
        found = self._enabled(call)
        found.entries = [entry for entry in found.entries if entry not in entries]
        return found.shown()

    def _update(self, call: Call) -> dict[str, Any]:
        entries = read_entries(call.fields, "allowed_recipients")
        if "enabled" not in call.fields:
            call.fields.fail("enabled", "is required")
        found = self._enabled(call)
        found.entries = without_doubles(entries)
        return found.shown()

    def _enabled(self, call: Call) -> _RecipientList:
        """Return the list, enabled or not as the request says; it stays as it was when the request does not say so."""
        found = self._lists[call.subaccount]
        if "enabled" in call.fields:
            found.enabled = call.fields.flag("enabled")
        return found
