"""The start and the end of a run: the list is checked and the journal opened, and both are closed again."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

import attrs
from anyio import CancelScope, to_thread

from ..._calls import Calls
from ..._runtime.caller_thread import caller_thread, run_in_caller_thread
from ...errors import JournalError
from ..journal import Journal, Kind
from .channels import Channel, content_hash
from .list_rows import ListSource, MakeRow
from .row_source import RowSource
from .run import Run

JournalLike = Journal | str | os.PathLike[str]


class OpenJournal(AbstractAsyncContextManager["Journal | None"]):
    """A journal that is open while a run lasts, or for longer if the caller has opened it."""

    def __init__(self, journal: JournalLike | None) -> None:
        self._journal = journal if journal is None or isinstance(journal, Journal) else Journal(journal)
        self._opened_here = False

    async def __aenter__(self) -> Journal | None:
        if self._journal is not None:
            # A journal that the caller has opened stays open for the caller.
            self._opened_here = not self._journal.is_open
            await to_thread.run_sync(self._journal.open)
        return self._journal

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._journal is not None and self._opened_here:
            try:
                try:
                    with CancelScope(shield=True):
                        await to_thread.run_sync(self._journal.close)
                finally:
                    # asyncio can cancel this task in spite of the shield, and before the thread has started.
                    self.close()
            except JournalError as problem:
                # The error that ended the run explains more.
                if error is None:
                    raise
                error.add_note(f"smtp2go_async: {problem}")

    def close(self) -> None:
        """Close it in this thread."""
        if self._journal is not None and self._opened_here:
            self._journal.close()


@attrs.define(kw_only=True)
class RunSession(AbstractAsyncContextManager[Run]):
    """All that a run needs, from its first row to its last."""

    calls: Calls
    items: ListSource
    make: MakeRow
    channel: Callable[[Journal | None], Channel]
    """Made when the journal is open: its tokens go into the e-mails."""
    kind: Kind
    concurrency: int
    journal: JournalLike | None
    again: frozenset[str]
    """The states of rows in the journal that are sent again."""
    content: str = ""
    """The text of an SMS, to which a journal is bound."""
    _open_journal: OpenJournal | None = None
    _source: RowSource | None = None
    _taken: Journal | None = None
    """The journal, while no other run of this program may have it."""

    async def __aenter__(self) -> Run:
        check = getattr(self.items, "check", None)
        if check is not None:
            # A bad row in a file ends the run before the journal is touched, and before anything is sent.
            await (to_thread.run_sync(check) if caller_thread.get() is None else _check_in_caller_thread(check))
        self._open_journal = OpenJournal(self.journal)
        journal = await self._open_journal.__aenter__()
        # `async with` would not call `__aexit__` for an error in here.
        try:
            if journal is not None:
                # A second run with this journal would send the rows of which the first has written nothing yet.
                await to_thread.run_sync(journal.take_for, self.kind, self._content_of(journal), self)
                self._taken = journal
            self._source = RowSource(self.items, self.make, journal, self.again)
            return Run(self.calls, self.channel(journal), self._source, journal, self.concurrency)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise

    def _content_of(self, journal: Journal) -> str:
        return content_hash(journal, self.content) if self.content else ""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._source is not None:
                await self._source.aclose()
        finally:
            # Also if the list can't be closed or this task was cancelled: the journal must be free for the next run.
            if self._taken is not None:
                self._taken.release()
            if self._open_journal is not None:
                await self._open_journal.__aexit__(kind, error, traceback)

    def abandon(self) -> None:
        """Close the journal when the event loop is gone; a generator is left to the garbage collector."""
        if self._taken is not None:
            self._taken.release()
        if self._open_journal is not None:
            self._open_journal.close()


async def _check_in_caller_thread(check: Callable[[], object]) -> None:
    error = await run_in_caller_thread(check)
    if error is not None:
        raise error
