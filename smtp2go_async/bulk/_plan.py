"""The rows of a run and its limits, and what an error says about the rows of its call. No I/O in here, and no clock."""

from collections.abc import Callable
from typing import Final, Literal, TypeVar

import attrs

from .._content.blobs import FileChangedError
from .._values.problems import ArgumentError, invalid, mistyped, with_article
from ..errors import (
    ApiError,
    AuthenticationError,
    NotSentError,
    PermissionDeniedError,
    RateLimitError,
    Smtp2goError,
)
from ..message import Email
from ._journal.row_states import Settled

T = TypeVar("T")

MAX_BATCH_SIZE: Final = 1000
"""E-mails in a call of ``/email/batch`` (its reference page)."""

MAX_REFERENCE_LENGTH: Final = 255
"""Characters; a reference goes into the journal once for each row, and into reports."""

TOKEN_HEADER: Final = "X-Smtp2go-Bulk"  # noqa: S105
"""The header with a token of the journal and the reference, by which `reconcile` finds an e-mail in the activity."""

MAX_LIST_HEAD_ROWS: Final = 100
"""First rows of a list that a journal remembers by their marks, to notice that it is given another list."""

MAX_CORRECTED_ROWS: Final = 100
"""Rows that may have come in between those since the run before."""

FIRST_CONCURRENT_CALLS: Final = 4
"""Calls at a time with which a run starts. Each call that succeeds allows another, so each round doubles them."""

MAX_UNANSWERED_CALLS: Final[dict[str, int]] = {"send": 20, "batch": 3, "sms": 3}
"""Calls in a row without a clear response after which a run stops: an outage must not make a whole list unknown."""


def check_reference(reference: object, place: Callable[[T], str], where: T) -> str:
    """Return a reference that the journal can keep.

    Args:
        reference: Any value.
        place: Makes the place that an error names. Only called for an error, since it takes longer than the check.
        where: The argument of ``place``.

    Raises:
        TypeError: It is not text.
        ValueError: It is empty, too long, or holds control characters; the message says which row.
    """
    if not isinstance(reference, str):
        raise mistyped(place(where), f"the reference must be a str, not {with_article(reference)}")
    if not reference or len(reference) > MAX_REFERENCE_LENGTH:
        limits = f"1 to {MAX_REFERENCE_LENGTH} characters"
        raise invalid(place(where), f"the reference must have {limits}, not {len(reference):,}")
    if not reference.isprintable():
        raise invalid(place(where), "the reference must not hold control characters or lone surrogates")
    return reference


# --- rows --------------------------------------------------------------------------------------------------------


# Not frozen: attrs takes three times as long to make a frozen object, and there is a row for each e-mail.
@attrs.define
class Row:
    """An e-mail or a number of the list."""

    reference: str
    email: Email | None = attrs.field(default=None, repr=False)
    recipients: tuple[str, ...] = attrs.field(default=(), repr=False)
    error: Exception | None = attrs.field(default=None, repr=False)
    """Why this row can't be sent at all."""
    before: Settled | None = attrs.field(default=None, repr=False)
    """The outcome in the run before of a row that is sent again: an unknown e-mail may have arrived already."""


def recipients_of(email: Email) -> tuple[str, ...]:
    """Return everybody that an e-mail goes to."""
    return (*email.to, *email.cc, *email.bcc)


def max_body_bytes(email: Email) -> int:
    """Return how many bytes an e-mail has in a request body at the very most, without encoding it.

    JSON writes a character of text as six bytes at most. Files are measured, and grow by a third.
    """
    texts = (email.sender, email.subject or "", email.html_body or "", email.text_body or "", email.template_id or "")
    # Reply-To counts twice: its names go out in encoded words, with up to seven bytes for a character.
    addresses = (*recipients_of(email), *email.reply_to, *email.reply_to)
    length = sum(map(len, texts)) + sum(map(len, addresses)) + 4 * len(addresses)
    files = 0
    if email.custom_headers:
        length += sum(len(name) + len(value) + 30 for name, value in email.custom_headers)
    if email.template_data is not None:
        length += _max_characters(email.template_data)
    for file in (*email.attachments, *email.inlines):
        length += len(file.filename) + len(file.mimetype) + len(file.url or "") + 60
        if file.blob is not None:
            # Base64, of which JSON escapes nothing.
            files += file.blob.measure() * 4 // 3 + 4
    return 6 * length + files + 500


def _max_characters(value: object) -> int:
    if isinstance(value, str):
        return len(value) + 4
    if isinstance(value, dict):
        return sum(_max_characters(name) + _max_characters(item) for name, item in value.items()) + 4
    if isinstance(value, (list, tuple)):
        return sum(map(_max_characters, value)) + 4
    return len(str(value)) + 4


# --- errors ------------------------------------------------------------------------------------------------------

Verdict = Literal["refused", "failed", "unknown", "stop"]
"""``stop``: nothing was sent and nothing will be. The rows go back, and the run ends."""


def verdict_of(error: Exception) -> Verdict:
    """Return what an error says about the rows of its call."""
    if isinstance(error, ArgumentError):
        # Of this library, too, but raised here: the API saw nothing of the row.
        return "failed"
    if isinstance(error, (AuthenticationError, PermissionDeniedError, RateLimitError)):
        return "stop"
    if isinstance(error, NotSentError):
        # A file that changed concerns this row alone. A network that stays away concerns all rows.
        return "failed" if isinstance(error.__cause__, FileChangedError) else "stop"
    if isinstance(error, ApiError) and error.status == 402 and error.carried_out is False:
        # Payment required: the plan has no more e-mails, and would refuse each of the other rows, too.
        return "stop"
    if isinstance(error, Smtp2goError):
        return "refused" if error.carried_out is False else "unknown"
    return "failed"
