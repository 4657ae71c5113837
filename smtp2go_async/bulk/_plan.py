"""What a run decides, without doing anything: no I/O here, and no clock.

Which rows go into which call, how many calls run at a time, and what an error says about the rows of its call.
"""

import functools
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, TypeVar

import attrs

from .._content.blobs import FileChangedError
from ..errors import (
    ApiError,
    AuthenticationError,
    NotSentError,
    PermissionDeniedError,
    RateLimitError,
    Smtp2goError,
)
from ..message import Email
from ._journal.schema import Settled

T = TypeVar("T")

MAX_BATCH_SIZE = 1000
"""E-mails in one ``/email/batch`` call (its reference page)."""

MAX_REFERENCE_LENGTH = 255
"""Characters; references go into the journal once for each row, and into reports."""

HEADER = "X-Smtp2go-Bulk"
"""Carries a token made of the journal and the reference, by which `reconcile` finds an e-mail in the activity."""

LIST_BEGIN = 100
"""Rows that a journal remembers in short, to notice that it belongs to another list."""

MAX_CORRECTED = 100
"""Rows that may have come in between those since the run before."""


def check_reference(reference: object, place: Callable[[T], str], where: T) -> str:
    """Return a reference that the journal can keep.

    Args:
        reference: Any value.
        place: Makes the place that an error names, which takes longer than to see that it is good.
        where: What it makes that from.

    Raises:
        TypeError: It is not text.
        ValueError: It is empty, too long, or holds control characters; the message says which row.
    """
    if not isinstance(reference, str):
        raise TypeError(f"{place(where)}: a reference is text, not a {type(reference).__name__}")
    if not reference or len(reference) > MAX_REFERENCE_LENGTH:
        raise ValueError(
            f"{place(where)}: a reference has 1 to {MAX_REFERENCE_LENGTH} characters, not {len(reference):,}"
        )
    if not reference.isprintable():
        raise ValueError(f"{place(where)}: a reference can't hold control characters or lone surrogates")
    return reference


# --- what a call holds -------------------------------------------------------------------------------------------


# Not frozen, since it takes three times the time to make one that is.
@attrs.define
class Row:
    """One e-mail or number of the list."""

    reference: str
    email: Email | None = attrs.field(default=None, repr=False)
    recipients: tuple[str, ...] = attrs.field(default=(), repr=False)
    error: Exception | None = attrs.field(default=None, repr=False)
    """Why it can't be sent at all."""
    before: Settled | None = attrs.field(default=None, repr=False)
    """What a run before has made of it, where it is sent again: an unknown one may have arrived already."""


def recipients_of(email: Email) -> tuple[str, ...]:
    """Return everybody an e-mail goes to."""
    return (*email.to, *email.cc, *email.bcc)


def most_bytes(email: Email) -> int:
    """Return what an e-mail has in a request body at the very most, without encoding it.

    JSON writes a character of text as six bytes at most; files are measured, and grow by a third.
    """
    texts = (email.sender, email.subject or "", email.html_body or "", email.text_body or "", email.template_id or "")
    # Twice what is in Reply-To: its names go out in encoded words, of up to seven bytes for a character.
    addresses = (*recipients_of(email), *email.reply_to, *email.reply_to)
    length = sum(map(len, texts)) + sum(map(len, addresses)) + 4 * len(addresses)
    files = 0
    if email.custom_headers:
        length += sum(len(name) + len(value) + 30 for name, value in email.custom_headers)
    if email.template_data is not None:
        length += _characters(email.template_data)
    for one in (*email.attachments, *email.inlines):
        length += len(one.filename) + len(one.mimetype) + len(one.url or "") + 60
        if one.blob is not None:
            # base64, which JSON writes as it is.
            files += one.blob.measure() * 4 // 3 + 4
    return 6 * length + files + 500


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value) + 4
    if isinstance(value, dict):
        return sum(_characters(name) + _characters(one) for name, one in value.items()) + 4
    if isinstance(value, (list, tuple)):
        return sum(map(_characters, value)) + 4
    return len(str(value)) + 4


# --- references and fingerprints ---------------------------------------------------------------------------------


# Many at a time, since a call for each costs as much as the hashing.


def tokens_of(journal_id: str, references: Iterable[str]) -> list[str]:
    """Return what the headers of e-mails say, so that nobody learns their references from them."""
    return _hashed(journal_id, 16, references)


def fingerprints_of(journal_id: str, rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a short form of each row's recipients that tells whether they changed, and not who they are."""
    return _hashed(journal_id, 8, ["\n".join(recipients).lower() for recipients in rows])


def _hashed(journal_id: str, size: int, texts: Iterable[str]) -> list[str]:
    begun, found = _keyed(journal_id, size), []
    for text in texts:
        hashed = begun.copy()
        hashed.update(text.encode())
        found.append(hashed.hexdigest())
    return found


@functools.lru_cache(maxsize=8)
def _keyed(journal_id: str, size: int) -> "hashlib.blake2b":
    """Begin a hash; a copy of it takes half the time of a new one."""
    return hashlib.blake2b(key=journal_id.encode(), digest_size=size)


def mark_of(journal_id: str, reference: str, recipients: Sequence[str]) -> str:
    """Return what a journal remembers of one of the first rows; a begin of it will do, for less to be known of them."""
    return fingerprints_of(journal_id, [(reference, *recipients)])[0][:8]


def is_begin(kept: Sequence[str], marks: Iterable[str]) -> bool:
    """Whether all that was kept of the first rows of a list is found, in the same order.

    There may be more between them: a row that was bad, and so not sent, may have been corrected since.
    """
    wanted = deque(kept)
    for mark in marks:
        if wanted and mark.startswith(wanted[0]):
            wanted.popleft()
    return not wanted


# --- what an error says ------------------------------------------------------------------------------------------

Verdict = Literal["refused", "failed", "unknown", "stop"]
"""``stop``: nothing was sent and nothing will be; the rows go back, and the run ends."""


def verdict_of(error: Exception) -> Verdict:
    """Say what an error tells about the rows of its call."""
    if isinstance(error, (AuthenticationError, PermissionDeniedError, RateLimitError)):
        return "stop"
    if isinstance(error, NotSentError):
        # A file that changed is this row's trouble; a network that stays away is everybody's.
        return "failed" if isinstance(error.__cause__, FileChangedError) else "stop"
    if isinstance(error, ApiError) and error.status == 402 and error.carried_out is False:
        # The plan: payment required.
        return "stop"
    if isinstance(error, Smtp2goError):
        return "refused" if error.carried_out is False else "unknown"
    return "failed"


# --- how many at a time ------------------------------------------------------------------------------------------

FIRST_CALLS = 4
"""Calls at a time with which a run begins; each call that is answered allows one more, so each round doubles them."""

UNANSWERED: Final[dict[str, int]] = {"send": 20, "batch": 3, "sms": 3}
"""Calls in a row without a clear answer after which a run stops: an outage must not make a whole list unknown."""
