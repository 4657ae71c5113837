"""The work of an earlier run with the same journal: is this the same list, and which rows are settled?"""

from collections.abc import Sequence
from typing import Literal

import attrs
from anyio import to_thread

from ...errors import JournalError
from .._journal.corrections import CorrectedHead, has_same_head, places_of_kept
from .._journal.row_states import CORRECTABLE_STATES, Settled
from .._plan import MAX_CORRECTED_ROWS, MAX_LIST_HEAD_ROWS, Row
from ..journal import Journal
from ..outcome import Outcome, SmsOutcome
from .named_rows import WITH_ITS_CALL

Comparison = Literal["same list", "more rows needed", "broke off"]


class PriorRun:
    """What the journal knows of an earlier run, if there was any.

    Args:
        journal: The journal of this run.
        again: The states of rows that are sent again.
    """

    def __init__(self, journal: Journal | None, again: frozenset[str]) -> None:
        self._journal = journal
        self._again = again
        # Only a journal that has rows already has anything to look up.
        self.exists: bool = journal is not None and journal.has_rows
        self.is_compared: bool = not self.exists
        """Whether the head of the list was compared with the journal's, which comes before anything is sent."""
        self._list_head: list[str] = []
        self._new_head: CorrectedHead | None = None

    @property
    def compared_rows(self) -> int:
        """How many rows of the list the journal remembers to compare with."""
        return 0 if self._journal is None else len(self._journal.list_head)

    async def compare(self, items: Sequence[Row | Outcome], *, at_end: bool, failed: bool) -> Comparison:
        """Compare the head of the list with the journal's.

        Args:
            items: The list so far.
            at_end: Whether it has no more rows.
            failed: Whether it ended with an error.

        Raises:
            JournalError: The journal belongs to another list.
        """
        journal = self._journal
        assert journal is not None
        kept = journal.list_head if journal.checks_list else ()
        # An item without a row (a number that came before) is not in the head of the list that the journal keeps.
        rows = [item for item in items if isinstance(item, Row)]
        if not has_same_head(kept, (journal.mark(row.reference, row.recipients) for row in rows)):
            # Rows that were corrected since may stand between the others, so a difference alone proves nothing.
            if len(rows) < len(kept) + MAX_CORRECTED_ROWS and not at_end:
                return "more rows needed"
            if len(rows) < len(kept) and failed:
                # Too few rows to compare. An earlier run has read further, so none of them is new.
                return "broke off"
            places = places_of_kept(kept, [journal.mark(row.reference, row.recipients) for row in rows])
            limit = len(kept) + MAX_CORRECTED_ROWS
            if len(kept) - len(places) > await to_thread.run_sync(journal.count_correctable_in_head, limit):
                raise journal.other_list_error()
            marks = {row.reference: journal.mark(row.reference, row.recipients) for row in rows}
            self._new_head = CorrectedHead(marks, places, MAX_LIST_HEAD_ROWS)
        self.is_compared = True
        return "same list"

    async def without_settled(self, rows: list[Row | Outcome]) -> list[Row | Outcome]:
        """Replace rows that are settled, and not to be sent again, by outcomes that say ``skipped``."""
        journal = self._journal
        assert journal is not None
        # In a thread, since the lookup waits for the disk.
        known = await to_thread.run_sync(journal.known, [row.reference for row in rows if isinstance(row, Row)])
        result: list[Row | Outcome] = []
        for row in rows:
            if not isinstance(row, Row):
                result.append(row)
                continue
            fingerprint = journal.fingerprint(row.recipients)
            kept, before = known.get(row.reference, ("", None))
            # A journal that keeps nothing of recipients has only the start of the fingerprint.
            is_other = not fingerprint.startswith(kept)
            is_corrected = before is not None and _is_corrected(journal, row, before, is_other=is_other)
            if is_other and not is_corrected and journal.checks_list:
                raise JournalError(
                    f"journal: {journal.path!r} has the reference {row.reference!r} for other recipients; references "
                    "must be unique, and stay with their recipients"
                )
            if before is None or before.state == "pending" or is_corrected:
                result.append(row)
            elif before.state in self._again:
                # If nothing is sent this time either, the journal has to say again what it says now.
                result.append(attrs.evolve(row, before=before))
            else:
                kind = SmsOutcome if row.email is None else Outcome
                result.append(kind(reference=row.reference, status="skipped"))
        return result

    def list_head_with(self, rows: Sequence[Row]) -> list[str] | None:
        """Return the head of the list as far as it is claimed, these rows included; ``None`` if it does not change."""
        if self._new_head is not None:
            return self._new_head.with_claimed([row.reference for row in rows])
        if self._journal is None or self.exists or len(self._list_head) >= MAX_LIST_HEAD_ROWS:
            return None
        for row in rows[: MAX_LIST_HEAD_ROWS - len(self._list_head)]:
            self._list_head.append(self._journal.mark(row.reference, row.recipients))
        return self._list_head.copy()


def _is_corrected(journal: Journal, row: Row, before: Settled, *, is_other: bool) -> bool:
    """Whether a row that could not be sent may be sent now: it is another e-mail, or only other rows were wrong."""
    if before.state not in CORRECTABLE_STATES:
        return False
    if is_other or before.detail == WITH_ITS_CALL:
        return True
    # A row without a mark of its content can't be compared, and stays as it is.
    mark = journal.content_mark(row) if before.detail else None
    return mark is not None and mark != before.detail
