"""The single addresses that a sandbox account may send from once their owner has agreed. No sockets."""

from collections import defaultdict
from typing import Any

from ..call import Call, Operations, refused
from ..rules import Fields, parse_mailbox


class SingleSenderCalls:
    """The single senders of an account and of its subaccounts. Nobody is asked: `verify` stands for the answer."""

    def __init__(self) -> None:
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/single_sender_emails/add": self._add,
            "/single_sender_emails/remove": self._remove,
            "/single_sender_emails/view": self._view,
        }

    def clear(self) -> None:
        """Forget all single senders."""
        self._senders: defaultdict[str, dict[str, bool]] = defaultdict(dict)

    def verify(self, address: str) -> None:
        """Let the owner of an address agree, for each account that asked."""
        lowered = address.lower()
        asked = [senders for senders in self._senders.values() if lowered in senders]
        if not asked:
            raise ValueError("address: must have been added before it can be verified")
        for senders in asked:
            senders[lowered] = True

    def may_send(self, address: str, subaccount: str) -> bool:
        """Return whether an account may send from an address."""
        return self._senders[subaccount].get(address.lower(), False)

    def _add(self, call: Call) -> str:
        address = _address(call.fields)
        call.fields.text("message")
        senders = self._senders[call.subaccount]
        # Adding an address that nobody has agreed to yet asks its owner once more.
        if senders.setdefault(address, False):
            raise refused("The passed 'email_address' has been added and verified already")
        return "ok"

    def _remove(self, call: Call) -> str:
        address = _address(call.fields)
        if self._senders[call.subaccount].pop(address, None) is None:
            raise refused("No single sender email was found with the passed 'email_address'")
        return "OK"

    def _view(self, call: Call) -> dict[str, Any]:
        wanted = (call.fields.text("email_address") or "").lower()
        return {
            "senders": [
                {"email_address": address, "verified": verified}
                for address, verified in self._senders[call.subaccount].items()
                if wanted in address
            ],
        }


def _address(fields: Fields) -> str:
    value = fields.required("email_address", fields.text("email_address"))
    mailbox = parse_mailbox(value)
    if mailbox is None or mailbox.name:
        fields.fail("email_address", "was expecting a valid e-mail address")
    return mailbox.address.lower()
