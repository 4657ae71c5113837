"""The keyed hashes by which a journal knows references and recipients without holding them.

Each function takes many at a time, since a call for each costs as much as the hashing.
"""

import functools
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

MARK_DIGITS: Final = 8
"""Hex digits of the mark of a row in the head of a list."""


def tokens_of(journal_id: str, references: Iterable[str]) -> list[str]:
    """Return the tokens that e-mails carry in a header, from which no recipient learns the references."""
    return _hashed(journal_id, 16, references)


def fingerprints_of(journal_id: str, rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a short form of each row's recipients that shows whether they changed, and not who they are."""
    return _hashed(journal_id, 8, ["\n".join(recipients).lower() for recipients in rows])


def mark_of(journal_id: str, reference: str, recipients: Sequence[str]) -> str:
    """Return what a journal remembers of a row in the head of a list; it may keep only the first digits."""
    return fingerprints_of(journal_id, [(reference, *recipients)])[0][:MARK_DIGITS]


def _hashed(journal_id: str, size: int, texts: Iterable[str]) -> list[str]:
    empty, found = keyed_hash(journal_id, size), []
    for text in texts:
        hashed = empty.copy()
        hashed.update(text.encode())
        found.append(hashed.hexdigest())
    return found


@functools.lru_cache(maxsize=8)
def keyed_hash(journal_id: str, size: int) -> "hashlib.blake2b":
    """Return an empty hash to copy; a copy takes half the time of a new hash with its key.

    Args:
        journal_id: The key: without it, hashes of all known addresses could be compared with these.
        size: Bytes of the digest.
    """
    return hashlib.blake2b(key=journal_id.encode(), digest_size=size)
