"""What the lists of allowed senders and of allowed recipients share: addresses and domains. No I/O."""

from collections.abc import Iterable

from ..rules import Fields, parse_mailbox


def read_entries(fields: Fields, name: str, *, required: bool = True) -> list[str]:
    """Return the addresses and domains of a field, in lower case; the list may be empty, and must be there."""
    if required and name not in fields:
        fields.fail(name, "is required")
    entries = []
    for index, word in enumerate(fields.words(name)):
        # A domain is the part of an address after the @.
        mailbox = parse_mailbox(word if "@" in word else f"name@{word}")
        if mailbox is None or mailbox.name or "<" in word:
            fields.fail(f"{name}[{index}]", "was expecting an e-mail address or a domain name")
        entries.append(word.strip().lower())
    return entries


def without_doubles(entries: Iterable[str]) -> list[str]:
    """Return entries in their order, each once."""
    return list(dict.fromkeys(entries))


def is_listed(address: str, entries: Iterable[str]) -> bool:
    """Return whether a list has an address or its domain; subdomains of a domain need an entry of their own."""
    lowered = address.lower()
    return bool({lowered, lowered.rpartition("@")[2]}.intersection(entries))
