"""The worker of an inbox: takes events that are due to the handlers, until it is cancelled.

What it logs, to the logger ``smtp2go_async.webhooks``; never an address, a key or a content of an event:

    DEBUG    "... failed: ..."                           the traceback of a try that failed, masked
    WARNING  "... is tried again in ... seconds: ..."    the first try failed; with the class, the masked text and the
                                                         line of the error. INFO for the tries after it
    WARNING  "... is dead after ... tries: ..."          the last try failed, or no handler of it ever ended
    WARNING  "too many plain handlers hang ..."          no more are started for a while, and their events wait
    WARNING  "the inbox can't be used ..."               the store fails; the worker tries again, less and less often
    WARNING  "... is told again ..."                     its handlers returned, and the store could not be told in time
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Unpack

import anyio
import attrs

from .._values.checks import check_bool, check_count, check_number
from .._values.problems import invalid, wrong_type
from .._values.signatures import unexpected_argument
from ..errors import InboxError
from ._failures import is_exit, named, shown, traceback_of
from ._handling import TooManyHangError, is_cancelled_by_scope
from ._receive.work_options import WorkOptions
from .events import Event
from .inbox import Inbox, Lease, check_inbox
from .router import Router

_log = logging.getLogger("smtp2go_async.webhooks")

POLL_SECONDS: Final = 1.0
"""How often events of other processes are looked for while there is nothing to do."""
LEASE_MARGIN_SECONDS: Final = 30.0
"""What a lease has beyond the time of the handlers, so that the outcome can be written before it ends."""
MAX_STORE_PAUSE_SECONDS: Final = 60.0
"""The longest pause before a store that fails is tried again; the first is `MIN_STORE_PAUSE_SECONDS`."""
MIN_STORE_PAUSE_SECONDS: Final = 0.5
HANGING_PAUSE_SECONDS: Final = 5.0
"""Pause before events are taken again when too many plain handlers hang."""
MAX_GIVE_BACK_SECONDS: Final = 5.0
"""How long a cancelled worker may take to let its events wait again. Leases that remain end by themselves."""
JITTER: Final = 0.1
"""By which share a wait is made longer or shorter at random, so that events that failed together do not come together
for ever."""
MAX_SECONDS: Final = 30 * 86_400
"""The longest wait and the longest time of a handler."""

DEFAULTS: Final[dict[str, Any]] = {
    "concurrency": 10,
    "tries": 12,
    "first_retry_seconds": 5.0,
    "max_retry_seconds": 3600.0,
    "handler_seconds": 60.0,
    "until_empty": False,
}
"""The options of `work` that are left out; `WorkOptions` says what each means."""

Sleep = Callable[[float], Awaitable[object]]


async def work(
    inbox: Inbox,
    router: Router,
    *,
    _sleep: Sleep = anyio.sleep,
    _monotonic: Callable[[], float] = time.monotonic,
    _random: Callable[[], float] = random.random,
    **options: Unpack[WorkOptions],
) -> None:
    """Take events to their handlers until this is cancelled; `Receiver.work` says more."""
    given: dict[str, Any] = DEFAULTS | {name: value for name, value in options.items() if value is not None}
    if len(given) > len(DEFAULTS):
        raise unexpected_argument("work", next(name for name in given if name not in DEFAULTS), DEFAULTS)
    check_inbox(inbox)
    if not isinstance(router, Router):
        raise wrong_type("router", "a Router", router)
    settings = _Settings(
        concurrency=check_count(given["concurrency"], "concurrency", most=1000),
        tries=check_count(given["tries"], "tries"),
        first_retry_seconds=_check_seconds(given["first_retry_seconds"], "first_retry_seconds", least=0),
        max_retry_seconds=_check_seconds(given["max_retry_seconds"], "max_retry_seconds", least=0),
        handler_seconds=_check_seconds(given["handler_seconds"], "handler_seconds", least=0.001),
        until_empty=check_bool(given["until_empty"], "until_empty"),
        sleep=_sleep,
        monotonic=_monotonic,
        random=_random,
    )
    await _Worker(inbox, router, settings).run()


def _check_seconds(value: object, argument: str, *, least: float) -> float:
    seconds = check_number(value, argument)
    if not least <= seconds <= MAX_SECONDS:
        raise invalid(argument, f"must be {least:g} to {MAX_SECONDS:,} seconds (30 days), not {seconds:,g}")
    return seconds


@attrs.frozen(kw_only=True)
class _Settings:
    """The arguments of `work`."""

    concurrency: int
    tries: int
    first_retry_seconds: float
    max_retry_seconds: float
    handler_seconds: float
    until_empty: bool
    sleep: Sleep
    monotonic: Callable[[], float]
    random: Callable[[], float]

    def retry_seconds(self, attempt: int) -> float:
        """Return the wait after a failed try."""
        # Not beyond what a float can hold.
        seconds = min(self.first_retry_seconds * 2.0 ** min(attempt - 1, 500), self.max_retry_seconds)
        return min(seconds * (1 - JITTER + 2 * JITTER * self.random()), self.max_retry_seconds)


class _Worker:
    """A run of `work`."""

    def __init__(self, inbox: Inbox, router: Router, settings: _Settings) -> None:
        self._inbox, self._router, self._settings = inbox, router, settings
        self._lease_seconds = settings.handler_seconds + LEASE_MARGIN_SECONDS
        self._running = 0
        self._has_ended = anyio.Event()
        """Set when a handler has ended, which makes room for another event."""
        self._is_paused_for_hanging = False
        self._error: BaseException | None = None
        """What ends the worker: an exit that a handler raised, or an error that is no failure of the store."""
        self._tasks = anyio.create_task_group()

    async def run(self) -> None:
        async with self._tasks:
            # Errors are kept and raised behind the group, which would wrap them.
            await self._guarded(self._take_events)
        if self._error is not None:
            raise self._error

    async def _guarded(self, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await do()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:
            if not isinstance(error, Exception) and not is_exit(error):
                raise
            self._error = self._error or error
            self._tasks.cancel_scope.cancel()

    async def _take_events(self) -> None:
        settings, pause = self._settings, 0.0
        while True:
            free = settings.concurrency - self._running
            if not free:
                await self._wait_for_room()
                continue
            if self._is_paused_for_hanging:
                if settings.until_empty and not self._running:
                    return
                self._is_paused_for_hanging = False
                await settings.sleep(HANGING_PAUSE_SECONDS)
            try:
                leases = await self._inbox.take(free, lease_seconds=self._lease_seconds)
                if not leases and not self._running and settings.until_empty:
                    return
                if not leases:
                    await self._wait_for_events()
                pause = 0.0
            except InboxError as error:
                pause = await self._pause_for_store(error, pause)
                continue
            for lease in leases:
                self._running += 1
                self._tasks.start_soon(self._guarded, _Handling(self, lease).run)

    async def _wait_for_room(self) -> None:
        self._has_ended = anyio.Event()
        await self._has_ended.wait()

    async def _wait_for_events(self) -> None:
        if self._settings.until_empty:
            # The last of them may fail and be due again at once, or have been given back.
            await self._wait_for_room()
        else:
            await self._inbox.wait(POLL_SECONDS)

    async def _pause_for_store(self, error: InboxError, pause: float) -> float:
        """Wait after a failure of the store, and return how long."""
        pause = min(max(2 * pause, MIN_STORE_PAUSE_SECONDS), MAX_STORE_PAUSE_SECONDS)
        _log.warning("the inbox can't be used, and is tried again in %g seconds: %s", pause, error)
        await self._settings.sleep(pause)
        return pause

    # --- one event ------------------------------------------------------------------------------------------------

    async def handle(self, lease: Lease) -> None:
        """Run the handlers of an event, and note what came of it."""
        settings, event = self._settings, lease.event
        until = settings.monotonic() + self._lease_seconds
        if event.attempt > settings.tries:
            # Each worker that had it was ended or killed before it could say so. The event may be the reason.
            await self._fail(lease, "the workers that had it ended in the middle", None, until)
            return
        try:
            await self._router.dispatch(event, handler_seconds=settings.handler_seconds)
        except TooManyHangError as error:
            if not self._is_paused_for_hanging:
                self._is_paused_for_hanging = True
                _log.warning("too many plain handlers hang; the next events wait: %s", error)
            await self._note(lambda: self._inbox.give_back(lease), event, until)
        except Exception as error:
            if _log.isEnabledFor(logging.DEBUG):
                _log.debug("%s failed:\n%s", named(event), traceback_of(error))
            await self._fail_try(lease, shown(error), until)
        except BaseException as error:
            if isinstance(error, anyio.get_cancelled_exc_class()) and not is_cancelled_by_scope():
                # A handler has cancelled the task that it runs in. Let out, that would end the whole worker.
                await self._fail_try(lease, "HandlerError: a handler ended by a cancellation of its own", until)
                return
            await self._cut_off(lease, error)
            raise
        else:
            await self._note(lambda: self._inbox.finish(lease), event, until)

    async def _fail_try(self, lease: Lease, problem: str, until: float) -> None:
        settings, attempt = self._settings, lease.event.attempt
        seconds = None if attempt >= settings.tries else settings.retry_seconds(attempt)
        await self._fail(lease, problem, seconds, until)

    async def _fail(self, lease: Lease, problem: str, retry_seconds: float | None, until: float) -> None:
        event = lease.event
        if retry_seconds is None:
            tries = "1 try" if event.attempt == 1 else f"{event.attempt:,} tries"
            _log.warning("%s is dead after %s: %s", named(event), tries, problem)
        else:
            # The first failure is to be seen by people who have set no level; the others say nothing new.
            level = logging.WARNING if event.attempt == 1 else logging.INFO
            _log.log(level, "%s is tried again in %.1f seconds: %s", named(event), retry_seconds, problem)
        await self._note(lambda: self._inbox.fail(lease, problem, retry_seconds=retry_seconds), event, until)

    async def _note(self, note: Callable[[], Awaitable[bool]], event: Event, until: float) -> None:
        """Tell the store what became of an event, and again while it fails, until the lease ends."""
        pause = 0.0
        # Shielded from cancellation for a moment: what the handlers did should not be done again.
        while True:
            try:
                with anyio.CancelScope(shield=True), anyio.move_on_after(MAX_GIVE_BACK_SECONDS) as scope:
                    await note()
                if not scope.cancelled_caught:
                    return
                problem = InboxError("inbox: it does not answer")
            except InboxError as error:
                problem = error
            if self._settings.monotonic() + pause > until:
                _log.warning("%s is told again, since the inbox can't be used: %s", named(event), problem)
                return
            pause = await self._pause_for_store(problem, pause)

    async def _cut_off(self, lease: Lease, error: BaseException) -> None:
        """Let an event wait again whose handlers were cancelled, or asked the program to end. It was a try."""
        problem = "the worker ended" if not is_exit(error) else f"a handler raised {type(error).__name__}"
        with anyio.CancelScope(shield=True), anyio.move_on_after(MAX_GIVE_BACK_SECONDS):
            try:
                await self._inbox.fail(lease, problem, retry_seconds=0.0)
            except InboxError as failure:
                _log.warning("the inbox can't be used; a lease ends by itself: %s", failure)

    def note_end(self) -> None:
        """Note that there is room for another event."""
        self._running -= 1
        self._has_ended.set()


class _Handling:
    """The task of one event."""

    def __init__(self, worker: _Worker, lease: Lease) -> None:
        self._worker, self._lease = worker, lease

    async def run(self) -> None:
        """Work on the event."""
        try:
            await self._worker.handle(self._lease)
        finally:
            self._worker.note_end()
