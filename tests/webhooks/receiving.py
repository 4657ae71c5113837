"""What the tests of the receiver share: a request of the provider, and inboxes."""

import json

from smtp2go_async import InboxError
from smtp2go_async.webhooks.auth import BearerAuth
from smtp2go_async.webhooks.events import Event
from smtp2go_async.webhooks.inbox import Inbox
from smtp2go_async.webhooks.receiver import Receiver
from smtp2go_async.webhooks.router import Router

TOKEN = "correct-horse-battery"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": JSON}
EVENT = {"event": "bounce", "bounce": "hard", "id": "0" * 32, "email_id": "1abcDE-2", "rcpt": "jane@example.com"}
BODY = json.dumps(EVENT).encode()


class ListInbox(Inbox):
    """Keeps what is added in a list. `Inbox` has the other methods, and a receiver calls none of them."""

    def __init__(self) -> None:
        self.added: list[Event] = []

    async def add(self, event: Event) -> bool:
        is_new = event.key not in [known.key for known in self.added]
        self.added.append(event)
        return is_new


class FullInbox(ListInbox):
    """An inbox on a full disk."""

    async def add(self, event: Event) -> bool:
        raise InboxError("the disk of jane@example.com is full")


def receiver_of(*handlers, **options):
    """Make a receiver whose handlers get all events."""
    router = Router()
    for handler in handlers:
        router.on(Event)(handler)
    return Receiver(router, **{"auth": BearerAuth(TOKEN), **options})


class Parts:
    """A body in parts, which notes how many of them were read and that it was closed."""

    def __init__(self, *parts, error=None) -> None:
        self.parts, self.error = list(parts), error
        self.read = 0
        self.is_closed = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.read < len(self.parts):
            self.read += 1
            return self.parts[self.read - 1]
        if self.error is not None:
            raise self.error
        raise StopAsyncIteration

    async def aclose(self):
        self.is_closed = True
