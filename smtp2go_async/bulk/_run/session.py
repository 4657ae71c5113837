"""Begin a run and end it: the list is looked at, the journal opened, and both are closed again."""

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
from .channels import Way, content_hash
from .run import Run
from .source import MakeRow, Source

JournalLike = Journal | str | os.PathLike[str]


class Opened(AbstractAsyncContextManager["Journal | None"]):
    """A journal, open for as long as a run lasts, or for longer if the caller has opened it."""

    def __init__(self, journal: JournalLike | None) -> None:
        self._journal = journal if journal is None or isinstance(journal, Journal) else Journal(journal)
        self._ours = False

    async def __aenter__(self) -> Journal | None:
        if self._journal is not None:
            self._ours = not self._journal.is_open
            await to_thread.run_sync(self._journal.open)
        return self._journal

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._journal is not None and self._ours:
            try:
                try:
                    with CancelScope(shield=True):
                        await to_thread.run_sync(self._journal.close)
                finally:
                    # No shield keeps off a task's own cancelling, which can come before the thread has begun.
                    self.close()
            except JournalError as problem:
                if error is None:
                    raise
                error.add_note(f"smtp2go_async: {problem}")

    def close(self) -> None:
        """Close it in this thread."""
        if self._journal is not None and self._ours:
            self._journal.close()


@attrs.define(kw_only=True)
class Beginning(AbstractAsyncContextManager[Run]):
    """All that a run needs."""

    calls: Calls
    items: object
    make: MakeRow
    way: Callable[[Journal | None], Way]
    kind: Kind
    concurrency: int
    journal: JournalLike | None
    again: frozenset[str]
    content: str = ""
    _opened: Opened | None = None
    _source: Source | None = None
    _taken: Journal | None = None

    async def __aenter__(self) -> Run:
        check = getattr(self.items, "check", None)
        if check is not None:
            # Before the journal is touched, and before anything is sent.
            await (to_thread.run_sync(check) if caller_thread.get() is None else _checked(check))
        self._opened = Opened(self.journal)
        journal = await self._opened.__aenter__()
        try:
            if journal is not None:
                await to_thread.run_sync(journal.take_for, self.kind, self._content_of(journal), self)
                self._taken = journal
            self._source = Source(self.items, self.make, journal, self.again)
            return Run(self.calls, self.way(journal), self._source, journal, self.concurrency)
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
            # Also if the list can't be closed, or this was cancelled.
            if self._taken is not None:
                self._taken.release()
            if self._opened is not None:
                await self._opened.__aexit__(kind, error, traceback)

    def abandon(self) -> None:
        """End it when there is no event loop any more; a list that is a generator is left to the collector."""
        if self._taken is not None:
            self._taken.release()
        if self._opened is not None:
            self._opened.close()


async def _checked(check: Callable[[], object]) -> None:
    error = await run_in_caller_thread(check)
    if error is not None:
        raise error
