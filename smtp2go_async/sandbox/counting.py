"""What was accepted, counted: to see from outside what arrived just once. No I/O."""

from collections import Counter

from .account import Account
from .ready import read_headers
from .records import SentEmail

COUNTED = ("subject", "recipient", "destination", "path")


def count(account: Account, by: str | None = None, *, header: str | None = None) -> dict[str, int]:
    """Count what an account accepted; `Sandbox.counts` has the arguments.

    Raises:
        ValueError: Nothing is counted by that.
    """
    if by is not None and header is not None:
        raise ValueError("can be counted by one thing at a time")
    if header is not None:
        return Counter(value for email in account.accepted for value in _values_of(header.lower(), email))
    match by:
        case "subject":
            return Counter(email.subject for email in account.accepted)
        case "recipient":
            return Counter(address for email in account.accepted for address in email.recipients)
        case "destination":
            return Counter(text.destination for text in account.sms)
        case "path":
            return account.calls
    raise ValueError(f"can be counted by one of {', '.join(COUNTED)}, or by a header")


def _values_of(wanted: str, email: SentEmail) -> list[str]:
    # Not read from the message where that can be avoided: it would have to be made first.
    headers = read_headers(email.raw) if email.via == "mime" else email.custom_headers
    return [value for name, value in headers if name.lower() == wanted]
