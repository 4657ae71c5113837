"""What stands between many calls and one journal: they are written together, off the event loop."""

from collections.abc import Sequence

import anyio
import attrs
from anyio import to_thread
from anyio.lowlevel import checkpoint

from .journal import Journal
from .table import Claim, Settled


@attrs.define(eq=False)
class _Entry:
    claims: Sequence[Claim]
    settled: Sequence[Settled]
    begin: Sequence[str] | None
    turn: anyio.Event = attrs.field(factory=anyio.Event)
    """Set when it was written, or when its owner is the next to write."""
    written: bool = False
    error: BaseException | None = None


class Ledger:
    """Writes claims and outcomes of all calls that wait at the same time in one transaction.

    Whoever comes while nobody is writing writes for all who come meanwhile. So a row waits for one write at most beside
    its own, and none is claimed before its call is really about to be made.
    """

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._waiting: list[_Entry] = []
        self._bad: list[Settled] = []
        self._writing = False

    @property
    def writes(self) -> bool:
        """Whether there is a journal."""
        return self._journal is not None

    def note(self, bad: Sequence[Settled]) -> None:
        """Keep rows that can't be sent at all for the next commit: nothing depends on when they are written."""
        if self._journal is not None:
            self._bad.extend(bad)

    async def commit(
        self, claims: Sequence[Claim], settled: Sequence[Settled], begin: Sequence[str] | None = None
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
                await entry.turn.wait()
            if not entry.written:
                await self._write_waiting()
        if entry.error is not None:
            raise entry.error

    async def _write_waiting(self) -> None:
        """Write for all who wait, and leave those who come meanwhile to the first of them.

        Whoever wrote for them too would come back together with them, and all calls would be made at the same time.
        """
        assert self._journal is not None
        self._writing = True
        entries, self._waiting = self._waiting, []
        claims = [claim for entry in entries for claim in entry.claims]
        settled = [one for entry in entries for one in entry.settled]
        begin = max((entry.begin for entry in entries if entry.begin is not None), key=len, default=None)
        bad, self._bad = self._bad, []
        error: BaseException | None = None
        try:
            await to_thread.run_sync(self._journal.write, self._journal.lines(claims, settled, bad, begin))
        except Exception as problem:
            error = problem
        finally:
            if self._waiting:
                self._waiting[0].turn.set()
            else:
                self._writing = False
        for entry in entries:
            entry.error = error
            entry.written = True
            entry.turn.set()
        # The next one writes while these make their calls, and not after they have encoded them.
        await checkpoint()
