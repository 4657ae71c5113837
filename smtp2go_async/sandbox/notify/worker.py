"""Sends the notifications that are due, on the event loop of the sandbox's server."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from ..webhooks import StoredWebhook
from .queue import Notification, Notifications, Try
from .sender import CannotSendError, WebhookSender

POLL_SECONDS: Final = 0.25
"""How often the clock of the account is looked at, since nothing says that it was moved."""


class NotifyWorker:
    """Sends what is due, one request for each webhook at a time, until it is cancelled.

    Args:
        notifications: What there is to send.
        sender: Sends it.
        clock: Returns the time of the account, aware.
        release: Lets happen what waits for its time: scheduled and delayed e-mails.
    """

    def __init__(
        self,
        notifications: Notifications,
        sender: WebhookSender,
        clock: Callable[[], datetime],
        release: Callable[[], None],
    ) -> None:
        self._notifications = notifications
        self._sender = sender
        self._clock = clock
        self._release = release

    async def run(self) -> None:
        """Send until this is cancelled."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            # The loop ends with the sandbox; what is noted afterwards waits for ever.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        self._notifications.wake = wake
        async with asyncio.TaskGroup() as sends:
            while True:
                woken.clear()
                self._release()
                for item, webhook in self._notifications.take(self._clock()):
                    sends.create_task(self._send(item, webhook)).add_done_callback(lambda _: woken.set())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), POLL_SECONDS)

    async def _send(self, item: Notification, webhook: StoredWebhook) -> None:
        moment = self._clock()
        try:
            content_type, body = item.notice.body_for(webhook)
            self._notifications.done(item, await self._sender.post(webhook, content_type, body, moment))
        except asyncio.CancelledError:
            self._notifications.done(item, Try(moment=moment, status=None, error="the sandbox ended"))
            raise
        except CannotSendError as problem:
            self._notifications.give_up(item, Try(moment=moment, status=None, error=str(problem)))
        except Exception as problem:
            # One e-mail whose headers cannot be read must not end the sending of all others.
            error = f"could not be sent ({type(problem).__name__})"
            self._notifications.give_up(item, Try(moment=moment, status=None, error=error))
