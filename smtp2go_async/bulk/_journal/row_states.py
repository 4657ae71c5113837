"""A row in a journal: when it is claimed, when it is settled, and as it is read back."""

from typing import Final, NamedTuple, Protocol

import attrs

from ..._masking import mask_text, shown_half_made
from ..outcome import Outcome, SmsOutcome

STATES: Final = ("pending", "claimed", "sent", "refused", "failed", "unknown")

CORRECTABLE_STATES: Final = ("refused", "failed")
"""States of a row that was certainly not sent because of what it holds, which may be corrected in the next run."""

MAX_ERROR_LENGTH: Final = 1000
"""Characters of an error's text that the journal keeps."""

ANONYMOUS_FINGERPRINT_DIGITS: Final = 3
"""Hex digits of a row's fingerprint that are kept where nothing is to be kept of recipients. They are enough to notice
a row whose recipients have changed, and fit one address in 4,096, which is too many to tell whose it is."""


class Claim(Protocol):
    """A row that is about to be sent."""

    reference: str
    recipients: tuple[str, ...]


class Settled(NamedTuple):
    """What became of a row that was claimed; ``pending`` when it certainly was not sent.

    A named tuple: JSON writes it as a list, and a frozen class of attrs takes far longer to make.
    """

    reference: str
    state: str
    email_id: str | None = None
    request_id: str | None = None
    detail: str | None = None
    error: str | None = None


@shown_half_made
@attrs.frozen
class JournalRow:
    """A row, as `Journal.rows` returns it."""

    reference: str
    state: str
    recipient: str | None = attrs.field(repr=False)
    email_id: str | None
    request_id: str | None
    detail: str | None
    error: str | None
    claimed: float
    """The time of its claim, in seconds since 1970. A row that is sent again because its outcome was unknown keeps the
    time of its first claim, since that may be when it was sent. 0 for a row that could not be sent at all, and so never
    was claimed."""
    settled: float | None
    fingerprint: str = attrs.field(repr=False)


JOURNAL_ROW_COLUMNS: Final = ", ".join(attrs.fields_dict(JournalRow)).replace(
    # In the default form the fingerprint is all that is kept of the recipients, and it is not written twice.
    "recipient,",
    f"coalesce(recipient, CASE WHEN length(fingerprint) > {ANONYMOUS_FINGERPRINT_DIGITS} THEN fingerprint END),",
)


def settled_of(outcome: Outcome, detail: str | None) -> Settled:
    """Return what a journal keeps of an outcome.

    Args:
        outcome: What became of a row.
        detail: What to keep of a row that was not sent, so that the next run notices whether it was corrected.
    """
    error = outcome.error
    known_id = outcome.email_id or outcome.schedule_id
    if error is None and type(outcome) is Outcome:
        # Nearly all rows of a run take this path, and a run can have a million of them.
        return Settled(outcome.reference, outcome.status, known_id, outcome.request_id)
    if isinstance(outcome, SmsOutcome):
        known_id, detail = outcome.message_id, detail or outcome.sms_status
    text = None if error is None else f"{type(error).__name__}: {mask_text(str(error))}"[:MAX_ERROR_LENGTH]
    return Settled(outcome.reference, outcome.status, known_id, outcome.request_id, detail, text)
