"""Send the rows of a call; where an error is about some of them only, send the others in further calls."""

from collections import deque
from collections.abc import Sequence

import attrs

from ..._calls import Calls
from ...errors import Smtp2goError
from .._journal.row_states import CORRECTABLE_STATES
from .._plan import MAX_UNANSWERED_CALLS, Row, Verdict, verdict_of
from ..outcome import Outcome
from .call_limit import CallLimit
from .channels import Channel
from .named_rows import MAX_TAKEN_OUT, WITH_ITS_CALL, because_of_others, is_schema_error, named_rows, without_named
from .recorder import Recorder
from .stopping import Stopping


@attrs.define(eq=False)
class RowSender:
    """Makes calls, and returns the outcome of each row. It counts failures in a row over all calls of the run."""

    calls: Calls
    channel: Channel
    recorder: Recorder
    stopping: Stopping
    limit: CallLimit
    has_called: bool = attrs.field(default=False, init=False)
    """Whether a call was made, so that rows may have been sent."""
    _unanswered: int = attrs.field(default=0, init=False)
    """Calls in a row without a clear response."""
    _refused: int = attrs.field(default=0, init=False)
    """Refusals in a row that named rows, without the first two of each call."""

    async def send(self, rows: list[Row]) -> list[Outcome]:
        """Send claimed rows, and return the outcomes that are not written yet."""
        outcomes: list[Outcome] = []
        parts = deque([rows])
        taken_out = 0
        while parts:
            part = parts.popleft()
            if part is not rows:
                # A crash during the next call must not make rows unknown whose outcome is known by now.
                known, outcomes = outcomes, []
                await self.recorder.settle(known)
                if self.stopping.is_set:
                    await self.recorder.give_back(_joined([part, *parts]))
                    break
            self.has_called = True
            try:
                outcomes += await self.channel.send(self.calls, part)
            except (Smtp2goError, ValueError, TypeError) as error:
                verdict = verdict_of(error)
                named = named_rows(error, self.channel.field, len(part)) if verdict == "refused" else []
                if verdict == "failed" and len(part) > 1:
                    # One row can't be encoded, so nothing was sent. Halving finds it, and the others are sent.
                    middle = len(part) // 2
                    parts.extendleft((part[middle:], part[:middle]))
                elif named and len(named) < len(part):
                    outcomes += self._failed([part[place] for place in named], verdict, error)
                    others = without_named(part, named, split=taken_out > 0)
                    taken_out += 1
                    # Two wrong rows in a call are no sign that the whole list is wrong.
                    self._refused += taken_out > 2
                    if max(taken_out, self._refused) < MAX_TAKEN_OUT:
                        parts.extendleft(reversed(others))
                    else:
                        # The provider blocks an address after too many errors, so the others are not tried.
                        outcomes += self._outcomes(_joined(others), verdict, because_of_others(error), WITH_ITS_CALL)
                elif verdict == "stop":
                    await self._end([part, *parts], error)
                    break
                else:
                    # The API did not say which row was wrong, so correcting that row has to be enough for all of them.
                    with_others = not named and len(part) > 1 and is_schema_error(error)
                    outcomes += self._failed(part, verdict, error, WITH_ITS_CALL if with_others else None)
            else:
                # An accepted call shows that the provider and most rows are all right.
                self._unanswered = self._refused = 0
                self.limit.grow()
        return outcomes

    async def _end(self, parts: Sequence[Sequence[Row]], error: Exception) -> None:
        """End the run for an error after which no call can succeed; none of these rows was sent."""
        # A run that stops already has its own reason.
        if not self.stopping.is_set:
            self.stopping.stop_for(error)
        await self.recorder.give_back(_joined(parts))

    def _failed(self, rows: list[Row], verdict: Verdict, error: Exception, detail: str | None = None) -> list[Outcome]:
        self._unanswered = self._unanswered + 1 if verdict == "unknown" else 0
        if self._unanswered >= MAX_UNANSWERED_CALLS[self.channel.kind]:
            # An outage must not make a whole list unknown.
            self.stopping.stop_for(error)
        return self._outcomes(rows, verdict, error, detail)

    def _outcomes(
        self, rows: list[Row], verdict: Verdict, error: Exception, detail: str | None = None
    ) -> list[Outcome]:
        _forget_frames(error)
        if verdict in CORRECTABLE_STATES:
            self.recorder.keep_detail(rows, detail)
        return [self.channel.outcome(row, verdict, error) for row in rows]


def _joined(parts: Sequence[Sequence[Row]]) -> list[Row]:
    return [row for part in parts for row in part]


def _forget_frames(error: BaseException) -> None:
    """Drop the tracebacks of an error and of its causes: they hold whole requests for as long as an outcome is kept."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        linked = waiting.pop()
        if linked is not None and id(linked) not in seen:
            seen.add(id(linked))
            linked.__traceback__ = None
            waiting += (linked.__cause__, linked.__context__)
