"""The notifications of webhooks: those that wait, those under way, and what became of the others. No sockets.

A webhook gets one request at a time, in the order of the events; a notification that failed waits for its next try and
holds up no other. The time is passed in.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from typing import Final, Literal

from attrs import define, field, frozen

from ..records import RecordedEvent, RecordedSmsEvent
from ..webhooks import StoredWebhook, WebhookSettings
from .notice import Notice, email_notices, sms_notice
from .schedule import RetryTimes

MAX_WAITING: Final = 20_000
"""Notifications that wait; more are dropped, and listed as failed."""
MAX_ENDED: Final = 1_000
"""Notifications that are kept after they arrived or failed for good; the oldest are forgotten first."""

State = Literal["waiting", "sending", "delivered", "failed", "cancelled"]


@frozen(kw_only=True)
class Try:
    """A request to a webhook. ``status`` is `None` when no response came, and ``error`` then says why."""

    moment: datetime
    status: int | None
    error: str = ""
    answer: bytes = field(default=b"", repr=False)
    """The start of the body of the response."""

    @property
    def is_success(self) -> bool:
        """Return whether the receiver took the event: with any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@define(kw_only=True, eq=False)
class Notification:
    """An event on its way to a webhook."""

    number: int
    """Names the notification, for sending it again and for cancelling it."""
    webhook_id: int
    notice: Notice = field(repr=False)
    due: datetime
    """When the next try is made, while it waits."""
    state: State = "waiting"
    tries: list[Try] = field(factory=list)

    @property
    def event(self) -> str:
        """Return the name of the event, such as ``bounce``."""
        return self.notice.event

    @property
    def error(self) -> str:
        """Return what was wrong with the last try, empty when nothing was."""
        last = self.tries[-1] if self.tries else None
        if last is None or last.is_success:
            return ""
        return last.error or f"the receiver answered {last.status}"


