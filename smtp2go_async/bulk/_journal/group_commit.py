"""What stands between many calls and one journal: they are written together, off the event loop."""

import time
from collections.abc import Sequence

import anyio
import attrs
from anyio import to_thread
from anyio.lowlevel import checkpoint

from ..._masking import mask_text
from ...errors import JournalError
from ..journal import Journal
from ..outcome import Outcome, SmsOutcome
from .schema import Claim, Settled, SettledLike

MAX_ERROR_LENGTH = 1000
"""Characters of an error's text that the journal keeps."""

BETWEEN_FOLDS = (0.1, 0.005)
"""Seconds; the second when there is more to fold."""
BUSY = 0.5
"""Of the time between; an event loop that needs as much for itself has other things to do."""
AT_ONCE = 50_000
"""Characters; some 2 ms, for which a commit may have to wait."""
ROWS, CALLS = 1000, 2
"""Claims and outcomes, or calls, that are written in one transaction when more wait: while some are written, the bodies
of others are encoded."""
HANDED_OVER = 4
"""Rounds of the event loop in which work reaches a thread."""


@attrs.define(eq=False)
class _Entry:
    claims: Sequence[Claim]
    settled: Sequence[SettledLike]
    begin: Sequence[str] | None
    turn: anyio.Event = attrs.field(factory=anyio.Event)
    """Set when it was written, or when its owner is the next to write."""
    written: bool = False
    left: bool = False
    """Whether its owner waits no more."""
    error: BaseException | None = None


class Ledger:
    """Writes claims and outcomes of all calls that wait at the same time in one transaction.

    Whoever comes while nobody is writing writes for all who come meanwhile. So a row waits for one write at most beside
    its own, and none is claimed before its call is really about to be made.
    """

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._waiting: list[_Entry] = []
        self._bad: list[SettledLike] = []
        self._writing = False

    @property
    def writes(self) -> bool:
        """Whether there is a journal."""
        return self._journal is not None

    def note(self, bad: Sequence[SettledLike]) -> None:
        """Keep rows that can't be sent at all for the next commit: nothing depends on when they are written."""
        if self._journal is not None:
            self._bad.extend(bad)

    async def commit(
        self, claims: Sequence[Claim], settled: Sequence[SettledLike], begin: Sequence[str] | None = None
    ) -> None:
        """Write, and return when it is on the disk.

        Raises:
            JournalError: It could not be written; then nothing of this was.
        """
        if self._journal is None or not (claims or settled or self._bad):
            return
        entry = _Entry(claims, settled, begin)
        self._waiting.append(entry)
        # Given up in the middle, it would leave others waiting for ever, and rows of which nobody knows.
        with anyio.CancelScope(shield=True):
            if self._writing:
                try:
                    await entry.turn.wait()
                except BaseException:
                    # An asyncio program that ends cancels every task, and no shield keeps that off. What this one
                    # had is written by the others, and if it was to write, another one does.
                    entry.left = True
                    if entry.turn.is_set() and not entry.written:
                        self._hand_over()
                    raise
            if not entry.written:
                await self._write_waiting(entry)
        if entry.error is not None:
            raise entry.error

    async def _write_waiting(self, own: _Entry) -> None:
        """Write for all who wait, and leave those who come meanwhile to the first of them.

        Whoever wrote for them too would come back together with them, and all calls would be made at the same time.
        """
        assert self._journal is not None
        self._writing = True
        entries = self._first(own)
        claims = [claim for entry in entries for claim in entry.claims]
        settled = [one for entry in entries for one in entry.settled]
        begin = max((entry.begin for entry in entries if entry.begin is not None), key=len, default=None)
        bad, self._bad = self._bad, []
        error: Exception | None = JournalError("journal: the writing was given up by the end of the program")
        try:
            await to_thread.run_sync(self._journal.write, self._journal.lines(claims, settled, bad, begin))
            # Not in that thread: for each look at a file it would have to wait until this one lets it go on.
            self._journal.seal()
            error = None
        except Exception as problem:
            error = problem
        finally:
            if error is not None:
                self._bad = bad + self._bad
            self._hand_over()
            for entry in entries:
                entry.error = error
                entry.written = True
                entry.turn.set()
        # The next one writes while these make their calls, and not after they have encoded them.
        for _ in range(HANDED_OVER):
            await checkpoint()

    def _first(self, own: _Entry) -> list[_Entry]:
        """Take those who wait longest, and not all where they have many rows; but the writer's own.

        Those who were given up are before it, and have no turn.
        """
        rows, count, has_own = 0, 0, False
        for entry in self._waiting:
            rows += len(entry.claims) + len(entry.settled)
            if has_own and count >= CALLS and rows > ROWS:
                break
            count += 1
            has_own = has_own or entry is own
        entries, self._waiting = self._waiting[:count], self._waiting[count:]
        return entries

    async def fold_along(self, until: anyio.CancelScope) -> None:
        """Fold what was written into the rows of the journal, a little at a time, until that is cancelled.

        It takes more than writing it did, and nobody waits for it: not while the program is busy.
        """
        journal, more = self._journal, False
        with until:
            while journal is not None:
                began, used = time.monotonic(), time.thread_time()
                await anyio.sleep(BETWEEN_FOLDS[more])
                idle = time.thread_time() - used < BUSY * (time.monotonic() - began)
                try:
                    more = idle and await to_thread.run_sync(journal.fold, AT_ONCE)
                except JournalError:
                    # The next commit, or whoever reads it, is told; what was written stays in the log.
                    return

    def _hand_over(self) -> None:
        """Let the first of those who wait write for all of them."""
        for entry in self._waiting:
            if not entry.left:
                entry.turn.set()
                return
        self._writing = False


def settled_of(outcome: Outcome, detail: str | None) -> SettledLike:
    """Return what a journal keeps of an outcome.

    Args:
        outcome: What became of a row.
        detail: What to keep of a row that was not sent, so that the next run notices whether it was corrected.
    """
    error = outcome.error
    if error is None and type(outcome) is Outcome:
        # Most are of this kind, and what is not there is read as nothing.
        return (outcome.reference, outcome.status, outcome.email_id or outcome.schedule_id, outcome.request_id)
    text = None if error is None else f"{type(error).__name__}: {mask_text(str(error))}"[:MAX_ERROR_LENGTH]
    known = outcome.email_id or outcome.schedule_id
    if isinstance(outcome, SmsOutcome):
        known, detail = outcome.message_id, detail or outcome.sms_status
    return Settled(outcome.reference, outcome.status, known, outcome.request_id, detail, text)
