"""Count accepted e-mails, texts and calls, to see from outside which of them arrived exactly once. No I/O."""

from collections import Counter

from .account import Account
from .ready import read_headers
from .records import SentEmail

COUNTED = ("subject", "recipient", "destination", "path")


def count(account: Account, by: str | None = None, *, header: str | None = None) -> dict[str, int]:
    """Count what an account accepted; `Sandbox.counts` has the arguments.

    Raises:
        ValueError: The arguments name nothing that can be counted.
    """
    if by is not None and header is not None:
        raise ValueError("by, header: must not both be passed")
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
    raise ValueError(f"by: must be one of {', '.join(COUNTED)}, unless a header is passed")


def _values_of(wanted: str, email: SentEmail) -> list[str]:
    # Only a ready message is read: the text of any other e-mail would have to be made first.
    headers = read_headers(email.raw) if email.via == "mime" else email.custom_headers
    return [value for name, value in headers if name.lower() == wanted]