class Notifications:
    """The notifications of an account. May be used from several threads at once.

    Args:
        settings: The webhooks.
        times: When a failed notification is tried again.
    """

    def __init__(self, settings: WebhookSettings, times: RetryTimes) -> None:
        self._settings = settings
        self._times = times
        # Its lock may be taken twice by a thread, and is the last that is taken: after that of the account.
        self._changed = threading.Condition(threading.RLock())
        self._numbers = count(1)
        self.wake: Callable[[], None] = lambda: None
        """Is called when a notification was added."""
        self.clear()

    def clear(self) -> None:
        """Forget all notifications; those under way arrive, and are listed nowhere."""
        with self._changed:
            self._waiting: dict[int, list[tuple[datetime, int, Notification]]] = {}
            self._count = 0
            self._sending: dict[int, Notification] = {}
            self._ended: deque[Notification] = deque(maxlen=MAX_ENDED)
            self._changed.notify_all()

    @property
    def all(self) -> tuple[Notification, ...]:
        """Return the notifications that wait or are under way, and the newest of those that ended, in their order."""
        with self._changed:
            waiting = [item for lane in self._waiting.values() for _, _, item in lane]
            return tuple(sorted([*self._ended, *waiting, *self._sending.values()], key=lambda found: found.number))

    @property
    def failed(self) -> tuple[Notification, ...]:
        """Return the notifications whose last try failed: those that wait for another, and those that were given up."""
        return tuple(item for item in self.all if item.error and item.state in ("waiting", "failed"))

    def note(self, events: Sequence[RecordedEvent]) -> None:
        """Add what webhooks asked for of events of one moment."""
        if self._settings:
            for notice in email_notices(events):
                self._add(notice, events[0].moment)

    def note_sms(self, event: RecordedSmsEvent) -> None:
        """Add what webhooks asked for of an event of a text."""
        if self._settings:
            self._add(sms_notice(event), event.moment)

    def _add(self, notice: Notice, moment: datetime) -> None:
        wanted = [webhook for webhook in self._settings.all if notice.is_for(webhook)]
        if not wanted:
            return
        with self._changed:
            for webhook in wanted:
                item = Notification(number=next(self._numbers), webhook_id=webhook.id, notice=notice, due=moment)
                if self._count < MAX_WAITING:
                    self._push(item)
                else:
                    item.tries.append(Try(moment=moment, status=None, error="too many notifications were waiting"))
                    self._end(item, "failed")
        self.wake()

    def take(self, now: datetime) -> list[tuple[Notification, StoredWebhook]]:
        """Return the notifications to send now: at most one for each webhook, and none while one is under way."""
        taken = []
        with self._changed:
            for webhook_id, lane in [*self._waiting.items()]:
                webhook = self._settings.get(webhook_id)
                if webhook is None or webhook.disabled:
                    # It was removed or switched off since.
                    self._count -= len(lane)
                    for _, _, item in sorted(lane):
                        self._end(item, "cancelled")
                    lane.clear()
                if not lane:
                    del self._waiting[webhook_id]
                elif webhook is not None and webhook_id not in self._sending and lane[0][0] <= now:
                    item = heapq.heappop(lane)[2]
                    self._count -= 1
                    item.state = "sending"
                    self._sending[webhook_id] = item
                    taken.append((item, webhook))
            self._changed.notify_all()
        return taken

    def done(self, item: Notification, result: Try) -> None:
        """Note how a try ended, and decide what comes next."""
        with self._changed:
            item.tries.append(result)
            # After `clear`, another notification may be under way.
            if self._sending.get(item.webhook_id) is not item:
                return
            del self._sending[item.webhook_id]
            wait = self._times.wait_after(len(item.tries))
            if result.is_success:
                self._end(item, "delivered")
            elif wait is None:
                self._end(item, "failed")
            else:
                item.due = result.moment + wait
                item.state = "waiting"
                self._push(item)
            self._changed.notify_all()

    def give_up(self, item: Notification, result: Try) -> None:
        """Note that a notification cannot be sent at all."""
        with self._changed:
            item.tries.append(result)
            if self._sending.get(item.webhook_id) is item:
                del self._sending[item.webhook_id]
                self._end(item, "failed")
            self._changed.notify_all()

    def retry(self, number: int, now: datetime) -> None:
        """Send a failed notification at once, whether it waits for a try or was given up.

        Raises:
            ValueError: There is no such failed notification.
        """
        with self._changed:
            item = self._failed(number)
            if item.state == "waiting":
                self._drop(item)
            else:
                self._ended.remove(item)
            item.state, item.due = "waiting", now
            self._push(item)
        self.wake()

    def cancel(self, number: int) -> None:
        """Let a failed notification have no more tries.

        Raises:
            ValueError: There is no such failed notification.
        """
        with self._changed:
            item = self._failed(number)
            if item.state == "waiting":
                self._drop(item)
                self._end(item, "cancelled")
            item.state = "cancelled"
            self._changed.notify_all()

    def wait(self, clock: Callable[[], datetime], seconds: float) -> int:
        """Wait in real time until nothing is due or under way, and return how many notifications still are."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy(clock()), seconds)
            return self._busy(clock())

    def _busy(self, now: datetime) -> int:
        due = sum(due <= now for lane in self._waiting.values() for due, _, _ in lane)
        return due + len(self._sending)

    def _failed(self, number: int) -> Notification:
        for item in self.failed:
            if item.number == number:
                return item
        raise ValueError("number: must be that of a notification that failed")

    def _push(self, item: Notification) -> None:
        self._count += 1
        heapq.heappush(self._waiting.setdefault(item.webhook_id, []), (item.due, item.number, item))

    def _drop(self, item: Notification) -> None:
        lane = self._waiting[item.webhook_id]
        lane[:] = [entry for entry in lane if entry[2] is not item]
        heapq.heapify(lane)
        self._count -= 1

    def _end(self, item: Notification, state: State) -> None:
        item.state = state
        self._ended.append(item)
