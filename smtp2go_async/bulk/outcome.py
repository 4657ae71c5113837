"""What became of each e-mail or number of a run, and of the run as a whole."""

from typing import Final, Literal

import attrs

from .._masking import mask_text, one_line, shown_half_made

Status = Literal["sent", "refused", "failed", "unknown", "skipped"]

STATUSES: Final[tuple[Status, ...]] = ("sent", "refused", "failed", "unknown", "skipped")

MAX_PROBLEMS = 100
"""Outcomes that a report keeps. The journal and ``on_outcome`` get all of them."""


def _masked(error: Exception | None) -> str:
    return "None" if error is None else f"<{type(error).__name__}: {one_line(mask_text(str(error)))}>"


@shown_half_made
@attrs.frozen(kw_only=True)
class Outcome:
    """What became of an e-mail.

    ``sent``: the API accepted it. ``refused``: the API said no. ``failed``: it could not be sent from here (a bad row,
    a missing file). ``unknown``: it left, and no clear response came; it is not sent again. ``skipped``: it was settled
    by an earlier run.
    """

    reference: str = attrs.field(repr=lambda reference: repr(mask_text(reference)))
    """The caller's reference, or the number of the row in the list, from 1."""
    status: Status
    email_id: str | None = None
    schedule_id: str | None = None
    """In place of ``email_id``, for an e-mail that has a schedule."""
    request_id: str | None = None
    error: Exception | None = attrs.field(default=None, repr=_masked)
    """Why it is not ``sent``. If it is ``skipped``, an error says that it came before in the same list."""


@shown_half_made
@attrs.frozen(kw_only=True)
class SmsOutcome(Outcome):
    """What became of the text to a number; ``reference`` is the number."""

    # Masked as a whole: text that can't be read as a number may be a number all the same.
    reference: str = attrs.field(repr=lambda _: "'+***'")
    """The number in its normal form, ``+12025550123``; text that is no number, as it is in the list."""
    message_id: str | None = None
    sms_status: str | None = None
    """The API's own status, for example ``queued``."""


@shown_half_made
@attrs.frozen(kw_only=True)
class BulkReport:
    """What a run did."""

    sent: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    seconds: float = 0.0
    problems: tuple[Outcome, ...] = attrs.field(default=(), repr=lambda problems: f"<{len(problems)} outcomes>")
    """The first 100 outcomes that were refused, failed or are unknown."""

    @property
    def total(self) -> int:
        """The number of rows that the run went through."""
        return self.sent + self.refused + self.failed + self.unknown + self.skipped

    def __str__(self) -> str:
        counts = ", ".join(f"{getattr(self, status):,} {status}" for status in STATUSES if getattr(self, status))
        return f"{counts or 'nothing sent'} in {self.seconds:.1f} s"


@shown_half_made
@attrs.frozen(kw_only=True)
class ReconcileReport:
    """What was found out about the outcomes that were unknown."""

    settled: int = 0
    """Rows that were found in the account's activity: these were sent."""
    unknown: int = 0
    """Rows that were not found. A sent e-mail appears after some two minutes, so these were most likely not sent."""
    references: tuple[str, ...] = attrs.field(default=(), repr=lambda references: f"<{len(references)} references>")
    """The references of the rows that stay unknown."""
