"""Write down claims and outcomes of a run: in the log of the journal first, and then in the tally.

The log is the part of the journal that is written before a call and after it; its rows are made from the log later.
"""

from collections.abc import Sequence

import anyio

from .._journal.group_commit import GroupCommit
from .._journal.row_states import Settled, settled_of
from .._plan import Row
from ..journal import Journal
from ..outcome import Outcome
from .list_rows import is_bad_row
from .row_source import RowSource
from .tally import Tally


class Recorder:
    """Writes claims and outcomes to the journal, if the run has any, and passes outcomes on to the tally."""

    def __init__(self, journal: Journal | None, source: RowSource, tally: Tally) -> None:
        self._journal = journal
        self._source = source
        self._tally = tally
        self._commits = GroupCommit(journal)
        self._details: dict[str, str | None] = {}
        """The text that the journal keeps beside the error of a row that was not sent."""

    async def claim(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Write that rows are about to be sent, and in the same commit the outcomes of the call before.

        The outcomes are written when this returns, and not yet counted. One commit for both, since a commit waits for
        the disk.
        """
        await self._commits.commit(rows, self._settled(outcomes), self._source.list_head_with(rows))

    async def without_arrived(self, rows: list[Row]) -> list[Row]:
        """Return the claimed rows that are to be sent: no event of a webhook has settled them since they were read."""
        arrived = self._journal.arrived_meanwhile(row.reference for row in rows) if self._journal is not None else ()
        if not arrived:
            return rows
        await self._tally.add(
            [Outcome(reference=row.reference, status="skipped") for row in rows if row.reference in arrived]
        )
        return [row for row in rows if row.reference not in arrived]

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes and count them."""
        try:
            await self._commits.commit([], self._settled(outcomes))
        finally:
            # The caller learns what happened even if it can't be written.
            await self._tally.add(outcomes)

    async def give_back(self, rows: Sequence[Row]) -> None:
        """Write that claimed rows were certainly not sent: each is again what it was before."""
        await self._commits.commit([], [row.before or Settled(row.reference, "pending") for row in rows])

    async def pass_over(self, outcomes: Sequence[Outcome]) -> None:
        """Count rows of the list that are not sent; the journal keeps the bad ones."""
        # Nothing depends on when these are written, so they wait for the next commit.
        self._commits.add_bad(self._settled([outcome for outcome in outcomes if is_bad_row(outcome)]))
        await self._tally.add(outcomes)

    def keep_detail(self, rows: Sequence[Row], detail: str | None) -> None:
        """Keep for the journal why rows were not sent, or what their e-mails were, so that a correction is noticed."""
        if self._journal is not None:
            # Taken out again when the outcomes are written, so that a long list of refusals does not stay in memory.
            for row in rows:
                self._details[row.reference] = detail or self._journal.content_mark(row)

    async def apply_log(self, scope: anyio.CancelScope) -> None:
        """Apply the log of the journal to its rows while the run goes on, until the scope is cancelled."""
        await self._commits.apply_in_background(scope)

    def _settled(self, outcomes: Sequence[Outcome]) -> list[Settled]:
        # Without a journal the work for each row would be for nothing.
        if not self._commits.has_journal:
            return []
        return [settled_of(outcome, self._details.pop(outcome.reference, None)) for outcome in outcomes]
